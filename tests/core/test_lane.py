"""Lanes: what goes is never more than what may go, whatever the clock does, and a lane that was slowed recovers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.core.lane import (
    FIRST_REST,
    IN_HAND,
    MOST_SLOWNESS,
    RECOVERY,
    SAME_COMPLAINT,
    SKEW,
    Lane,
    Lanes,
    Pace,
    WarmUp,
    allowance,
    held,
    hourly,
    is_counted,
    planned_on,
    released,
    sent_on,
    slowed,
    slowness_at,
    spent,
)

NOW = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
TODAY = NOW.date()
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
PLAN = WarmUp(TODAY, (20, 50))
HOURLY = st.integers(1, 100_000)
GAPS = st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 500)), max_size=30)


def _take(lane, pace, wanted, now, today=None):
    """As a worker does: at most what is allowed, and written down."""
    today = today or now.date()
    allowed = allowance(lane, pace, now, today)
    taken = wanted if allowed is None else min(wanted, allowed)
    return taken, spent(lane, pace, taken, now, today)


def _in_hand(lane):
    return max(lane.per_hour / 3600 * IN_HAND.total_seconds(), 1.0)


@given(HOURLY, GAPS)
@example(3600, [(0, 500), (1, 500), (10**6, 500)])
def test_in_no_span_more_goes_than_the_rate_and_what_was_in_hand(per_hour, gaps):
    lane, pace, now, takes = Lane("a", per_hour), Pace(), NOW, []
    for microseconds, wanted in gaps:
        now += timedelta(microseconds=microseconds)
        taken, pace = _take(lane, pace, wanted, now)
        takes.append((now, taken))
    for first, (begin, _) in enumerate(takes):
        total = 0
        for end, taken in takes[first:]:
            total += taken
            assert total <= per_hour / 3600 * (end - begin).total_seconds() + _in_hand(lane) + 1e-6


@given(
    HOURLY, st.lists(st.tuples(st.integers(0, 5000), st.integers(-30, 30), st.integers(1, 500)), max_size=30)
)
def test_clocks_that_differ_a_little_let_nothing_more_go(per_hour, steps):
    lane, pace, true, total = Lane("a", per_hour), Pace(), NOW, 0
    for milliseconds, skew, wanted in steps:
        true += timedelta(milliseconds=milliseconds)
        taken, pace = _take(lane, pace, wanted, true + skew * SECOND, TODAY)
        total += taken
    # The fastest clock and the slowest may be a minute apart, once.
    span = (true - NOW + SKEW).total_seconds()
    assert total <= per_hour / 3600 * span + _in_hand(lane) + 1e-6


@given(st.lists(st.tuples(st.integers(-20, 40), st.integers(-9, 60)), max_size=40))
def test_the_days_limit_is_never_passed_however_much_is_given_back(steps):
    lane, pace, now, sent = Lane("*", warm_up=PLAN), Pace(), NOW, {}
    for minutes, wanted in steps:
        now += timedelta(minutes=max(minutes, 0))
        today = now.date()
        if wanted < 0:
            back = min(-wanted, sent.get(today, 0))
            taken, pace = -back, spent(lane, pace, -back, now, today)
        else:
            taken, pace = _take(lane, pace, wanted, now)
        sent[today] = sent.get(today, 0) + taken
        assert 0 <= sent[today] <= PLAN.limit(today)


def test_a_clock_that_is_still_before_midnight_does_not_begin_the_former_day_anew():
    lane, tomorrow = Lane("*", warm_up=PLAN), TODAY + timedelta(days=1)
    _, pace = _take(lane, Pace(), 99, NOW, TODAY)
    taken, pace = _take(lane, pace, 30, NOW, tomorrow)
    assert taken == 30
    taken, pace = _take(lane, pace, 99, NOW, TODAY)
    assert taken == 20
    assert (planned_on(lane, pace, tomorrow), sent_on(pace, tomorrow)) == (50, 50)


def test_the_plan_begins_with_its_first_day_and_ends_after_its_last():
    days = [date(2021, 9, 1), TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=2)]
    assert [PLAN.limit(day) for day in days] == [20, 20, 50, None]


def test_a_slow_pace_still_lets_a_message_go():
    lane, pace = Lane("a", 1), Pace()
    taken, pace = _take(lane, pace, 9, NOW)
    assert taken == 1
    assert allowance(lane, pace, NOW + HOUR - SECOND, TODAY) == 0
    assert allowance(lane, pace, NOW + HOUR, TODAY) == 1


@given(HOURLY, st.integers(1, 300))
def test_giving_back_restores_what_was_taken(per_hour, wanted):
    lane = Lane("a", per_hour)
    taken, pace = _take(lane, Pace(), wanted, NOW)
    pace = spent(lane, pace, -taken, NOW, TODAY)
    assert allowance(lane, pace, NOW, TODAY) == allowance(lane, Pace(), NOW, TODAY)
    assert pace.day_count == 0


@given(st.integers(0, 10**7), st.integers(0, 500))
def test_a_clock_that_was_set_back_gives_nothing_and_goes_on_from_there(seconds, wanted):
    lane = Lane("a", 3600)
    _, pace = _take(lane, Pace(), 500, NOW)
    back = NOW - timedelta(seconds=seconds)
    assert allowance(lane, pace, back, back.date()) == 0
    taken, pace = _take(lane, pace, wanted, back)
    assert taken == 0
    if back < NOW - SKEW:
        assert allowance(lane, pace, back + 3 * SECOND, back.date()) == 3
    assert allowance(lane, pace, NOW + 3 * SECOND, TODAY) >= 3


@given(st.one_of(st.none(), HOURLY), st.integers(1, 12))
def test_each_complaint_halves_the_pace_and_ten_quiet_minutes_take_one_away(per_hour, complaints):
    lane, pace, now = Lane("a", per_hour), Pace(), NOW
    for _ in range(complaints):
        now += SAME_COMPLAINT
        before = hourly(lane, pace, now)
        pace = slowed(lane, pace, now, "too fast")
        if pace.slowness < MOST_SLOWNESS and before is not None:
            assert abs(hourly(lane, pace, now) * 2 - before) < 1e-6
    steps = [slowness_at(pace, now + turn * RECOVERY) for turn in range(MOST_SLOWNESS + 1)]
    assert steps == [max(min(complaints, MOST_SLOWNESS) - turn, 0) for turn in range(MOST_SLOWNESS + 1)]
    end = now + MOST_SLOWNESS * RECOVERY
    assert hourly(lane, pace, end) == pytest.approx(per_hour)
    _, pace = _take(lane, pace, 1, end)
    assert (pace.slowness, pace.held_until, pace.note, pace.is_free) == (0, None, "", True)
    assert is_counted(lane, pace) is (per_hour is not None)


def test_a_rest_lets_nothing_go_and_ends():
    lane = Lane("a", 3600)
    pace = slowed(lane, Pace(), NOW, "too fast")
    assert allowance(lane, pace, NOW + FIRST_REST - SECOND, TODAY) == 0
    assert allowance(lane, pace, NOW + FIRST_REST, TODAY) == 0
    assert allowance(lane, pace, NOW + FIRST_REST + 2 * SECOND, TODAY) == 1


def test_nothing_gathers_in_a_rest_when_others_give_back_what_they_had():
    lane = Lane("a", 3600)
    _, pace = _take(lane, Pace(), 10, NOW)
    pace = slowed(lane, pace, NOW, "too fast")
    pace = spent(lane, pace, -1, NOW + SECOND, TODAY)
    assert allowance(lane, pace, NOW + FIRST_REST, TODAY) == 1


def test_a_lane_without_limits_gets_one_when_they_complain():
    lane = Lane("a")
    assert allowance(lane, Pace(), NOW, TODAY) is None
    assert not is_counted(lane, Pace())
    pace = slowed(lane, Pace(), NOW, "too fast")
    assert hourly(lane, pace, NOW) == 600
    assert is_counted(lane, pace)
    assert allowance(lane, pace, NOW + 7 * RECOVERY, TODAY) is None


def test_answers_of_one_moment_are_one_complaint_also_by_a_clock_that_was_set_back():
    lane = Lane("a", 3600)
    pace = slowed(lane, Pace(), NOW, "first")
    assert slowed(lane, pace, NOW + SAME_COMPLAINT - SECOND, "second") == pace
    assert slowed(lane, pace, NOW - SECOND, "second") == pace
    assert slowed(lane, pace, NOW - HOUR, "second").slowness == 2


def test_a_hold_is_never_made_shorter_and_a_release_forgets_it_but_not_the_day():
    lane = Lane("*", 3600, warm_up=PLAN)
    _, pace = _take(lane, Pace(), 7, NOW)
    pace = held(held(pace, NOW + HOUR, "blocked"), NOW + SECOND, "blocked again")
    assert allowance(lane, pace, NOW + HOUR - SECOND, TODAY) == 0
    pace = slowed(lane, pace, NOW, "too fast")
    assert pace.held_until == NOW + HOUR
    pace = released(pace)
    assert (pace.is_free, pace.note, pace.day_count) == (True, "", 7)
    assert allowance(lane, pace, NOW, TODAY) == 10


def test_a_name_that_nobody_configured_is_a_lane_without_limits():
    lanes = Lanes.of([Lane("google", 100.0)])
    assert (lanes.named("google").per_hour, lanes.named("yahoo")) == (100.0, Lane("yahoo"))
