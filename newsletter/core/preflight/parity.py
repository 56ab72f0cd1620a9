"""Whether the text part says the same as the HTML: its links, its headings, its dates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.core.found_words import folded
from newsletter.core.preflight.page import value_of
from newsletter.core.preflight.structure import is_hidden
from newsletter.core.refusal import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.core.preflight.mail import CheckedMail

_URL = re.compile(r"https?://[^\s<>\"]+")
_DATE_OR_TIME = re.compile(
    r"\b\d{1,2}[:h]\d{2}\b|\b\d{1,2} [a-zéûô]{3,9}\.? \d{4}\b|\b\d{4}-\d{2}-\d{2}\b", re.IGNORECASE
)
_SAID = 3
_WHY = "Who reads the text part would miss it."


def text_has_the_links(mail: CheckedMail) -> Iterator[Problem]:
    """Pages of the sender that stand in the head of the mail, such as its own website, may be left out."""
    if mail.text is None:
        return
    listed = {url.rstrip(".,;:)]") for url in _URL.findall(mail.text)}
    website = _website(mail)
    missing = [
        href
        for tag in mail.page.named("a")
        if (href := (value_of(tag, "href") or "").strip()).startswith(("http:", "https:"))
        and href.rstrip(".,;:)]") not in listed
        and href != website
        and not is_hidden(tag)
    ]
    for href in list(dict.fromkeys(missing))[:_SAID]:
        what = f"The text part does not have the link '{href[:100]}'."
        yield mail.told("text-links", Level.WARNING, what, "Write it into the template’s .txt file.", _WHY)
    shown = {(value_of(tag, "href") or "").strip().rstrip(".,;:)]") for tag in mail.page.named("a")}
    for url in [url for url in sorted(listed) if url not in shown][:_SAID]:
        what = f"Only the text part has the link '{url[:100]}'."
        yield mail.told("text-links", Level.ADVICE, what, "Let both parts say the same.")


def text_has_the_headings(mail: CheckedMail) -> Iterator[Problem]:
    if mail.text is None:
        return
    flat = _flat(mail.text)
    for tag in mail.page.headings:
        words = tag.get_text(" ", strip=True)
        if words and _flat(words) not in flat and not is_hidden(tag):
            what = f"The text part does not have the heading '{words[:80]}'."
            yield mail.told(
                "text-headings", Level.WARNING, what, "Write it into the template’s .txt file.", _WHY
            )


def text_has_the_dates(mail: CheckedMail) -> Iterator[Problem]:
    if mail.text is None:
        return
    said, seen = _flat(mail.text), _flat(mail.page.words)
    missing = dict.fromkeys(found for found in _DATE_OR_TIME.findall(seen) if found not in said)
    for found in list(missing)[:_SAID]:
        what = f"The text part does not say '{found}'."
        yield mail.told("text-dates", Level.WARNING, what, "Write it into the template’s .txt file.", _WHY)


def _flat(words: str) -> str:
    """Letters and figures in a row, whatever is set between them: a text part has other lines and other quotes."""
    return " ".join(re.findall(r"[\w:]+", folded(words)))


def _website(mail: CheckedMail) -> str:
    """Where the name at the head of the mail leads."""
    first = next((tag for tag in mail.page.named("a") if "lk-ink" in (value_of(tag, "class") or "")), None)
    return "" if first is None else (value_of(first, "href") or "").strip()


PARITY_RULES = (text_has_the_links, text_has_the_headings, text_has_the_dates)
