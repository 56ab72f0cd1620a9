"""Consent: append-only events, and the standing that they add up to."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.core.subscriber import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable


class ConsentAction(StrEnum):
    """What happened.

    Asked: a sign-up waits for its confirmation. Informed: they were told that we write to them on the ground of a legitimate
    interest, and how to object. Granted: consent, with evidence. Withdrawn: by the person; so is an objection.
    """

    ASKED = "asked"
    INFORMED = "informed"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


_STANDING = {
    ConsentAction.ASKED: Standing.PENDING,
    ConsentAction.INFORMED: Standing.INFORMED,
    ConsentAction.GRANTED: Standing.CONFIRMED,
    ConsentAction.WITHDRAWN: Standing.UNSUBSCRIBED,
}


def standing_after(actions: Iterable[ConsentAction]) -> Standing:
    """Fold events, oldest first, into a standing.

    Asking again never lowers a standing (a second sign-up must not silence somebody), nobody is confirmed without a grant, and
    informing somebody who has left never brings them back: they have objected (GDPR Art. 21(3)). With no events at all a person
    is pending: there is no mail without a recorded basis.
    """
    standing, has_left = Standing.PENDING, False
    for action in actions:
        if standing.is_written_to and action is ConsentAction.ASKED:
            continue
        if action is ConsentAction.INFORMED and (standing is Standing.CONFIRMED or has_left):
            continue
        standing = _STANDING[action]
        has_left = standing is Standing.UNSUBSCRIBED or (has_left and standing is Standing.PENDING)
    return standing
