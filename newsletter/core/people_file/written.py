"""A person as a row of an export: what an import of it takes back as it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsletter.core.people_file.cells import Status
from newsletter.core.people_file.columns import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from newsletter.core.segment.fields import Fields


@dataclass(frozen=True, slots=True)
class PersonToWrite:
    """What is stored about a person, as far as a file of people has columns for it. Instants are UTC.

    Attributes:
        standing: as the consent ledger has it.
        suppressed: the reason why the address is never written to; "" when it may be.
        source, wording, consented: of the consent that holds, or else of the first event that is known.
    """

    address: str
    given_name: str
    language: str
    country: str
    zone: str
    topics: Sequence[str]
    joined: datetime
    source: str
    wording: str
    consented: datetime
    standing: str
    suppressed: str
    paused_until: datetime | None
    attributes: Mapping[str, Any]

    @property
    def status(self) -> Status:
        """Whoever has left has left, whatever befell the address; every other reason to keep silent is a bounce to others."""
        if self.suppressed and self.standing != Status.UNSUBSCRIBED:
            return Status.COMPLAINED if self.suppressed.startswith("complain") else Status.BOUNCED
        return Status(self.standing)


def written_columns(fields: Fields) -> list[str]:
    """The columns of an export."""
    return [*COLUMNS, *fields.fields]


def written_values(person: PersonToWrite, fields: Fields) -> list[Any]:
    """The values under `written_columns`: texts, numbers, booleans, lists of texts, None for what is not known."""
    own = person.attributes
    return [
        person.address,
        person.given_name or None,
        person.language or None,
        person.country or None,
        person.zone or None,
        list(person.topics) or None,
        person.joined.isoformat(),
        person.source,
        person.wording or None,
        person.consented.isoformat(),
        person.status.value,
        None if person.paused_until is None else person.paused_until.isoformat(),
        *(own.get(name) for name in fields.fields),
    ]


def as_text(value: Any) -> str:
    """A value as the text of a cell."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return ";".join(map(str, value))
        case float():
            return f"{value:.9f}".rstrip("0").rstrip(".")
        case _:
            return str(value)
