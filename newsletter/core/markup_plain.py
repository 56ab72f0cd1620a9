"""The body of an article as plain text that is pleasant to read, made from the tree and not from the HTML.

Links stand where they are used, `text <https://...>`, so that a reader need not go to the end of the mail and back.
A long address is never broken.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from newsletter.core.markup_tree import (
    alt_of,
    column_alignment,
    first_number,
    heading_level,
    href_of,
    note_number,
    without_controls,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from newsletter.core.markup_tree import Node

WIDTH = 72
_NARROWEST = 24  # deep quotations and lists stop taking width here
_BLANKS = re.compile(r"[ \t\r\f\v]+")
_MAIN_HEADING = 1  # an article's own headings are under its title, which has the double line
_GUTTER = "  "


def render_plain(tree: Node, image_word: str) -> str:
    """The tree as text; see `markup.to_plain`."""
    lines = _Writer(image_word).blocks(tree.children, WIDTH)
    return "\n".join(line.rstrip(" ") for line in lines) + "\n" if lines else ""


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters where words allow it; a forced break stays."""
    lines: list[str] = []
    for part in text.split("\n"):
        words = _BLANKS.sub(" ", part).strip(" ")
        lines += textwrap.wrap(words, max(width, _NARROWEST), break_long_words=False, break_on_hyphens=False)
    return lines


def _hang(lines: list[str], first: str, rest: str) -> list[str]:
    """`lines` with `first` before the first and `rest` before the others."""
    return [f"{rest if index else first}{line}".rstrip(" ") for index, line in enumerate(lines)]


def address_of(href: str) -> str:
    """A link as people read it: a mail address without `mailto:`, unless it carries a subject."""
    bare = href.removeprefix("mailto:")
    return href if "?" in bare else bare


class _Writer:
    """Writes a tree as lines."""

    __slots__ = ("_image_word", "_in_link")

    def __init__(self, image_word: str) -> None:
        self._image_word, self._in_link = image_word, False

    def blocks(self, nodes: Iterable[Node], width: int, *, tight: bool = False) -> list[str]:
        lines: list[str] = []
        for node in nodes:
            block = self._block(node, width)
            if block:
                lines += [*([""] if lines and not tight else []), *block]
        return lines

    def _block(self, node: Node, width: int) -> list[str]:
        write = _BLOCKS.get(node.type)
        return write(self, node, width) if write else []

    def paragraph(self, node: Node, width: int) -> list[str]:
        return _wrap(self._inlines(node.children), width)

    def quotation(self, node: Node, width: int) -> list[str]:
        return _hang(self.blocks(node.children, width - 2), "> ", "> ")

    def code(self, node: Node, _width: int) -> list[str]:
        lines = without_controls(node.content).expandtabs(4).rstrip("\n").split("\n")
        return _hang(lines, "    ", "    ")

    def rule(self, _node: Node, _width: int) -> list[str]:
        return ["* * *"]

    def heading(self, node: Node, width: int) -> list[str]:
        lines = _wrap(self._inlines(node.children), width)
        mark = "=" if heading_level(node) <= _MAIN_HEADING else "-"
        return [*lines, mark * min(max(map(len, lines)), WIDTH)] if lines else []

    def items(self, node: Node, width: int) -> list[str]:
        number = first_number(node) if node.type == "ordered_list" else None
        tight = all(
            part.hidden for item in node.children for part in item.children if part.type == "paragraph"
        )
        lines: list[str] = []
        for offset, item in enumerate(node.children):
            mark = "- " if number is None else f"{number + offset}. "
            inner = self.blocks(item.children, width - len(mark), tight=tight)
            lines += [""] if lines and not tight else []
            lines += _hang(inner or [""], mark, " " * len(mark))
        return lines

    def notes(self, node: Node, width: int) -> list[str]:
        lines = ["_" * 12]
        for note in node.children:
            mark = f"[{note_number(note)}] "
            inner = self.blocks(note.children, width - len(mark))
            lines += _hang(inner or [""], mark, " " * len(mark))
        return lines

    def table(self, node: Node, width: int) -> list[str]:
        rows = [
            [
                _BLANKS.sub(" ", self._inlines(cell.children).replace("\n", " ")).strip(" ")
                for cell in row.children
            ]
            for part in node.children
            for row in part.children
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        if sum(widths) + len(_GUTTER) * (len(widths) - 1) > width:
            return _records(rows, width)
        aligned = [column_alignment(cell) for cell in node.children[0].children[0].children]
        lines = [_aligned(row, widths, aligned) for row in rows]
        rule = _GUTTER.join("-" * size for size in widths)
        return [lines[0], rule, *lines[1:]] if any(rows[0]) else lines[1:]

    def _inlines(self, nodes: Iterable[Node]) -> str:
        return "".join(self._inline(node) for node in nodes)

    def _inline(self, node: Node) -> str:
        write = _INLINES.get(node.type, _Writer.passage)
        return write(self, node)

    def passage(self, node: Node) -> str:
        return self._inlines(node.children)

    def words(self, node: Node) -> str:
        return without_controls(node.content).replace("\n", " ")

    def soft_break(self, _node: Node) -> str:
        return " "

    def hard_break(self, _node: Node) -> str:
        return "\n"

    def image(self, node: Node) -> str:
        return f"[{self._image_word}: {alt_of(node)}]" if alt_of(node) else ""

    def note_mark(self, node: Node) -> str:
        return f"[{note_number(node)}]"

    def link(self, node: Node) -> str:
        if self._in_link or not href_of(node):
            return self._inlines(node.children)
        self._in_link = True
        text = self._inlines(node.children).strip()
        self._in_link = False
        address = address_of(href_of(node))
        if text == address and address != href_of(node):
            return address
        return f"<{address}>" if text in {"", address} else f"{text} <{address}>"


def _aligned(row: list[str], widths: list[int], aligned: list[str]) -> str:
    pads = {"left": str.ljust, "right": str.rjust, "center": str.center}
    cells = zip(row, widths, aligned, strict=True)
    return _GUTTER.join(pads.get(side, str.ljust)(text, size) for text, size, side in cells).rstrip(" ")


def _records(rows: list[list[str]], width: int) -> list[str]:
    """A wide table as `header: value` lines, one group per row."""
    lines: list[str] = []
    for row in rows[1:] or [[""] * len(rows[0])]:
        lines += [""] if lines else []
        for header, value in zip(rows[0], row, strict=True):
            lines += _hang(_wrap(f"{header}: {value}" if header else value, width - 2), "", "  ")
    return lines


_BLOCKS: dict[str, Callable[[_Writer, Node, int], list[str]]] = {
    "paragraph": _Writer.paragraph,
    "heading": _Writer.heading,
    "bullet_list": _Writer.items,
    "ordered_list": _Writer.items,
    "blockquote": _Writer.quotation,
    "fence": _Writer.code,
    "code_block": _Writer.code,
    "hr": _Writer.rule,
    "table": _Writer.table,
    "footnote_block": _Writer.notes,
}
_INLINES: dict[str, Callable[[_Writer, Node], str]] = {
    "text": _Writer.words,
    "code_inline": _Writer.words,
    "softbreak": _Writer.soft_break,
    "hardbreak": _Writer.hard_break,
    "image": _Writer.image,
    "link": _Writer.link,
    "footnote_ref": _Writer.note_mark,
}
