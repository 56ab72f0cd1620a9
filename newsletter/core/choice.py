"""What readers tell us of themselves on their pages, beside consent: whether we may see what they do, and why they left."""

from __future__ import annotations

from enum import StrEnum


class TrackingChoice(StrEnum):
    """What a reader answered when asked whether it may be recorded what they open and press (ePrivacy Directive Art. 5(3))."""

    ALLOWED = "allowed"
    REFUSED = "refused"


class LeavingReason(StrEnum):
    """Why a reader left, from a short list: no free text, so that nothing personal is kept with it."""

    TOO_MUCH = "too-much"
    NOT_FOR_ME = "not-for-me"
    NEVER_ASKED = "never-asked"
    ELSEWHERE = "elsewhere"
    OTHER = "other"
