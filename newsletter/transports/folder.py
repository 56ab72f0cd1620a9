"""A Maildir on this machine: for looking at mail before there is a server, for demonstrations and for tests.

Line ends are LF: the files of a Maildir are text files of this system, mail readers show a CR as ^M, and
`mailbox.Maildir` of the standard library expects it. CRLF belongs to the wire.
"""

from __future__ import annotations

import hashlib
import os
import threading
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Self

from newsletter.core.refusal import Problem
from newsletter.transports.contract import Envelope, Outcome, Receipt, TransportDown
from newsletter.transports.outgoing import plain_content

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from newsletter.transports.contract import Watch
    from newsletter.transports.outgoing import Outgoing


class FolderTransport:
    """Writes each message to one file, named after its Message-ID: sent twice, it is there once.

    A message that a mail reader has already moved to `cur` stays as it is. What a killed process leaves in `tmp` is no
    message yet; mail readers clear it away after 36 hours.
    """

    name = "folder"
    connections = 1
    resend_is_harmless = True

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        try:
            for name in ("tmp", "new", "cur"):
                (self.path / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"The mail folder {self.path} cannot be made: {error.strerror or error}."
            raise TransportDown(Problem(what, "Give a folder that can be written to.")) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def send(self, envelope: Envelope) -> Receipt:
        """Write the message durably. A full disk or any other fault of writing is LATER: writing again does no harm."""
        name = hashlib.sha256(envelope.message_id.encode()).hexdigest()[:32]
        try:
            text = "already read" if self._was_moved(name) else self._deliver(name, envelope.content)
        except OSError as error:
            text = f"cannot write to {self.path}: {error.strerror or error}"
            return Receipt(envelope.message_id, envelope.recipient, Outcome.LATER, text=text)
        return Receipt(envelope.message_id, envelope.recipient, Outcome.ACCEPTED, text=text)

    def send_many(
        self,
        messages: Sequence[Outgoing],
        watch: Watch,
        *,
        connections: int | None = None,  # noqa: ARG002 - one thread writes one file after the other
    ) -> None:
        """One after the other."""
        for message in messages:
            if watch.halted():
                return
            watch.on_wire(message)
            content = plain_content(message)
            envelope = Envelope(message.sender, message.recipient, message.message_id, content)
            watch.answered([(message, self.send(envelope))])

    def _was_moved(self, name: str) -> bool:
        """Whether a mail reader has it in `cur`, where the name gets ":2," and flags."""
        with os.scandir(self.path / "cur") as entries:
            return any(entry.name.partition(":")[0] == name for entry in entries)

    def _deliver(self, name: str, content: bytes) -> str:
        # Of its own for each thread of each process: two that write the same message do not write into one file.
        unfinished = self.path / "tmp" / f"{name}.{os.getpid()}.{threading.get_ident()}"
        target = self.path / "new" / name
        try:
            _write(unfinished, content)
            unfinished.replace(target)
        except OSError:
            _forget(unfinished)
            raise
        _sync_folder(target.parent)
        return f"new/{name}"


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content.replace(b"\r\n", b"\n"))
        file.flush()
        sent = _sent_at(content)
        if sent is not None:
            os.utime(file.fileno(), (sent, sent))  # mail readers sort by it
        os.fsync(file.fileno())


def _sent_at(content: bytes) -> float | None:
    """The instant of the Date header in seconds of the epoch, None without a usable one."""
    try:
        return parsedate_to_datetime(str(BytesHeaderParser().parsebytes(content)["Date"])).timestamp()
    except (ValueError, OverflowError):
        return None


def _sync_folder(path: Path) -> None:
    """Make a rename in the folder survive a loss of power."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # it lies in tmp, where nobody takes it for a message
