"""The parts of a mail as templates show them: dates said, addresses absolute, no decision left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.article import Contact, Fact, Link


@dataclass(frozen=True, slots=True)
class Box:
    """The box that says when on the left and what on the right.

    Attributes:
        key: of the calendar entry: `article/deadline`, or `article/event`.
        tone: "amber" (something closes) or "accent" (something takes place).
        solid: the last day is near.
        left: days left, and when they were counted.
        former: where the deadline stood before it moved.
        promise: which reminders will follow, "" when none will.
    """

    key: str
    tone: str
    label: str
    day: str
    month: str
    weekday: str
    hour: str
    zone: str
    elsewhere: tuple[str, ...]
    line: str
    left: tuple[str, str]
    title: str
    solid: bool = False
    former: str = ""
    summary: str = ""
    steps_title: str = ""
    steps: tuple[str, ...] = ()
    numbered: bool = True
    action: str = ""
    url: str = ""
    calendar: str = ""
    promise: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with an absolute address."""

    url: str
    alt: str
    credit: str


@dataclass(frozen=True, slots=True)
class DateRow:
    """A row of "Dates in this letter"."""

    instant: datetime
    tone: str
    day: str
    what: str
    when: str


@dataclass(frozen=True, slots=True)
class Rung:
    """A cell of the ladder."""

    label: str
    day: str
    reached: bool
    now: bool


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article as a mail shows it.

    Attributes:
        form: of a later article: "box" (its deadline is the message), "event", "card", or "brief" (text only).
        body: Markdown.
        boxes: one for each deadline that is still open, then the event's.
        card_boxes: the same for a card of the form "box": the first bears the article's title and summary.
        page: the article's own page, else where its link leads, "" when it has neither.
    """

    slug: str
    form: str
    title: str
    kicker: str
    summary: str
    body: str
    picture: Picture | None
    credits: tuple[str, ...]
    contacts: tuple[Contact, ...]
    facts: tuple[Fact, ...]
    boxes: tuple[Box, ...]
    card_boxes: tuple[Box, ...]
    link: Link | None
    page: str


@dataclass(frozen=True, slots=True)
class DueView:
    """One of the reminders in a mail that merges them.

    Attributes:
        key: of the deadline.
        flag: of the readers whose copy tells it; see `core.flags`.
        may_wait: whether there is time to be reminded once more.
    """

    key: str
    flag: str
    box: Box
    may_wait: bool


@dataclass(frozen=True, slots=True)
class CountTitle:
    """The heading for readers whose copy of such a mail tells so many deadlines: the flag, and the words."""

    flag: str
    title: str


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """A row of "Closing soon".

    Attributes:
        day: in figures.
        month: as long as the narrow cell allows.
        date: day and month in words, for the text part.
        url: where the reader acts.
    """

    day: str
    month: str
    date: str
    title: str
    url: str
    when: str
    left: str


@dataclass(frozen=True, slots=True)
class MailView:
    """A mail as its template shows it.

    Attributes:
        language: in which it is written, by its own name.
        next_box: the deadline that closes first of those in its articles, without steps; None when none is open.
    """

    title: str
    month: str
    date: str
    direction: str
    dates: tuple[DateRow, ...]
    articles: tuple[ArticleView, ...]
    brief: tuple[ArticleView, ...]
    box: Box | None
    former: str
    opening: str
    notes_title: str
    notes: tuple[str, ...]
    about: ArticleView | None
    ladder: tuple[Rung, ...]
    plan_line: str
    language: str = ""
    next_box: Box | None = None
    may_wait: bool = False
    due: tuple[DueView, ...] = ()
    due_titles: tuple[CountTitle, ...] = ()
    closing: tuple[ClosingRow, ...] = ()
