"""The one gate: may this person be mailed this now, and if not, why. What the database asks in bulk is held equal to it by a test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind
from newsletter.core.choice import LETTER_PAUSE, Rhythm
from newsletter.core.deadline import PUTTING_OFF, DeadlineMark
from newsletter.core.delivery import Withheld
from newsletter.core.legal_basis import LegalBasis
from newsletter.core.subscriber import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reachable:
    """What counts when somebody is to be mailed.

    Attributes:
        standing: what the events of consent add up to.
        is_suppressed: whether nothing may ever go to the address.
        paused_until: instant (UTC) until which they want nothing, None for no pause.
        marks: what was noted about the deadline that the mail is about, each with the instant to which it puts reminders off;
            None where it does not.
        rhythm: how often they want letters.
        last_letter: when the last letter but this one was handed over to them (UTC), None for never.
    """

    standing: Standing
    is_suppressed: bool = False
    paused_until: datetime | None = None
    marks: Mapping[DeadlineMark, datetime | None] = field(default_factory=dict)
    rhythm: Rhythm = Rhythm.EVERY
    last_letter: datetime | None = None


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a mail is for.

    Attributes:
        kind: of the campaign.
        deadline: key of the deadline that it is about, else "".
        not_after: instant (UTC) after which nothing of it may leave, None for no limit.
        is_letter: whether it is one of the letters that a reader may ask to get less often.
        basis: on what ground it is sent.
    """

    kind: CampaignKind
    deadline: str = ""
    not_after: datetime | None = None
    is_letter: bool = False
    basis: LegalBasis = LegalBasis.CONSENT


def may_mail(person: Reachable, purpose: Purpose, now: datetime) -> bool:
    """Whether this may go to this person at `now`."""
    return why_not(person, purpose, now) is None


def why_not(person: Reachable, purpose: Purpose, now: datetime) -> Withheld | None:
    """The first reason against it, None when there is none: a person's own word comes before a technical matter."""
    reason = _of_person(person, purpose.basis, now)
    if purpose.kind is CampaignKind.SYSTEM:  # it answers a person's own request, such as a confirmation
        return reason if reason in {Withheld.UNSUBSCRIBED, Withheld.SUPPRESSED} else None
    if purpose.not_after is not None and now >= purpose.not_after:
        return Withheld.DEADLINE_PASSED
    if reason is None and purpose.is_letter and not _is_in_rhythm(person, now):
        return Withheld.LESS_OFTEN
    return reason or (_of_deadline(person, purpose, now) if purpose.deadline else None)


def _of_person(person: Reachable, basis: LegalBasis, now: datetime) -> Withheld | None:
    if person.standing is Standing.UNSUBSCRIBED:
        return Withheld.UNSUBSCRIBED
    if person.is_suppressed:
        return Withheld.SUPPRESSED
    if person.standing is Standing.PENDING:
        return Withheld.NOT_CONFIRMED
    if person.standing is Standing.INFORMED and basis is LegalBasis.CONSENT:
        return Withheld.NO_CONSENT
    if person.paused_until is not None and person.paused_until > now:
        return Withheld.PAUSED
    return None


def _is_in_rhythm(person: Reachable, now: datetime) -> bool:
    if person.rhythm is Rhythm.MONTHLY:
        return person.last_letter is None or person.last_letter <= now - LETTER_PAUSE
    return person.rhythm is Rhythm.EVERY


def _of_deadline(person: Reachable, purpose: Purpose, now: datetime) -> Withheld | None:
    if DeadlineMark.APPLIED in person.marks:
        return Withheld.APPLIED
    if DeadlineMark.STOPPED in person.marks:
        return Withheld.STOPPED
    # What is put off until the deadline closes, or longer, is not put off: it would never come. A correction is not put off at all.
    closing = purpose.not_after if purpose.kind is CampaignKind.REMINDER else None
    wishes = (person.marks.get(mark) for mark in PUTTING_OFF)
    if closing is not None and any(until is not None and now < until < closing for until in wishes):
        return Withheld.LATER
    return None
