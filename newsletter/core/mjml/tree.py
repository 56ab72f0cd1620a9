"""The tree of an MJML source, with a line for everything, built even where the source is broken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.core.mjml.components import COMPONENTS, ENDING_TAGS
from newsletter.core.mjml.tokens import (
    MJML_RAW_TEXT_TAGS,
    VOID_TAGS,
    WHITESPACE,
    Attribute,
    Kind,
    Token,
    attributes,
    line_of,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH_LIMIT = 60
"""Elements in one another. Real templates need about 15; some thousands overflow the compiler's stack and kill it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about the markup itself, at an index of the source."""

    start: int
    what: str
    remedy: str


@dataclass(slots=True)
class Node:
    """One element.

    Attributes:
        name: as written.
        start: index of its `<` in the source.
        attributes: in order, duplicates included.
        parent: the element around it; None for the outermost.
        children: elements directly in it.
        texts: tokens directly in it that are text and more than whitespace.
        comments: tokens directly in it that are comments.
        ending: name of the MJML ending tag around it, empty outside of any.
    """

    name: str
    start: int
    attributes: list[Attribute]
    parent: Node | None
    ending: str
    children: list[Node] = field(default_factory=list)
    texts: list[Token] = field(default_factory=list)
    comments: list[Token] = field(default_factory=list)

    @property
    def is_mjml(self) -> bool:
        return self.name == "mjml" or self.name.lower().startswith("mj-")

    @property
    def ending_of_children(self) -> str:
        return self.ending or (self.name if self.name in ENDING_TAGS else "")

    def value(self, name: str) -> str | None:
        """The first value of an attribute; an attribute without value has an empty one."""
        for attribute in self.attributes:
            if attribute.name.lower() == name:
                return attribute.value or ""
        return None


@dataclass(slots=True)
class Document:
    """A source, its tokens and its elements in the order of their opening tags."""

    source: str
    stream: list[Token]
    nodes: list[Node] = field(default_factory=list)
    loose: list[Token] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def line(self, start: int) -> int:
        return line_of(self.source, start)

    def roots(self) -> Iterator[Node]:
        return (node for node in self.nodes if node.parent is None)


def read_document(source: str) -> Document:
    """Build the tree; unclosed, stray and too deep elements become faults of the document."""
    document = Document(source, list(tokens(source, MJML_RAW_TEXT_TAGS)))
    open_nodes: list[Node] = []
    for token in document.stream:
        if token.kind is Kind.OPEN:
            _open(document, open_nodes, token)
            if len(open_nodes) > DEPTH_LIMIT:
                what = f"More than {DEPTH_LIMIT} elements stand in one another here."
                document.faults.append(Fault(token.start, what, "Make the template flatter."))
                return document
        elif token.kind is Kind.CLOSE:
            _close(document, open_nodes, token)
        elif token.kind is Kind.COMMENT and open_nodes:
            open_nodes[-1].comments.append(token)
        elif token.kind is Kind.TEXT and token.text.strip(WHITESPACE + "\ufeff"):
            (open_nodes[-1].texts if open_nodes else document.loose).append(token)
    for node in open_nodes:
        document.faults.append(_unclosed(node))
    return document


def _open(document: Document, open_nodes: list[Node], token: Token) -> None:
    parent = open_nodes[-1] if open_nodes else None
    ending = parent.ending_of_children if parent else ""
    node = Node(token.name, token.start, attributes(token), parent, ending)
    document.nodes.append(node)
    if parent:
        parent.children.append(node)
    if not token.closed and token.name.lower() not in VOID_TAGS:
        open_nodes.append(node)


def _close(document: Document, open_nodes: list[Node], token: Token) -> None:
    if token.name.lower() in VOID_TAGS:
        remedy = f"Write <{token.name.lower()} /> alone and take the closing tag out."
        document.faults.append(
            Fault(token.start, f"<{token.name}> has no content, so </{token.name}> is too much.", remedy)
        )
        return
    if not any(node.name == token.name for node in open_nodes):
        remedy = "Take it out, or open the element before it."
        document.faults.append(Fault(token.start, f"</{token.name}> closes nothing.", remedy))
        return
    while open_nodes:
        node = open_nodes.pop()
        if node.name == token.name:
            return
        document.faults.append(
            _unclosed(node, f" before </{token.name}> in line {document.line(token.start)}")
        )


def _unclosed(node: Node, where: str = "") -> Fault:
    empty = node.is_mjml and node.name in COMPONENTS and not node.children and not node.texts
    remedy = (
        f"Write <{node.name} … /> or </{node.name}>." if empty else f"Write </{node.name}> where it ends."
    )
    return Fault(node.start, f"<{node.name}> is not closed{where}.", remedy)
