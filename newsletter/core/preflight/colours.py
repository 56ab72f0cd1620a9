"""The colours of a mail as they come out, for each stretch of text: inline styles, style sheets, what is inherited.

It is less than a browser: no specificity (the later rule wins), no gradients, no pictures behind text. That is enough for mails, whose
colours stand at the elements, and whose dark sheets say `!important`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import soupsieve
from bs4 import Tag
from bs4.element import NavigableString
from tinycss2.color3 import RGBA, parse_color

from newsletter.core.preflight.page import inline_style, is_seen, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from newsletter.core.preflight.page import Declaration, HtmlPage

_DARK = "prefers-color-scheme:dark"
_WIDE = re.compile(r"min-width:(\d+)px")
_NARROW = re.compile(r"max-width:(\d+)px")
_PIXELS = re.compile(r"(\d+(?:\.\d+)?)px")
_WIDTH = 640
"""Pixels of the window that is thought of."""
# What an element must be at least, for a selector to mean it: a class or a name at its end.
_LAST = re.compile(r"(?:(?<=[\s>+~])|^)(?:\.(?P<class>[\w-]+)|(?P<name>[a-z][a-z0-9]*))$", re.IGNORECASE)
_ASKED = frozenset(
    {"color", "background-color", "background", "font-size", "font-weight", "display", "visibility"}
)
_SIGNS_OF_NOTHING = "\xa0\u200b\u200c\u200d\u034f\ufeff \t\r\n\f"
_WHITE, _BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
_KNEE = 0.04045  # of the curve of sRGB
_BOLD, _LARGE_BOLD, _LARGE = 700, 18.66, 24.0
_SMALLEST = 2  # pixels: what is smaller is set so that nobody sees it

Colour = tuple[float, float, float]


class Painted(NamedTuple):
    """One stretch of text.

    Attributes:
        words: of it.
        tag: the element that it stands in.
        ink, ground: sRGB, each channel from 0 to 1.
        is_large: as WCAG has it: 24 px, or 18.66 px and bold.
    """

    words: str
    tag: Tag
    ink: Colour
    ground: Colour
    is_large: bool


@dataclass(frozen=True, slots=True)
class _Look:
    """What an element hands on to what is in it."""

    ink: Colour
    ground: Colour
    size: float
    weight: int


def painted(page: HtmlPage, *, dark: bool) -> Iterator[Painted]:
    """Every stretch of text that is seen, in a window of 640 pixels.

    Args:
        page: of the mail.
        dark: whether the reader prefers dark colours.
    """
    sheets = _declared(page, dark=dark)
    yield from _walk(page.soup, _Look(_BLACK, _WHITE, 16.0, 400), sheets)


def contrast(one: Colour, two: Colour) -> float:
    """The ratio of two colours (WCAG 2.2, "contrast ratio"): from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def written(colour: Colour) -> str:
    """`#1b2430`."""
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in colour)


def _walk(tag: Tag, around: _Look, sheets: Mapping[int, list[Declaration]]) -> Iterator[Painted]:
    for child in tag.children:
        if isinstance(child, Tag):
            style = _style(child, sheets.get(id(child), ()))
            if child.name in {"head", "style", "script", "title"} or _is_away(style):
                continue
            yield from _walk(child, _look(child, style, around), sheets)
        elif (
            isinstance(child, NavigableString)
            and is_seen(child)
            and child.strip(_SIGNS_OF_NOTHING)
            and around.size >= _SMALLEST
        ):
            large = around.size >= _LARGE or (around.size >= _LARGE_BOLD and around.weight >= _BOLD)
            yield Painted(" ".join(child.split()), tag, around.ink, around.ground, large)


def _look(tag: Tag, style: Mapping[str, str], around: _Look) -> _Look:
    ground = _colour(style.get("background-color") or style.get("background") or value_of(tag, "bgcolor"))
    ink = _colour(style.get("color") or (value_of(tag, "color") if tag.name == "font" else None))
    below = _over(ground, around.ground) if ground else around.ground
    size = _PIXELS.fullmatch(style.get("font-size", ""))
    weight = style.get("font-weight", "")
    bold = tag.name in {"b", "strong", "th"} or weight in {"bold", "bolder"}
    weighs = (
        _BOLD if bold and not weight.isdecimal() else int(weight) if weight.isdecimal() else around.weight
    )
    return _Look(
        _over(ink, below) if ink else around.ink,
        below,
        float(size[1]) if size else _usual_size(tag, around.size),
        weighs,
    )


def _usual_size(tag: Tag, around: float) -> float:
    return {"h1": 32.0, "h2": 24.0}.get(tag.name, around)


def _is_away(style: Mapping[str, str]) -> bool:
    return style.get("display") == "none" or style.get("visibility") == "hidden"


def _style(tag: Tag, from_sheets: Iterable[Declaration]) -> dict[str, str]:
    """What is declared for an element: sheets, its own style above them, and above both what is important."""
    own = inline_style(tag)
    found: dict[str, str] = {}
    for important in (False, True):
        for declaration in (*from_sheets, *own):
            if declaration.important is important and declaration.name in _ASKED:
                found[declaration.name] = declaration.value.lower()
                if declaration.name == "background":
                    found.pop("background-color", None)
    return found


def _declared(page: HtmlPage, *, dark: bool) -> dict[int, list[Declaration]]:
    """What the style sheets declare, by the identity of the element."""
    found: dict[int, list[Declaration]] = {}
    for rule in page.style_rules:
        declarations = [each for each in rule.declarations if each.name in _ASKED]
        if not declarations or not _applies(rule.media, dark=dark):
            continue
        for selector in rule.selectors:
            for tag in _select(page, selector):
                found.setdefault(id(tag), []).extend(declarations)
    return found


def _applies(media: str, *, dark: bool) -> bool:
    flat = media.replace(" ", "")
    if "print" in flat or (_DARK in flat and not dark) or "prefers-color-scheme:light" in flat:
        return False
    wide, narrow = _WIDE.search(flat), _NARROW.search(flat)
    return not (wide and int(wide[1]) > _WIDTH) and not (narrow and int(narrow[1]) < _WIDTH)


def _select(page: HtmlPage, selector: str) -> list[Tag]:
    """The elements that a selector means; none where it asks for a state such as :hover, or cannot be read."""
    if ":" in selector:
        return list(page.named("html")) if selector == ":root" else []
    last = _LAST.search(selector)
    if last is None:
        likely = page.tags
    else:
        likely = page.of_class(last["class"]) if last["class"] else page.named(last["name"].lower())
    if last is not None and last[0] == selector:
        return likely
    try:
        compiled = soupsieve.compile(selector)
    except (soupsieve.SelectorSyntaxError, NotImplementedError):
        return []
    return [tag for tag in likely if compiled.match(tag)]


@lru_cache(maxsize=512)
def _colour(text: str | None) -> RGBA | None:
    for word in (text or "").split(" ") if text and "(" not in text else [text or ""]:
        parsed = parse_color(word)
        if isinstance(parsed, RGBA):
            return parsed
    return None


def _over(colour: RGBA, ground: Colour) -> Colour:
    """A colour laid over a ground, which shines through as far as it is transparent."""
    red, green, blue = (
        channel * colour.alpha + below * (1 - colour.alpha)
        for channel, below in zip((colour.red, colour.green, colour.blue), ground, strict=True)
    )
    return red, green, blue


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(channel) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _KNEE else ((channel + 0.055) / 1.055) ** 2.4
