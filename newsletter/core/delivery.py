"""The ledger's words: the states of a delivery, its allowed moves, and why a person was left out."""

from __future__ import annotations

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where one message to one person stands.

    HANDING: a worker has it in hand, and it may be accepted at any moment; the worker's lease says whether it lives.
    """

    READY = "ready"
    HANDING = "handing"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNSURE = "unsure"


DELIVERY_MOVES: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.READY: frozenset({DeliveryState.HANDING, DeliveryState.SKIPPED}),
    DeliveryState.HANDING: frozenset(
        {DeliveryState.SENT, DeliveryState.READY, DeliveryState.FAILED, DeliveryState.UNSURE}
    ),
    DeliveryState.UNSURE: frozenset({DeliveryState.READY, DeliveryState.SENT, DeliveryState.SKIPPED}),
    DeliveryState.SENT: frozenset(),
    DeliveryState.FAILED: frozenset(),
    DeliveryState.SKIPPED: frozenset(),
}
SETTLED = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED})


class Withheld(StrEnum):
    """Why a person in the segment got no mail. Kept on the row, shown in the report.

    NO_CONSENT: they were told that we write to them, and this mail is about a topic that they must have agreed to.
    LATER: they asked to be reminded on a day that has not come. MERGED: they got this reminder in one mail with others.
    LESS_OFTEN: they asked for fewer letters than there are, or for reminders alone.
    ONE_A_DAY: another reminder had gone to them that day; this one comes a day later if there is time.
    """

    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    NOT_CONFIRMED = "not_confirmed"
    NO_CONSENT = "no_consent"
    PAUSED = "paused"
    APPLIED = "applied"
    STOPPED = "stopped"
    LATER = "later"
    LESS_OFTEN = "less_often"
    MERGED = "merged"
    ONE_A_DAY = "one_a_day"
    EXCLUDED = "excluded"
    HAD_IT = "had_it"
    DEADLINE_PASSED = "deadline_passed"
    CANCELLED = "cancelled"
    ERASED = "erased"
