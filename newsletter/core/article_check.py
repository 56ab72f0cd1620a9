"""What is wrong with an article that can be read: between its languages, in its body, and against the workspace.

The rules are an ordered list of small functions; each yields the problems that it is named for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time
from typing import TYPE_CHECKING

from newsletter.core.ladder_check import rungs_too_late, words_without_rung
from newsletter.core.leftovers import find_leftovers
from newsletter.core.markup_tree import (
    alt_of,
    heading_level,
    href_of,
    is_decorative,
    parse_everything,
    scheme_of,
    src_of,
    words_of,
)
from newsletter.core.refusal import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from newsletter.core.article import Article, ArticleText, DeadlineEntry
    from newsletter.core.markup_tree import Node

_GOOD_SCHEMES = {"https", "mailto", "tel"}
_PICTURES = (".png", ".jpg", ".jpeg", ".gif")  # WebP and SVG are missing in Outlook or Gmail
_FIRST_LEVEL = 2
# Each with the key under which it stands in the file.
_SHARED_DEADLINE = {
    **{name: name for name in ("at", "zone", "url", "audience", "ladder", "remind_at")},
    "audiences": "reminders",
}
_SHARED_EVENT = ("at", "until", "zone")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an article is checked against.

    Attributes:
        languages: editions that the office makes; the first is the fallback.
        segments: ids that a deadline may name as its audience.
        topics: ids that an article may name.
        files: paths inside the article's folder.
        today: for what lies in the past; None leaves that unsaid.
        ladder: days before, of deadlines that name none.
        remind_at: the usual hour of reminders.
    """

    languages: tuple[str, ...]
    segments: frozenset[str]
    topics: frozenset[str]
    files: frozenset[str]
    today: date | None
    ladder: tuple[int, ...]
    remind_at: time


@dataclass(frozen=True, slots=True)
class _Placed:
    """A node of a body with its line in the file."""

    node: Node
    line: int


def check_article(
    article: Article,
    *,
    languages: tuple[str, ...],
    segments: frozenset[str],
    topics: frozenset[str],
    files: frozenset[str],
    today: date | None,
    ladder: tuple[int, ...] = (30, 7, 1),
    remind_at: time = time(9),
) -> list[Problem]:
    """Every problem of an article whose files could be read.

    Args:
        article: the article with its languages.
        languages: editions that the office makes; the first is the fallback.
        segments: ids that a deadline may name as its audience.
        topics: ids that an article may name.
        files: paths inside the article's folder, with `/`.
        today: a calendar day in the office's zone; None for no word about what is past.
        ladder: days before, of deadlines that name none.
        remind_at: the usual hour of reminders.

    Returns:
        Errors and warnings, file by file in the order of the lines. In a draft all are warnings: it is not finished, and
        nothing is sent of it.
    """
    around = Surroundings(languages, segments, topics, files, today, ladder, remind_at)
    found = [problem for rule in ARTICLE_RULES for problem in rule(article, around)]
    for text in article.texts.values():
        found += [problem for rule in TEXT_RULES for problem in rule(text, around)]
        nodes = list(_placed(text))
        found += [problem for rule in BODY_RULES for problem in rule(text, nodes, around)]
    drafts = {text.path for text in article.texts.values() if text.draft}
    found = [replace(each, level=Level.WARNING) if each.path in drafts else each for each in found]
    return sorted(found, key=lambda problem: (problem.path, problem.line or 0))


def _problem(text: ArticleText, field: str, what: str, remedy: str, level: Level = Level.ERROR) -> Problem:
    return Problem(what, remedy, text.path, text.lines.get(field), field, level)


def _in_body(text: ArticleText, line: int, what: str, remedy: str, level: Level = Level.ERROR) -> Problem:
    return Problem(what, remedy, text.path, line, "", level)


# Between the languages


def _translations_missing(article: Article, around: Surroundings) -> Iterator[Problem]:
    folder = next((text.path.rpartition("/")[0] for text in article.texts.values()), "")
    for language in around.languages:
        if language not in article.texts:
            path = f"{folder}/{language}.md" if folder else f"{language}.md"
            remedy = "Write it, or readers of that language get another one."
            yield Problem(f"There is no text in '{language}'.", remedy, path, level=Level.WARNING)


def _languages_not_made(article: Article, around: Surroundings) -> Iterator[Problem]:
    for language, text in article.texts.items():
        if language not in around.languages:
            what = f"No edition is made in '{language}'."
            remedy = "Add the language to config.yaml, or nobody gets this text."
            yield _problem(text, "language", what, remedy, Level.WARNING)


def _deadlines_differ(article: Article, around: Surroundings) -> Iterator[Problem]:
    for first, other in _pairs(article, around):
        theirs = {entry.id: entry for entry in other.deadlines}
        for entry in first.deadlines:
            if entry.id in theirs:
                yield from _differences(first, other, entry, theirs[entry.id])
            else:
                what = f"The deadline '{entry.id}' of {first.path} is missing here."
                yield _problem(other, "deadlines", what, "Write it in every language, with the same id.")
        for index, extra in enumerate(other.deadlines):
            if extra.id not in {entry.id for entry in first.deadlines}:
                what = f"The deadline '{extra.id}' is missing in {first.path}."
                remedy = "Write it in every language, with the same id."
                yield _problem(other, f"deadlines[{index + 1}].id", what, remedy)


def _differences(
    first: ArticleText, other: ArticleText, one: DeadlineEntry, two: DeadlineEntry
) -> Iterator[Problem]:
    place = other.deadlines.index(two) + 1
    for name, key in _SHARED_DEADLINE.items():
        wanted, written = getattr(one, name), getattr(two, name)
        if wanted != written:
            what = f"'{_shown(written)}' here, but '{_shown(wanted)}' in {first.path}."
            yield _problem(other, f"deadlines[{place}].{key}", what, "Write the same in every language.")


def _events_differ(article: Article, around: Surroundings) -> Iterator[Problem]:
    for first, other in _pairs(article, around):
        if (first.event is None) != (other.event is None):
            what = f"{first.path if first.event else other.path} has an event, the other language has none."
            yield _problem(other, "event", what, "Write it in every language.")
        elif first.event and other.event:
            for name in _SHARED_EVENT:
                wanted, written = getattr(first.event, name), getattr(other.event, name)
                if wanted != written:
                    what = f"'{_shown(written)}' here, but '{_shown(wanted)}' in {first.path}."
                    yield _problem(other, f"event.{name}", what, "Write the same in every language.")


def _pairs(article: Article, around: Surroundings) -> Iterator[tuple[ArticleText, ArticleText]]:
    """The text in the office's first language, with each other text."""
    order = dict.fromkeys([*around.languages, *sorted(article.texts)])
    texts = [article.texts[language] for language in order if language in article.texts]
    yield from ((texts[0], other) for other in texts[1:])


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{days}: {segment}" for days, segment in value.items()) or "nothing"
    return value.isoformat(timespec="minutes") if hasattr(value, "isoformat") else str(value or "nothing")


# In the front matter


def _draft_waits(text: ArticleText, _around: Surroundings) -> Iterator[Problem]:
    if text.draft:
        remedy = "Finish it and remove the line; until then no mail can carry it."
        yield _problem(text, "draft", "This is a draft.", remedy, Level.WARNING)


def _topics_unknown(text: ArticleText, around: Surroundings) -> Iterator[Problem]:
    for index, topic in enumerate(text.topics):
        if topic not in around.topics:
            known = ", ".join(sorted(around.topics)) or "none yet"
            yield _problem(text, f"topics[{index + 1}]", f"There is no topic '{topic}'.", f"Topics: {known}.")


def _audiences_unknown(text: ArticleText, around: Surroundings) -> Iterator[Problem]:
    for index, entry in enumerate(text.deadlines):
        if entry.audience not in around.segments:
            known = ", ".join(sorted(around.segments)) or "none yet"
            what = f"There is no segment '{entry.audience}'."
            yield _problem(text, f"deadlines[{index + 1}].audience", what, f"Segments: {known}.")
        for days, segment in entry.audiences.items():
            if segment not in around.segments:
                field = f"deadlines[{index + 1}].reminders.{days}.audience"
                known = ", ".join(sorted(around.segments)) or "none yet"
                yield _problem(text, field, f"There is no segment '{segment}'.", f"Segments: {known}.")


def _ladders_wrong(text: ArticleText, around: Surroundings) -> Iterator[Problem]:
    yield from rungs_too_late(text, around.remind_at)
    yield from words_without_rung(text, around.ladder)


def _image_unusable(text: ArticleText, around: Surroundings) -> Iterator[Problem]:
    if text.image:
        for what, remedy in _faults_of_picture(text.image.src, around):
            yield _problem(text, "image.src", what, remedy)


def _deadlines_past(text: ArticleText, around: Surroundings) -> Iterator[Problem]:
    for index, entry in enumerate(text.deadlines):
        if around.today and entry.at.date() < around.today:
            what = f"The deadline '{entry.id}' has passed."
            remedy = "Write the new date, or take the deadline out."
            yield _problem(text, f"deadlines[{index + 1}].at", what, remedy, Level.WARNING)


def _front_leftovers(text: ArticleText, _around: Surroundings) -> Iterator[Problem]:
    named = {"title": text.title, "kicker": text.kicker, "summary": text.summary}
    named |= {f"deadlines[{i + 1}].label": entry.text.label for i, entry in enumerate(text.deadlines)}
    named |= {f"facts[{i + 1}].value": fact.value for i, fact in enumerate(text.facts)}
    for field, words in named.items():
        for found, name in find_leftovers(words):
            yield _problem(text, field, f"'{found}' looks like {name}.", "Replace it.", Level.WARNING)


def _faults_of_picture(src: str, around: Surroundings) -> Iterator[tuple[str, str]]:
    if scheme_of(src) or src.startswith(("/", "//")):
        # A picture elsewhere can change or vanish after the send, and tells that server who reads.
        yield f"The picture '{src}' is not in the article's folder.", "Save it there and write its path."
    elif src not in around.files:
        near = ", ".join(sorted(name for name in around.files if name.lower().endswith(_PICTURES)))
        yield (
            f"There is no file '{src}'.",
            f"Pictures here: {near}." if near else "Put it in the article's folder.",
        )
    elif not src.lower().endswith(_PICTURES):
        yield f"Many mail programs do not show '{src}'.", "Save the picture as PNG or JPEG."


# In the body


def _placed(text: ArticleText) -> Iterator[_Placed]:
    """Every node of the body with its line: blocks know theirs, what is inside a line counts the breaks."""
    yield from _walk(parse_everything(text.body), text.body_line, text.body_line)


def _walk(node: Node, line: int, offset: int) -> Iterator[_Placed]:
    for child in node.children:
        if child.type in {"softbreak", "hardbreak"}:
            line += 1
        elif child.map:
            line = child.map[0] + offset
        yield _Placed(child, line)
        yield from _walk(child, line, offset)
        if not child.block:
            line += sum(inner.type in {"softbreak", "hardbreak"} for inner in child.walk(include_self=False))


def _headings_out_of_order(
    text: ArticleText, nodes: list[_Placed], _around: Surroundings
) -> Iterator[Problem]:
    above = _FIRST_LEVEL - 1
    for placed in nodes:
        if placed.node.type != "heading":
            continue
        level = heading_level(placed.node)
        if level < _FIRST_LEVEL:
            what = "A heading of level 1 stands in the text; the title is that one."
            yield _in_body(text, placed.line, what, "Write ## instead of #.")
        elif level > above + 1:
            what = f"A heading of level {level} follows one of level {above}."
            yield _in_body(text, placed.line, what, f"Write {'#' * (above + 1)} here.")
        above = max(level, _FIRST_LEVEL)


def _body_images(text: ArticleText, nodes: list[_Placed], around: Surroundings) -> Iterator[Problem]:
    for placed in nodes:
        if placed.node.type != "image":
            continue
        src = src_of(placed.node)
        if not alt_of(placed.node) and not is_decorative(placed.node):
            remedy = f'Describe it in the brackets, or write ![]({src} "decorative") if it adds nothing.'
            yield _in_body(text, placed.line, "This picture has no text alternative.", remedy)
        for what, remedy in _faults_of_picture(src, around):
            yield _in_body(text, placed.line, what, remedy)


def _body_links(text: ArticleText, nodes: list[_Placed], _around: Surroundings) -> Iterator[Problem]:
    for placed in nodes:
        if placed.node.type != "link":
            continue
        href = str(placed.node.attrGet("href") or "")
        if scheme_of(href) not in _GOOD_SCHEMES or not href_of(placed.node):
            remedy = "Write a whole address that begins with https://, mailto: or tel:."
            yield _in_body(text, placed.line, f"The link '{href}' does not work in a mail.", remedy)
        if not words_of(placed.node).strip() and not _described(placed.node):
            remedy = "Write in the brackets what the reader finds there."
            yield _in_body(text, placed.line, f"The link '{href}' has no words.", remedy)


def _described(link: Node) -> bool:
    return any(alt_of(inner) for inner in link.walk() if inner.type == "image")


def _raw_html(text: ArticleText, nodes: list[_Placed], _around: Surroundings) -> Iterator[Problem]:
    for placed in nodes:
        if placed.node.type in {"html_block", "html_inline"} and not placed.node.content.startswith("</"):
            what = "HTML stands in the text; readers would see it as it is written."
            yield _in_body(text, placed.line, what, "Write it in Markdown, or remove it.", Level.WARNING)


def _body_leftovers(text: ArticleText, nodes: list[_Placed], _around: Surroundings) -> Iterator[Problem]:
    for placed in nodes:
        if placed.node.type == "text":
            for found, name in find_leftovers(placed.node.content):
                what = f"'{found}' looks like {name}."
                yield _in_body(text, placed.line, what, "Replace it.", Level.WARNING)


ARTICLE_RULES: tuple[Callable[[Article, Surroundings], Iterator[Problem]], ...] = (
    _translations_missing,
    _languages_not_made,
    _deadlines_differ,
    _events_differ,
)
TEXT_RULES: tuple[Callable[[ArticleText, Surroundings], Iterator[Problem]], ...] = (
    _draft_waits,
    _topics_unknown,
    _audiences_unknown,
    _ladders_wrong,
    _image_unusable,
    _deadlines_past,
    _front_leftovers,
)
BODY_RULES: tuple[Callable[[ArticleText, list[_Placed], Surroundings], Iterator[Problem]], ...] = (
    _headings_out_of_order,
    _body_images,
    _body_links,
    _raw_html,
    _body_leftovers,
)
