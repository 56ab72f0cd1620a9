"""The one gate: may this person be mailed now, and if not, why. The same SQL at launch and at hand-over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, and_, case, exists, literal, null

from newsletter.core.deadline import DeadlineMark
from newsletter.core.delivery import Withheld
from newsletter.core.subscriber import Standing
from newsletter.store.tables import deadline_marks, subscribers, suppressions

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement


def withheld_reason(now: datetime, deadline: str, not_after: datetime | None) -> ColumnElement[str | None]:
    """SQL over `subscribers`: the first reason not to mail this person at `now`, or NULL.

    The order is what the officer should read first: a person's own word before a technical matter.
    """
    person = subscribers.c
    if not_after is not None and now >= not_after:
        return literal(Withheld.DEADLINE_PASSED.value, String)
    rules: list[tuple[ColumnElement[bool], Withheld]] = [
        (person.standing == Standing.UNSUBSCRIBED, Withheld.UNSUBSCRIBED),
        (exists().where(suppressions.c.address_hash == person.address_hash), Withheld.SUPPRESSED),
        (person.standing != Standing.CONFIRMED, Withheld.NOT_CONFIRMED),
        (and_(person.paused_until.is_not(None), person.paused_until > now), Withheld.PAUSED),
    ]
    if deadline:
        rules += [
            (_marked(deadline, DeadlineMark.APPLIED), Withheld.APPLIED),
            (_marked(deadline, DeadlineMark.STOPPED), Withheld.STOPPED),
        ]
    return case(*((rule, reason.value) for rule, reason in rules), else_=null())


def _marked(deadline: str, mark: DeadlineMark) -> ColumnElement[bool]:
    marks = deadline_marks.c
    return exists().where(
        marks.subscriber_id == subscribers.c.id, marks.deadline == deadline, marks.mark == mark
    )
