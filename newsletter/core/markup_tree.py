"""CommonMark as a tree, and the questions that both renderings and the checks ask of it.

The dialect is CommonMark with tables and footnotes. Raw HTML is not part of it: it is shown as text.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_def

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.rules_block import StateBlock

Node = SyntaxTreeNode

DECORATIVE = "decorative"
LINK_SCHEMES = ("https", "http", "mailto", "tel")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
# What XML 1.0 cannot hold (section 2.2), lone surrogates among it; mail readers do not show it either.
_NO_TEXT = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def without_controls(text: str) -> str:
    """`text` without the characters that no document can show."""
    return _NO_TEXT.sub("", text)


def scheme_of(url: str) -> str:
    """The scheme in small letters; "" for a relative address."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def _is_harmless(url: str) -> bool:
    return scheme_of(url) in {"", *LINK_SCHEMES}


def _is_anything(url: str) -> bool:  # noqa: ARG001 - checks look at every link
    return True


def _note_definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - a rule
    """`[^1]: text`, but not inside another one: there the plugin (0.7) loses the order of its tokens."""
    if silent:  # asked whether a paragraph ends here, as it does before the next note
        return footnote_def(state, start, end, silent)
    if state.env.get("inside_note"):
        return False
    state.env["inside_note"] = True
    try:
        return footnote_def(state, start, end, silent)
    finally:
        state.env["inside_note"] = False


def _dialect(*, html: bool) -> MarkdownIt:
    dialect = MarkdownIt("commonmark", {"html": html}).enable("table").use(footnote_plugin)
    dialect.block.ruler.at("footnote_def", _note_definition, {"alt": ["paragraph", "reference"]})
    return dialect


_STRICT = _dialect(html=False)
_STRICT.validateLink = _is_harmless  # type: ignore[method-assign]  # the documented way to set the rule
_LENIENT = _dialect(html=True)
_LENIENT.validateLink = _is_anything  # type: ignore[method-assign]


def parse(markdown: str) -> Node:
    """The tree as readers get it. A link to a scheme other than `LINK_SCHEMES` stays the text that was typed."""
    return Node(_STRICT.parse(without_controls(markdown)))


def parse_everything(markdown: str) -> Node:
    """The tree as it was meant, raw HTML and forbidden links included, for checks only."""
    return Node(_LENIENT.parse(without_controls(markdown)))


def href_of(link: Node) -> str:
    """Where a link leads; "" for one that leads nowhere from a mail: a relative address, a host that cannot be one."""
    href = str(link.attrGet("href") or "")
    return href if scheme_of(href) in LINK_SCHEMES and _survives(href) else ""


def _survives(href: str) -> bool:
    """Whether the cleaner keeps the address: it drops what does not parse, `https://]]` or a port of 99999."""
    cleaned = nh3.clean(f'<a href="{escape(href)}"></a>', url_schemes=set(LINK_SCHEMES), link_rel=None)
    return cleaned.startswith("<a href=")


def outermost_links(node: Node) -> Iterator[Node]:
    """Links that lead somewhere, in reading order. A link inside a link counts as text (HTML forbids it)."""
    for child in node.children:
        if child.type == "link" and href_of(child):
            yield child
        elif child.type != "image":
            yield from outermost_links(child)


def alt_of(image: Node) -> str:
    """The text alternative of a picture, on one line; "" for a decorative one."""
    return " ".join(words_of(image).split())


def src_of(image: Node) -> str:
    """The file that a picture names, as it is called on disk; a whole address stays as it is."""
    src = str(image.attrGet("src") or "")
    return src if scheme_of(src) else without_controls(unquote(src))


def is_decorative(image: Node) -> bool:
    """Whether the author said that the picture adds nothing: `![](border.png "decorative")`."""
    return not alt_of(image) and image.attrGet("title") == DECORATIVE


def words_of(node: Node) -> str:
    """The plain words inside a node, breaks as spaces, without marks, notes and pictures."""
    if node.type in {"text", "code_inline"}:
        return node.content
    if node.type in {"softbreak", "hardbreak"}:
        return " "
    return "".join(words_of(child) for child in node.children)


def heading_level(heading: Node) -> int:
    """1 to 6."""
    return int(heading.tag[1:])


def note_number(node: Node) -> int:
    """The number, from 1, of a footnote or of a reference to one."""
    return int(node.meta["id"]) + 1


def first_number(ordered_list: Node) -> int:
    """The number of the first item; Markdown may begin at any, 0 included."""
    start = ordered_list.attrGet("start")
    return 1 if start is None else int(start)


def column_alignment(cell: Node) -> str:
    """`left`, `center` or `right`."""
    return str(cell.attrGet("style") or "text-align:left").removeprefix("text-align:")
