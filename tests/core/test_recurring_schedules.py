"""Schedules over years: each occurrence once, in order, whoever looks and however the span is cut."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.core.blackout import NO_BLACKOUT, Blackout, Move, parse_dates
from newsletter.core.deadline import Deadline
from newsletter.core.recurrence import Daily, Monthly, Recurrence, Weekly, parse_recurrence
from newsletter.core.reminder import plan_ladder
from newsletter.core.schedule import Occurrence, Schedule, plan_occurrences
from newsletter.core.wallclock import to_local

HOURS = timedelta(hours=6)
CLOSED = Blackout(("BE",), parse_dates("2026-12-24 to 2027-01-03"))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def schedule(rule, zone="Europe/Brussels", blackout=NO_BLACKOUT, name="digest:weekly"):
    return Schedule(name, parse_recurrence(rule), zone, HOURS, blackout)


def told(found):
    return [(f"{to_local(one.instant, 'Europe/Brussels'):%Y-%m-%d %H:%M}", one.why) for one in found]


def test_what_was_moved_says_from_where_and_why():
    (found,) = schedule("1st of each month at 9:30", blackout=CLOSED).occurrences(
        utc("2027-01-01T00:00"), utc("2027-01-31T00:00")
    )
    assert told([found]) == [("2027-01-04 09:30", "New Year's Day")]
    assert found.planned == datetime.fromisoformat("2027-01-01T09:30")


def test_two_that_fall_together_are_one():
    daily = schedule("every weekday at 9:30", blackout=CLOSED)
    found = list(daily.occurrences(utc("2026-12-23T00:00"), utc("2027-01-06T00:00")))
    assert told(found) == [("2026-12-23 09:30", ""), ("2027-01-04 09:30", ""), ("2027-01-05 09:30", "")]


def test_before_may_lead_into_the_span_that_is_looked_at():
    monthly = schedule("1st of January at 9:30", blackout=Blackout(("BE",), move=Move.BEFORE))
    assert told(monthly.occurrences(utc("2026-12-31T00:00"), utc("2027-01-01T00:00"))) == [
        ("2026-12-31 09:30", "New Year's Day")
    ]
    assert told(monthly.occurrences(utc("2027-01-01T00:00"), utc("2027-12-01T00:00"))) == []


def test_what_is_skipped_is_told():
    monthly = schedule("1st of each month at 9:30", blackout=Blackout(("BE",), move=Move.SKIP))
    span = utc("2027-01-01T00:00"), utc("2027-03-31T00:00")
    assert len(list(monthly.occurrences(*span))) == 2
    assert list(monthly.skipped(*span)) == [(datetime.fromisoformat("2027-01-01T09:30"), "New Year's Day")]


def test_the_plan_is_in_order():
    one, other = schedule("every day at 9:00", name="b"), schedule("every day at 9:00", name="a")
    found = plan_occurrences([one, other], utc("2027-01-04T00:00"), utc("2027-01-06T00:00"))
    assert [each.schedule for each in found] == ["a", "b", "a", "b"]


@pytest.mark.parametrize(
    ("zone", "rule", "start", "days", "expected"),
    [
        ("Europe/Brussels", "every day at 2:30", "2027-03-27T12:00", 2, ["2027-03-28T01:30", "2027-03-29T00:30"]),
        ("Europe/Brussels", "every day at 2:30", "2027-10-30T12:00", 2, ["2027-10-31T00:30", "2027-11-01T01:30"]),
        ("Australia/Lord_Howe", "every Sunday at 2:15", "2026-10-03T00:00", 2, ["2026-10-03T15:45"]),
        ("Pacific/Apia", "every Friday at 9:00", "2011-12-27T00:00", 7, ["2011-12-30T19:00"]),
        ("Europe/Brussels", "every 29 February at 9:00", "2028-02-28T00:00", 3, ["2028-02-29T08:00"]),
        ("Europe/Brussels", "last day of the month at 23:59", "2026-12-31T00:00", 2, ["2026-12-31T22:59"]),
    ],
)  # fmt: skip
def test_strange_days(zone, rule, start, days, expected):
    found = schedule(rule, zone).occurrences(utc(start), utc(start) + timedelta(days=days))
    assert [one.instant for one in found] == [utc(instant) for instant in expected]


ZONES = st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"}))
TIMES = st.lists(st.builds(time, st.integers(0, 23), st.integers(0, 59)), min_size=1, max_size=2).map(
    lambda times: tuple(sorted(set(times)))
)
RECURRENCES = st.one_of(
    st.builds(Recurrence, st.just(Daily()), TIMES),
    st.builds(
        Recurrence,
        st.builds(
            Weekly,
            st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
            st.integers(1, 4),
        ),
        TIMES,
        since=st.dates(date(1995, 1, 1), date(2040, 1, 1)),
    ),
    st.builds(
        Recurrence,
        st.sampled_from((Monthly((1,), (1,)), Monthly((-1,), (4,)), Monthly((31,)), Monthly((15,)))),
        TIMES,
    ),
)
BLACKOUTS = st.builds(
    Blackout,
    st.sampled_from(((), ("BE",), ("FR",))),
    st.sampled_from((frozenset(), parse_dates("2026-12-20 to 2027-01-05"))),
    st.sampled_from(tuple(Move)),
)
STARTS = st.datetimes(
    datetime.fromisoformat("1995-01-01T00:00"), datetime.fromisoformat("2036-01-01T00:00")
).map(lambda moment: moment.replace(tzinfo=UTC))
BEATS = st.lists(
    st.tuples(st.integers(1, 2), st.integers(1, 40 * 24 * 60), st.booleans()), min_size=1, max_size=60
)


@given(RECURRENCES, ZONES, BLACKOUTS, STARTS, st.lists(st.integers(1, 400 * 24), min_size=1, max_size=4))
def test_a_span_cut_in_pieces_has_the_same_occurrences(rule, zone, blackout, start, hours):
    own, pieces, begin = Schedule("s", rule, zone, HOURS, blackout), [], start
    for length in hours:
        pieces += own.occurrences(begin, begin + timedelta(hours=length))
        begin += timedelta(hours=length)
    assert pieces == list(own.occurrences(start, begin))
    assert all(before.instant < after.instant for before, after in pairwise(pieces))


@given(RECURRENCES, ZONES, BLACKOUTS, STARTS, BEATS)
@example(
    Recurrence(Daily(), (time(2, 30),)),
    "Europe/Brussels",
    Blackout(),
    utc("2027-03-01T00:00"),
    [(1, 60 * 24 * 40, False)] * 10,
)
def test_daemons_that_die_at_random_fire_each_occurrence_once_and_in_order(
    rule, zone, blackout, start, beats
):
    """A model: two daemons look at random moments, and may die between the claim and its commit, which undoes it."""
    own, claims, fired, now = Schedule("s", rule, zone, HOURS, blackout), set(), [], start
    for _daemon, minutes, dies in beats:
        now += timedelta(minutes=minutes)
        for one in plan_occurrences([own], start, now):
            if (one.schedule, one.instant) in claims:
                continue
            if dies:
                break
            claims.add((one.schedule, one.instant))
            fired.append(("missed" if one.is_too_late(now) else "launched", one.instant, now))
    left = [one for one in plan_occurrences([own], start, now) if (one.schedule, one.instant) not in claims]
    fired += [("launched", one.instant, now) for one in left]
    assert [instant for _, instant, _ in fired] == [one.instant for one in own.occurrences(start, now)]
    assert all(at >= instant for _, instant, at in fired)


DEADLINES = st.builds(
    Deadline,
    st.just("call/closing"),
    st.datetimes(datetime.fromisoformat("1995-06-01T00:00"), datetime.fromisoformat("2037-01-01T00:00")),
    ZONES,
    st.just(""),
    st.just("everybody"),
    st.lists(st.integers(0, 400), min_size=1, max_size=6).map(tuple),
)


@given(DEADLINES, st.builds(time, st.integers(0, 23), st.integers(0, 59)), BEATS)
def test_no_rung_of_any_ladder_fires_twice_or_after_its_deadline(deadline, at, beats):
    """The same daemons over a ladder. A rung that was not launched in time is missed, and none leaves after the deadline."""
    claims, launched, now = set(), [], deadline.instant - timedelta(days=420)
    rungs = plan_ladder(deadline, at)
    for _daemon, minutes, dies in beats:
        now += timedelta(minutes=minutes)
        for rung in rungs:
            one = Occurrence(rung.schedule, rung.instant, HOURS)
            if one.is_due(now) and one.schedule not in claims and not dies:
                claims.add(one.schedule)
                if not one.is_too_late(now) and now < deadline.instant:
                    launched.append((one.instant, now))
    assert len({rung.instant for rung in rungs}) == len(rungs)
    assert all(rung.instant < deadline.instant for rung in rungs)
    assert launched == sorted(set(launched))
    assert all(instant <= now < deadline.instant for instant, now in launched)
