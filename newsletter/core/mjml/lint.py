"""What is wrong in an MJML source, because the compiler says nothing or only a byte offset.

Small named rules over one tree, read from top to bottom. What the canonicaliser mends by itself (unitless zeros, line
ends, unsafe attribute values, `<br>`) is no problem here.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from html import unescape
from typing import TYPE_CHECKING

from newsletter.core.mjml.components import (
    ANY_ATTRIBUTE,
    COMPONENTS,
    EVERYWHERE,
    IGNORED,
    IN_ATTRIBUTES,
    NO_COMMENTS,
    REFUSED,
    TEXT_ONLY,
)
from newsletter.core.mjml.tokens import Kind, Token, names
from newsletter.core.mjml.tree import Document, Node, read_document
from newsletter.core.refusal import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Finding = tuple[int, str, str, Level]
"""Index in the source, what is wrong, what to do, how much it weighs."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MISSING_SPACE = re.compile(r"""=\s*(?:"[^"]*"|'[^']*')[A-Za-z]""")
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:.-]*")
_ADDRESS_ATTRIBUTES = names(
    "href src srcset action background background-url poster cite data formaction longdesc xlink:href base-url "
    "thumbnails-src left-icon right-icon icon-wrapped-url icon-unwrapped-url",
)
_RUNNING_SCHEMES = ("javascript:", "vbscript:", "data:")
_REMOTE_STYLE = re.compile(r"@import|@font-face", re.IGNORECASE)
_NOT_IN_ADDRESS = dict.fromkeys(range(0x21))


def lint_mjml(source: str, path: str = "") -> list[Problem]:
    """Read an MJML source and say what is wrong in it.

    Args:
        source: MJML, usually rendered by the template language; leftovers of that language are not looked for.
        path: the file as the person knows it, for the problems.

    Returns:
        Problems in the order of their lines. Errors would make the mail wrong; warnings are worth a look.
    """
    document = read_document(source)
    found = sorted({finding for rule in RULES for finding in rule(document)})
    return [
        Problem(what, remedy, path, document.line(start), level=level) for start, what, remedy, level in found
    ]


def _error(start: int, what: str, remedy: str) -> Finding:
    return start, what, remedy, Level.ERROR


def _warning(start: int, what: str, remedy: str) -> Finding:
    return start, what, remedy, Level.WARNING


def _did_you_mean(name: str, names: frozenset[str] | dict[str, object], otherwise: str) -> str:
    close = get_close_matches(name.lower(), sorted(names), 1, 0.6)
    return f"Did you mean {close[0]}?" if close else otherwise


def characters_are_text(document: Document) -> Iterator[Finding]:
    """NUL, control characters and halves of surrogate pairs cannot be compiled."""
    for match in _NOT_XML.finditer(document.source):
        what = f"A character that is no text stands here (U+{ord(match[0]):04X})."
        yield _error(match.start(), what, "Take it out; it often comes in by copying from another program.")


def tags_are_well_formed(document: Document) -> Iterator[Finding]:
    """A tag that cannot be read would be read differently by everybody."""
    for token in document.stream:
        if token.kind is not Kind.BROKEN:
            continue
        if token.text.startswith("<!"):
            yield _error(
                token.start,
                "A comment or declaration is not closed, or closed in a wrong way.",
                "End a comment with -->.",
            )
        elif _MISSING_SPACE.search(token.text):
            yield _error(
                token.start,
                "There is no space between two attributes.",
                "Write a space after each closing quote.",
            )
        else:
            yield _error(
                token.start,
                f"The tag {token.text[:40]!r} cannot be read.",
                'Write tags as <name attribute="value">, and a less-than sign in text as &lt;.',
            )


def no_bare_less_than(document: Document) -> Iterator[Finding]:
    """`1 < 2` must be written `1 &lt; 2`; it stops the compiler."""
    remedy = "Write &lt; instead."
    for token in document.stream:
        if token.kind is Kind.BARE:
            yield _error(token.start, "A less-than sign stands in the text.", remedy)
    for node in document.nodes:
        if node.name.lower() in {"mj-style", "style"}:
            for text in node.texts:
                if "<" in text.text:
                    yield _error(
                        text.start + text.text.index("<"),
                        "A less-than sign stands in the style.",
                        "Take it out.",
                    )


def comments_can_be_read(document: Document) -> Iterator[Finding]:
    """The compiler holds to XML: no double hyphen inside a comment."""
    for token in document.stream:
        if token.kind is Kind.COMMENT and "--" in token.text[4:-3] + "-":
            yield _error(
                token.start, "A double hyphen stands in a comment.", "Use a single hyphen or a dash."
            )


def comments_have_a_home(document: Document) -> Iterator[Finding]:
    """In a few components the compiler stops at a comment."""
    for node in document.nodes:
        if node.name in NO_COMMENTS | TEXT_ONLY and not node.ending:
            for comment in node.comments:
                what = f"The compiler cannot read a comment in <{node.name}>."
                yield _error(
                    comment.start, what, "Put it before, or write a comment of the template language."
                )


def titles_are_text(document: Document) -> Iterator[Finding]:
    for node in document.nodes:
        if (
            node.parent
            and node.parent.name in TEXT_ONLY
            and node.ending == node.parent.name
            and not node.is_mjml
        ):
            what = f"<{node.name}> stands in <{node.parent.name}>, which holds only text."
            yield _error(node.start, what, "Take the tag out and leave its text.")


def no_declarations(document: Document) -> Iterator[Finding]:
    """CDATA and processing instructions stop the compiler; a prolog before the root is taken off."""
    first = document.nodes[0].start if document.nodes else len(document.source)
    for token in document.stream:
        if (
            token.kind is Kind.DECLARATION
            and token.start > first
            and not token.text.startswith(("<![if", "<![endif"))
        ):
            yield _error(
                token.start,
                f"{token.text[:20]!r} cannot stand here.",
                "Take it out, and write < as &lt; in text.",
            )


def tags_are_balanced(document: Document) -> Iterator[Finding]:
    for fault in document.faults:
        yield _error(fault.start, fault.what, fault.remedy)


def root_is_mjml(document: Document) -> Iterator[Finding]:
    """One `mjml` with one `mj-body`, and nothing beside it."""
    roots = list(document.roots())
    if not roots:
        yield _error(0, "There is no MJML here.", "Begin with <mjml><mj-body>.")
    for index, node in enumerate(roots):
        if node.name != "mjml" or index:
            yield _error(
                node.start, f"<{node.name}> stands outside of <mjml>.", "Put everything into one <mjml>."
            )
    for text in document.loose:
        yield _error(
            _first_word(text), "Text stands outside of <mjml>.", "Take it out, or put it into an mj-text."
        )
    for node in roots[:1]:
        yield from _one_each(node)


def _one_each(root: Node) -> Iterator[Finding]:
    children = [child.name for child in root.children]
    if root.name == "mjml" and "mj-body" not in children:
        yield _error(root.start, "There is no <mj-body>.", "Put the sections into <mj-body> … </mj-body>.")
    for index, child in enumerate(root.children):
        if child.name in {"mj-head", "mj-body"} and child.name in children[:index]:
            yield _error(child.start, f"<{child.name}> stands here a second time.", "Put both into one.")


def tags_are_known(document: Document) -> Iterator[Finding]:
    for node in document.nodes:
        if (
            node.is_mjml
            and node.name not in COMPONENTS
            and node.name not in REFUSED
            and node.name not in IN_ATTRIBUTES
        ):
            remedy = _did_you_mean(
                node.name, IN_ATTRIBUTES, "See the list of components in MJML's documentation."
            )
            yield _error(node.start, f"MJML has no component <{node.name}>.", remedy)


def tags_are_allowed(document: Document) -> Iterator[Finding]:
    for node in document.nodes:
        refused = REFUSED.get(node.name.lower())
        if refused:
            yield _error(node.start, f"<{node.name}> {refused[0]}.", refused[1])


def nesting_is_right(document: Document) -> Iterator[Finding]:
    """Sections in the body, columns in sections, content in columns, HTML in ending tags."""
    for node in document.nodes:
        if node.parent is None or node.name.lower() in REFUSED or node.parent.name.lower() in REFUSED:
            continue
        if node.ending:
            if node.is_mjml:
                what = f"<{node.name}> stands in <{node.ending}>, which holds only text and HTML."
                yield _error(node.start, what, f"Close <{node.ending}> before it.")
        elif node.parent.name in COMPONENTS:
            yield from _nesting(node, node.parent.name)


def _nesting(node: Node, parent: str) -> Iterator[Finding]:
    allowed = IN_ATTRIBUTES if parent == "mj-attributes" else COMPONENTS[parent].children
    if node.name in allowed:
        return
    if not node.is_mjml:
        what = f"HTML (<{node.name}>) stands directly in <{parent}>."
        yield _error(node.start, what, "Put it into an mj-text or mj-raw.")
    elif node.name in COMPONENTS or node.name in IN_ATTRIBUTES:
        homes = sorted(name for name, component in COMPONENTS.items() if node.name in component.children)
        remedy = (
            f"It belongs into {' or '.join(homes or ['mj-attributes'])}."
            if node.name != "mjml"
            else "Take it out."
        )
        yield _error(node.start, f"<{node.name}> cannot stand in <{parent}>.", remedy)


def text_has_a_home(document: Document) -> Iterator[Finding]:
    """Text directly in a section or column is thrown away without a word."""
    for node in document.nodes:
        component = COMPONENTS.get(node.name)
        if component and not component.ending and not node.ending:
            for text in node.texts:
                yield _error(
                    _first_word(text), f"Text stands directly in <{node.name}>.", "Put it into an mj-text."
                )


def _first_word(text: Token) -> int:
    return text.start + len(text.text) - len(text.text.lstrip())


def attributes_are_known(document: Document) -> Iterator[Finding]:
    for node in document.nodes:
        if node.name not in COMPONENTS and node.name not in IN_ATTRIBUTES:
            continue
        allowed = _allowed_attributes(node)
        for attribute in node.attributes:
            if attribute.name not in allowed:
                remedy = _did_you_mean(
                    attribute.name, allowed, f"Take it out, or look up what <{node.name}> takes."
                )
                yield _error(attribute.start, f"<{node.name}> has no attribute {attribute.name!r}.", remedy)
            elif (node.name, attribute.name) in IGNORED:
                what = f"This compiler ignores {attribute.name!r} on <{node.name}>."
                yield _warning(attribute.start, what, "Reach it in another way, or take it out.")


def _allowed_attributes(node: Node) -> frozenset[str]:
    if node.name in {"mj-all", "mj-class"}:
        return ANY_ATTRIBUTE | {"name"}
    return COMPONENTS[node.name].attributes | EVERYWHERE


def attributes_can_be_read(document: Document) -> Iterator[Finding]:
    for node in document.nodes:
        seen: set[str] = set()
        for attribute in node.attributes:
            if not _ATTRIBUTE_NAME.fullmatch(attribute.name):
                what = f"The attribute name {attribute.name!r} cannot be read."
                yield _error(
                    attribute.start, what, "Use letters, digits and hyphens, beginning with a letter."
                )
            if attribute.name.lower() in seen:
                what = (
                    f"The attribute {attribute.name!r} stands twice on <{node.name}>; the first one counts."
                )
                yield _error(attribute.start, what, "Keep one of the two.")
            seen.add(attribute.name.lower())


def styles_stay_in_the_head(document: Document) -> Iterator[Finding]:
    """`mj-style inline="inline"` would silently not be inlined."""
    for node in document.nodes:
        if node.name == "mj-style" and node.value("inline") is not None:
            yield _error(
                node.start,
                "This compiler cannot inline an mj-style.",
                "Write the style on the elements themselves.",
            )


def styles_load_nothing(document: Document) -> Iterator[Finding]:
    """A font or style from elsewhere tells its server who reads."""
    for node in document.nodes:
        if node.name.lower() in {"mj-style", "style"}:
            for text in node.texts:
                for match in _REMOTE_STYLE.finditer(text.text):
                    remedy = "Name fonts that people have, and write the style here."
                    yield _error(
                        text.start + match.start(), f"{match[0]} loads a file from elsewhere.", remedy
                    )


def images_have_alt(document: Document) -> Iterator[Finding]:
    """An image needs words for those who do not see it, or an empty `alt` if it says nothing (WCAG 2.2, 1.1.1)."""
    for node in document.nodes:
        in_defaults = node.parent is not None and node.parent.name == "mj-attributes"
        if node.name.lower() in {"img", "mj-image"} and not in_defaults and node.value("alt") is None:
            what = f"<{node.name}> has no alt; it is sent with an empty one."
            yield _warning(node.start, what, 'Describe the image in alt, or write alt="" if it adds nothing.')


def addresses_are_safe(document: Document) -> Iterator[Finding]:
    for node in document.nodes:
        for attribute in node.attributes:
            if attribute.name.lower() not in _ADDRESS_ATTRIBUTES:
                continue
            address = unescape(attribute.value or "").translate(_NOT_IN_ADDRESS).lower()
            if address.startswith(_RUNNING_SCHEMES):
                scheme = address.partition(":")[0]
                yield _error(
                    attribute.start,
                    f"{attribute.name} leads to {scheme}:, which mail clients block.",
                    "Write an https address.",
                )
            elif address.startswith("http:"):
                what = f"{attribute.name} leads to http:, which is not encrypted."
                yield _warning(attribute.start, what, "Write https if the site has it.")


def no_event_handlers(document: Document) -> Iterator[Finding]:
    for node in document.nodes:
        for attribute in node.attributes:
            if attribute.name.lower().startswith("on"):
                what = f"{attribute.name} would run a script, which mail clients block."
                yield _error(attribute.start, what, "Take it out.")


RULES: tuple[Callable[[Document], Iterator[Finding]], ...] = (
    characters_are_text,
    tags_are_well_formed,
    no_bare_less_than,
    comments_can_be_read,
    comments_have_a_home,
    titles_are_text,
    no_declarations,
    tags_are_balanced,
    root_is_mjml,
    tags_are_known,
    tags_are_allowed,
    nesting_is_right,
    text_has_a_home,
    attributes_are_known,
    attributes_can_be_read,
    styles_stay_in_the_head,
    styles_load_nothing,
    images_have_alt,
    addresses_are_safe,
    no_event_handlers,
)
