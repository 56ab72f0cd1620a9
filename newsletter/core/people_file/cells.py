"""What the cells of a file of people mean. Each reader takes the text of one cell, stripped, or refuses it.

Most columns have few different values, a million rows or not: `Known` remembers what was read before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any
from unicodedata import category

from babel import Locale

from newsletter.core.refusal import Refusal
from newsletter.core.segment.reader import choose_from
from newsletter.core.segment.tree import FieldType, tag_of
from newsletter.core.wallclock import zone_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.core.segment.fields import Field, Fields

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
LONGEST_TEXT, _LONGEST_LANGUAGE = 200, 20  # characters; the columns of the tables
_LONGEST_WORDING = 2000  # characters
_REMEMBERED = 20_000
_SHORT_CODE = 3  # letters; what is longer may be a name
_NEEDED = {
    "consent_source": "Say where and how the person agreed, for example: sign-up form.",
    "consent_date": "Say on which day the person agreed: without that no mail may be sent.",
}

CellReader = Callable[[str], Any]


class Status(StrEnum):
    """What the file says of a person's consent. INFORMED: none was asked for; they were told on what ground we write."""

    CONFIRMED = "confirmed"
    INFORMED = "informed"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class RejectKind(StrEnum):
    """Why a row is not taken, in a word to count by."""

    INVALID = "invalid"
    ROLE = "role_address"
    DUPLICATE = "duplicate"
    MISTYPED = "mistyped"


class CellRefused(Exception):  # noqa: N818 - leaves this package as a Reject
    """A cell that cannot be taken: its column, what is wrong, and the way out."""

    def __init__(self, column: str, what: str, remedy: str, kind: RejectKind = RejectKind.INVALID) -> None:
        super().__init__(what)
        self.kind = kind
        self.column, self.what, self.remedy = column, what, remedy


class Known(dict[str, Any]):
    """The values of a column by their text: read when they are met first."""

    def __init__(self, read: CellReader) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> Any:
        value = self._read(text)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = value
        return value


def shown(value: str) -> str:
    """As it can be printed in an error: no control characters, not endless."""
    visible = "".join(sign if sign.isprintable() else "\ufffd" for sign in value)
    return visible if len(visible) <= LONGEST_TEXT else f"{visible[: LONGEST_TEXT - 1]}…"


def required(column: str, value: str, remedy: str) -> str:
    """The value, which must be there."""
    if not value:
        raise CellRefused(column, f"The row has no {column}.", remedy)
    return value


def one_line(column: str, value: str, longest: int = LONGEST_TEXT) -> str:
    """A text of one line."""
    if not value.isprintable() and any(category(sign) in {"Cc", "Zl", "Zp"} for sign in value):
        what = "The text has a line break or a control character."
        raise CellRefused(column, what, "Write it on one line.")
    if len(value) > longest:
        raise CellRefused(column, f"The text is longer than {longest} characters.", "Shorten it.")
    return value


def language(value: str) -> str:
    """A language code (BCP 47) or ""; the names of languages in English and French are understood."""
    value = _coded("languages", value)
    if value and (len(value) > _LONGEST_LANGUAGE or not _LANGUAGE.fullmatch(value)):
        raise CellRefused("language", f"'{value}' is not a language code.", "Write a code such as en or fr.")
    return value


def _coded(what: str, value: str) -> str:
    """The code of a name, as CLDR has it; what is no name stays."""
    return _codes(what).get(value.casefold(), value) if len(value) > _SHORT_CODE else value


@cache
def _codes(what: str) -> dict[str, str]:
    names = (getattr(Locale.parse(language), what).items() for language in ("fr", "en"))
    return {
        name.casefold(): code
        for some in names
        for code, name in some
        if code.isalpha() and len(code) <= _SHORT_CODE
    }


def country(value: str) -> str:
    """A country code (ISO 3166-1 alpha-2) in capitals, or ""; the names of countries in English and French are understood."""
    value = _coded("territories", value)
    if value and not re.fullmatch(r"[A-Za-z]{2}", value):
        remedy = "Write two letters such as BE or FR."
        raise CellRefused("country", f"'{value}' is not a country code.", remedy)
    return value.upper()


def zone(value: str) -> str:
    """The IANA name of a time zone, or ""."""
    if value:
        try:
            zone_named(value)
        except Refusal as refusal:
            raise CellRefused("zone", refusal.problems[0].what, refusal.problems[0].remedy) from None
    return value


def topics_reader(fields: Fields) -> CellReader:
    """Reads topics that are parted by semicolons."""

    def read(value: str) -> tuple[str, ...]:
        topics = tuple(dict.fromkeys(topic.strip() for topic in value.split(";") if topic.strip()))
        for topic in topics:
            if topic not in fields.topics:
                remedy = f"{choose_from(topic, fields.topics)} Part them by semicolons."
                raise CellRefused("topics", f"The topic '{topic}' is not known.", remedy)
        return topics

    return read


def instant_reader(column: str) -> CellReader:
    """Reads a date (its midnight, UTC) or a date and time with an offset; None where there is none."""

    def read(value: str) -> datetime | None:
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            remedy = "Write 2021-03-03 or 2021-03-03T10:15:00+01:00."
            raise CellRefused(column, f"'{value}' is not a date.", remedy) from None

    return read


def consent_source(value: str) -> str:
    """Where consent comes from; it must be said."""
    return one_line("consent_source", required("consent_source", value, _NEEDED["consent_source"]))


def consent_wording(value: str) -> str:
    """What the person agreed to; "" where it is not known any more. A form may have broken it into lines."""
    return one_line("consent_wording", " ".join(value.split()), _LONGEST_WORDING)


def consent_date(value: str) -> datetime:
    """When it was given; it must be said."""
    moment: datetime = instant_reader("consent_date")(
        required("consent_date", value, _NEEDED["consent_date"])
    )
    return moment


def status(value: str) -> Status:
    """What the file says of the consent; nothing means that it holds."""
    try:
        return Status(value or Status.CONFIRMED)
    except ValueError:
        raise CellRefused("status", f"'{value}' is not a status.", choose_from(value, Status)) from None


def attribute_reader(known: Field) -> CellReader:
    """Reads a field of `fields.yaml`, one that is not empty."""
    read = _READERS[known.type]
    return lambda value: read(known, one_line(known.name, value))


def attribute_readers(fields: Fields) -> Mapping[str, CellReader]:
    """The reader of each field. Free text is nearly always new and not worth remembering."""
    return {
        name: attribute_reader(known) if known.type is FieldType.TEXT else Known(attribute_reader(known)).__getitem__
        for name, known in fields.fields.items()
    }  # fmt: skip


def _choice(known: Field, value: str) -> str:
    if value not in known.choices:
        what = f"'{value}' is not one of the choices."
        raise CellRefused(known.name, what, choose_from(value, known.choices))
    return value


def _integer(known: Field, value: str) -> int:
    if not re.fullmatch(r"-?\d{1,15}", value):
        raise CellRefused(known.name, f"'{value}' is not a whole number.", "Write digits only.")
    return int(value)


def _boolean(known: Field, value: str) -> bool:
    if value.lower() not in {"true", "false", "yes", "no", "1", "0"}:
        raise CellRefused(known.name, f"'{value}' is neither true nor false.", "Write true or false.")
    return value.lower() in {"true", "yes", "1"}


def _date(known: Field, value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise CellRefused(known.name, f"'{value}' is not a date.", "Write it as 2021-10-19.") from None


def _decimal(known: Field, value: str) -> float:
    """With a point or, as French spreadsheets write it, a comma."""
    if not re.fullmatch(r"-?\d{1,15}(?:[.,]\d{1,9})?", value, re.ASCII):
        raise CellRefused(known.name, f"'{value}' is not a number.", "Write it as 12.5.")
    return float(value.replace(",", "."))


def _several(value: str) -> list[str]:
    """The values of a cell that holds several, with semicolons or commas between them; each once."""
    return list(dict.fromkeys(one.strip() for one in re.split("[;,]", value) if one.strip()))


def _choices(known: Field, value: str) -> list[str]:
    return [_choice(known, one) for one in _several(value)]


def _tags(_known: Field, value: str) -> list[str]:
    return list(dict.fromkeys(map(tag_of, _several(value))))


_READERS: dict[FieldType, Callable[[Field, str], str | float | list[str]]] = {
    FieldType.TEXT: lambda _known, value: value,
    FieldType.CHOICE: _choice,
    FieldType.INTEGER: _integer,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DECIMAL: _decimal,
    FieldType.CHOICES: _choices,
    FieldType.TAGS: _tags,
}
