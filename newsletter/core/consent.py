"""Consent: append-only events, and the standing that they add up to."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.core.subscriber import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable


class ConsentAction(StrEnum):
    """What happened. Asked: a sign-up waits for its confirmation. Granted: with evidence. Withdrawn: by the person."""

    ASKED = "asked"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


_STANDING = {
    ConsentAction.ASKED: Standing.PENDING,
    ConsentAction.GRANTED: Standing.CONFIRMED,
    ConsentAction.WITHDRAWN: Standing.UNSUBSCRIBED,
}


def standing_after(actions: Iterable[ConsentAction]) -> Standing:
    """Fold events, oldest first, into a standing.

    Asking again never lowers a confirmed standing (a second sign-up must not silence somebody), and nobody is
    confirmed without a grant. With no events at all a person is pending: there is no mail without a recorded basis.
    """
    standing = Standing.PENDING
    for action in actions:
        if action is ConsentAction.ASKED and standing is Standing.CONFIRMED:
            continue
        standing = _STANDING[action]
    return standing
