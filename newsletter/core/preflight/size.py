"""How heavy a mail is, and whether both of its parts say anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.refusal import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.core.preflight.mail import CheckedMail

# Gmail shows the rest of a mail behind a link from about 102 kB of HTML on.
WARN_BYTES, MOST_BYTES = 80_000, 100_000
_FEWEST_WORDS = 5


def html_is_light(mail: CheckedMail) -> Iterator[Problem]:
    size = len(mail.html.encode())
    if size >= WARN_BYTES:
        level = Level.ERROR if size >= MOST_BYTES else Level.WARNING
        what = f"There are {size // 1000} kB of HTML."
        why = "Gmail cuts a mail off at about 102 kB, and what stands at its end, such as the link to leave, with it."
        yield mail.told("html-size", level, what, "Shorten articles, or let the cards link to the rest.", why)


def html_says_something(mail: CheckedMail) -> Iterator[Problem]:
    if not mail.page.words:
        yield mail.told("html-empty", Level.ERROR, "The mail is empty.", "Write an article, or an opening.")


def text_is_there(mail: CheckedMail) -> Iterator[Problem]:
    """A page alone has no text part, and nobody asks for one."""
    if mail.house is None and not mail.headers:
        return
    words = (mail.text or "").split()
    if len(words) < _FEWEST_WORDS and len(mail.page.words.split()) >= _FEWEST_WORDS:
        what = "There is no text part." if not words else "The text part says next to nothing."
        why = "Some people read mail as text, watches do, and filters distrust mail without."
        yield mail.told("text-missing", Level.ERROR, what, "Write the template’s .txt file.", why)


SIZE_RULES = (html_is_light, html_says_something, text_is_there)
