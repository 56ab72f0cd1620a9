"""A time from … to …, as commands that look ahead take it: wall-clock times, in the office's zone or another one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from newsletter.core.wallclock import parse_local, to_instant, zone_named
from newsletter.flows.plan import refuse_bad_range

_MONTH = timedelta(days=30)

Begin = Annotated[
    str, typer.Option("--from", help="Wall-clock time or date, such as 2030-09-12; now when not given.")
]
End = Annotated[
    str, typer.Option("--to", help="Wall-clock time or date; 30 days after the start when not given.")
]
InZone = Annotated[str, typer.Option("--zone", help="Zone of these times; the office's when not given.")]


def period(start: str, end: str, zone: str, now: datetime) -> tuple[datetime, datetime]:
    """Two instants, UTC.

    Raises:
        ContentRefused: the zone is none, a time cannot be read, or the second is not after the first.
    """
    zone_named(zone)
    begin = _moment(start, zone) or now
    until = _moment(end, zone) or begin + _MONTH
    refuse_bad_range(begin, until)
    return begin, until


def _moment(text: str, zone: str) -> datetime | None:
    if not text:
        return None
    return to_instant(parse_local(text if "T" in text.upper() else f"{text}T00:00"), zone)
