"""The HTML of a mail as the rules of the preflight look at it: its elements and its style sheets, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import tinycss2
from bs4 import BeautifulSoup, Comment, Doctype, Tag
from bs4.element import Declaration as MarkupDeclaration
from bs4.element import ProcessingInstruction, Script, Stylesheet
from tinycss2.ast import AtRule, QualifiedRule
from tinycss2.ast import Declaration as WrittenDeclaration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tinycss2.ast import Node

_UNSEEN = (Comment, Doctype, MarkupDeclaration, ProcessingInstruction, Script, Stylesheet)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class Declaration(NamedTuple):
    """One declaration: `name` in lower case, `value` as written without `!important`."""

    name: str
    value: str
    important: bool


class StyleRule(NamedTuple):
    """One rule of a style sheet.

    Attributes:
        media: condition of the at-rule around it (`@media …`, without its name); "" outside of any.
        selectors: as written, one each.
        declarations: in order.
    """

    media: str
    selectors: tuple[str, ...]
    declarations: tuple[Declaration, ...]


@dataclass(frozen=True)
class HtmlPage:
    """HTML and what stands in it. Reading is lenient, as mail programs are: what cannot be read is left out."""

    source: str

    @cached_property
    def soup(self) -> BeautifulSoup:
        """The tree; `Tag.sourceline` is the line in the source, from 1."""
        return BeautifulSoup(self.source, "html.parser")

    @cached_property
    def tags(self) -> list[Tag]:
        """Every element, in the order of the source. What stands in comments, Word's too, is no element."""
        return self.soup.find_all(name=True)

    @cached_property
    def depth(self) -> int:
        """How many elements stand in one another at most."""
        depths = {id(self.soup): 0}
        for tag in self.tags:
            depths[id(tag)] = depths[id(tag.parent)] + 1
        return max(depths.values())

    def named(self, *names: str) -> list[Tag]:
        """The elements with one of these names, in order."""
        return [tag for tag in self.tags if tag.name in names]

    def of_class(self, name: str) -> list[Tag]:
        """The elements with this class, in order."""
        return self._by_class.get(name, [])

    @cached_property
    def _by_class(self) -> dict[str, list[Tag]]:
        found: dict[str, list[Tag]] = {}
        for tag in self.tags:
            for name in (value_of(tag, "class") or "").split():
                found.setdefault(name, []).append(tag)
        return found

    @property
    def headings(self) -> list[Tag]:
        return self.named(*_HEADINGS)

    @cached_property
    def sheets(self) -> tuple[str, ...]:
        """The text of each `<style>`."""
        return tuple(tag.get_text() for tag in self.named("style"))

    @cached_property
    def style_rules(self) -> tuple[StyleRule, ...]:
        """The rules of all style sheets, in order."""
        return tuple(rule for sheet in self.sheets for rule in parse_sheet(sheet))

    @cached_property
    def words(self) -> str:
        """What is read, one space between any two words; nothing of the head."""
        body = self.soup.body or self.soup
        return " ".join(word for text in body.find_all(string=True) if is_seen(text) for word in text.split())


def is_seen(text: object) -> bool:
    """Whether a text of the tree is one that a reader gets: no comment, no style, no script."""
    return not isinstance(text, _UNSEEN)


def value_of(tag: Tag, name: str) -> str | None:
    """An attribute as one string; None when it is not there."""
    found = tag.get(name)
    return " ".join(found) if isinstance(found, list) else found


def inline_style(tag: Tag) -> tuple[Declaration, ...]:
    """The declarations of a `style` attribute, in order."""
    written = value_of(tag, "style")
    return parse_style(written) if written else ()


@lru_cache(maxsize=2048)
def parse_style(written: str) -> tuple[Declaration, ...]:
    """The declarations in a style attribute, in order; a mail says the same at many places."""
    return tuple(_declarations(tinycss2.parse_blocks_contents(written)))


def parse_sheet(source: str, media: str = "") -> Iterator[StyleRule]:
    """The rules of a style sheet, those in `@media` with its condition; other at-rules are left out."""
    for node in tinycss2.parse_rule_list(source, skip_comments=True, skip_whitespace=True):
        if isinstance(node, QualifiedRule):
            selectors = tinycss2.serialize(node.prelude).split(",")
            declarations = tuple(_declarations(tinycss2.parse_blocks_contents(node.content)))
            yield StyleRule(media, tuple(selector.strip() for selector in selectors), declarations)
        elif isinstance(node, AtRule) and node.lower_at_keyword == "media" and node.content is not None:
            condition = tinycss2.serialize(node.prelude).strip().lower()
            yield from parse_sheet(tinycss2.serialize(node.content), condition)


def _declarations(nodes: Iterable[Node]) -> Iterator[Declaration]:
    for node in nodes:
        if isinstance(node, WrittenDeclaration):
            yield Declaration(node.lower_name, tinycss2.serialize(node.value).strip(), node.important)
