"""Series in the store: on which days there is anybody, whom a step is for, and that nobody has it twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind
from newsletter.core.consent import ConsentAction
from newsletter.core.segment.tree import Reads, Segment
from newsletter.core.series import READER, Series, SeriesState, Step, days_meant, step_days
from newsletter.store import people
from newsletter.store.audience import anybody_meant, forecast_audience, freeze_audience
from newsletter.store.campaigns import add_campaign, get_campaign
from newsletter.store.series import (
    KnownSeries,
    count_steps,
    days_with_people,
    find_series,
    first_year,
    keep_series,
    list_series,
    move_series,
    of_step,
    steps_of,
    take_step,
    zones_of_people,
)
from newsletter.store.series_tables import series_steps
from newsletter.store.tables import subscribers

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BRUSSELS, NEW_YORK = "Europe/Brussels", "America/New_York"
SEGMENTS = {"everybody": Segment("everybody", Reads(("en",)))}


@pytest.fixture
def connection(database):
    with database.write() as opened:
        yield opened


def series(*days, starts="joined", zone=BRUSSELS, **more):
    steps = tuple(Step(f"s{n}", each, time(9), CampaignContent("plain")) for n, each in enumerate(days))
    return Series("welcome", starts, "everybody", zone, steps, **more)


def enrol(connection, name, joined=NOW, *, zone="", told_at=None, confirmed=True, **attributes):
    address = f"{name}@example.org"
    row = people.PersonRow(
        address, address, address, "", "en", "", zone, joined, "form", attributes=attributes, told_at=told_at
    )
    identity = people.add_person(connection, row)
    if confirmed:
        people.record_consent(connection, identity, ConsentAction.GRANTED, joined, source="form")
    return identity


def days(one, first, last, **more):
    return step_days(
        one,
        datetime.fromisoformat(f"{first}T00:00+00:00"),
        datetime.fromisoformat(f"{last}T23:59+00:00"),
        **more,
    )


def lived(connection, *arguments, **more):
    return [(one.step.name, f"{one.day}") for one in days_with_people(connection, days(*arguments, **more))]


def meant(connection, day):
    return set(connection.scalars(select(subscribers.c.id).where(of_step(day))))


def test_only_days_with_somebody_are_days(connection):
    enrol(connection, "ada", NOW - timedelta(days=3))
    enrol(connection, "ben", NOW - timedelta(days=1))
    one = series(0, 7)
    assert lived(connection, one, "2026-11-20", "2026-12-10") == [
        ("s0", "2026-11-23"),
        ("s0", "2026-11-25"),
        ("s1", "2026-11-30"),
        ("s1", "2026-12-02"),
    ]
    assert lived(connection, one, "2027-01-01", "2027-12-31") == []
    assert days_with_people(connection, ()) == []


def test_a_step_is_for_those_of_its_day_alone(connection):
    ada, ben = enrol(connection, "ada", NOW), enrol(connection, "ben", NOW - timedelta(days=1))
    today, tomorrow = days_with_people(connection, days(series(0), "2026-11-25", "2026-11-26"))
    assert (meant(connection, today), meant(connection, tomorrow)) == ({ben}, {ada})


def test_confirming_counts_from_the_last_consent(connection):
    ada = enrol(connection, "ada", NOW - timedelta(days=9))
    enrol(connection, "ben", confirmed=False)
    people.record_consent(connection, ada, ConsentAction.WITHDRAWN, NOW - timedelta(days=5), source="x")
    people.record_consent(connection, ada, ConsentAction.GRANTED, NOW - timedelta(days=2), source="x")
    one = series(3, starts="confirmed")
    assert lived(connection, one, "2026-11-01", "2026-12-30") == [("s0", "2026-11-26")]


def test_whoever_became_known_after_the_hour_gets_only_what_is_to_come(connection):
    nine = datetime(2026, 11, 25, 8, tzinfo=UTC)
    midnight = nine - timedelta(hours=9)
    ada = enrol(connection, "ada", midnight, told_at=nine - timedelta(seconds=1))
    enrol(connection, "ben", midnight, told_at=nine)
    (today,) = days_with_people(connection, days(series(0, 7), "2026-11-25", "2026-11-25"))
    assert meant(connection, today) == {ada}


def test_in_readers_own_time_each_day_has_the_zones_of_its_people(connection):
    ada = enrol(connection, "ada", NOW - timedelta(days=1), zone=NEW_YORK)
    ben = enrol(connection, "ben", NOW - timedelta(days=1))
    enrol(connection, "chiara", NOW - timedelta(days=60), zone="Asia/Tokyo")
    one = series(1, zone=READER)
    start, end = NOW - timedelta(days=2), NOW + timedelta(days=2)
    words = zones_of_people(connection, one, days_meant(one, start, end), 2026)
    assert words == ["", NEW_YORK]
    zones = tuple((word, word or BRUSSELS) for word in words)
    found = days_with_people(connection, step_days(one, start, end, zones))
    assert [(day.zones, meant(connection, day)) for day in found] == [(("",), {ben}), ((NEW_YORK,), {ada})]


@pytest.mark.parametrize("zone", [BRUSSELS, READER])
def test_dates_of_people_are_found_by_their_day(connection, zone):
    ada = enrol(connection, "ada", ends_on="2026-12-24", kind="press", zone=BRUSSELS)
    enrol(connection, "ben", ends_on="never", other="2026-12-24")
    one = series(-7, -1, starts="ends_on", zone=zone)
    start, end = NOW, NOW + timedelta(days=60)
    words = zones_of_people(connection, one, days_meant(one, start, end), 2026)
    assert words == [BRUSSELS]
    found = days_with_people(connection, step_days(one, start, end, ((BRUSSELS, BRUSSELS),)))
    assert [(f"{day.day}", meant(connection, day)) for day in found] == [
        ("2026-12-17", {ada}),
        ("2026-12-23", {ada}),
    ]


@pytest.mark.parametrize("zone", [BRUSSELS, READER])
def test_anniversaries_come_each_year_and_on_the_28th_for_a_leap_day(connection, zone):
    ada = enrol(connection, "ada", born="2024-02-29", zone=BRUSSELS)
    ben = enrol(connection, "ben", born="2025-02-28", zone=BRUSSELS)
    one = series(0, starts="born", yearly=True, zone=zone)
    zones = ((BRUSSELS, BRUSSELS),)
    found = days_with_people(connection, days(one, "2024-01-01", "2028-12-31", zones=zones))
    assert [(f"{day.day}", meant(connection, day)) for day in found] == [
        ("2025-02-28", {ada}),
        ("2026-02-28", {ada, ben}),
        ("2027-02-28", {ada, ben}),
        ("2028-02-28", {ben}),
        ("2028-02-29", {ada}),
    ]
    assert zones_of_people(connection, one, days_meant(one, NOW, NOW + timedelta(days=100)), 2024) == [
        BRUSSELS
    ]


def test_years_of_membership(connection):
    ada = enrol(connection, "ada", datetime(2020, 2, 29, 12, tzinfo=UTC), zone=BRUSSELS)
    one = series(0, yearly=True)
    assert first_year(connection, one) == 2019
    (found,) = days_with_people(connection, days(one, "2026-01-01", "2026-12-31", first_year=2019))
    assert (f"{found.day}", meant(connection, found)) == ("2026-02-28", {ada})
    reader = replace(one, zone=READER)
    wanted = days_meant(reader, datetime(2026, 2, 27, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
    assert zones_of_people(connection, reader, wanted, 2019) == [BRUSSELS]


def launched(connection, day, name="one"):
    draft = Campaign(
        name,
        CampaignKind.ANNOUNCEMENT,
        CampaignContent("plain"),
        "everybody",
        BRUSSELS,
        timedelta(hours=6),
        series="welcome/s0",
    )
    campaign = get_campaign(connection, add_campaign(connection, draft, NOW))
    assert campaign.series == "welcome/s0"
    freeze_audience(connection, campaign, SEGMENTS, ["en"], NOW, step=day)
    return campaign, take_step(connection, day, campaign.id)


def test_who_has_had_a_step_or_a_later_one_does_not_get_it_again(connection):
    ada = enrol(connection, "ada", NOW - timedelta(days=1))
    ben = enrol(connection, "ben", NOW - timedelta(days=1))
    people.record_consent(connection, ben, ConsentAction.WITHDRAWN, NOW, source="x")
    first = days(series(1, 2), "2026-11-25", "2026-11-26")[:1]
    (today,) = days_with_people(connection, first)
    campaign, taken = launched(connection, today)
    assert taken == 1
    assert steps_of(connection, ada) == [("welcome", "", "s0")]
    assert steps_of(connection, ben) == []
    assert count_steps(connection, "welcome") == {"s0": 1}
    assert meant(connection, today) == {ben}
    assert anybody_meant(connection, campaign, SEGMENTS, NOW, today)
    assert forecast_audience(connection, campaign, SEGMENTS, ["en"], NOW, today) == {
        ("en", "unsubscribed"): 1
    }
    twice = insert(series_steps).values(
        {"subscriber_id": ada, "series": "welcome", "round": "", "step": "s0", "campaign_id": 9}
    )
    with pytest.raises(IntegrityError):
        connection.execute(twice)


def test_a_later_step_bars_the_earlier_ones_and_a_new_round_is_free(connection):
    ada = enrol(connection, "ada", born="2020-11-25")
    one = series(-1, 0, starts="born", yearly=True)
    eve, day = (each for each in days(one, "2026-11-24", "2026-11-25") if each.counted_from.day == 25)
    launched(connection, day)
    assert (meant(connection, eve), meant(connection, day)) == (set(), set())
    year = days(one, "2027-11-24", "2027-11-25")
    next_eve, next_day = (each for each in year if each.counted_from.day == 25)
    assert (meant(connection, next_eve), meant(connection, next_day)) == ({ada}, {ada})


def test_what_was_approved_is_kept_and_moved(connection):
    known = KnownSeries(series(0, 7, yearly=True), SeriesState.RUNNING, "d" * 64, NOW, NOW, "Ada")
    keep_series(connection, known)
    assert find_series(connection, "welcome") == known
    assert find_series(connection, "other") is None
    assert move_series(connection, "welcome", SeriesState.RUNNING, SeriesState.PAUSED)
    assert not move_series(connection, "welcome", SeriesState.RUNNING, SeriesState.PAUSED)
    newer = replace(known, digest="e" * 64)
    keep_series(connection, newer)
    assert list_series(connection) == [newer]
