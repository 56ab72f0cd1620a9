"""A file of people comes to the same as its rows one by one: a model says what each does, on both databases."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from newsletter.core.consent import ConsentAction, standing_after
from newsletter.core.people_file import PersonEntry, Status
from newsletter.store import people
from newsletter.store.dates import dates_among
from newsletter.store.people_import import place_people, take_people
from newsletter.store.people_staging import aside, stage_people
from newsletter.store.series_tables import subscriber_dates
from newsletter.store.tables import subscribers

NOW = datetime(2021, 9, 15, 6, tzinfo=UTC)
ASKED, INFORMED, GRANTED, WITHDRAWN = ConsentAction
UNREACHABLE = {Status.BOUNCED, Status.COMPLAINED}
TRICKY = 'Ad\\a "é" \N{SNOWMAN} \\N \\. t'


def entry(address, line=2, **more):
    values = {
        "given_name": "", "language": "", "country": "", "zone": "", "topics": (), "joined": None, "consent_source": "form", "consent_wording": "Yes",
        "consented": NOW - timedelta(days=9), "status": Status.CONFIRMED, "paused_until": None, "attributes": {},
    }  # fmt: skip
    return PersonEntry(line, address, address.lower(), **(values | more))


def bring_in(connection, entries, now=NOW):
    """Import; gives the counts."""
    stage_people(connection, ((one, f"hash of {one.key}") for one in entries))
    counts = place_people(connection)
    take_people(connection, "en", now, "people.csv")
    return counts


def row_of(connection, key):
    return people.person_row(connection, people.find_by_key(connection, key))


def test_a_row_comes_back_whole(database):
    one = entry(
        "Ada@Example.org",
        given_name=TRICKY,
        language="fr-BE",
        country="BE",
        zone="Europe/Brussels",
        topics=("erasmus", "events"),
        joined=NOW - timedelta(days=30, microseconds=7),
        paused_until=NOW + timedelta(days=1),
        attributes={"organisation": TRICKY, "employees": 12, "member": True},
    )
    with database.write() as connection:
        assert bring_in(connection, [one]) == {"new": 1}
        row = row_of(connection, "ada@example.org")
        topics = people.topics_of(connection, row["id"])
        (consent,) = people.consents_of(connection, row["id"])
    kept = {name: row[name] for name in ("address", "given_name", "language", "country", "zone", "joined")}
    assert kept == {name: getattr(one, name) for name in kept}
    assert (row["domain"], row["source"], row["attributes"]) == ("example.org", "form", one.attributes)
    assert (row["standing"], row["granted_at"], row["paused_until"]) == (
        "confirmed", one.consented, one.paused_until,
    )  # fmt: skip
    assert topics == ["erasmus", "events"]
    assert (consent["action"], consent["at"], consent["source"], consent["wording"]) == (
        GRANTED, one.consented, "form", "Yes",
    )  # fmt: skip
    assert consent["evidence"] == {"file": "people.csv", "file_line": 2, "imported_at": NOW.isoformat()}


def test_newcomers_get_their_ids_in_the_order_of_the_file_and_later_ones_go_on_from_there(database):
    with database.write() as connection:
        bring_in(connection, [entry(f"{name}@example.org", line) for line, name in enumerate("zay", 2)])
        bring_in(connection, [entry("b@example.org"), entry("z@example.org", 3)])
        names = connection.scalars(select(subscribers.c.address).order_by(subscribers.c.id)).all()
        row = people.PersonRow("x@example.org", "x@example.org", "x", "", "en", "", "", NOW, "form")
        assert people.add_person(connection, row) > row_of(connection, "b@example.org")["id"]
    assert [name[0] for name in names] == ["z", "a", "y", "b"]


def test_what_was_set_aside_is_gone_afterwards_and_was_nobody_elses(database):
    with database.session() as session:
        with session.read() as connection:
            stage_people(connection, [(entry("ada@example.org"), "hash")])
        assert not database.has_table("staged_people")
        with session.write(keep=False) as connection:
            assert place_people(connection) == {"new": 1}
            take_people(connection, "en", NOW, "people.csv")
        with session.read() as connection:
            aside.drop_all(connection)
    with database.read() as connection:
        assert people.find_by_key(connection, "ada@example.org") is None


@dataclass
class Person:
    """Somebody in the model."""

    texts: dict[str, str]
    attributes: dict[str, object]
    topics: set[str]
    suppressed: bool = False
    dates: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    events: list[tuple[ConsentAction, datetime]] = field(default_factory=list)

    @property
    def standing(self):
        return standing_after(action for action, _ in self.events)

    @property
    def granted(self):
        return max((at for action, at in self.events if action is GRANTED), default=None)


def keep_dates(person, now):
    """Dates that stay keep the instant at which they were told."""
    told = dates_among(person.attributes)
    person.dates = {
        name: person.dates[name] if person.dates.get(name, ("",))[0] == day else (day, now)
        for name, day in told.items()
    }


def newcomer(one, now):
    texts = {"given_name": one.given_name, "country": one.country, "language": one.language or "en"}
    person = Person(texts, dict(one.attributes), set(one.topics))
    first = {Status.PENDING: ASKED, Status.INFORMED: INFORMED}.get(one.status, GRANTED)
    person.events.append((first, one.consented))
    if one.status is Status.UNSUBSCRIBED:
        person.events.append((WITHDRAWN, now))
    person.suppressed = one.status in UNREACHABLE
    keep_dates(person, now)
    return (
        person,
        "suppressed" if person.suppressed else "unsubscribed" if one.status is Status.UNSUBSCRIBED else "new",
    )


def again(person, one, now):
    before = (dict(person.texts), dict(person.attributes), set(person.topics))
    person.texts |= {name: value for name in person.texts if (value := getattr(one, name))}
    person.attributes |= one.attributes
    person.topics |= set(one.topics)
    outcome = "unchanged" if before == (person.texts, person.attributes, person.topics) else "changed"
    keep_dates(person, now)
    standing, granted = person.standing, person.granted
    person.suppressed = person.suppressed or one.status in UNREACHABLE
    if one.status is Status.UNSUBSCRIBED and standing != "unsubscribed":
        if granted is None or granted <= one.consented:
            person.events.append((WITHDRAWN, now))
    elif one.status is Status.CONFIRMED and standing in {"pending", "informed"}:
        person.events.append((GRANTED, one.consented))
        outcome = "changed"
    elif one.status is Status.INFORMED:
        person.events.append((INFORMED, one.consented))
        if person.standing == standing:
            person.events.pop()
        else:
            outcome = "changed"
    if person.suppressed:
        return "suppressed"
    return "unsubscribed" if person.standing == "unsubscribed" else outcome


ROWS = st.builds(
    lambda name, **more: entry(f"{name}@example.org", **more),
    st.sampled_from("abc"),
    given_name=st.sampled_from(["", "Ada", TRICKY]),
    country=st.sampled_from(["", "BE", "FR"]),
    language=st.sampled_from(["", "en", "fr"]),
    topics=st.sampled_from([(), ("erasmus",), ("erasmus", "events"), ("events",)]),
    status=st.sampled_from(Status),
    consented=st.integers(-5, 5).map(lambda days: NOW + timedelta(days=days)),
    attributes=st.fixed_dictionaries(
        {}, optional={"kind": st.sampled_from(["press", TRICKY]), "employees": st.integers(-1, 2), "member": st.booleans(), "founded": st.sampled_from(["1999-01-02", "2000-02-29", "long ago"])}
    ),
)  # fmt: skip
FILES = st.lists(st.lists(ROWS, unique_by=lambda one: one.key, max_size=3), max_size=4)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(FILES)
def test_files_come_to_the_same_as_their_rows_one_by_one(database, files):
    known: dict[str, Person] = {}
    with database.session() as session, session.write(keep=False) as connection:
        for day, file in enumerate(files):
            now = NOW + timedelta(days=day)
            rows = [one._replace(line=line) for line, one in enumerate(file, 2)]
            expected = Counter()
            for one in rows:
                if one.key in known:
                    expected[again(known[one.key], one, now)] += 1
                else:
                    known[one.key], outcome = newcomer(one, now)
                    expected[outcome] += 1
            assert bring_in(connection, rows, now) == expected
        for key, person in known.items():
            row = row_of(connection, key)
            assert {name: row[name] for name in person.texts} == person.texts
            assert row["attributes"] == person.attributes
            assert set(people.topics_of(connection, row["id"])) == person.topics
            assert (row["standing"], row["granted_at"]) == (person.standing, person.granted)
            dates = select(subscriber_dates).where(subscriber_dates.c.subscriber_id == row["id"])
            kept = {found.name: (found.day, found.told_at) for found in connection.execute(dates)}
            assert kept == person.dates
            events = people.consents_of(connection, row["id"])
            assert [(event["action"], event["at"]) for event in events] == person.events
            assert (people.suppression_of(connection, f"hash of {key}") is not None) == person.suppressed
