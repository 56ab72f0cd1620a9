"""The acknowledgement journal: what a worker put on the wire and what was answered, before the ledger knows.

One file for each worker, appended to with write(2): what is written there survives the process (not the machine). After a crash
it tells apart what was never begun (ready again), what was answered (settled) and what is truly in doubt (unsure).
"""

from __future__ import annotations

import errno
import json
import os
import re
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Self

from newsletter.core.delivery import DeliveryState
from newsletter.store.ledger import Settlement

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType


@dataclass(slots=True)
class JournalRecord:
    """What a journal tells: rows whose content went on the wire, and what was answered, by row id."""

    begun: set[int] = field(default_factory=set)
    answered: dict[int, Settlement] = field(default_factory=dict)


class Journal:
    """A worker's own journal. Open it before the first hand-over, clear it after each settlement."""

    def __init__(self, folder: Path, worker: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = _path(folder, worker)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def begin(self, identity: int) -> None:
        """This row's content is written to the wire next."""
        self._write(b"b%d\n" % identity)

    def answer(self, settlements: Iterable[Settlement]) -> None:
        """These rows were answered."""
        lines = [
            f'a[{done.id},"{done.state.value}",{_number(done.reply_code)},{encode_basestring_ascii(done.reply)}]\n'
            for done in settlements
        ]
        self._write("".join(lines).encode("ascii"))

    def _write(self, lines: bytes) -> None:
        written = os.write(self._file, lines)
        if written != len(lines):  # the disk is full: half a line would spoil the next one
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def clear(self) -> None:
        """The ledger has it all."""
        os.ftruncate(self._file, 0)

    def __enter__(self) -> Self:
        """What an earlier pass has left is known to the ledger."""
        self.clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left to tell, unless something broke: then the ledger may have to be told what is written here."""
        os.close(self._file)
        if kind is None:
            self._path.unlink(missing_ok=True)


def read_journal(folder: Path, worker: str) -> JournalRecord | None:
    """The journal of a worker that has died; None if it is not on this machine. A half-written last line is passed over."""
    try:
        lines = _path(folder, worker).read_bytes().split(b"\n")[:-1]
    except OSError:
        return None
    record = JournalRecord()
    for line in lines:
        if line[:1] == b"b":
            record.begun.add(int(line[1:]))
        elif line[:1] == b"a":
            identity, state, code, reply = json.loads(line[1:])
            record.answered[identity] = Settlement(identity, DeliveryState(state), code, reply)
    return record


def forget_journal(folder: Path, worker: str) -> None:
    """Remove the journal of a worker that has died, once the ledger has what it tells."""
    _path(folder, worker).unlink(missing_ok=True)


def forgotten_journals(folder: Path, holding: Iterable[str], before: datetime) -> list[Path]:
    """Journals that nobody has written to since an instant and whose workers hold nothing: there is nothing left to tell.

    They are left behind when another machine was the first to take back what the worker held.

    Args:
        holding: workers that have something in hand, whose journals are kept.
    """
    if not folder.is_dir():
        return []
    kept = {_path(folder, worker) for worker in holding}
    found = (path for path in sorted(folder.glob("*.journal")) if path not in kept)
    return [path for path in found if path.stat().st_mtime < before.timestamp()]


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


def _path(folder: Path, worker: str) -> Path:
    return folder / (re.sub(r"[^A-Za-z0-9.-]", "-", worker) + ".journal")
