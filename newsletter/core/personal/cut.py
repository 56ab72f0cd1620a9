"""Cut a compiled mail at its markers, and see from where each stands how its value must be written."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from newsletter.core.mjml.tokens import (
    RAW_TEXT_TAGS,
    VOID_TAGS,
    Attribute,
    Kind,
    Token,
    attributes,
    names,
    tokens,
)
from newsletter.core.personal.markers import Mark, Markers, MarkKind
from newsletter.core.personal.pieces import SCHEMES, Context, Gate, GateEnd, Piece, Slot
from newsletter.core.refusal import ContentRefused, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD_CONDITION = re.compile(r"<!--\[if (?![^\]>]*!\s*mso)[^\]>]*mso[^\]>]*\]>(?!<!-->)")
"""The head of `<!--[if mso]> … <![endif]-->`, which all but Word take for a comment."""

_HALF_REFERENCE = re.compile(r"&#?[A-Za-z0-9]*$")
_ESCAPABLE_TAGS = names("title textarea")
"""HTML elements that hold text with references but no tags (HTML Standard, 13.1.2)."""

_ADDRESS_SIGN = re.compile(r"[:/?#]")
_NOT_IN_ADDRESS = dict.fromkeys(range(0x21))
_ADDRESS_ATTRIBUTES = names("href src action background cite poster formaction longdesc xlink:href data")
_PLACES = {Kind.CLOSE: "a closing tag", Kind.COMMENT: "a comment", Kind.DECLARATION: "a declaration"}
_LOADING_TAGS = RAW_TEXT_TAGS | names("base object embed applet")
_UNSAFE_PLACES: tuple[tuple[Callable[[Token, Attribute], bool], str], ...] = (
    (lambda _token, attribute: not attribute.quote, "an attribute value without quotes"),
    (lambda _token, attribute: attribute.name.lower().startswith("on"), "an event handler"),
    (lambda _token, attribute: attribute.name.lower() == "style", "a style attribute"),
    (lambda _token, attribute: attribute.name.lower() in {"srcdoc", "srcset"}, "srcdoc or srcset"),
    (lambda token, _attribute: token.name.lower() in _LOADING_TAGS, "a tag that loads something"),
    (lambda token, _attribute: "http-equiv" in token.blob.lower(), "a tag that redirects"),
)


def cut_html(html: str, markers: Markers) -> tuple[Piece, ...]:
    """Cut compiled HTML at its markers and decide from where each stands how its value is to be written.

    Raises:
        ContentRefused: if a marker was lost, changed or never issued; if a block is not closed, or taking it out would
            break the HTML or what Word sees of it; if a slot stands where no value is safe (a tag or attribute name,
            a style, a script, a comment, a value without quotes); if a tag cannot be read.
    """
    cutter = _Cutter(html, markers)
    for token in tokens(html, RAW_TEXT_TAGS | _ESCAPABLE_TAGS):
        cutter.take(token)
    return cutter.finish()


def cut_plain(text: str, markers: Markers) -> tuple[Piece, ...]:
    """Cut a text part or a header at its markers; a block's marker alone on its line takes the line end with it.

    Raises:
        ContentRefused: if a marker was lost, changed or never issued, or a block is not closed.
    """
    alone = re.compile(rf"^[ \t]*({markers.prefix}[wue][0-9]{{4,}}z)[ \t]*\r?\n", re.MULTILINE)
    cutter = _Cutter(alone.sub(r"\1", text), markers)
    cutter.text(cutter.source, Context.PLAIN)
    return cutter.finish()


def _refused(what: str, remedy: str) -> Refusal:
    return ContentRefused.because(what, remedy)


_Place = tuple[str, tuple[str, ...], tuple[str, ...]]
"""Inside of which comment for Word, open elements, and open elements as Word sees them."""


class _Cutter:
    """Collects pieces and remembers which elements and blocks are open."""

    def __init__(self, source: str, markers: Markers) -> None:
        self.source = source
        self._prefix, self._issued = markers.prefix, markers.issued
        self._word = re.compile(rf"({markers.prefix}[vwue][0-9]{{4,}}z)")
        self._pieces: list[Piece] = []
        self._literal: list[str] = []
        self._seen: set[str] = set()
        self._open: list[str] = []
        self._open_in_word: list[str] = []
        self._condition = ""
        self._gates: list[tuple[str, _Place]] = []
        self._refuse_strangers()

    def _refuse_strangers(self) -> None:
        """Every trace of the nonce must be a word that was issued, letter by letter."""
        words = self._word.findall(self.source)
        if len(words) != self.source.lower().count(self._prefix) or not self._issued.keys() >= set(words):
            remedy = "Print the person's values as they are, without filters, and cut with the markers of this document."
            raise _refused("A marker came back changed, or is not one of this document.", remedy)

    def take(self, token: Token) -> None:
        if token.kind is Kind.BROKEN or token.text.startswith("<![CDATA[") or _is_misread(token):
            remedy = 'Write tags as <name attribute="value">.'
            raise _refused(f"The tag {token.text[:40]!r} cannot be read.", remedy)
        in_raw_text = bool(self._open) and self._open[-1] in RAW_TEXT_TAGS
        if token.kind is Kind.OPEN:
            self._tag(token)
            _track(self._open, token)
        elif token.kind in {Kind.TEXT, Kind.BARE} and not in_raw_text:
            self.text(token.text, Context.TEXT)
        elif token.kind is Kind.COMMENT and (condition := _WORD_CONDITION.match(token.text)):
            self._word_comment(condition[0], token.text)
        else:
            self._refuse_marks(token.text, f"<{self._open[-1]}>" if in_raw_text else _PLACES[token.kind])
            self._literal.append(token.text)
            _track(self._open, token)

    def _word_comment(self, condition: str, comment: str) -> None:
        """What only Word reads: compiled around whole sections, so a block may open and end in two such comments."""
        self._condition = condition
        self._literal.append(condition)
        for token in tokens(comment[len(condition) :]):
            if token.kind is Kind.TEXT:
                self._refuse_marks(token.text, "a comment", only=MarkKind.SLOT)
                self.text(token.text, Context.TEXT)
            else:
                self._refuse_marks(token.text, "a comment")
                self._literal.append(token.text)
                _track(self._open_in_word, token)
        self._condition = ""

    def text(self, text: str, context: Context) -> None:
        for index, part in enumerate(self._word.split(text)):
            if index % 2 == 0:
                self._literal.append(part)
                continue
            mark = self._issued[part]
            if mark.kind is MarkKind.SLOT:
                self._slot(part, context)
            else:
                self._gate(part, mark)

    def _slot(self, word: str, context: Context) -> None:
        name = self._issued[word].name
        before = self._literal[-1] if self._literal else ""
        if context is not Context.PLAIN and _HALF_REFERENCE.search(before):
            remedy = "Write &amp; for the ampersand."
            raise _refused(f"The value {name!r} stands right after an ampersand.", remedy)
        self._add(word, Slot(name, context))

    def _gate(self, word: str, mark: Mark) -> None:
        if mark.kind is not MarkKind.END:
            self._gates.append((mark.name, self._place()))
            self._add(word, Gate(mark.name, present=mark.kind is MarkKind.WHEN))
            return
        if not self._gates:
            remedy = "Open a block with when() or unless(), or take the end() out."
            raise _refused("An end() closes no block.", remedy)
        name, place = self._gates.pop()
        if place != self._place():
            remedy = "Put when() and end() side by side in the same element, best around whole sections."
            raise _refused(f"The block for {name!r} opens in one element and ends in another.", remedy)
        self._add(word, GateEnd())

    def _place(self) -> _Place:
        return self._condition, tuple(self._open), tuple(self._open_in_word)

    def _add(self, word: str, piece: Piece) -> None:
        self._flush()
        self._pieces.append(piece)
        self._seen.add(word)

    def _flush(self) -> None:
        literal = "".join(self._literal)
        if literal:
            self._pieces.append(literal)
        self._literal.clear()

    def _tag(self, token: Token) -> None:
        position = token.start
        for attribute in attributes(token) if self._prefix in token.text else ():
            value = attribute.value or ""
            if self._prefix not in value:
                continue
            for is_unsafe, place in _UNSAFE_PLACES:
                if is_unsafe(token, attribute):
                    self._refuse_marks(value, place)
            start = self.source.index(attribute.quote, attribute.start) + 1
            self._literal.append(self.source[position:start])
            self._attribute(attribute, value)
            position = start + len(value)
        rest = self.source[position : token.start + len(token.text)]
        self._refuse_marks(rest, "the name of a tag or attribute")
        self._literal.append(rest)

    def _attribute(self, attribute: Attribute, value: str) -> None:
        parts = self._word.split(value)
        context = Context.ATTRIBUTE
        if attribute.name.lower() in _ADDRESS_ATTRIBUTES:
            context = _address_context(parts[0], self._issued[parts[1]].name)
        for index, part in enumerate(parts):
            if index % 2 == 0:
                self._literal.append(part)
                continue
            if self._issued[part].kind is not MarkKind.SLOT:
                self._refuse_marks(part, "an attribute")
            self._slot(part, context)
            context = Context.URL_PART if context is Context.URL else context

    def _refuse_marks(self, text: str, place: str, only: MarkKind | None = None) -> None:
        marks = [self._issued[word] for word in self._word.findall(text)]
        mark = next((mark for mark in marks if only in {None, mark.kind}), None)
        if mark is None:
            return
        is_slot = mark.kind is MarkKind.SLOT
        what = f"The value {mark.name!r}" if is_slot else f"A condition ({mark.name or 'end'})"
        remedy = "Put it into text or a quoted attribute." if is_slot else "Put it between tags or into text."
        raise _refused(f"{what} stands in {place}, where it cannot be safe.", remedy)

    def finish(self) -> tuple[Piece, ...]:
        self._flush()
        if self._gates:
            name = self._gates[-1][0]
            raise _refused(f"The block for {name!r} is not closed.", "Write end() where it ends.")
        lost = sorted({mark.name or "end()" for word, mark in self._issued.items() if word not in self._seen})
        if lost:
            remedy = "Take it out of widths and other figures, or print it where it is asked for."
            raise _refused(f"Asked for, but not in the finished mail: {', '.join(lost)}.", remedy)
        return tuple(self._pieces)


def _track(stack: list[str], token: Token) -> None:
    """Keep the stack of open elements; a stray closing tag changes nothing."""
    name = token.name.lower()
    if token.kind is Kind.OPEN:
        if name not in VOID_TAGS and not token.closed:
            stack.append(name)
    elif token.kind is Kind.CLOSE and name in stack:
        while stack.pop() != name:
            pass


def _is_misread(token: Token) -> bool:
    """`<style />` is closed for the compiler and open for HTML."""
    return token.closed and token.name.lower() in RAW_TEXT_TAGS | _ESCAPABLE_TAGS


def _address_context(before: str, name: str) -> Context:
    """A slot that begins the address must be a whole one; further on it can only be a part of a written address."""
    start = unescape(before).translate(_NOT_IN_ADDRESS)
    if not start:
        return Context.URL
    sign = _ADDRESS_SIGN.search(start)
    if not sign:
        remedy = "Begin it with https:// or with the value."
        raise _refused(f"It is open where the address around {name!r} leads.", remedy)
    scheme = start[: sign.start()]
    if sign[0] == ":" and scheme.lower() not in SCHEMES:
        remedy = "Write an https address."
        raise _refused(f"The value {name!r} stands in an address that begins with {scheme}:.", remedy)
    return Context.URL_PART
