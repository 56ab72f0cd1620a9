"""When the plan is worth a look. The look itself always reads the tables; here is only kept when the next one is due."""

from __future__ import annotations

import itertools
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsletter.flows.tick import Look, look, plan_sign_of

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.due_mail import DueMail
    from newsletter.flows.office import Office
    from newsletter.flows.send_off import Wake

SELDOM, OFTEN = timedelta(seconds=15), timedelta(seconds=1)
"""A look at the whole plan comes at least so often, for changes that no sign tells of: the more it costs, the less often."""

_SHARE = 200
"""Looks take at most one part in so many of the time."""


class Lookout:
    """Knows the next planned instant, and a few figures that change when the plan does.

    With a thousand deadlines a look at the whole plan takes a good part of a tenth of a second, the figures a hundredth of that. A
    small office is looked at every second. Looks may overlap: of two, the one that began later knows better.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._lock, self._tickets, self._newest = threading.Lock(), itertools.count(1), 0
        self._looked: datetime | None = None
        self._sign: tuple[Any, ...] = ()
        self._again, self.pause = True, OFTEN
        self.next: DueMail | None = None

    def is_time(self, now: datetime) -> bool:
        """Whether to look: something is due, has changed, was refused, or the last look was long ago (or is yet to come)."""
        looked, ahead = self._looked, self.next
        if self._again or looked is None or not timedelta(0) <= now - looked < self.pause:
            return True
        if ahead is not None and ahead.occurrence.is_due(now):
            return True
        return plan_sign_of(self._office) != self._sign

    def look(self, now: datetime, wake: Wake) -> Look:
        """Launch what is due, and remember what comes next."""
        ticket, sign = next(self._tickets), plan_sign_of(self._office)
        began = time.monotonic()
        seen = look(self._office, now, wake)
        cost = timedelta(seconds=time.monotonic() - began)
        with self._lock:
            if not seen.launches and not seen.refusals:
                self.pause = min(max(cost * _SHARE, OFTEN), SELDOM)
            if ticket > self._newest:
                self._newest, self._looked, self._sign = ticket, now, sign
                self._again, self.next = bool(seen.refusals), seen.next
        return seen
