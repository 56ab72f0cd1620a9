"""What must not be left in a finished mail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.core.leftovers import find_leftovers
from newsletter.core.preflight.page import value_of
from newsletter.core.refusal import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.core.preflight.mail import CheckedMail

_ESCAPES = re.compile(r"\\u\{[0-9a-f]{1,6}\}|\\[nt](?=[\s;\"'])")


def no_leftovers(mail: CheckedMail) -> Iterator[Problem]:
    """In what is read; the parts are asked one after the other, and one finding of a kind is enough."""
    seen: set[str] = set()
    for part, words in (
        ("subject", mail.subject),
        ("preheader", mail.preheader),
        ("mail", mail.page.words),
        ("text part", mail.text or ""),
    ):
        for found, name in find_leftovers(words):
            if name not in seen:
                seen.add(name)
                what = f"'{found}' in the {part} looks like {name}."
                yield mail.told(
                    "leftover", Level.WARNING, what, "Replace it.", "Every reader would see it as it stands."
                )


def no_leftovers_in_links(mail: CheckedMail) -> Iterator[Problem]:
    for tag in mail.page.named("a", "img"):
        for name in ("href", "src"):
            for found, kind in find_leftovers(value_of(tag, name) or ""):
                what = f"'{found}' in an address looks like {kind}."
                yield mail.told(
                    "leftover", Level.ERROR, what, "Replace it.", "The link would lead nowhere.", tag=tag
                )


def no_components(mail: CheckedMail) -> Iterator[Problem]:
    """What a compiler should have turned into HTML."""
    for tag in mail.page.tags:
        if tag.name.startswith("mj-") or tag.name == "mjml":
            what = f"<{tag.name}> is MJML, which no mail program reads."
            yield mail.told("leftover-mjml", Level.ERROR, what, "Compile the template first.", tag=tag)
            return


def no_escapes(mail: CheckedMail) -> Iterator[Problem]:
    for tag in mail.page.tags:
        for name in ("alt", "style", "title", "href"):
            found = _ESCAPES.search(value_of(tag, name) or "")
            if found:
                what = f"'{found[0]}' in {name} was meant to be a sign."
                yield mail.told("leftover-escape", Level.ERROR, what, "Tell the developers.", tag=tag)
                return


LEFTOVER_RULES = (no_leftovers, no_leftovers_in_links, no_components, no_escapes)
