"""Why a person is in a segment or not: each condition with its words, the person's value and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from newsletter.core.segment.evaluate import matches
from newsletter.core.segment.labels import Labels
from newsletter.core.segment.tree import (
    Acted,
    AllOf,
    AnyOf,
    Attribute,
    Did,
    Granted,
    GrantedBy,
    HasTopic,
    InCountry,
    InDomain,
    InSegment,
    Joined,
    NoneOf,
    Reads,
    Stands,
)
from newsletter.core.segment.values import known_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from newsletter.core.segment.fields import Fields
    from newsletter.core.segment.tree import Node, Segment
    from newsletter.core.subscriber import Subscriber


@dataclass(frozen=True, slots=True)
class Explanation:
    """One condition and how a person stands to it.

    Attributes:
        words: the condition as people say it, affirmed; a group says how many of its parts must hold.
        value: what the person has in its place; "" for a group.
        verdict: whether the condition holds.
        parts: the conditions of a group, or the one that a reference leads to.
    """

    words: str
    value: str
    verdict: bool
    parts: tuple[Explanation, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[tuple[int, Explanation]]:
        """This and everything under it in reading order, with its depth."""
        yield depth, self
        for part in self.parts:
            yield from part.lines(depth + 1)

    def as_dict(self) -> dict[str, Any]:
        """The explanation for scripts."""
        return {
            "words": self.words,
            "value": self.value,
            "verdict": self.verdict,
            "parts": [part.as_dict() for part in self.parts],
        }


def explain(
    node: Node,
    subscriber: Subscriber,
    now: datetime,
    segments: Mapping[str, Segment],
    fields: Fields,
    language: str,
    names: Mapping[str, str] | None = None,
) -> Explanation:
    """Explain condition by condition whether a person is in the segment.

    Args:
        node: a tree as `parse_segments` returns it.
        subscriber: the person, with deeds and what they said filled in.
        now: aware instant, for `within_days` and its like.
        segments: every segment by id.
        fields: labels of fields, choices and topics.
        language: `en` or `fr`; any other language is answered in English.
        names: what campaigns and deadlines are called, by name and key.

    Returns:
        A tree of the shape of `node`; its verdict is `matches(node, …)`.
    """
    return _Explaining(
        subscriber, now, segments, Labels.speaking(language, fields, segments, names or {})
    ).node(node)


@dataclass(frozen=True, slots=True)
class _Explaining:
    person: Subscriber
    now: datetime
    segments: Mapping[str, Segment]
    labels: Labels

    def node(self, node: Node) -> Explanation:
        words = self.labels.words
        verdict = matches(node, self.person, self.now, self.segments)
        match node:
            case AllOf(parts):
                return Explanation(words.all_of, "", verdict, self._each(parts))
            case AnyOf(parts):
                return Explanation(words.any_of, "", verdict, self._each(parts))
            case NoneOf(parts):
                return Explanation(words.none_of, "", verdict, self._each(parts))
            case InSegment(segment):
                under = (self.node(self.segments[segment].where),)
                return Explanation(self.labels.leaf(node), self._answer(verdict), verdict, under)
            case _:
                return Explanation(self.labels.leaf(node), self._value(node), verdict)

    def _each(self, parts: tuple[Node, ...]) -> tuple[Explanation, ...]:
        return tuple(self.node(part) for part in parts)

    def _answer(self, verdict: bool) -> str:  # noqa: FBT001 - it is the value that is said
        return self.labels.words.yes if verdict else self.labels.words.no

    def _value(  # noqa: C901, PLR0911 - one line for each kind of condition
        self, node: Node
    ) -> str:
        """What the person has where the condition looks."""
        labels, person, unknown = self.labels, self.person, self.labels.words.unknown
        match node:
            case HasTopic():
                return (
                    ", ".join(labels.topic(topic) for topic in sorted(person.topics)) or labels.words.no_topic
                )
            case Reads():
                return labels.language(person.language) if person.language else unknown
            case InCountry():
                return labels.country(person.country) if person.country else unknown
            case InDomain():
                return person.domain or unknown
            case Attribute():
                value = known_value(person, node.name, node.type)
                return unknown if value is None else labels.value(node.name, node.type, value)
            case Joined():
                return self._day(person.joined)
            case Stands():
                return labels.words.standing(person.standing)
            case Granted():
                return labels.words.never() if person.granted is None else self._day(person.granted)
            case GrantedBy():
                return ", ".join(labels.words.quoted(one) for one in sorted(person.granted_by)) or unknown
            case Did():
                return self._last_deed(node)
            case Acted():
                return self._last_said(node)
            case _:
                return ""

    def _last_deed(self, node: Did) -> str:
        """The last thing of the kind that happened, whenever it was."""
        fits = [
            deed
            for deed in self.person.deeds
            if deed.kind is node.kind
            and (not node.campaigns or deed.campaign in node.campaigns)
            and (not node.topics or not deed.topics.isdisjoint(node.topics))
        ]
        last = max(fits, key=lambda deed: deed.at, default=None)
        return self.labels.words.never() if last is None else self._named(last.campaign, last.at)

    def _last_said(self, node: Acted) -> str:
        fits = [
            said
            for said in self.person.said
            if said.mark in node.marks and (not node.deadlines or said.deadline in node.deadlines)
        ]
        last = max(fits, key=lambda said: said.at, default=None)
        return self.labels.words.never() if last is None else self._named(last.deadline, last.at)

    def _named(self, key: str, at: datetime) -> str:
        return f"{self.labels.words.quoted(self.labels.name(key))}, {self._day(at)}"

    def _day(self, at: datetime) -> str:
        return self.labels.words.day(at.astimezone(UTC).date())
