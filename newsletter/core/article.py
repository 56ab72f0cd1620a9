"""An article: Markdown with front matter, one file per language, and what may stand in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, time

    from newsletter.core.deadline import DeadlineText


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: path inside the article's folder, text alternative ("" means decorative), credit."""

    src: str
    alt: str
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask: a role rather than a person."""

    name: str
    email: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A label and where it leads."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of an article's small table."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that takes place. Times are wall-clock in `zone`; it has no reminders of its own."""

    at: datetime
    until: datetime | None
    zone: str
    place: str = ""
    url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class DeadlineEntry:
    """A deadline as an article's file writes it; `text` is in the file's language.

    Attributes:
        ladder: days before, None where the file leaves it to the office's default.
        remind_at: hour of the reminders on the wall of `zone`, None for the default.
        audiences: segments of rungs that have one of their own, by days before.
    """

    id: str
    at: datetime
    zone: str
    url: str
    audience: str
    text: DeadlineText
    ladder: tuple[int, ...] | None = None
    remind_at: time | None = None
    audiences: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArticleText:
    """An article in one language: the content of one file.

    Attributes:
        path: the file as the person knows it, relative to the workspace.
        body: CommonMark, without the front matter.
        body_line: the line of the file on which the body begins.
        lead: whether a digest begins with it.
        draft: whether it waits for somebody to finish it; nothing is sent of a draft.
        source: where it was first told, http or https; "" when here.
        lines: the line of each value of the front matter by its dotted name, `deadlines[1].at`, for errors.
    """

    slug: str
    language: str
    path: str
    title: str
    summary: str
    body: str
    body_line: int
    published: date
    kicker: str = ""
    topics: tuple[str, ...] = ()
    image: Image | None = None
    credits: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    deadlines: tuple[DeadlineEntry, ...] = ()
    event: Event | None = None
    facts: tuple[Fact, ...] = ()
    link: Link | None = None
    draft: bool = False
    lead: bool = False
    source: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Article:
    """An article with its translations, by language."""

    slug: str
    texts: Mapping[str, ArticleText] = field(default_factory=dict)

    def text_for(self, language: str, fallback: str) -> ArticleText:
        """The text in `language`, else in `fallback`, else in whatever language comes first."""
        for wanted in (language, fallback, *sorted(self.texts)):
            if wanted in self.texts:
                return self.texts[wanted]
        raise KeyError(self.slug)
