"""The rules that a frozen audience keeps say the same when they are read back; and a person as they stood then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from segment_file import FIELDS, node_of
from segment_people import NOW, TREES

from newsletter.core.consent import ConsentAction
from newsletter.core.engagement import Deed, DeedKind
from newsletter.core.segment.as_of import ConsentEvent, as_of
from newsletter.core.segment.document import as_document, read_rules, rules_document
from newsletter.core.segment.tree import AllOf, HasTopic, InSegment, NoneOf, Segment
from newsletter.core.subscriber import Standing, Subscriber

DAY = timedelta(days=1)
ADA = Subscriber(1, "ada@example.org", "Ada", "en", "BE", "", datetime(2021, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "where",
    [
        "{all: [{topic: erasmus}, {none: [{country: [FR, BE]}]}, {language: fr}]}",
        "{any: [{consent: {granted: {within_days: 9}, source: 'a \"b\": c'}}, {consent: pending}]}",
        "{clicked: {campaign: september-2021, topic: erasmus, between: [2021-01-01, 2021-03-31]}}",
        "{received: anything}",
        "{acted: {deadline: call/first, before: 2021-01-01}}",
        "{stopped: anything}",
        "{joined: {older_than_days: 9}}",
        "{domain: example.org}",
        "{attribute: city, exists: false}",
        "{attribute: city, in: ['5', true x, É]}",
        "{attribute: budget, at_most: 0.1}",
        "{attribute: founded, within_days: 9}",
        "{attribute: tags, has: [a, b]}",
    ],
)
def test_each_condition_is_read_back_as_it_was(where):
    node = node_of(where)
    segments, fields = read_rules(rules_document(["one"], {"one": Segment("one", node)}, FIELDS))
    assert segments["one"].where == node
    assert fields.topics.keys() == FIELDS.topics.keys()
    assert fields.choice_label("kind", "press", "fr") == "Presse"


@given(TREES)
def test_every_tree_has_a_document(node):
    assert as_document(node)


def test_a_document_holds_what_is_referred_to_and_nothing_else():
    segments = {
        "one": Segment("one", AllOf((InSegment("two"),))),
        "two": Segment("two", NoneOf((HasTopic(("erasmus",)),)), {"fr": "Deux"}),
        "three": Segment("three", HasTopic(("erasmus",))),
    }
    read, _ = read_rules(rules_document(["one"], segments, FIELDS))
    assert sorted(read) == ["one", "two"]
    assert read["two"].title("en") == "Deux"


def test_a_person_as_they_stood_is_folded_from_what_has_a_date():
    events = [
        ConsentEvent(ConsentAction.ASKED, NOW - 3 * DAY, "form"),
        ConsentEvent(ConsentAction.GRANTED, NOW - 2 * DAY, "mail"),
        ConsentEvent(ConsentAction.WITHDRAWN, NOW, "one-click"),
    ]
    deeds = tuple(Deed(DeedKind.CLICKED, "july-2021", NOW + turn * DAY) for turn in (-1, 1))
    then = as_of(Subscriber(**_fields(ADA) | {"deeds": deeds}), events, NOW - DAY)
    assert (then.standing, then.granted, then.granted_by) == (
        Standing.CONFIRMED,
        NOW - 2 * DAY,
        frozenset({"mail"}),
    )
    assert then.deeds == deeds[:1]
    earlier = as_of(ADA, events, NOW - 3 * DAY)
    assert (earlier.standing, earlier.granted) == (Standing.PENDING, None)


def _fields(person):
    return {name: getattr(person, name) for name in Subscriber.__dataclass_fields__}
