"""Forgetting a person (GDPR Art. 17): the database at once, and what else names them is pointed at.

Files of the office are its own: they are found and told, and never deleted by a program.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsletter.core.rights_request import RequestKind
from newsletter.core.wallclock import to_local
from newsletter.flows.people import known_person
from newsletter.store.erasure import erase_person
from newsletter.store.rights_requests import add_request, close_request, close_requests_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from newsletter.flows.office import Office

_NOTE = "erased"
_BIGGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure did.

    Attributes:
        removed: how many rows went, by table.
        files: files of the office in which the address still stands, as paths that people know.
    """

    removed: dict[str, int]
    files: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The outcome for scripts; it does not name the person."""
        return {"erased": True, "removed": self.removed, "files": list(self.files)}


def forget_person(office: Office, address: str, now: datetime) -> Erasure:
    """Erase a person from the database, close what they asked for, and note the erasure in the log of requests.

    Events of consent and rows of the ledger stay and name nobody; the keyed hash of the address is suppressed, so that no import
    brings them back.

    Raises:
        ContentRefused: nobody has this address, or it is none.
    """
    identity = known_person(office, address)
    today = to_local(now, office.settings.zone).date()
    with office.database.write() as connection:
        removed = erase_person(connection, identity, now)
        if not close_requests_of(connection, RequestKind.ERASURE, address, today, _NOTE):
            number = add_request(connection, RequestKind.ERASURE, "", today, "")
            close_request(connection, number, today, _NOTE)
    return Erasure(removed, tuple(files_that_name(office, address)))


def files_that_name(office: Office, address: str) -> list[str]:
    """The office's own files in which an address stands: lists of people, rejected rows, mails in a folder."""
    folders = [
        office.settings.path(office.settings.paths.subscribers),
        office.settings.path(office.settings.paths.var),
    ]
    sought = address.encode().lower()
    found = {path for folder in folders for path in _texts(folder) if sought in _content(path).lower()}
    return sorted(office.library.shown(path) for path in found)


def _texts(folder: Path) -> Iterator[Path]:
    """Everything but databases, which were cleared by their own means, and what is too big for a list of people."""
    for path in sorted(folder.rglob("*")):
        is_database = ".sqlite" in path.name
        if path.is_file() and not path.is_symlink() and not is_database and path.stat().st_size <= _BIGGEST:
            yield path


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # gone since, or not ours to read
        return b""
