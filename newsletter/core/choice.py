"""What readers tell us of themselves on their pages, beside consent: whether we may see what they do, and why they left."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class TrackingChoice(StrEnum):
    """What a reader answered when asked whether it may be recorded what they open and press (ePrivacy Directive Art. 5(3))."""

    ALLOWED = "allowed"
    REFUSED = "refused"


class Rhythm(StrEnum):
    """How often a reader wants letters. Reminders of deadlines, corrections and answers come whatever it is.

    MONTHLY: the first letter of each month or so; the next one that comes a full `LETTER_PAUSE` later. REMINDERS: no letters at all.
    """

    EVERY = "every"
    MONTHLY = "monthly"
    REMINDERS = "reminders"


LETTER_PAUSE = timedelta(days=27)
"""A letter on the first Tuesday of each month comes after 28 days or 35, at times an hour earlier than the last."""


class LeavingReason(StrEnum):
    """Why a reader left, from a short list: no free text, so that nothing personal is kept with it."""

    TOO_MUCH = "too-much"
    NOT_FOR_ME = "not-for-me"
    NEVER_ASKED = "never-asked"
    ELSEWHERE = "elsewhere"
    OTHER = "other"
