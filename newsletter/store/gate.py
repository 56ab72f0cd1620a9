"""The one gate: may this person be mailed now, and if not, why. The same SQL at launch and at hand-over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, and_, case, exists, func, literal, null, or_, select

from newsletter.core.campaign import STAY, CampaignKind
from newsletter.core.choice import LETTER_PAUSE, Rhythm
from newsletter.core.deadline import PUTTING_OFF, DeadlineMark
from newsletter.core.delivery import DeliveryState, Withheld
from newsletter.core.legal_basis import LegalBasis
from newsletter.core.subscriber import Standing
from newsletter.store.tables import campaigns, deadline_marks, deliveries, subscribers, suppressions

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from newsletter.core.campaign import Campaign

_AGAINST_ANSWERS = frozenset({Withheld.UNSUBSCRIBED, Withheld.SUPPRESSED})
_LETTERS = (CampaignKind.ISSUE, CampaignKind.ANNOUNCEMENT)
_GOT = (DeliveryState.HANDING, DeliveryState.SENT, DeliveryState.UNSURE)
Rule = tuple["ColumnElement[bool]", Withheld]


def campaign_reason(campaign: Campaign, now: datetime) -> ColumnElement[str | None]:
    """SQL over `subscribers`: why this person gets nothing of this campaign at `now`, or NULL."""
    if campaign.kind is CampaignKind.SYSTEM:
        return first_reason(answer_rules(now))
    if campaign.not_after is not None and now >= campaign.not_after:
        return literal(Withheld.DEADLINE_PASSED.value, String)
    if campaign.is_letter:
        return first_reason([*person_rules(now, campaign.basis), *letter_rules(campaign.id, now)])
    rules = person_rules(now, campaign.basis)
    if campaign.deadline:
        closing = campaign.not_after if campaign.kind is CampaignKind.REMINDER else None
        rules += deadline_rules(now, campaign.deadline, closing)
    return first_reason(rules)


def first_reason(rules: list[Rule]) -> ColumnElement[str | None]:
    """SQL: the reason of the first rule that holds, or NULL."""
    return case(*((rule, reason.value) for rule, reason in rules), else_=null())


def answer_rules(now: datetime) -> list[Rule]:
    """What speaks against mail that answers a person's own request, such as a confirmation: no pause, and not that they have not confirmed."""
    return [rule for rule in person_rules(now, LegalBasis.CONSENT) if rule[1] in _AGAINST_ANSWERS]


def person_rules(now: datetime, basis: LegalBasis) -> list[Rule]:
    """What speaks against mail on this ground to this person at `now`.

    The order is what the officer should read first: a person's own word before a technical matter.
    """
    person = subscribers.c
    rules: list[Rule] = [
        (person.standing == Standing.UNSUBSCRIBED, Withheld.UNSUBSCRIBED),
        (exists().where(suppressions.c.address_hash == person.address_hash), Withheld.SUPPRESSED),
        (person.standing == Standing.PENDING, Withheld.NOT_CONFIRMED),
    ]
    if basis is LegalBasis.CONSENT:
        rules.append((person.standing == Standing.INFORMED, Withheld.NO_CONSENT))
    return [*rules, (and_(person.paused_until.is_not(None), person.paused_until > now), Withheld.PAUSED)]


def letter_rules(campaign: int, now: datetime) -> list[Rule]:
    """What speaks against a letter to this person at `now`: how often they want any.

    When the last one went is asked only of those who want them less often, and of each by itself: a plan that gathered it for
    everybody at once would read the whole ledger.
    """
    person, row, other = subscribers.c, deliveries.c, campaigns.c
    last = (
        select(func.max(row.handed_at))
        .select_from(deliveries.join(campaigns, other.id == row.campaign_id))
        .where(row.subscriber_id == person.id, row.campaign_id != campaign, row.state.in_(_GOT), is_letter())
        .correlate(subscribers)
        .scalar_subquery()
    )
    too_soon = and_(person.rhythm == Rhythm.MONTHLY, last > now - LETTER_PAUSE)
    return [(or_(person.rhythm == Rhythm.REMINDERS, too_soon), Withheld.LESS_OFTEN)]


def is_letter() -> ColumnElement[bool]:
    """SQL over `campaigns`: what `Campaign.is_letter` says."""
    row = campaigns.c
    return and_(row.kind.in_(_LETTERS), row.deadline == "", row.series == "", ~is_question())


def is_question() -> ColumnElement[bool]:
    """SQL over `campaigns`: it asks whether somebody wants to stay. Never NULL."""
    return func.coalesce(campaigns.c.content["template"].as_string(), "") == STAY


def deadline_rules(now: datetime, deadline: str, closing: datetime | None) -> list[Rule]:
    """What speaks against mail to this person about this deadline at `now`.

    Args:
        closing: when the deadline closes. What is put off until then or longer is not put off: it would never come.
            With None nothing is put off.
    """
    marks = deadline_marks.c
    rules: list[Rule] = [
        (marked(deadline, marks.mark == DeadlineMark.APPLIED), Withheld.APPLIED),
        (marked(deadline, marks.mark == DeadlineMark.STOPPED), Withheld.STOPPED),
    ]
    if closing is not None:
        later = marks.mark.in_(PUTTING_OFF), marks.until > now, marks.until < closing
        rules.append((marked(deadline, *later), Withheld.LATER))
    return rules


def marked(deadline: str | ColumnElement[str], *how: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL over `subscribers`: there is such a mark of this person about this deadline."""
    marks = deadline_marks.c
    return exists().where(marks.subscriber_id == subscribers.c.id, marks.deadline == deadline, *how)
