"""Whether the page of a mail can be read by everybody: language, headings, tables, tags (WCAG 2.2; ISO/IEC 40500)."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from newsletter.core.mjml.tokens import VOID_TAGS, Kind, tokens
from newsletter.core.preflight.page import inline_style, is_seen, value_of
from newsletter.core.refusal import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bs4 import Tag

    from newsletter.core.preflight.mail import CheckedMail

_SMALLEST_PIXELS = 13
_PIXELS = re.compile(r"(\d+(?:\.\d+)?)px")
_WORD_COMMENT = re.compile(r"<!--\[if [^!\]][^\]]*\]>(.*?)<!\[endif\]-->", re.DOTALL)
_NOT_WORD = re.compile(r"<!--\[if !mso[^\]]*\]><!-->|<!--<!\[endif\]-->|<!-->", re.IGNORECASE)
_WORD_ONLY = re.compile(r"<!--\[if mso[^\]]*\]>.*?<!\[endif\]-->", re.DOTALL | re.IGNORECASE)


def language_is_told(mail: CheckedMail) -> Iterator[Problem]:
    """WCAG 3.1.1: a screen reader reads in the voice of the language that is told."""
    root = mail.page.soup.html
    if root is None:
        return
    told = (value_of(root, "lang") or "").strip()
    why = "Screen readers read it in the wrong voice, and programs offer to translate it."
    if not told or told == "und":
        what = "The page does not say in which language it is."
        yield mail.told("language", Level.ERROR, what, 'Write <html lang="en">.', why, tag=root)
    elif mail.language and told.partition("-")[0].lower() != mail.language.partition("-")[0].lower():
        what = f"The page says that it is in '{told}', and it should be in '{mail.language}'."
        yield mail.told("language", Level.ERROR, what, f'Write <html lang="{mail.language}">.', why, tag=root)
    if not value_of(root, "dir"):
        what = "The page does not say in which direction it is read."
        yield mail.told(
            "direction", Level.WARNING, what, 'Write <html dir="ltr"> or dir="rtl".', why, tag=root
        )


def title_is_the_subject(mail: CheckedMail) -> Iterator[Problem]:
    """WCAG 2.4.2."""
    title = mail.page.soup.title
    words = " ".join(title.get_text().split()) if title else ""
    if not words:
        what = "The page has no title."
        why = "It is read aloud first, and stands on the tab of “View in your browser”."
        yield mail.told("title", Level.WARNING, what, "Write the subject into <title>.", why)
    elif mail.subject and words != " ".join(mail.subject.split()):
        what = f"The title of the page, '{words[:60]}', is not the subject."
        yield mail.told("title", Level.ADVICE, what, "Write the subject into <title>.")


def headings_are_in_order(mail: CheckedMail) -> Iterator[Problem]:
    """WCAG 1.3.1: people who listen go from heading to heading."""
    why = "Who listens to a mail goes from heading to heading."
    headings = [tag for tag in mail.page.headings if tag.get_text(strip=True)]
    for tag in mail.page.headings:
        if not tag.get_text(strip=True) and not _pictures_speak(tag):
            yield mail.told(
                "headings", Level.WARNING, f"<{tag.name}> is empty.", "Take it out.", why, tag=tag
            )
    levels = [int(tag.name[1]) for tag in headings]
    if not levels:
        yield mail.told("headings", Level.WARNING, "There is no heading.", "Write the title as <h1>.", why)
        return
    if levels.count(1) != 1:
        what = (
            f"There are {levels.count(1)} headings of the first rank."
            if 1 in levels
            else "No heading is of the first rank."
        )
        yield mail.told("headings", Level.WARNING, what, "Write one <h1>: what the mail is about.", why)
    for tag, above, level in zip(headings[1:], levels, levels[1:], strict=False):
        if level > above + 1:
            what = (
                f"'{tag.get_text(' ', strip=True)[:60]}' is of rank {level} and follows one of rank {above}."
            )
            yield mail.told("headings", Level.WARNING, what, f"Write <h{above + 1}>.", why, tag=tag)


def pictures_have_words(mail: CheckedMail) -> Iterator[Problem]:
    """WCAG 1.1.1."""
    why = "Most programs show no pictures until they are allowed, and not everybody sees."
    for tag in mail.page.named("img"):
        alt, src = value_of(tag, "alt"), value_of(tag, "src") or ""
        name = src.rpartition("/")[2] or src
        if alt is None:
            what = f"The picture '{name[:60]}' has no alt."
            remedy = 'Describe it, or write alt="" if it adds nothing.'
            yield mail.told("alt-missing", Level.ERROR, what, remedy, why, tag=tag)
        elif re.fullmatch(r"\S+\.(?:png|jpe?g|gif|webp|svg)", alt.strip(), re.IGNORECASE):
            what = f"The words for a picture are the name of its file: '{alt}'."
            yield mail.told("alt-is-a-file", Level.WARNING, what, "Say what is seen.", why, tag=tag)


def tables_tell_what_they_are(mail: CheckedMail) -> Iterator[Problem]:
    """A table without headers is layout, and says so; else it is read aloud cell by cell."""
    found = [
        tag
        for tag in mail.page.named("table")
        if value_of(tag, "role") not in {"presentation", "none"} and not _heads(tag)
    ]
    if found:
        what = f"{len(found)} tables are neither data with headers nor marked as layout."
        remedy = 'Write role="presentation" on tables for layout, and <th> in tables of data.'
        yield mail.told(
            "tables", Level.WARNING, what, remedy, "They are read aloud cell by cell.", tag=found[0]
        )


def names_are_unique(mail: CheckedMail) -> Iterator[Problem]:
    counts = Counter(name for tag in mail.page.tags if (name := value_of(tag, "id")))
    for name, count in counts.items():
        if count > 1:
            what = f"The id '{name}' stands {count} times."
            yield mail.told(
                "ids", Level.WARNING, what, "Give each its own.", "A link to it leads to the first one only."
            )


def text_is_large_enough(mail: CheckedMail) -> Iterator[Problem]:
    for tag in mail.page.tags:
        style = {each.name: each.value for each in inline_style(tag)}
        size = _PIXELS.fullmatch(style.get("font-size", ""))
        has_words = any(
            is_seen(text) and text.strip(" \n\t\r\xa0\u200c\u034f")
            for text in tag.find_all(string=True, recursive=False)
        )
        if size and has_words and float(size[1]) < _SMALLEST_PIXELS and not is_hidden(tag):
            what = f"'{tag.get_text(' ', strip=True)[:60]}' is {size[1]} px large."
            remedy = f"Write at least {_SMALLEST_PIXELS} px; 16 is better."
            yield mail.told(
                "text-size", Level.WARNING, what, remedy, "Many readers cannot read it on a phone.", tag=tag
            )
            return


def tags_are_balanced(mail: CheckedMail) -> Iterator[Problem]:
    """Twice: as Word reads the mail, its conditional comments opened, and as everybody else does."""
    others = _NOT_WORD.sub("", _WORD_ONLY.sub("", mail.html))
    word = _WORD_COMMENT.sub(r"\1", mail.html)
    for reader, source in (("mail programs", others), ("Word (classic Outlook)", word)):
        fault = _unbalanced(source)
        if fault:
            what = f"For {reader} {fault}."
            yield mail.told(
                "tags", Level.ERROR, what, "Close what is open.", "The layout falls apart where it is."
            )
            return


def _unbalanced(source: str) -> str:
    opened: list[str] = []
    for token in tokens(source):
        name = token.name.lower()
        if token.kind is Kind.OPEN and not token.closed and name not in VOID_TAGS and ":" not in name:
            opened.append(name)
        elif token.kind is Kind.CLOSE and name not in VOID_TAGS and ":" not in name:
            if not opened or opened[-1] != name:
                return f"</{name}> closes nothing" if name not in opened else f"<{opened[-1]}> is not closed"
            opened.pop()
        elif token.kind is Kind.BROKEN:
            return f"'{token.text[:40]}' cannot be read"
    return f"<{opened[-1]}> is not closed" if opened else ""


def is_hidden(tag: Tag) -> bool:
    """Whether nobody sees an element: it, or one around it, is set so."""
    for each in (tag, *tag.parents):
        style = {one.name: one.value for one in inline_style(each)}
        if style.get("display") == "none" or style.get("visibility") == "hidden":
            return True
    return False


def _heads(table: Tag) -> bool:
    """Whether a table has headers of its own."""
    return any(head.find_parent("table") is table for head in table.find_all("th"))


def _pictures_speak(tag: Tag) -> bool:
    return any((value_of(picture, "alt") or "").strip() for picture in tag.find_all("img"))


STRUCTURE_RULES = (
    language_is_told,
    title_is_the_subject,
    headings_are_in_order,
    pictures_have_words,
    tables_tell_what_they_are,
    names_are_unique,
    text_is_large_enough,
    tags_are_balanced,
)
