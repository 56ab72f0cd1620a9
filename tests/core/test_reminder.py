"""The ladder of a deadline: which reminders go, when, and when none does."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.core.deadline import Deadline, DeadlineState
from newsletter.core.reminder import (
    LONGEST_NAME,
    RESERVED_NAME,
    campaign_name,
    correction_schedule,
    plan_ladder,
)
from newsletter.core.wallclock import to_instant, to_local

NINE = time(9)


def at(text):
    return datetime.fromisoformat(text)


ZONES = st.sampled_from(
    [
        "Europe/Brussels",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "America/St_Johns",
        "America/Sao_Paulo",
        "Europe/Dublin",
        "Asia/Kathmandu",
        "Pacific/Chatham",
        "Africa/Casablanca",
        "UTC",
    ]
)
# Beside any date: the days round a change of the clocks, where the faults are.
CHANGES = st.builds(
    lambda day, hours: day + timedelta(hours=hours),
    st.sampled_from(
        [
            at("2021-03-28T00:00"),
            at("2021-10-31T00:00"),
            at("2011-12-30T00:00"),
            at("2021-10-03T00:00"),
            at("2020-02-29T00:00"),
        ]
    ),
    st.integers(-72, 24 * 40),
)
LOCALS = st.datetimes(at("1990-01-01T00:00"), at("2037-01-01T00:00")) | CHANGES
LADDERS = st.lists(st.integers(0, 366), max_size=6).map(tuple)


def deadline(closing="2021-10-19T12:00", zone="Europe/Brussels", ladder=(30, 7, 1), **more):
    local = at(closing) if isinstance(closing, str) else closing
    return Deadline("call/closing", local, zone, "https://example.org/", "everybody", ladder, **more)


def moments(plan):
    return [one.at.isoformat(timespec="minutes") for one in plan]


def test_the_ladder_of_the_accreditation_is_at_nine_in_brussels():
    plan = plan_ladder(deadline(), NINE)
    assert moments(plan) == ["2021-09-19T09:00", "2021-10-12T09:00", "2021-10-18T09:00"]
    assert [one.instant for one in plan] == [
        datetime(2021, 9, 19, 7, tzinfo=UTC),
        datetime(2021, 10, 12, 7, tzinfo=UTC),
        datetime(2021, 10, 18, 7, tzinfo=UTC),
    ]
    assert [one.rung for one in plan] == [30, 7, 1]
    assert [one.last for one in plan] == [False, False, True]


@pytest.mark.parametrize(
    ("closing", "hours"),
    [
        # Clocks go forward on 28 March 2021 and back on 31 October 2021, both between the rung and the deadline.
        ("2021-03-29T12:00", [8, 8, 7]),
        ("2021-11-01T12:00", [7, 7, 8]),
        ("2021-03-28T12:00", [8, 8, 8]),
        ("2021-10-31T12:00", [7, 7, 7]),
    ],
)
def test_the_hour_on_the_wall_is_the_same_whatever_the_clocks_did(closing, hours):
    plan = plan_ladder(deadline(closing), NINE)
    assert [one.at.time() for one in plan] == [NINE] * 3
    assert [one.instant.hour for one in plan] == hours


def test_a_rung_in_the_spring_gap_goes_an_hour_later_on_the_wall():
    (one,) = plan_ladder(deadline("2021-03-29T12:00", ladder=(1,)), time(2, 30))
    assert one.instant == datetime(2021, 3, 28, 1, 30, tzinfo=UTC)
    assert to_local(one.instant, one.zone) == at("2021-03-28T03:30")


def test_a_rung_in_the_autumn_overlap_goes_once_at_the_first_of_the_two():
    (one,) = plan_ladder(deadline("2021-11-01T12:00", ladder=(1,)), time(2, 30))
    assert one.instant == datetime(2021, 10, 31, 0, 30, tzinfo=UTC)


def test_on_the_day_that_samoa_left_out_two_rungs_do_not_become_two_mails():
    plan = plan_ladder(deadline("2012-01-01T12:00", "Pacific/Apia", (3, 2, 1)), NINE)
    assert [one.rung for one in plan] == [3, 1]
    assert moments(plan) == ["2011-12-29T09:00", "2011-12-31T09:00"]


def test_a_rung_on_the_leap_day_goes_on_the_leap_day():
    assert moments(plan_ladder(deadline("2020-03-01T12:00", ladder=(1,)), NINE)) == ["2020-02-29T09:00"]
    assert moments(plan_ladder(deadline("2020-02-29T12:00", ladder=(366, 1)), NINE)) == [
        "2019-02-28T09:00",
        "2020-02-28T09:00",
    ]


def test_a_rung_at_or_after_the_deadline_is_none():
    assert plan_ladder(deadline("2021-10-19T09:00", ladder=(0,)), NINE) == ()
    assert plan_ladder(deadline("2021-10-19T08:59", ladder=(0,)), NINE) == ()
    assert moments(plan_ladder(deadline("2021-10-19T09:01", ladder=(0,)), NINE)) == ["2021-10-19T09:00"]


def test_rungs_before_the_deadline_became_known_are_left_out():
    known = datetime(2021, 10, 12, 7, tzinfo=UTC)
    assert [one.rung for one in plan_ladder(deadline(planned_at=known), NINE)] == [7, 1]
    assert [one.rung for one in plan_ladder(deadline(planned_at=known + timedelta(seconds=1)), NINE)] == [1]
    assert [one.rung for one in plan_ladder(deadline(), NINE, known + timedelta(seconds=1))] == [1]


def test_a_cancelled_deadline_has_no_plan():
    assert plan_ladder(deadline(state=DeadlineState.CANCELLED), NINE) == ()


def test_names_of_a_moved_deadline_are_new_ones():
    first = plan_ladder(deadline(), NINE)[0]
    moved = plan_ladder(deadline(sequence=2), NINE)[0]
    assert first.campaign == "call-closing-reminder-30"
    assert moved.campaign == "call-closing-reminder-30-moved-2"
    assert first.schedule != moved.schedule
    assert campaign_name("call/closing", "correction", 1) == "call-closing-correction-moved-1"
    assert correction_schedule(deadline(sequence=1)) != correction_schedule(deadline(sequence=2))


@given(LOCALS, ZONES, LADDERS, st.times(), st.none() | st.timedeltas(timedelta(days=-400), timedelta(days=1)))
@example(at("2012-01-01T12:00"), "Pacific/Apia", (2, 1), NINE, None)
@example(at("2021-03-29T12:00"), "Europe/Brussels", (1,), time(2, 30), None)
@example(at("2021-11-01T12:00"), "Europe/Brussels", (1,), time(2, 30), None)
def test_any_ladder_is_in_order_before_the_deadline_after_since_and_at_the_hour(
    local, zone, ladder, hour, offset
):
    closes = deadline(local, zone, ladder)
    since = None if offset is None else closes.instant + offset
    plan = plan_ladder(closes, hour, since)
    instants = [one.instant for one in plan]
    assert instants == sorted(set(instants))
    assert len({one.schedule for one in plan}) == len(plan)
    assert [one.rung for one in plan] == sorted({one.rung for one in plan}, reverse=True)
    assert {one.rung for one in plan} <= set(ladder)
    assert [one.last for one in plan] == [one is plan[-1] for one in plan]
    for one in plan:
        assert one.instant < closes.instant
        assert since is None or one.instant >= since
        assert (one.at.hour, one.at.minute) == (hour.hour, hour.minute)
        assert (local.date() - one.at.date()).days == one.rung
        shown = to_local(one.instant, zone)
        assert shown == one.at or shown > one.at  # later only in a gap
        assert to_instant(shown, zone) == one.instant


@given(LOCALS, ZONES, LADDERS, st.timedeltas(timedelta(days=-400), timedelta(days=1)))
def test_the_plan_from_a_moment_on_is_the_end_of_the_whole_plan(local, zone, ladder, offset):
    """Whoever looks later sees the same rungs, fewer of them: no rung is bunched up or comes back."""
    closes = deadline(local, zone, ladder)
    since = closes.instant + offset
    whole = [one.instant for one in plan_ladder(closes, NINE)]
    assert [one.instant for one in plan_ladder(closes, NINE, since)] == [one for one in whole if one >= since]


@given(
    st.text("abcdefghij-/", min_size=1, max_size=300),
    st.sampled_from(["reminder-30", "correction"]),
    st.integers(0, 99),
)
def test_a_name_fits_its_column_and_nobody_else_may_take_it(deadline, what, sequence):
    name = campaign_name(deadline, what, sequence)
    assert len(name) <= LONGEST_NAME
    assert RESERVED_NAME.fullmatch(name)


def test_two_long_names_that_begin_alike_stay_two():
    long = "x" * 200
    assert campaign_name(f"{long}/a", "correction", 0) != campaign_name(f"{long}/b", "correction", 0)
