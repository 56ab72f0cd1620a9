"""The six weeks as the contact sheet tells them: the lines of its table, and the picture above it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import TYPE_CHECKING

from newsletter.core.wallclock import parse_local
from newsletter.demo.story import END, START

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from newsletter.demo.timeline import Moment

# What is said of people who were left out, after "had" or, of mails to come, "has" and "have".
REASONS = {
    "unsubscribed": "unsubscribed",
    "suppressed": "been suppressed",
    "not_confirmed": "not confirmed",
    "no_consent": "no consent to its topics",
    "paused": "paused",
    "applied": "applied",
    "stopped": "stopped these reminders",
    "later": "asked to be reminded later",
    "merged": "been reminded in one mail with others",
    "one_a_day": "been reminded of another that day",
    "excluded": "been excluded",
    "deadline_passed": "missed the deadline",
    "cancelled": "been cancelled",
    "erased": "been erased",
}
_LARGEST, _SMALLEST = 13.0, 3.0  # radius in px of the dot of the largest mail, and of the least visible one
_MARGIN = 2.5  # percent on both sides of the picture, for the outermost dots


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `what` is empty for a mail; `anchor` names its card, "" when it has none."""

    at: datetime
    label: str
    campaign: str
    what: str
    sent: tuple[tuple[str, int], ...]
    left_out: tuple[str, ...]
    anchor: str
    planned: bool

    @property
    def count(self) -> int:
        """Mails in all languages."""
        return sum(count for _, count in self.sent)


@dataclass(frozen=True, slots=True)
class Dot:
    """A mail in the picture: `x` in percent of the width, `radius` in px. The area goes with the number of mails."""

    x: float
    radius: float
    planned: bool


@dataclass(frozen=True, slots=True)
class Weeks:
    """The picture of the weeks; places are in percent of its width.

    Attributes:
        ticks: where people did something.
        months: the first of each month, and its name.
        now: the end of what was played; what lies behind it is planned.
    """

    dots: tuple[Dot, ...]
    ticks: tuple[float, ...]
    months: tuple[tuple[float, str], ...]
    now: float


def timeline_rows(moments: Sequence[Moment], ahead: Sequence[Moment], sent: Collection[str]) -> list[Row]:
    """What happened and what is planned, line by line; `sent` holds the names of campaigns that have a card."""
    return [
        *(_row(moment, sent, planned=False) for moment in moments),
        *(_row(moment, sent, planned=True) for moment in ahead),
    ]


def left_out_words(reason: str, count: int, *, planned: bool) -> str:
    """`4 had unsubscribed` of what was sent; `4 have unsubscribed`, `1 has unsubscribed` of what is planned."""
    if reason not in REASONS:
        return f"{count} {reason.replace('_', ' ')}"
    auxiliary = "had" if not planned else "has" if count == 1 else "have"
    return f"{count} {auxiliary} {REASONS[reason]}"


def picture_of_weeks(moments: Sequence[Moment], ahead: Sequence[Moment]) -> Weeks:
    """Where everything stands between the first day and the last planned mail."""
    everything = [*moments, *ahead]
    start = parse_local(START)
    last = max([parse_local(END), *(moment.at for moment in everything)])
    most = max([1, *(sum(moment.sent.values()) for moment in everything)])

    def place(at: datetime) -> float:
        return round(_MARGIN + (100 - 2 * _MARGIN) * ((at - start) / (last - start)), 2)

    def dots(mails: Sequence[Moment], *, planned: bool) -> list[Dot]:
        counted = [(mail.at, sum(mail.sent.values())) for mail in mails]
        return [Dot(place(at), _radius(count, most), planned) for at, count in counted if count]

    return Weeks(
        dots=(*dots(moments, planned=False), *dots(ahead, planned=True)),
        ticks=tuple(dict.fromkeys(place(moment.at) for moment in moments if moment.what)),
        months=tuple((place(first), f"{first:%B}") for first in _months(start, last)),
        now=place(parse_local(END)),
    )


def _row(moment: Moment, sent: Collection[str], *, planned: bool) -> Row:
    counts = sorted(moment.withheld.items(), key=lambda item: (-item[1], item[0]))
    return Row(
        at=moment.at,
        label=moment.title,
        campaign=moment.campaign,
        what=moment.what,
        sent=tuple(sorted(moment.sent.items())),
        left_out=tuple(left_out_words(reason, count, planned=planned) for reason, count in counts),
        anchor=moment.campaign if moment.campaign in sent and not planned else "",
        planned=planned,
    )


def _radius(mails: int, most: int) -> float:
    return round(max(_SMALLEST, _LARGEST * sqrt(mails / most)), 1)


def _months(start: datetime, last: datetime) -> Iterator[datetime]:
    """The first of each month after `start`, up to `last`."""
    first = start.replace(day=1, hour=0, minute=0)
    while (first := (first + timedelta(days=32)).replace(day=1)) <= last:
        yield first
