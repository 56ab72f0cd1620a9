"""Who is in a segment: what each condition means, above all for values that are unknown or nearly the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from newsletter.core.deadline import DeadlineMark
from newsletter.core.engagement import Deed, DeedKind
from newsletter.core.segment.evaluate import matches
from newsletter.core.segment.tree import (
    Acted,
    AllOf,
    AnyOf,
    Attribute,
    Did,
    FieldType,
    Granted,
    GrantedBy,
    HasTopic,
    InCountry,
    InDomain,
    InSegment,
    Joined,
    NoneOf,
    Operator,
    Period,
    Reads,
    Segment,
    Stands,
    When,
)
from newsletter.core.segment.values import known_value
from newsletter.core.subscriber import Said, Standing, Subscriber

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


def _day(when, *days):
    return Period(When(when), first=days[0], last=days[-1])


def test_joined_asks_for_the_day_in_utc():
    brussels, june = timezone(timedelta(hours=2)), date(2021, 6, 1)
    # 01:00 on 2 June in Brussels is still 1 June in UTC.
    early = datetime(2021, 6, 2, 1, tzinfo=brussels)
    for when, joined, expected in [
        ("after", early, False),
        ("before", early, False),
        ("between", early, True),
        ("after", early + timedelta(hours=1), True),
        ("between", early + timedelta(hours=1), False),
    ]:
        assert _holds(Joined(_day(when, june)), joined=joined) is expected
    assert _holds(Joined(_day("before", date(2021, 6, 2))), joined=early)


def test_days_back_from_now_are_24_hours_each_and_within_and_older_are_opposites():
    edge = NOW - timedelta(days=90)
    within, older = Joined(Period(When.WITHIN_DAYS, 90)), Joined(Period(When.OLDER_THAN_DAYS, 90))
    assert _holds(within, joined=edge)
    assert not _holds(older, joined=edge)
    before = edge - timedelta(microseconds=1)
    assert not _holds(within, joined=before)
    assert _holds(older, joined=before)


@pytest.mark.parametrize(
    ("operator", "operand", "value", "expected"),
    [
        ("within_days", 30, "2021-09-16", True),
        ("within_days", 30, "2021-08-17", True),
        ("within_days", 30, "2021-08-16", False),
        ("within_days", 30, "2021-09-17", False),
        ("older_than_days", 30, "2021-08-16", True),
        ("older_than_days", 30, "2021-08-17", False),
        ("in_next_days", 30, "2021-09-16", True),
        ("in_next_days", 30, "2021-10-16", True),
        ("in_next_days", 30, "2021-10-17", False),
        ("in_next_days", 30, "2021-09-15", False),
        ("between", ("2021-01-01", "2021-03-31"), "2021-03-31", True),
        ("between", ("2021-01-01", "2021-03-31"), "2021-01-01", True),
        ("between", ("2021-01-01", "2021-03-31"), "2021-04-01", False),
        ("within_days", 30, "soon", False),
    ],
)
def test_a_date_is_compared_with_today_in_utc(operator, operand, value, expected):
    assert _compare("date", operator, operand, value) is expected


@pytest.mark.parametrize(
    ("kind", "operator", "operand", "value", "expected"),
    [
        ("decimal", "is", 5.0, 5, True),
        ("decimal", "at_least", 12.5, 12.5, True),
        ("decimal", "at_most", 12.5, 12.51, False),
        ("decimal", "is", 1.0, True, False),
        ("decimal", "is", 5.0, "5", False),
        ("choices", "has", ("school",), ["press", "school"], True),
        ("choices", "has", ("school", "funder"), ["press", "funder"], True),
        ("choices", "has_all", ("school", "funder"), ["press", "funder"], False),
        ("choices", "has_all", ("press", "funder"), ["press", "funder"], True),
        ("tags", "has", ("vip",), "vip", False),
        ("tags", "has", ("vip",), [], False),
        ("tags", "has", ("vip",), [["vip"], {"vip": 1}, 5], False),
        ("tags", "has", ("vip",), ["vips"], False),
        ("tags", "exists", False, [], True),
        ("tags", "exists", True, ["vip"], True),
    ],
)
def test_decimals_and_lists(kind, operator, operand, value, expected):
    assert _compare(kind, operator, operand, value) is expected


def test_a_domain_holds_for_what_is_below_it():
    node = InDomain(("example.org", "gouv.fr"))
    assert _holds(node, domain="example.org")
    assert _holds(node, domain="culture.gouv.fr")
    assert not _holds(node, domain="notexample.org")
    assert not _holds(node)


def test_consent_is_asked_for_how_it_stands_its_age_and_its_source():
    assert _holds(Stands((Standing.CONFIRMED, Standing.PENDING)), standing=Standing.CONFIRMED)
    assert not _holds(Stands((Standing.CONFIRMED,)), standing=Standing.UNSUBSCRIBED)
    old = Granted(Period(When.OLDER_THAN_DAYS, 730))
    assert _holds(old, granted=NOW - timedelta(days=731))
    assert not _holds(old, granted=NOW)
    assert not _holds(old)
    assert _holds(GrantedBy(("Sign-up form",)), granted_by=frozenset({"sign-up FORM"}))
    assert not _holds(GrantedBy(("Sign-up form",)), granted_by=frozenset({"import"}))


CLICK = Deed(DeedKind.CLICKED, "september-2021", NOW - timedelta(days=5), frozenset({"erasmus"}))


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (Did(DeedKind.CLICKED), True),
        (Did(DeedKind.RECEIVED), False),
        (Did(DeedKind.CLICKED, ("september-2021", "july-2021")), True),
        (Did(DeedKind.CLICKED, ("july-2021",)), False),
        (Did(DeedKind.CLICKED, topics=("erasmus",)), True),
        (Did(DeedKind.CLICKED, topics=("events",)), False),
        (Did(DeedKind.CLICKED, period=Period(When.WITHIN_DAYS, 5)), True),
        (Did(DeedKind.CLICKED, period=Period(When.WITHIN_DAYS, 4)), False),
        (Did(DeedKind.CLICKED, ("september-2021",), ("events",)), False),
    ],
)
def test_one_deed_must_be_all_that_is_asked(node, expected):
    assert _holds(node, deeds=(CLICK,)) is expected
    assert not _holds(node)


def test_what_was_said_of_a_deadline_is_asked_by_mark_key_and_time():
    said = (Said(DeadlineMark.APPLIED, "call/first", NOW), Said(DeadlineMark.STOPPED, "call/second", NOW))
    applied, stopped = (DeadlineMark.APPLIED,), (DeadlineMark.STOPPED,)
    assert _holds(Acted(applied, ("call/first",)), said=said)
    assert not _holds(Acted(applied, ("call/second",)), said=said)
    assert _holds(Acted((*applied, *stopped), ("call/second",)), said=said)
    assert _holds(Acted(stopped), said=said)
    assert not _holds(Acted(stopped, period=_day("before", date(2021, 9, 16))), said=said)


def test_a_reference_means_the_other_segment():
    segments = {"belgians": Segment("belgians", InCountry(("BE",)))}
    assert matches(InSegment("belgians"), _person(), NOW, segments)
    assert not matches(InSegment("belgians"), _person(country="FR"), NOW, segments)
