"""The case `plan`: a year of 1,000 deadlines with three rungs each and of 200 recurring schedules, planned from their rules."""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from results import result

from newsletter.core.blackout import NO_BLACKOUT, Blackout
from newsletter.core.deadline import Deadline
from newsletter.core.recurrence import parse_recurrence
from newsletter.core.reminder import plan_ladder
from newsletter.core.schedule import Schedule, plan_occurrences

if TYPE_CHECKING:
    from collections.abc import Sequence

DEADLINES, LADDER, SCHEDULES = 1_000, (30, 7, 1), 200
ZONES = ("Europe/Brussels", "Europe/Lisbon", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")
RULES = (
    "every weekday at 9:30",
    "every Monday and Thursday at 9:30",
    "first Tuesday of the month at 9:30",
    "every second Monday at 9:00 from 4 January 2027",
    "last working day of the month at 10:00",
)
START = datetime(2027, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
MORNING = datetime(2027, 1, 1, 9, tzinfo=UTC).time()


def planning() -> dict[str, Any]:
    """Plan the year, and count what is planned; half of the schedules keep Belgium's public holidays clear."""
    deadlines, schedules = _deadlines(), _schedules()
    began, before = time.perf_counter(), time.process_time()
    rungs = [rung for deadline in deadlines for rung in plan_ladder(deadline, MORNING)]
    occurrences = plan_occurrences(schedules, START, START + YEAR)
    seconds, cpu = time.perf_counter() - began, time.process_time() - before
    return result("plan", len(rungs) + len(occurrences), seconds, {"planning": cpu})


def _deadlines() -> list[Deadline]:
    first = datetime(2027, 2, 1, 17)  # noqa: DTZ001 - wall-clock
    return [
        Deadline(
            key=f"call-{number}/application",
            at=first + timedelta(days=number % 330, minutes=number % 60),
            zone=ZONES[number % len(ZONES)],
            url="",
            audience="everybody",
            ladder=LADDER,
        )
        for number in range(DEADLINES)
    ]


def _schedules() -> Sequence[Schedule]:
    closed = Blackout(("BE",))
    return [
        Schedule(
            f"digest:{number}",
            parse_recurrence(RULES[number % len(RULES)]),
            ZONES[number % len(ZONES)],
            timedelta(hours=6),
            closed if number % 2 else NO_BLACKOUT,
        )
        for number in range(SCHEDULES)
    ]
