"""What was pressed in the last two seconds, so that a machine which opens every link of a mail is known by it.

Who pressed is a word that nobody can read back (a keyed hash that dies with the process), and it is forgotten after the two
seconds. Nothing of it is stored.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

TOGETHER = timedelta(seconds=2)
_MOST_VISITORS = 10_000


class Press(NamedTuple):
    """A link that was pressed: its campaign, its number and when."""

    campaign: int
    link: int
    at: datetime


class Judged(NamedTuple):
    """How a click counts.

    Attributes:
        by_machine: whether a machine made it; None when it counts not at all, because the same was pressed just before.
        corrected: presses that were taken for a person's until now, and were a machine's.
    """

    by_machine: bool | None
    corrected: tuple[Press, ...] = ()


@dataclass(slots=True)
class _Recent:
    by_machine: bool
    presses: list[Press] = field(default_factory=list)


class RecentClicks:
    """The last two seconds. Not to be shared between threads without a lock."""

    def __init__(self) -> None:
        self._visitors: OrderedDict[tuple[str, int], _Recent] = OrderedDict()

    def __len__(self) -> int:
        """How many visitors are remembered."""
        return len(self._visitors)

    def judge(self, visitor: str, press: Press, *, by_machine: bool) -> Judged:
        """How this press counts, beside what the same visitor pressed in the same campaign just before.

        Args:
            visitor: who; the same word for the same one.
            press: what and when; later than all before, or as good as.
            by_machine: whether the request says so of itself.
        """
        self._forget(press.at)
        who = visitor, press.campaign
        known = self._visitors.pop(who, None)
        recent = self._visitors[who] = known or _Recent(by_machine)
        links = {before.link for before in recent.presses}
        if press.link in links:
            return Judged(None)
        corrected: tuple[Press, ...] = ()
        if (by_machine or links) and not recent.by_machine:
            recent.by_machine, corrected = True, tuple(recent.presses)
        recent.presses.append(press)
        return Judged(recent.by_machine, corrected)

    def _forget(self, now: datetime) -> None:
        """Those whose last press is too long ago; they stand in the order of it."""
        while self._visitors:
            who, recent = next(iter(self._visitors.items()))
            if len(self._visitors) <= _MOST_VISITORS and now - recent.presses[-1].at <= TOGETHER:
                return
            del self._visitors[who]
