"""A person as they stood at an earlier instant, as far as it is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from newsletter.core.consent import ConsentAction, standing_after

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsletter.core.subscriber import Subscriber


class ConsentEvent(NamedTuple):
    """One event of the consent ledger, at an instant (UTC)."""

    action: ConsentAction
    at: datetime
    source: str


def as_of(person: Subscriber, events: Sequence[ConsentEvent], at: datetime) -> Subscriber:
    """The person at the instant `at`: what has a date is taken back, and consent is folded from its events.

    Topics, language, country and fields have no history, so that they are as they are now. A mark that was taken back since
    then is not known any more.

    Args:
        events: every consent event of the person, oldest first.
    """
    known = [event for event in events if event.at <= at]
    granted = max((event.at for event in known if event.action is ConsentAction.GRANTED), default=None)
    sources = {
        event.source for event in known if event.action is ConsentAction.GRANTED and event.at == granted
    }
    return replace(
        person,
        standing=standing_after(event.action for event in known),
        granted=granted,
        granted_by=frozenset(sources),
        deeds=tuple(deed for deed in person.deeds if deed.at <= at),
        said=tuple(one for one in person.said if one.at <= at),
    )
