"""From the source of an article's file to an `ArticleText`: YAML between two lines of hyphens, then CommonMark.

Every mistake is reported, with its line, the field and what to write; nothing stops at the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.core.article import ArticleText, Contact, DeadlineEntry, Event, Fact, Image, Link
from newsletter.core.deadline import DeadlineText, RungText
from newsletter.core.front_matter_fields import Fields
from newsletter.core.located_yaml import parse_yaml
from newsletter.core.refusal import ContentRefused, Level, Problem

_KEYS = (
    *("title", "kicker", "summary", "language", "published", "topics", "image", "credits", "contacts"),
    *("deadlines", "event", "facts", "link", "draft", "lead", "source"),
)
_DEADLINE_KEYS = (
    *("id", "label", "at", "zone", "url", "audience", "action", "steps"),
    *("ladder", "remind_at", "reminders"),
)
_RUNG_KEYS = ("audience", "title", "opening", "steps_title", "steps", "notes_title", "notes")
_MOST_STEPS = 3  # more do not fit in the deadline box, and more are no longer read
_RUNG = re.compile(r"0|[1-9]\d{0,2}")
_LONGEST_LADDER = 366  # days before
_RULE = re.compile(r"---[ \t]*")
_END = re.compile(r"(?:---|\.\.\.)[ \t]*")
_ALT_REMEDY = 'Describe the picture in one sentence, or write alt: "" if it adds nothing.'


@dataclass(frozen=True, slots=True)
class _Parts:
    """A file cut in two; `body_line` is the line on which the body begins."""

    front: str
    body: str
    body_line: int


def parse_article(source: str, path: str, slug: str) -> tuple[ArticleText | None, list[Problem]]:
    """Read one file of an article.

    Args:
        source: the text of the file. A byte order mark and any kind of line ending are taken.
        path: the file as the person knows it; its name without `.md` is the language.
        slug: the folder's name.

    Returns:
        The text, or None when there is an error; and every problem, in the order of the lines.
    """
    lines = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    parts = _split(lines, path)
    if isinstance(parts, Problem):
        return None, [parts]
    try:
        doc = parse_yaml(parts.front, path, first_line=2)
    except ContentRefused as refused:
        return None, list(refused.problems)
    if not isinstance(doc.value, dict):
        what = "The front matter has no 'name: value' lines."
        return None, [Problem(what, "Begin with title: and the title of the article.", path, 2)]
    fields = Fields(doc, (), doc.value, [])
    text = _article(fields, parts, path, slug)
    problems = sorted(fields.problems, key=lambda problem: problem.line or 0)
    refused_text = any(problem.level is Level.ERROR for problem in problems)
    return (None if refused_text else text), problems


def _split(lines: list[str], path: str) -> _Parts | Problem:
    if not _RULE.fullmatch(lines[0]):
        what = "The file does not begin with front matter."
        return Problem(
            what, "Write --- on the first line, then title: and the rest, then --- again.", path, 1
        )
    for index in range(1, len(lines)):
        if _END.fullmatch(lines[index]):
            written = (line for line in range(index + 1, len(lines)) if lines[line].strip())
            rest = next(written, index + 1)
            return _Parts("\n".join(lines[1:index]), "\n".join(lines[rest:]).rstrip() + "\n", rest + 1)
    return Problem("The front matter has no end.", "Write --- on a line of its own before the text.", path, 1)


def _article(fields: Fields, parts: _Parts, path: str, slug: str) -> ArticleText:
    fields.allow(*_KEYS)
    if not parts.body.strip():
        remedy = "Write the text under the second --- line."
        fields.problems.append(Problem("The article has no text.", remedy, path, parts.body_line))
    stem = path.rsplit("/", 1)[-1].removesuffix(".md")
    return ArticleText(
        slug=slug,
        language=fields.language(stem),
        path=path,
        title=fields.text("title", "Write title: and what the article is called.", required=True),
        summary=fields.text(
            "summary", "Write summary: and one or two sentences for the inbox.", required=True
        ),
        body=parts.body,
        body_line=parts.body_line,
        published=fields.day("published"),
        kicker=fields.text("kicker"),
        topics=fields.identifiers("topics"),
        image=_image(fields.child("image")),
        credits=fields.texts("credits"),
        contacts=tuple(_contact(contact) for contact in fields.children("contacts")),
        deadlines=_deadlines(fields),
        event=_event(fields.child("event")),
        facts=tuple(_fact(fact) for fact in fields.children("facts")),
        link=_link(fields.child("link")),
        draft=fields.flag("draft"),
        lead=fields.flag("lead"),
        source=fields.web_address("source"),
        lines=fields.lines(),
    )


def _image(fields: Fields | None) -> Image | None:
    if fields is None:
        return None
    fields.allow("src", "alt", "credit")
    alt = fields.text("alt", _ALT_REMEDY, required=True, empty=True)
    return Image(fields.file("src"), alt, fields.text("credit"))


def _contact(fields: Fields) -> Contact:
    fields.allow("name", "role", "email")
    name = fields.text("name", "Write whom to ask.", required=True)
    return Contact(name, fields.address("email"), fields.text("role"))


def _fact(fields: Fields) -> Fact:
    fields.allow("label", "value")
    label = fields.text("label", "Write what the row is about.", required=True)
    return Fact(label, fields.text("value", "Write what stands in the row.", required=True))


def _link(fields: Fields | None) -> Link | None:
    if fields is None:
        return None
    fields.allow("label", "url")
    label = fields.text("label", "Write the words of the button.", required=True)
    return Link(label, fields.url("url", required=True))


def _event(fields: Fields | None) -> Event | None:
    if fields is None:
        return None
    fields.allow("at", "until", "zone", "place", "url", "action")
    at, until = fields.moment("at"), fields.optional_moment("until")
    if until is not None and until <= at:
        fields.blame("The event ends before it begins.", "Write a later time.", "until")
    return Event(
        at=at,
        until=until,
        zone=fields.zone("zone"),
        place=fields.text("place"),
        url=fields.url("url"),
        action=fields.text("action"),
    )


def _deadlines(fields: Fields) -> tuple[DeadlineEntry, ...]:
    seen: set[str] = set()
    entries = []
    for child in fields.children("deadlines"):
        entry = _deadline(child)
        if entry.id and entry.id in seen:
            child.blame(f"A deadline '{entry.id}' stands here a second time.", "Give each its own id.", "id")
        seen.add(entry.id)
        entries.append(entry)
    return tuple(entries)


def _deadline(fields: Fields) -> DeadlineEntry:
    fields.allow(*_DEADLINE_KEYS)
    reminders, audiences = _reminders(fields.child("reminders"))
    text = DeadlineText(
        label=fields.text("label", "Write what closes.", required=True),
        action=fields.text("action"),
        steps=fields.texts("steps", most=_MOST_STEPS),
        reminders=reminders,
    )
    return DeadlineEntry(
        id=fields.identifier("id", "Write a short name for it, for example call-2021."),
        at=fields.moment("at"),
        zone=fields.zone("zone"),
        url=fields.url("url", required=True),
        audience=fields.identifier("audience", "Write the id of the segment that is reminded."),
        text=text,
        ladder=fields.ladder("ladder", _LONGEST_LADDER),
        remind_at=fields.clock("remind_at"),
        audiences=audiences,
    )


def _reminders(fields: Fields | None) -> tuple[dict[int, RungText], dict[int, str]]:
    """The words of the rungs, and the segments of those that have one of their own."""
    rungs: dict[int, RungText] = {}
    audiences: dict[int, str] = {}
    for key, child in fields.entries() if fields else ():
        if fields and not _RUNG.fullmatch(key):
            fields.blame(f"'{key}' is not a number of days.", "Write the days before, for example 30.", key)
            continue
        child.allow(*_RUNG_KEYS)
        if child.has("audience"):
            audiences[int(key)] = child.identifier("audience", "Write the id of the segment of this rung.")
        rungs[int(key)] = RungText(
            title=child.text("title"),
            opening=child.text("opening"),
            steps_title=child.text("steps_title"),
            steps=child.texts("steps", most=_MOST_STEPS),
            notes_title=child.text("notes_title"),
            notes=child.texts("notes"),
        )
    return rungs, audiences
