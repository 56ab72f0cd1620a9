"""Who is in a segment: what each condition means, above all for values that are unknown or nearly the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from newsletter.core.segment.evaluate import known_value, matches
from newsletter.core.segment.tree import (
    AllOf,
    AnyOf,
    Applied,
    Attribute,
    FieldType,
    HasTopic,
    InCountry,
    InSegment,
    JoinedAfter,
    JoinedBefore,
    JoinedWithin,
    NoneOf,
    Operator,
    Reads,
    Received,
    Segment,
)
from newsletter.core.subscriber import Subscriber

NOW = datetime(2021, 9, 16, 8, 30, tzinfo=UTC)
YES, NO = AllOf(()), AnyOf(())


def _person(**changes):
    ada = {"id": 1, "address": "ada@example.org", "given_name": "Ada", "language": "en", "country": "BE"}
    return Subscriber(**ada | {"zone": "", "joined": NOW} | changes)


def _holds(node, **changes):
    return matches(node, _person(**changes), NOW, {})


def _compare(kind, operator, operand, value):
    return _holds(Attribute("x", FieldType(kind), Operator(operator), operand), attributes={"x": value})


@pytest.mark.parametrize(
    ("kind", "operator", "operand", "value", "expected"),
    [
        ("text", "is", "lyon", "Lyon", True),
        ("text", "is", "Lyon", "Lyon ", False),
        ("text", "is", "liege", "Liège", False),
        ("text", "is", "école", "École", False),
        ("text", "in", ("Paris", "LYON"), "Lyon", True),
        ("text", "contains", "yo", "LYON", True),
        ("text", "contains", "%", "Lyon", False),
        ("text", "contains", "50%", "at 50% off", True),
        ("text", "is_not", "lyon", "Lyon", False),
        ("text", "is_not", "paris", "Lyon", True),
        ("choice", "is", "press", "press", True),
        ("choice", "is", "press", "Press", False),
        ("choice", "in", ("press", "funder"), "funder", True),
        ("integer", "at_least", 50, 50, True),
        ("integer", "at_least", 50, 49, False),
        ("integer", "at_most", 50, 50, True),
        ("integer", "at_most", 50, 51, False),
        ("integer", "is", 1, True, False),
        ("integer", "is", 5, "5", False),
        ("integer", "is", 5, 5.0, False),
        ("boolean", "is", True, True, True),
        ("boolean", "is", True, 1, False),
        ("boolean", "is_not", True, False, True),
        ("date", "before", "2021-06-01", "2021-05-31", True),
        ("date", "before", "2021-06-01", "2021-06-01", False),
        ("date", "after", "2021-06-01", "2021-06-02", True),
        ("date", "after", "2021-06-01", "2021-06-01", False),
        ("date", "after", "2021-06-01", "soon", False),
        ("date", "is", "2021-06-01", "2021-06-01T00:00", False),
    ],
)
def test_a_comparison_means_what_the_rules_say(kind, operator, operand, value, expected):
    assert _compare(kind, operator, operand, value) is expected


OPERANDS = {"text": "x", "choice": "x", "integer": 0, "boolean": False, "date": "2021-06-01"}


@pytest.mark.parametrize("kind", sorted(OPERANDS))
@pytest.mark.parametrize("unknown", [None, "", [], {}, 10**15, 5.5])
def test_an_unknown_value_fails_every_comparison_and_passes_its_denial(kind, unknown):
    assert not _compare(kind, "is", OPERANDS[kind], unknown)
    assert _compare(kind, "is_not", OPERANDS[kind], unknown)
    for asked in (True, False):
        assert _compare(kind, "exists", asked, unknown) is not asked
    assert known_value(_person(attributes={"x": unknown}), "x", FieldType(kind)) is None


@pytest.mark.parametrize("value", [None, "", "x", "y", 5])
def test_is_not_is_none_of_is(value):
    denied = NoneOf((Attribute("x", FieldType.TEXT, Operator.IS, "x"),))
    assert _compare("text", "is_not", "x", value) is _holds(denied, attributes={"x": value})


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (AllOf((YES, YES)), True),
        (AllOf((YES, NO)), False),
        (AnyOf((NO, YES)), True),
        (AnyOf((NO, NO)), False),
        (NoneOf((NO, NO)), True),
        (NoneOf((NO, YES)), False),
        (NoneOf((NoneOf((YES,)),)), True),
        (NoneOf(()), True),
    ],
)
def test_groups_combine_their_parts(node, expected):
    assert _holds(node) is expected


def test_one_of_several_topics_is_enough_and_no_topic_is_not():
    node = HasTopic(("erasmus", "events"))
    assert _holds(node, topics=frozenset({"events"}))
    assert not _holds(node, topics=frozenset({"social-economy"}))
    assert not _holds(node)


@pytest.mark.parametrize(
    ("wanted", "language", "expected"),
    [
        ("fr", "fr", True),
        ("fr", "fr-BE", True),
        ("FR", "fr-be", True),
        ("fr-BE", "fr", False),
        ("fr", "fra", False),
    ],
)
def test_a_language_holds_for_its_regional_forms(wanted, language, expected):
    assert _holds(Reads((wanted,)), language=language) is expected


def test_an_unknown_country_is_in_no_country():
    assert _holds(InCountry(("FR", "BE")))
    assert not _holds(InCountry(("FR", "BE")), country="")


def test_joined_asks_for_the_day_in_utc():
    brussels = timezone(timedelta(hours=2))
    # 01:00 on 2 June in Brussels is still 1 June in UTC.
    early = datetime(2021, 6, 2, 1, tzinfo=brussels)
    assert not _holds(JoinedAfter(date(2021, 6, 1)), joined=early)
    assert not _holds(JoinedBefore(date(2021, 6, 1)), joined=early)
    assert _holds(JoinedBefore(date(2021, 6, 2)), joined=early)
    assert _holds(JoinedAfter(date(2021, 6, 1)), joined=early + timedelta(hours=1))


def test_within_days_counts_whole_24_hours_back_from_now():
    edge = NOW - timedelta(days=90)
    assert _holds(JoinedWithin(90), joined=edge)
    assert not _holds(JoinedWithin(90), joined=edge - timedelta(microseconds=1))


def test_received_and_applied_look_at_what_is_recorded():
    assert _holds(Received("september-2021"), received=frozenset({"september-2021"}))
    assert not _holds(Received("september-2021"), received=frozenset({"july-2021"}))
    assert _holds(Applied("call/first"), applied=frozenset({"call/first"}))
    assert not _holds(Applied("call/first"), applied=frozenset({"call/second"}))


def test_a_reference_means_the_other_segment():
    segments = {"belgians": Segment("belgians", InCountry(("BE",)))}
    assert matches(InSegment("belgians"), _person(), NOW, segments)
    assert not matches(InSegment("belgians"), _person(country="FR"), NOW, segments)
