"""Readers, and the values that go into the slots of a compiled mail for them.

Many readers are served together, column by column: what all of a column share is then worked out once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from newsletter.core.campaign import CampaignKind
from newsletter.core.legal_basis import LegalBasis
from newsletter.core.links import calendar_url
from newsletter.core.moments import Moments
from newsletter.core.refusal import Problem, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from newsletter.core.wording import Catalogue


@dataclass(frozen=True, slots=True)
class Readers:
    """Readers of one language as a mail speaks to them: columns with one entry for each.

    Attributes:
        signed_up: local date on which they asked for the letter, None when it is not known.
        topic_labels: the topics they chose, in their language.
    """

    addresses: Sequence[str]
    given_names: Sequence[str]
    signed_up: Sequence[date | None]
    topic_labels: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One reader; the attributes are those of `Readers`."""

    address: str
    given_name: str
    signed_up: date | None = None
    topic_labels: tuple[str, ...] = ()


class Links(Protocol):
    """Where the personal links of one mail lead, for each reader. Deadlines are named by key, `article/deadline`."""

    def unsubscribe(self) -> Sequence[str]: ...

    def preferences(self) -> Sequence[str]: ...

    def pause(self) -> Sequence[str]: ...

    def view(self) -> Sequence[str]: ...

    def other_language(self, language: str, /) -> Sequence[str]: ...

    def applied(self, deadline: str, /) -> Sequence[str]: ...

    def stop(self, deadline: str, /) -> Sequence[str]: ...

    def later(self, deadline: str, /) -> Sequence[str]: ...

    def confirm(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class _Asked:
    readers: Readers
    links: Links
    catalogue: Catalogue
    kind: CampaignKind
    basis: LegalBasis


def shared_values(names: Iterable[str], public_url: str) -> dict[str, str]:
    """The values of those slots that are the same for every reader.

    Args:
        names: of slots, as templates ask.
        public_url: where the readers' pages answer.
    """
    asked = {name: name.partition(" ") for name in names}
    return {
        name: calendar_url(public_url, argument)
        for name, (word, _, argument) in asked.items()
        if word == _CALENDAR and argument
    }


def slot_columns(
    names: Iterable[str],
    readers: Readers,
    links: Links,
    catalogue: Catalogue,
    kind: CampaignKind,
    basis: LegalBasis = LegalBasis.CONSENT,
) -> dict[str, Sequence[str]]:
    """The values of these slots for each of these readers, and of no others; `shared_values` are not asked for here.

    Args:
        names: as templates ask: `greeting`, or with a space and an argument `applied_url article/deadline`.
        readers: who reads.
        links: where their links lead.
        catalogue: words in the language of the mail.
        kind: of the mail; it decides what the reason says.
        basis: on what ground it is sent; so does this, to whoever has not agreed.

    Raises:
        Refusal: there is no slot of that name.
    """
    asked = _Asked(readers, links, catalogue, kind, basis)
    return {name: _column(name, asked) for name in names}


def slot_values(
    names: Iterable[str],
    recipient: Recipient,
    links: Links,
    catalogue: Catalogue,
    kind: CampaignKind,
    public_url: str,
) -> dict[str, str]:
    """The values of these slots for one reader, the shared ones too; the arguments are those of `slot_columns`."""
    wanted = set(names)
    shared = shared_values(wanted, public_url)
    readers = Readers(
        (recipient.address,), (recipient.given_name,), (recipient.signed_up,), (recipient.topic_labels,)
    )
    columns = slot_columns(wanted - shared.keys(), readers, links, catalogue, kind)
    return shared | {name: column[0] for name, column in columns.items()}


def _column(name: str, asked: _Asked) -> Sequence[str]:
    word, _, argument = name.partition(" ")
    if not argument and word in _PLAIN:
        return _PLAIN[word](asked)
    if argument and word in _WITH_ARGUMENT:
        return _WITH_ARGUMENT[word](asked.links, argument)
    known = ", ".join([*_PLAIN, *(f"{each} …" for each in (*_WITH_ARGUMENT, _CALENDAR))])
    what = f"The mail asks for '{name}', and nothing about a reader has that name."
    raise Refusal(Problem(what, f"Use one of: {known}."))


def _greetings(asked: _Asked) -> list[str]:
    names = [" ".join(name.split()) for name in asked.readers.given_names]
    greetings = asked.catalogue.gettext_each("Dear {name},", name=names)
    if all(names):
        return greetings
    nameless = asked.catalogue.gettext("Hello,")
    return [greeting if name else nameless for name, greeting in zip(names, greetings, strict=True)]


def _reasons(asked: _Asked) -> list[str]:
    """Why this mail comes to this address: the reader's own act, as far as it is known."""
    return _REASONS[asked.kind](asked)


def _letter_reasons(asked: _Asked) -> list[str]:
    return asked.catalogue.gettext_each(
        "You receive this letter at {address} {cause}.",
        address=asked.readers.addresses,
        cause=_causes(asked),
    )


def _reminder_reasons(asked: _Asked) -> list[str]:
    return asked.catalogue.gettext_each(
        "You receive this reminder at {address} {cause}.",
        address=asked.readers.addresses,
        cause=_causes(asked),
    )


def _correction_reasons(asked: _Asked) -> list[str]:
    return asked.catalogue.gettext_each(
        "You receive this message at {address} because an earlier mail told you of this deadline.",
        address=asked.readers.addresses,
    )


def _request_reasons(asked: _Asked) -> list[str]:
    gettext, catalogue, readers = asked.catalogue.gettext, asked.catalogue, asked.readers
    return [
        gettext("Somebody entered {address} in our form.", address=address)
        if day is None
        else gettext(
            "Somebody entered {address} in our form on {date}.", address=address, date=_date(catalogue, day)
        )
        for address, day in zip(readers.addresses, readers.signed_up, strict=True)
    ]


def _causes(asked: _Asked) -> list[str]:
    """How each reader came to be on the list; the date and the topics are told when they are known."""
    catalogue, readers = asked.catalogue, asked.readers
    if asked.basis is LegalBasis.INTEREST:
        told = catalogue.gettext(
            "because we think that it helps you in your work; you may object at any time: “Unsubscribe” is enough"
        )
        return [
            _cause(catalogue, labels, day) if day else told
            for labels, day in zip(readers.topic_labels, readers.signed_up, strict=True)
        ]
    return [
        _cause(catalogue, labels, day)
        for labels, day in zip(readers.topic_labels, readers.signed_up, strict=True)
    ]


@lru_cache(maxsize=16_384)
def _cause(catalogue: Catalogue, labels: tuple[str, ...], day: date | None) -> str:
    """Many readers share it; its parts, which take longest to say, are shared by more."""
    known = {
        "date": _date(catalogue, day) if day else "",
        "topics": _listed(catalogue, labels) if labels else "",
    }
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


@lru_cache(maxsize=4096)
def _date(catalogue: Catalogue, day: date) -> str:
    return Moments(catalogue).long(day)


@lru_cache(maxsize=4096)
def _listed(catalogue: Catalogue, labels: tuple[str, ...]) -> str:
    return Moments(catalogue).listed(labels)


_CALENDAR = "calendar_url"
_REASONS: dict[CampaignKind, Callable[[_Asked], list[str]]] = {
    CampaignKind.ISSUE: _letter_reasons,
    CampaignKind.ANNOUNCEMENT: _letter_reasons,
    CampaignKind.REMINDER: _reminder_reasons,
    CampaignKind.CORRECTION: _correction_reasons,
    CampaignKind.SYSTEM: _request_reasons,
}
_PLAIN: dict[str, Callable[[_Asked], Sequence[str]]] = {
    "greeting": _greetings,
    "name": lambda asked: [" ".join(name.split()) for name in asked.readers.given_names],
    "topics": lambda asked: [_listed(asked.catalogue, each) for each in asked.readers.topic_labels],
    "address": lambda asked: asked.readers.addresses,
    "reason": _reasons,
    "unsubscribe_url": lambda asked: asked.links.unsubscribe(),
    "preferences_url": lambda asked: asked.links.preferences(),
    "pause_url": lambda asked: asked.links.pause(),
    "view_url": lambda asked: asked.links.view(),
    "confirm_url": lambda asked: asked.links.confirm(),
}
_WITH_ARGUMENT: dict[str, Callable[[Links, str], Sequence[str]]] = {
    "other_language_url": lambda links, language: links.other_language(language),
    "applied_url": lambda links, deadline: links.applied(deadline),
    "stop_url": lambda links, deadline: links.stop(deadline),
    "later_url": lambda links, deadline: links.later(deadline),
}
