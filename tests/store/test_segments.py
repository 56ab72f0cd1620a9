"""The contract of segments: what Python says of a person and whom SQL finds are the same, on every database."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from segment_people import (
    ABOUT,
    CAMPAIGNS,
    CLOSE,
    DEADLINES,
    FIELDS,
    LINKS,
    NOW,
    REFERENCES,
    SOURCES,
    TREES,
    Linked,
    people,
)
from sqlalchemy import create_engine, delete, insert, select
from sqlalchemy.pool import StaticPool
from throwaway_postgresql import fresh_database

from newsletter.core.deadline import DeadlineMark
from newsletter.core.engagement import Deed, DeedKind
from newsletter.core.segment.evaluate import matches
from newsletter.core.segment.tree import (
    OF_LISTS,
    OPERATORS,
    RELATIVE,
    AllOf,
    AnyOf,
    Attribute,
    Did,
    FieldType,
    HasTopic,
    InCountry,
    Joined,
    NoneOf,
    Operator,
    Period,
    Segment,
    When,
)
from newsletter.core.subscriber import Said, Standing, Subscriber
from newsletter.store import tables
from newsletter.store.engagement_tables import campaign_topics, engagements
from newsletter.store.people_in_segments import load_subscriber, load_subscribers
from newsletter.store.segments import (
    count_segment,
    sample_segment,
    segment_clause,
    segment_ids,
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request):
    with ExitStack() as stack:
        if request.param == "sqlite":
            engine = create_engine("sqlite://", poolclass=StaticPool)
        else:
            engine = create_engine(stack.enter_context(fresh_database(request.getfixturevalue("postgresql"))))
        stack.callback(engine.dispose)
        _prepare(engine)
        yield engine


def _prepare(engine):
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        connection.execute(insert(tables.campaigns), [_campaign(name) for name in CAMPAIGNS])
        connection.execute(insert(tables.deadlines), [_deadline(key) for key in DEADLINES])
        ids = dict(connection.execute(select(tables.campaigns.c.name, tables.campaigns.c.id)).all())
        about = [(ids[name], *each) for name in CAMPAIGNS for each in ABOUT[name]]
        columns = ("campaign_id", "article", "topic")
        connection.execute(insert(campaign_topics), [dict(zip(columns, row, strict=True)) for row in about])


@pytest.fixture
def connection(engine):
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def _campaign(name):
    words = {"name": name, "kind": "issue", "state": "sent", "segment": "everyone", "sender": "default"}
    more = {"content": {}, "exclude": [], "zone": "UTC", "lateness": 0, "deadline": "", "approved_by": ""}
    return words | more | {"created_at": NOW}


def _deadline(key):
    at = datetime(2021, 10, 19, 12)  # noqa: DTZ001 - a wall-clock time has no zone
    words = {"key": key, "zone": "Europe/Brussels", "url": "https://example.org/", "audience": "everyone"}
    return words | {"at": at, "instant": NOW, "planned_at": NOW, "ladder": [], "sequence": 0, "state": "open"}


def _store(connection, person, number):
    """Insert a person, with a delivery that did not arrive of each campaign that none of their deeds received."""
    values = {
        name: getattr(person, name)
        for name in ("given_name", "language", "country", "zone", "joined", "domain", "standing")
    } | {
        "address": f"Reader{number}@example.org",
        "address_key": f"reader{number}@example.org",
        "address_hash": f"{number * 7919 % 1000:064}",
        "granted_at": person.granted,
        "source": "form",
        "attributes": dict(person.attributes),
    }
    identity = connection.execute(
        insert(tables.subscribers).values(values).returning(tables.subscribers.c.id)
    ).scalar_one()
    for topic in person.topics:
        connection.execute(insert(tables.subscriber_topics).values(subscriber_id=identity, topic=topic))
    _store_consents(connection, person, identity)
    _store_deeds(connection, person, identity)
    for said in person.said:
        row = {"deadline": said.deadline, "subscriber_id": identity, "mark": said.mark, "at": said.at}
        connection.execute(insert(tables.deadline_marks).values(row))
    return identity


def _store_consents(connection, person, identity):
    """The last grants, and before them one from elsewhere that must not be found."""
    if person.granted is None:
        return
    before = person.granted - timedelta(days=1)
    events = [("granted", source, person.granted) for source in person.granted_by]
    for action, source, at in [
        *events,
        ("granted", SOURCES[0], before),
        ("asked", SOURCES[1], person.granted),
    ]:
        row = {"subscriber_id": identity, "action": action, "source": source, "at": at}
        connection.execute(insert(tables.consents).values(row | {"wording": "", "evidence": {}}))


def _store_deeds(connection, person, identity):
    mine = {"subscriber_id": identity}
    reached = {deed.campaign: deed.at for deed in person.deeds if deed.kind is DeedKind.RECEIVED}
    for campaign, name in connection.execute(select(tables.campaigns.c.id, tables.campaigns.c.name)).all():
        state = "sent" if name in reached else "unsure"
        row = mine | {"campaign_id": campaign, "state": state, "handed_at": reached.get(name)}
        connection.execute(
            insert(tables.deliveries).values(row | {"language": "en", "attempts": 1, "not_before": NOW})
        )
        for deed in person.deeds:
            if deed.kind is not DeedKind.RECEIVED and deed.campaign == name:
                row = mine | {
                    "campaign_id": campaign,
                    "kind": deed.kind,
                    "at": deed.at,
                    "day": deed.at.date(),
                }
                connection.execute(insert(engagements).values(row | {"link": getattr(deed, "link", "")}))


def _person(**changes):
    plain = {"id": 0, "address": "", "given_name": "Ada", "language": "en", "country": "BE", "zone": ""}
    return Subscriber(**plain | {"joined": NOW} | changes)


def _clear(connection):
    for table in (
        tables.deadline_marks, engagements, tables.deliveries, tables.consents, tables.subscriber_topics,
        tables.subscribers,
    ):  # fmt: skip
        connection.execute(delete(table))


def _segments(one, two):
    return {"one": Segment("one", one), "two": Segment("two", two)}


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TREES, REFERENCES, REFERENCES, st.lists(people(), min_size=1, max_size=6))
@example(NoneOf((NoneOf((HasTopic(("erasmus",)),)),)), AllOf(()), AnyOf(()), [_person()])
def test_python_and_sql_give_the_same_members(connection, node, one, two, crowd):
    segments = _segments(one, two)
    _clear(connection)
    ids = [_store(connection, person, number) for number, person in enumerate(crowd)]
    clause = segment_clause(node, NOW, segments)
    said = {
        identity for identity, person in zip(ids, crowd, strict=True) if matches(node, person, NOW, segments)
    }
    assert set(segment_ids(connection, clause)) == said
    assert count_segment(connection, clause) == len(said)
    assert set(segment_ids(connection, segment_clause(node, NOW, segments, at_once=True))) == said
    assert count_segment(connection, segment_clause(NoneOf((node,)), NOW, segments)) == len(crowd) - len(said)


def _asked(operator, operand):
    if operator in RELATIVE:
        return 300
    if operator is Operator.BETWEEN:
        return "2021-01-01", operand
    return (operand,) if operator is Operator.IN or operator in OF_LISTS else operand


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_comparison_of_every_stored_value_agrees(connection, name):
    numbers = [5, 5.0, 5.5, 0, 50, 2**63, 1e300]
    lists = [[], {}, ["Lyon", "vip"], ["association"], [["vip"]], {"vip": 1}]
    stored = [None, "", True, False, *lists, "soon", "association", "2021-01-02", *numbers, *CLOSE.split("|")]
    crowd = [_person(), *(_person(attributes={name: value}) for value in stored)]
    ids = [_store(connection, person, number) for number, person in enumerate(crowd)]
    operands = {
        FieldType.TEXT: ["lyon", "liège", "école", "%", "_", "\\_", "strasse", "5", "true"],
        FieldType.CHOICE: ["association", "Association"],
        FieldType.INTEGER: [-1, 0, 1, 5, 6, 50],
        FieldType.BOOLEAN: [True, False],
        FieldType.DATE: ["2021-01-01", "2021-01-02"],
        FieldType.DECIMAL: [-1.0, 5.0, 5.5, 50.0],
        FieldType.CHOICES: ["association"],
        FieldType.TAGS: ["Lyon", "vip"],
    }[FIELDS[name]]
    found = 0
    for operator in OPERATORS[FIELDS[name]]:
        for operand in [True, False] if operator is Operator.EXISTS else operands:
            node = Attribute(name, FIELDS[name], operator, _asked(operator, operand))
            said = [
                identity
                for identity, person in zip(ids, crowd, strict=True)
                if matches(node, person, NOW, {})
            ]
            assert segment_ids(connection, segment_clause(node, NOW, {})) == said, node
            found += len(said)
    assert found


def test_the_edges_of_joined_agree_to_the_microsecond(connection):
    day = date(2021, 6, 1)
    edges = [datetime(2021, 6, 1, tzinfo=UTC), datetime(2021, 6, 2, tzinfo=UTC), NOW - timedelta(days=30)]
    crowd = [_person(joined=edge + timedelta(microseconds=off)) for edge in edges for off in (-1, 0, 1)]
    ids = [_store(connection, person, number) for number, person in enumerate(crowd)]
    members = {
        Joined(Period(When.BEFORE, first=day)): ids[:1],
        Joined(Period(When.AFTER, first=day)): ids[4:],
        Joined(Period(When.BETWEEN, first=day, last=day)): ids[1:4],
        Joined(Period(When.WITHIN_DAYS, 30)): ids[7:],
        Joined(Period(When.OLDER_THAN_DAYS, 30)): ids[:7],
        Joined(Period(When.AFTER, first=date.max)): [],
        Joined(Period(When.BEFORE, first=date.min)): [],
    }
    for node, expected in members.items():
        assert segment_ids(connection, segment_clause(node, NOW, {})) == expected, node
        assert [
            i for i, person in zip(ids, crowd, strict=True) if matches(node, person, NOW, {})
        ] == expected, node


def test_a_loaded_person_is_the_person_that_was_stored(connection):
    ada = _person(
        topics=frozenset({"erasmus", "events"}),
        attributes={"city": "Liège", "employees": 12, "member": True},
        domain="example.org",
        standing=Standing.CONFIRMED,
        granted=NOW,
        granted_by=frozenset({"sign-up form"}),
        deeds=(
            Deed(DeedKind.RECEIVED, "july-2021", NOW, frozenset({"erasmus", "events"})),
            Linked(Deed(DeedKind.CLICKED, "july-2021", NOW + timedelta(1), frozenset({"erasmus"})), LINKS[0]),
        ),
        said=(Said(DeadlineMark.APPLIED, DEADLINES[0], NOW),),
        joined=NOW - timedelta(microseconds=1),
    )
    ben = _person(given_name="Ben", country="FR")
    first, second = (_store(connection, person, number) for number, person in enumerate([ada, ben]))
    loaded = load_subscriber(connection, first)
    assert loaded is not None
    assert (loaded.id, loaded.address) == (first, "Reader0@example.org")
    same = (
        "given_name",
        "country",
        "joined",
        "topics",
        "attributes",
        "domain",
        "standing",
        "granted",
        "granted_by",
        "said",
    )
    for name in same:
        assert getattr(loaded, name) == getattr(ada, name), name
    assert [(deed.kind, deed.campaign, deed.at, deed.topics) for deed in loaded.deeds] == [
        (deed.kind, deed.campaign, deed.at, deed.topics) for deed in ada.deeds
    ]
    both = load_subscribers(connection, [second, first, 999_999, first])
    assert [person.given_name for person in both] == ["Ada", "Ben"]
    assert (both[1].topics, both[1].deeds, both[1].said) == (frozenset(), (), ())


@pytest.mark.parametrize("written", ["Reader0@example.org", "reader0@example.org", " READER0@EXAMPLE.ORG "])
def test_a_person_is_found_by_address_in_any_case(connection, written):
    identity = _store(connection, _person(), 0)
    found = load_subscriber(connection, written)
    assert found is not None
    assert found.id == identity


def test_nobody_is_found_by_an_unknown_address_or_id(connection):
    _store(connection, _person(), 0)
    assert load_subscriber(connection, "ben@example.net") is None
    assert load_subscriber(connection, 999_999) is None


def test_more_people_load_than_one_statement_takes(connection, monkeypatch):
    monkeypatch.setattr("newsletter.store.people_in_segments._IDS_AT_ONCE", 2)
    ids = [_store(connection, _person(topics=frozenset({"erasmus"})), number) for number in range(5)]
    loaded = load_subscribers(connection, ids)
    assert [person.id for person in loaded] == ids
    assert all(person.topics == {"erasmus"} for person in loaded)


def test_a_sample_is_small_mixed_and_the_same_each_time(connection):
    ids = [_store(connection, _person(country="FR" if number % 2 else "BE"), number) for number in range(10)]
    clause = segment_clause(InCountry(("FR",)), NOW, {})
    sample = [person.id for person in sample_segment(connection, clause, 3)]
    assert len(sample) == 3
    assert set(sample) <= set(ids[1::2])
    assert sample != sorted(sample)
    assert sample == [person.id for person in sample_segment(connection, clause, 3)]
    assert len(sample_segment(connection, clause, 99)) == 5


def test_the_largest_segment_that_may_be_written_can_be_asked(connection):
    identity = _store(connection, _person(attributes={"city": "Lyon"}), 0)
    wide = AnyOf(tuple(Attribute("city", FieldType.TEXT, Operator.IS, f"city {n}") for n in range(199)))
    assert segment_ids(connection, segment_clause(wide, NOW, {})) == []
    assert segment_ids(connection, segment_clause(NoneOf((wide,)), NOW, {})) == [identity]


def _received(*names):
    return tuple(Deed(DeedKind.RECEIVED, name, NOW) for name in names)


def _got(name):
    return Did(DeedKind.RECEIVED, (name,))


def test_a_member_of_two_rules_is_counted_once(connection):
    _store(connection, _person(topics=frozenset({"erasmus", "events"}), deeds=_received(*CAMPAIGNS)), 0)
    either = AnyOf((HasTopic(("erasmus", "events")), _got(CAMPAIGNS[0]), _got(CAMPAIGNS[1])))
    assert count_segment(connection, segment_clause(either, NOW, {})) == 1
