"""Markdown of an article: as HTML for a mail, as plain text, and the links in it."""

from __future__ import annotations

from newsletter.core.markup_html import BodyStyle, render_html
from newsletter.core.markup_plain import render_plain
from newsletter.core.markup_tree import href_of, outermost_links, parse

__all__ = ["BodyStyle", "links", "to_html", "to_plain"]


def to_html(markdown: str, style: BodyStyle) -> str:
    """HTML for the inside of `mj-text`: one line, inline styles, well-formed XML without named entities.

    Braces stay what they are: the result is text to a template, never a template.
    """
    return render_html(parse(markdown), style)


def to_plain(markdown: str, *, image_word: str = "Image") -> str:
    """Plain text for the text part, wrapped at 72 characters, made from the same tree as the HTML.

    Args:
        markdown: the body.
        image_word: stands before the text alternative of a picture, in the language of the mail.

    Returns:
        Text that ends with a line feed, or "" when there is nothing to read.
    """
    return render_plain(parse(markdown), image_word)


def links(markdown: str) -> tuple[str, ...]:
    """Where the body's links lead, in reading order, each once; the same in both renderings."""
    return tuple(dict.fromkeys(href_of(link) for link in outermost_links(parse(markdown))))
