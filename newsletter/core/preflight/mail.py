"""A finished mail, as the rules of the preflight get it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from newsletter.core.preflight.page import HtmlPage
from newsletter.core.refusal import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from bs4 import Tag


@dataclass(frozen=True)
class CheckedMail:
    """One edition as one reader gets it, or a file that somebody wants checked.

    Attributes:
        place: how a person finds it: `edition en`, or the name of a file.
        language: BCP 47 code that it should be in; "" when that is not known.
        today: calendar day in the campaign's zone.
        subject: as inboxes show it.
        preheader: the sentence after it; "" when there is none or that is not known.
        html: "" when there is no such part.
        text: the text part; None when there is none.
        headers: by lower-case name, unfolded and decoded; empty when only a page is checked.
        raw: the whole message; empty when only a page is checked.
        pictures: what is known of each picture, by its `src`.
        house: what must stand in the mail about who sends it; None where that is not known, as for a file.
    """

    place: str
    language: str
    today: date
    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    pictures: Mapping[str, PictureFacts] = field(default_factory=dict)
    house: House | None = None

    @cached_property
    def page(self) -> HtmlPage:
        return HtmlPage(self.html)

    def told(
        self, rule: str, level: Level, what: str, remedy: str, why: str = "", *, tag: Tag | None = None
    ) -> Problem:
        """A problem of this mail; with the line of an element in its HTML, where that is known."""
        line = None if tag is None else tag.sourceline
        return Problem(what, remedy, self.place, line, level=level, rule=rule, why=why)


@dataclass(frozen=True, slots=True)
class House:
    """Who sends, as the law wants it in the mail.

    Attributes:
        legal_name: the body that answers for it.
        postal_address: lines, as on an envelope.
        unsubscribe_url: where this reader leaves; "" for mail that nobody subscribes to.
    """

    legal_name: str
    postal_address: tuple[str, ...]
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What is known of a picture without looking at it.

    Attributes:
        size: bytes.
        width: pixels; None for a format without.
        height: pixels.
        kind: media type such as `image/png`.
        is_animated: more than one frame.
    """

    size: int
    width: int | None
    height: int | None
    kind: str
    is_animated: bool = False
