"""A segment as a document: the mapping that `segments.yaml` would have for it, and the fields that it names.

A frozen audience keeps it. It is JSON, which is YAML too, so that `parse_segments` and `parse_fields` read it back.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, assert_never

from newsletter.core.segment.fields import Fields, parse_fields
from newsletter.core.segment.history import ANYTHING
from newsletter.core.segment.parse import parse_segments
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
    When,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from newsletter.core.segment.tree import Node, Period, Segment


def rules_document(names: Iterable[str], segments: Mapping[str, Segment], fields: Fields) -> dict[str, Any]:
    """These segments, with those that they refer to, and the fields and topics that may be named.

    Raises:
        KeyError: one of them is not in `segments`.
    """
    wanted, told = list(names), dict[str, Any]()
    while wanted:
        name = wanted.pop()
        if name not in told:
            segment = segments[name]
            told[name] = {"title": dict(segment.titles) or {"en": name}, "where": as_document(segment.where)}
            wanted += [node.segment for node in walk(segment.where) if isinstance(node, InSegment)]
    return {"segments": {name: told[name] for name in sorted(told)}, "fields": _fields(fields)}


def read_rules(document: Mapping[str, Any]) -> tuple[dict[str, Segment], Fields]:
    """The segments and the fields of a document of `rules_document`.

    Raises:
        ContentRefused: it is none, or one of a program that knows more.
    """
    fields = parse_fields(json.dumps(document["fields"]), "")
    return parse_segments(json.dumps({"segments": document["segments"]}), "", fields), fields


def _fields(fields: Fields) -> dict[str, Any]:
    known = {
        field.name: {"type": field.type.value, "label": dict(field.labels)}
        | (
            {"choices": {choice: dict(words) for choice, words in field.choices.items()}}
            if field.choices
            else {}
        )
        for field in fields.fields.values()
    }
    return {
        "fields": known,
        "topics": {topic.id: {"label": dict(topic.labels)} for topic in fields.topics.values()},
    }


def as_document(  # noqa: C901, PLR0911, PLR0912 - one line for each kind of condition
    node: Node,
) -> dict[str, Any]:
    """The condition as it would stand under `where`."""
    match node:
        case AllOf(parts):
            return {"all": [as_document(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [as_document(part) for part in parts]}
        case NoneOf(parts):
            return {"none": [as_document(part) for part in parts]}
        case InSegment(segment):
            return {"segment": segment}
        case HasTopic(topics):
            return {"topic": list(topics)}
        case Reads(languages):
            return {"language": list(languages)}
        case InCountry(countries):
            return {"country": list(countries)}
        case InDomain(domains):
            return {"domain": list(domains)}
        case Attribute():
            return {"attribute": node.name, node.operator.value: _operand(node)}
        case Joined(period):
            return {"joined": _period(period)}
        case Stands(standings):
            return {"consent": [standing.value for standing in standings]}
        case Granted(period):
            return {"consent": {"granted": _period(period)}}
        case GrantedBy(sources):
            return {"consent": {"source": list(sources)}}
        case Did(kind, campaigns, topics, period):
            asked = {"campaign": list(campaigns)} if campaigns else {}
            about = {"topic": list(topics)} if topics else {}
            return {kind.value: asked | about | _period(period) or ANYTHING}
        case Acted(marks, deadlines, period):
            asked = {"deadline": list(deadlines)} if deadlines else {}
            return {marks[0].value if len(marks) == 1 else "acted": asked | _period(period) or ANYTHING}
        case _:
            assert_never(node)


def _operand(node: Attribute) -> Any:
    return list(node.operand) if isinstance(node.operand, tuple) else node.operand


def _period(period: Period) -> dict[str, Any]:
    match period.when:
        case When.BEFORE | When.AFTER if period.first:
            return {period.when.value: period.first.isoformat()}
        case When.BETWEEN if period.first and period.last:
            return {period.when.value: [period.first.isoformat(), period.last.isoformat()]}
        case When.WITHIN_DAYS | When.OLDER_THAN_DAYS:
            return {period.when.value: period.days}
        case _:
            return {}
