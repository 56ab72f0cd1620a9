"""One reader, and the values that go into the slots of a compiled mail for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from newsletter.core.campaign import CampaignKind
from newsletter.core.moments import Moments
from newsletter.core.refusal import Problem, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from newsletter.core.wording import Catalogue


@dataclass(frozen=True, slots=True)
class Recipient:
    """A reader as a mail speaks to them.

    Attributes:
        signed_up: local date on which they asked for the letter, None when it is not known.
        topic_labels: the topics they chose, in their language.
    """

    address: str
    given_name: str
    language: str
    signed_up: date | None = None
    topic_labels: tuple[str, ...] = ()


class Links(Protocol):
    """Where the personal links of one mail lead. Deadlines are named by key, `article/deadline`."""

    def unsubscribe(self) -> str: ...

    def preferences(self) -> str: ...

    def pause(self) -> str: ...

    def view(self) -> str: ...

    def other_language(self, language: str, /) -> str: ...

    def applied(self, deadline: str, /) -> str: ...

    def stop(self, deadline: str, /) -> str: ...

    def calendar(self, deadline: str, /) -> str: ...

    def confirm(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Reader:
    recipient: Recipient
    links: Links
    catalogue: Catalogue
    kind: CampaignKind


def slot_values(
    names: Iterable[str], recipient: Recipient, links: Links, catalogue: Catalogue, kind: CampaignKind
) -> dict[str, str]:
    """The values of these slots for this reader, and of no others.

    Args:
        names: as templates ask: `greeting`, or with a space and an argument `applied_url article/deadline`.
        recipient: the reader.
        links: where their links lead.
        catalogue: words in the language of the mail.
        kind: of the mail; it decides what the reason says.

    Raises:
        Refusal: there is no slot of that name.
    """
    reader = _Reader(recipient, links, catalogue, kind)
    return {name: _value(name, reader) for name in names}


def _value(name: str, reader: _Reader) -> str:
    word, _, argument = name.partition(" ")
    if not argument and word in _PLAIN:
        return _PLAIN[word](reader)
    if argument and word in _WITH_ARGUMENT:
        return _WITH_ARGUMENT[word](reader.links, argument)
    known = ", ".join([*_PLAIN, *(f"{each} …" for each in _WITH_ARGUMENT)])
    what = f"The mail asks for '{name}', and nothing about a reader has that name."
    raise Refusal(Problem(what, f"Use one of: {known}."))


def _greeting(reader: _Reader) -> str:
    name = " ".join(reader.recipient.given_name.split())
    return reader.catalogue.gettext("Dear {name},", name=name) if name else reader.catalogue.gettext("Hello,")


def _reason(reader: _Reader) -> str:
    """Why this mail comes to this address: the reader's own act, as far as it is known."""
    return _REASONS[reader.kind](reader)


def _letter_reason(reader: _Reader) -> str:
    return reader.catalogue.gettext(
        "You receive this letter at {address} {cause}.",
        address=reader.recipient.address,
        cause=_cause(reader),
    )


def _reminder_reason(reader: _Reader) -> str:
    return reader.catalogue.gettext(
        "You receive this reminder at {address} {cause}.",
        address=reader.recipient.address,
        cause=_cause(reader),
    )


def _correction_reason(reader: _Reader) -> str:
    return reader.catalogue.gettext(
        "You receive this correction at {address} because an earlier mail told you the former date.",
        address=reader.recipient.address,
    )


def _request_reason(reader: _Reader) -> str:
    gettext, address, day = reader.catalogue.gettext, reader.recipient.address, reader.recipient.signed_up
    if day is None:
        return gettext("Somebody entered {address} in our form.", address=address)
    date = Moments(reader.catalogue).long(day)
    return gettext("Somebody entered {address} in our form on {date}.", address=address, date=date)


def _cause(reader: _Reader) -> str:
    """How the reader came to be on the list; the date and the topics are told when they are known."""
    return _cause_of(reader.catalogue, reader.recipient.topic_labels, reader.recipient.signed_up)


@lru_cache(maxsize=4096)
def _cause_of(catalogue: Catalogue, labels: tuple[str, ...], day: date | None) -> str:
    """Dates and lists take long to say, and many readers share them."""
    moments = Moments(catalogue)
    known = {"date": moments.long(day) if day else "", "topics": moments.listed(labels)}
    if day and labels:
        return catalogue.ngettext(
            "because you signed up on {date} for {topics}",
            "because you signed up on {date} for {topics}",
            len(labels),
            **known,
        )
    if labels:
        return catalogue.ngettext(
            "because you signed up for {topics}", "because you signed up for {topics}", len(labels), **known
        )
    if day:
        return catalogue.gettext("because you signed up on {date}", **known)
    return catalogue.gettext("because you signed up for it")


_REASONS: dict[CampaignKind, Callable[[_Reader], str]] = {
    CampaignKind.ISSUE: _letter_reason,
    CampaignKind.ANNOUNCEMENT: _letter_reason,
    CampaignKind.REMINDER: _reminder_reason,
    CampaignKind.CORRECTION: _correction_reason,
    CampaignKind.SYSTEM: _request_reason,
}
_PLAIN: dict[str, Callable[[_Reader], str]] = {
    "greeting": _greeting,
    "address": lambda reader: reader.recipient.address,
    "reason": _reason,
    "unsubscribe_url": lambda reader: reader.links.unsubscribe(),
    "preferences_url": lambda reader: reader.links.preferences(),
    "pause_url": lambda reader: reader.links.pause(),
    "view_url": lambda reader: reader.links.view(),
    "confirm_url": lambda reader: reader.links.confirm(),
}
_WITH_ARGUMENT: dict[str, Callable[[Links, str], str]] = {
    "other_language_url": lambda links, language: links.other_language(language),
    "applied_url": lambda links, deadline: links.applied(deadline),
    "stop_url": lambda links, deadline: links.stop(deadline),
    "calendar_url": lambda links, key: links.calendar(key),
}
