"""A segment as one sentence that people can check: who is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from newsletter.core.segment.labels import Labels
from newsletter.core.segment.tree import (
    Acted,
    AllOf,
    AnyOf,
    Attribute,
    Did,
    GrantedBy,
    HasTopic,
    InCountry,
    InDomain,
    NoneOf,
    Reads,
    Stands,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsletter.core.segment.fields import Fields
    from newsletter.core.segment.tree import Node, Segment


def describe(
    node: Node,
    segments: Mapping[str, Segment],
    fields: Fields,
    language: str,
    names: Mapping[str, str] | None = None,
) -> str:
    """The sentence for a tree, for example "People interested in Erasmus+, in France or Belgium, and who …".

    It is made from the tree and says exactly what the tree means; a denied group is told by its denied parts.

    Args:
        node: a tree as `parse_segments` returns it.
        segments: every segment by id; a reference is said by its title.
        fields: labels of fields, choices and topics.
        language: `en` or `fr`; any other language is answered in English.
        names: what campaigns and deadlines are called, by name and key.
    """
    labels = Labels.speaking(language, fields, segments, names or {})
    words = labels.words
    said = _said(node, yes=True)
    if isinstance(said, _Joint) and not said.parts:
        return f"{words.everybody if said.every else words.nobody}."
    return f"{words.people} {_phrase(said, labels, nested=False)}."


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One condition, affirmed or denied."""

    node: Node
    yes: bool


@dataclass(frozen=True, slots=True)
class _Joint:
    """Parts of which every one holds, or at least one."""

    every: bool
    parts: tuple[_Said, ...]


_Said: TypeAlias = _Leaf | _Joint


def _said(node: Node, *, yes: bool) -> _Said:
    """The tree with every denial moved down to single conditions (De Morgan), for nobody says "not either"."""
    match node:
        case AllOf(parts):
            return _joined([_said(part, yes=yes) for part in parts], every=yes)
        case AnyOf(parts):
            return _joined([_said(part, yes=yes) for part in parts], every=not yes)
        case NoneOf(parts):
            return _joined([_said(part, yes=not yes) for part in parts], every=yes)
        case _:
            return _Leaf(node, yes)


def _joined(parts: Sequence[_Said], *, every: bool) -> _Said:
    """One joint of these parts: joints of the same sort melt into it, and what decides alone stays alone."""
    flat: list[_Said] = []
    for part in parts:
        if isinstance(part, _Joint) and not part.parts and part.every is not every:
            return part
        flat += part.parts if isinstance(part, _Joint) and part.every is every else [part]
    return flat[0] if len(flat) == 1 else _Joint(every, tuple(flat))


def _phrase(said: _Said, labels: Labels, *, nested: bool) -> str:
    if isinstance(said, _Leaf):
        return labels.leaf(said.node, yes=said.yes)
    phrases = [_phrase(part, labels, nested=True) for part in said.parts]
    if said.every:
        return labels.words.both(phrases)
    # An "or" inside another needs brackets to be read in one way only.
    apart = [f"({one})" if _is_long(part) else one for part, one in zip(said.parts, phrases, strict=True)]
    return labels.words.either(apart, nested=nested)


def _is_long(said: _Said) -> bool:  # noqa: PLR0911 - one line for each kind of condition
    if isinstance(said, _Joint):
        return True
    match said.node:
        case HasTopic(words) | Reads(words) | InCountry(words) | InDomain(words) | GrantedBy(words):
            return len(words) > 1
        case Stands(standings):
            return len(standings) > 1
        case Did(campaigns=names, topics=topics):
            return max(len(names), len(topics)) > 1
        case Acted(deadlines=names):
            return len(names) > 1
        case Attribute():
            return len(said.node.operands) > 1
        case _:
            return False
