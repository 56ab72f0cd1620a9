"""The days of a series: which step goes when, and for whose moment; over clock changes, lost days and leap days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.campaign import CampaignContent
from newsletter.core.series import (
    READER,
    Moment,
    Series,
    Step,
    counted_from,
    days_meant,
    ladder_from,
    step_days,
)

BRUSSELS, HOWE, APIA, NEW_YORK = (
    "Europe/Brussels",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/New_York",
)
ZONES = (BRUSSELS, HOWE, APIA, NEW_YORK, "UTC", "Pacific/Kiritimati", "Asia/Kathmandu")
CONTENT = CampaignContent("plain")


def step(name, days, at="09:00"):
    return Step(name, days, time.fromisoformat(at), CONTENT)


def series(*steps, starts="joined", zone=BRUSSELS, **more):
    return Series("welcome", starts, "all", zone, steps or (step("one", 0), step("two", 7)), **more)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def days(one, start, end, **more):
    return step_days(one, utc(start), utc(end), **more)


def walls(ladder):
    return [f"{one.local:%Y-%m-%dT%H:%M}" for one in ladder]


def test_who_joins_in_the_morning_begins_that_day_and_in_the_afternoon_on_the_next():
    early, late = utc("2026-11-25T07:59:59"), utc("2026-11-25T08:00")
    assert counted_from(series(), early, BRUSSELS) == date(2026, 11, 25)
    assert counted_from(series(), late, BRUSSELS) == date(2026, 11, 26)
    ladder = ladder_from(series(), counted_from(series(), late, BRUSSELS), BRUSSELS)
    assert walls(ladder) == ["2026-11-26T09:00", "2026-12-03T09:00"]


def test_a_series_that_begins_later_is_counted_from_the_day_itself():
    one = series(step("one", 3), step("two", 7))
    assert counted_from(one, utc("2026-11-25T20:00"), BRUSSELS) == date(2026, 11, 25)


def test_names_say_the_step_and_the_day():
    (one,) = days(series(step("how-we-write", 7)), "2026-11-25T00:00", "2026-11-25T23:00")
    assert one.campaign == "welcome-how-we-write-2026-11-25"
    assert one.schedule == "series:welcome:how-we-write:2026-11-25"


def test_in_readers_own_time_zones_whose_clocks_agree_are_one_mail():
    zones = (("", BRUSSELS), ("Europe/Paris", "Europe/Paris"), (NEW_YORK, NEW_YORK))
    found = days(series(step("one", 0), zone=READER), "2026-11-25T00:00", "2026-11-25T23:59", zones=zones)
    assert [(one.zones, one.instant) for one in found] == [
        (("", "Europe/Paris"), utc("2026-11-25T08:00")),
        ((NEW_YORK,), utc("2026-11-25T14:00")),
    ]
    assert [one.campaign for one in found] == [
        "welcome-one-2026-11-25-utc-plus-0100",
        "welcome-one-2026-11-25-utc-minus-0500",
    ]
    assert len({one.schedule for one in found}) == 2


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        (BRUSSELS, "2026-03-29", "02:30", "2026-03-29T01:30"),
        (BRUSSELS, "2026-10-25", "02:30", "2026-10-25T00:30"),
        (BRUSSELS, "2026-03-29", "09:00", "2026-03-29T07:00"),
        (BRUSSELS, "2026-10-25", "09:00", "2026-10-25T08:00"),
        (HOWE, "2026-10-04", "02:15", "2026-10-03T15:45"),
        (HOWE, "2026-04-05", "01:45", "2026-04-04T14:45"),
        (APIA, "2011-12-31", "09:00", "2011-12-30T19:00"),
    ],
)
def test_steps_fall_on_the_wall_on_both_sundays(zone, day, at, expected):
    (one,) = ladder_from(series(step("one", 0, at), zone=zone), date.fromisoformat(day), zone)
    assert one.instant == utc(expected)


def test_a_step_on_a_day_that_does_not_exist_gives_way_to_the_next():
    ladder = ladder_from(series(step("one", 0), step("two", 1), step("three", 2)), date(2011, 12, 29), APIA)
    assert [one.step.name for one in ladder] == ["one", "three"]


def test_nobody_is_counted_from_a_day_that_does_not_exist():
    joined = datetime(2011, 12, 29, 15, tzinfo=ZoneInfo(APIA)).astimezone(UTC)
    assert counted_from(series(zone=APIA), joined, APIA) == date(2011, 12, 31)


def test_a_step_ends_when_the_next_is_due_and_one_before_a_date_with_that_day():
    one, two = ladder_from(
        series(step("week", -7), step("eve", -1), starts="ends_on"), date(2026, 11, 25), BRUSSELS
    )
    assert one.not_after == two.instant == utc("2026-11-24T08:00")
    assert two.not_after == utc("2026-11-25T23:00")
    assert one.round == "2026-11-25"
    assert (one.from_here, two.from_here) == (("week", "eve"), ("eve",))


@pytest.mark.parametrize(
    ("day", "meant"),
    [
        ("2027-02-28", ("02-28", "02-29")),
        ("2028-02-28", ("02-28",)),
        ("2028-02-29", ("02-29",)),
        ("2100-02-28", ("02-28", "02-29")),
        ("2027-03-01", ("03-01",)),
    ],
)
def test_who_was_born_on_a_leap_day_is_remembered_on_the_28th(day, meant):
    yearly = series(step("one", 0), starts="birthday", yearly=True)
    (found,) = days(yearly, f"{day}T00:00", f"{day}T23:00")
    assert found.month_days == meant
    assert found.round == day[:4]


def test_anniversaries_of_joining_begin_in_the_year_after():
    yearly = series(step("one", 0), yearly=True)
    (found,) = days(yearly, "2027-02-28T00:00", "2027-02-28T23:00", first_year=2023)
    starts = [span.start.astimezone(ZoneInfo(BRUSSELS)).date().isoformat() for span in found.spans]
    assert starts == ["2023-02-28", "2024-02-28", "2024-02-29", "2025-02-28", "2026-02-28"]


def test_it_is_kept_as_json():
    one = series(step("one", 0, "07:05"), starts="birthday", yearly=True, exclude=("press",))
    assert Series.from_json(one.to_json()) == one
    assert one.moment is Moment.DATE


STEPS = st.lists(
    st.tuples(
        st.integers(0, 9), st.times(time(0), time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0))
    ),
    min_size=1,
    max_size=3,
    unique=True,
).map(lambda made: tuple(Step(f"s{n}", d, at, CONTENT) for n, (d, at) in enumerate(sorted(made))))
NEAR = st.sampled_from(
    [
        utc("2026-03-29T01:00"),
        utc("2026-10-25T01:00"),
        utc("2026-10-03T15:30"),
        utc("2026-04-04T15:00"),
        utc("2011-12-30T10:00"),
        utc("2028-02-29T12:00"),
    ]
)


@given(STEPS, st.sampled_from(ZONES), NEAR, st.integers(-4 * 86_400, 4 * 86_400), st.booleans())
def test_every_moment_is_meant_by_exactly_the_steps_of_its_own_ladder(steps, zone, near, seconds, reader):
    moment = near + timedelta(seconds=seconds)
    one = series(*steps, zone=READER if reader else zone)
    found = [
        day
        for day in step_days(one, moment - timedelta(days=3), moment + timedelta(days=15), ((zone, zone),))
        if any(span.start <= moment < span.end for span in day.spans)
    ]
    ladder = ladder_from(one, counted_from(one, moment, zone), zone)
    assert [(day.index, day.instant) for day in found] == [(day.index, day.instant) for day in ladder]
    instants = [day.instant for day in found]
    assert instants == sorted(set(instants))
    assert all(
        instant >= moment or day.counted_from == counted_from(one, moment, zone)
        for instant, day in zip(instants, found, strict=True)
    )
    assert found[-1].index == len(steps) - 1
    meant = days_meant(one, instants[0], instants[-1])
    assert all(first <= day.counted_from <= last for day in found for first, last in [meant[day.index]])
    if steps[0].days == 0 and found[0].index == 0:
        assert moment < instants[0] <= moment + timedelta(hours=50)
