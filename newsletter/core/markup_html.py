"""The body of an article as HTML for a mail: inline styles, the class names of the look, every tag closed.

What comes out is meant to stand inside `mj-text`. It is one line, because the compiler swallows a line break
between two inline tags, and it is well-formed XML, because the compiler reads it as such.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import nh3

from newsletter.core.markup_tree import (
    LINK_SCHEMES,
    alt_of,
    column_alignment,
    first_number,
    heading_level,
    href_of,
    note_number,
    src_of,
    without_controls,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from newsletter.core.markup_tree import Node

_INDENT = 22  # pixels that a list or a quotation takes from the width of a picture
_LOWEST_HEADING = 6
_BREAKS = re.compile(r"[\t\n\r\f\v]+")
_VOID = re.compile(r"<(br|hr|img)((?: [^>]*)?)>")
_CELL = {"align", "valign", "scope"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"class", "style"},
    "a": {"href"},
    "img": {"src", "alt", "width"},
    "li": {"id"},
    "ol": {"start"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "td": _CELL,
    "th": _CELL,
}
_TAGS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr", "br", "img"),
    *("a", "strong", "em", "code", "sup", "table", "thead", "tbody", "tr", "th", "td"),
}


@dataclass(frozen=True, slots=True)
class BodyStyle:
    """How a body is written. The colours and faces are those of the brand.

    Attributes:
        image_url: the absolute address of a picture from the path that the article gives it.
        prefix: begins the ids of footnotes; unique per article in a mail.
        heading_base: level of the heading that is the article's title in this mail; `##` comes one under it.
        width: pixels of the column, the most that a picture takes.
    """

    image_url: Callable[[str], str]
    prefix: str = "body"
    heading_base: int = 1
    width: int = 560
    accent: str = "#0B6B5D"
    muted: str = "#5C6570"
    line: str = "#E3E0D8"
    serif: str = "Georgia,'Times New Roman',serif"
    mono: str = "Consolas,Menlo,monospace"


def render_html(tree: Node, style: BodyStyle) -> str:
    """Render and clean.

    The renderer writes only what is allowed; nh3 checks that it did, so that a fault in one is no hole.
    """
    written = _Renderer(style).blocks(tree.children, style.width)
    cleaned = nh3.clean(
        written,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={*LINK_SCHEMES, "cid"},
        link_rel=None,
    )
    return _VOID.sub(r"<\1\2 />", cleaned).replace("&nbsp;", "&#160;")


def _text(text: str) -> str:
    return html.escape(_BREAKS.sub(" ", without_controls(text)), quote=False)


def _tag(name: str, inner: str = "", **attributes: str) -> str:
    """One element; `class_` is written `class`, and an attribute that is "" is left out, `alt` excepted."""
    pairs = ((key.rstrip("_"), value) for key, value in attributes.items() if value or key == "alt")
    written = "".join(f' {key}="{html.escape(without_controls(value))}"' for key, value in pairs)
    return f"<{name}{written} />" if name in {"br", "hr", "img"} else f"<{name}{written}>{inner}</{name}>"


def _gap(previous: str, kind: str) -> int:
    """Pixels between a block and the one before it."""
    if not previous:
        return 0
    if kind in {"heading", "hr", "footnote_block"} or previous == "hr":
        return 28
    return 8 if previous in {"heading", "tight"} else 16


def _margin(gap: int) -> str:
    return f"margin:{gap}px 0 0;" if gap else "margin:0;"


class _Renderer:
    """Writes a tree; `width` is what is left of the column at that depth."""

    __slots__ = ("_in_link", "_style")

    def __init__(self, style: BodyStyle) -> None:
        self._style, self._in_link = style, False

    def blocks(self, nodes: Iterable[Node], width: int) -> str:
        written, previous = "", ""
        for node in nodes:
            block = self._block(node, _gap(previous, node.type), width)
            if block:
                written, previous = written + block, "tight" if node.hidden else node.type
        return written

    def _block(self, node: Node, gap: int, width: int) -> str:
        write = _BLOCKS.get(node.type)
        return write(self, node, gap, width) if write else ""

    def paragraph(self, node: Node, gap: int, width: int) -> str:
        inner = self._inlines(node.children, width)
        if node.hidden or not inner:
            return inner
        pictures = any(part.type == "image" for part in node.children[0].walk())
        return _tag("p", inner, class_="art" if pictures else "", style=_margin(gap))

    def heading(self, node: Node, gap: int, width: int) -> str:
        depth = max(heading_level(node) - 1, 1)
        name = f"h{min(self._style.heading_base + depth, _LOWEST_HEADING)}"
        inner = self._inlines(node.children, width)
        if not inner:
            return ""  # an empty heading is a stop for a screen reader that says nothing
        if depth == 1:
            face = f"font-family:{self._style.serif};font-weight:400;font-size:20px;line-height:1.3;"
            return _tag(name, inner, class_="serif sm", style=f"{_margin(gap)}{face}")
        return _tag(name, inner, style=f"{_margin(gap)}font-weight:600;font-size:17px;line-height:1.4;")

    def items(self, node: Node, gap: int, width: int) -> str:
        items = []
        for item in node.children:
            last = item is node.children[-1]
            inner = self.blocks(item.children, width - _INDENT)
            items.append(_tag("li", inner, style="margin:0;" if last else "margin:0 0 8px;"))
        name = "ul" if node.type == "bullet_list" else "ol"
        start = "" if name == "ul" or first_number(node) == 1 else str(first_number(node))
        return _tag(name, "".join(items), start=start, style=f"{_margin(gap)}padding:0 0 0 {_INDENT}px;")

    def quotation(self, node: Node, gap: int, width: int) -> str:
        frame = f"{_margin(gap)}padding:0 0 0 18px;border-left:3px solid {self._style.accent};"
        return _tag("blockquote", self.blocks(node.children, width - _INDENT), class_="l-acc", style=frame)

    def rule(self, _node: Node, gap: int, _width: int) -> str:
        return _tag(
            "hr", class_="l", style=f"{_margin(gap)}border:0;border-top:1px solid {self._style.line};"
        )

    def code(self, node: Node, gap: int, _width: int) -> str:
        lines = node.content.expandtabs(4).rstrip("\n").split("\n")
        face = f"font-family:{self._style.mono};font-size:15px;line-height:1.5;white-space:pre-wrap;"
        frame = f"padding:12px 16px;border:1px solid {self._style.line};border-radius:4px;"
        return _tag("pre", "<br />".join(map(_text, lines)), class_="l", style=f"{_margin(gap)}{frame}{face}")

    def table(self, node: Node, gap: int, width: int) -> str:
        head, *bodies = node.children
        headers = head.children[0].children
        # A first column without a heading names its rows; a table without any heading has no row of them.
        names_rows = bool(headers) and not self._inlines(headers[0].children, width)
        titled = any(self._inlines(cell.children, width) for cell in headers)
        written = _tag("thead", self._row(head.children[0], "col", width, names_rows)) if titled else ""
        rows = [self._row(row, "row", width, names_rows) for body in bodies for row in body.children]
        written += _tag("tbody", "".join(rows)) if rows else ""
        frame = f"{_margin(gap)}border-collapse:collapse;font-size:16px;line-height:1.5;"
        layout = {"border": "0", "cellpadding": "0", "cellspacing": "0", "width": "100%"}
        return _tag("table", written, **layout, style=frame) if written else ""

    def _row(self, row: Node, scope: str, width: int, names_rows: bool) -> str:  # noqa: FBT001 - internal
        cells = []
        for index, cell in enumerate(row.children):
            inner = self._inlines(cell.children, width // len(row.children))
            place = {"align": column_alignment(cell), "valign": "top"}
            line = "" if scope == "col" else f"border-top:1px solid {self._style.line};"
            pad = "padding:0 12px 10px 0;" if scope == "col" else f"{line}padding:10px 12px 10px 0;"
            pad += "word-break:normal;"  # mj-text breaks anywhere, and a narrow column would split its words
            if inner and (scope == "col" or (names_rows and index == 0)):
                face = f"{pad}font-weight:{600 if scope == 'col' else 400};color:{self._style.muted};"
                class_ = "c-mut" if scope == "col" else "l c-mut"
                cells.append(_tag("th", inner, class_=class_, scope=scope, **place, style=face))
            else:
                cells.append(_tag("td", inner, class_="l" if line else "", **place, style=pad))
        return _tag("tr", "".join(cells))

    def notes(self, node: Node, gap: int, width: int) -> str:
        notes = [
            _tag(
                "li",
                self.blocks(note.children, width - _INDENT),
                id=self._note_id(note),
                style="margin:0 0 6px;",
            )
            for note in node.children
        ]
        face = f"font-size:15px;line-height:1.5;color:{self._style.muted};"
        frame = f"{_margin(gap)}padding:0 0 0 {_INDENT}px;"
        return _tag("ol", "".join(notes), class_="c-mut", style=frame + face)

    def _note_id(self, node: Node) -> str:
        return f"{self._style.prefix}-note-{note_number(node)}"

    def _inlines(self, nodes: Iterable[Node], width: int) -> str:
        return "".join(self._inline(node, width) for node in nodes)

    def _inline(self, node: Node, width: int) -> str:
        write = _INLINES.get(node.type, _Renderer.passage)
        return write(self, node, width)

    def passage(self, node: Node, width: int) -> str:
        inner = self._inlines(node.children, width)
        return _tag(node.type, inner) if node.type in {"strong", "em"} and inner else inner

    def words(self, node: Node, _width: int) -> str:
        return _text(node.content)

    def soft_break(self, _node: Node, _width: int) -> str:
        return " "

    def hard_break(self, _node: Node, _width: int) -> str:
        return "<br />"

    def code_words(self, node: Node, _width: int) -> str:
        return _tag("code", _text(node.content), style=f"font-family:{self._style.mono};font-size:15px;")

    def image(self, node: Node, width: int) -> str:
        look = f"display:block;width:100%;max-width:{width}px;height:auto;border:0;border-radius:4px;"
        src = self._style.image_url(src_of(node))
        return _tag("img", src=src, alt=_BREAKS.sub(" ", alt_of(node)), width=str(width), style=look)

    def link(self, node: Node, width: int) -> str:
        if self._in_link or not href_of(node):
            return self._inlines(node.children, width)
        self._in_link = True
        inner = self._inlines(node.children, width)
        self._in_link = False
        look = f"color:{self._style.accent};text-decoration:underline;"
        # A link without words still leads somewhere: its address is its words.
        return _tag(
            "a", inner if inner.strip() else _text(href_of(node)), class_="lk", href=href_of(node), style=look
        )

    def note_mark(self, node: Node, _width: int) -> str:
        number = str(note_number(node))
        if not self._in_link:
            look = f"color:{self._style.accent};text-decoration:underline;"
            number = _tag("a", number, class_="lk", href=f"#{self._note_id(node)}", style=look)
        return _tag("sup", number, style="font-size:14px;line-height:0;")


_BLOCKS: dict[str, Callable[[_Renderer, Node, int, int], str]] = {
    "paragraph": _Renderer.paragraph,
    "heading": _Renderer.heading,
    "bullet_list": _Renderer.items,
    "ordered_list": _Renderer.items,
    "blockquote": _Renderer.quotation,
    "fence": _Renderer.code,
    "code_block": _Renderer.code,
    "hr": _Renderer.rule,
    "table": _Renderer.table,
    "footnote_block": _Renderer.notes,
}
_INLINES: dict[str, Callable[[_Renderer, Node, int], str]] = {
    "text": _Renderer.words,
    "softbreak": _Renderer.soft_break,
    "hardbreak": _Renderer.hard_break,
    "code_inline": _Renderer.code_words,
    "image": _Renderer.image,
    "link": _Renderer.link,
    "footnote_ref": _Renderer.note_mark,
}
