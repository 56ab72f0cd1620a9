"""Wall-clock time with a named zone, and the instant that it means.

People mean wall-clock time: "12:00 noon, Brussels". The instant in UTC is what is stored beside it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.core.refusal import ContentRefused, Problem

# Outside of these a year is a slip of the pen, and arithmetic with zones and ladders can leave the calendar.
_EARLIEST_YEAR, _LATEST_YEAR = 1900, 9000
# What lies beside the zones in the database: another count of seconds, the machine's own zone, "nobody has set it".
_NO_ZONES = ("posix", "right/", "localtime", "Factory")


def zone_named(name: str) -> ZoneInfo:
    """The zone of the IANA database with this name.

    Raises:
        ContentRefused: there is none.
    """
    try:
        if not name.startswith(_NO_ZONES):
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    what = f"'{name}' is not the name of a time zone."
    raise ContentRefused(Problem(what, "Write a name such as Europe/Brussels or UTC."))


def parse_local(text: str) -> datetime:
    """A wall-clock time as people write it in files: `2021-10-19T12:00`, no offset.

    Raises:
        ContentRefused: it is no date and time, or it has an offset (the zone says that), or its year cannot be meant.
    """
    remedy = "Write it as 2021-10-19T12:00, and the zone beside it."
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise ContentRefused(Problem(f"'{text}' is not a date and time that exists.", remedy)) from None
    if "T" not in text.upper().replace(" ", "T"):
        raise ContentRefused(Problem(f"'{text}' has no time of day.", remedy))
    if local.tzinfo is not None:
        raise ContentRefused(Problem(f"'{text}' has an offset.", remedy))
    if not _EARLIEST_YEAR <= local.year <= _LATEST_YEAR:
        raise ContentRefused(Problem(f"The year of '{text}' cannot be meant.", remedy))
    return local


def to_instant(local: datetime, zone: str) -> datetime:
    """The instant (UTC) of a wall-clock time in `zone`.

    In the spring gap the time moves forward by the length of the gap; in the autumn overlap the first of the two
    counts (PEP 495, fold 0; the same rule as RFC 5545 section 3.3.5).

    Raises:
        ContentRefused: the zone does not exist.
    """
    return local.replace(tzinfo=zone_named(zone), fold=0).astimezone(UTC)


def to_local(instant: datetime, zone: str) -> datetime:
    """What the clock on the wall in `zone` shows at `instant`; the answer has no tzinfo."""
    return instant.astimezone(zone_named(zone)).replace(tzinfo=None, fold=0)


def days_before(local: datetime, days: int, hour: int, minute: int) -> datetime:
    """The wall-clock time `days` calendar days before `local`, at `hour`:`minute`. No zone is asked."""
    return (local - timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)
