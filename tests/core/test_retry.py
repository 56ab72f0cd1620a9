"""When a message is tried again: never at or after its end, later each time, and never all at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.core.reply import Kind, Retry, classify
from newsletter.core.retry import NEWSLETTER_LIFE, REMINDER_LIFE, give_up_time, next_attempt

SOME = settings(deadline=None, max_examples=300)
NOW = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
FAR = NOW + timedelta(days=30)
MINUTE = timedelta(minutes=1)


def said(stage, code, text=""):
    return classify(stage=stage, code=code, text=text)


LATER = said("dot_sent", 451, "4.3.0 trouble")
GREY = said("rcpt", 451, "4.7.1 greylisted")
SLOWER = said("rcpt", 421, "too many connections")
FULL = said("rcpt", 552, "5.2.2 full")
GONE = said("rcpt", 550, "5.1.1 user unknown")
UNSURE = said("dot_sent", None)
ALL = st.sampled_from([LATER, GREY, SLOWER, FULL, GONE, UNSURE])
JITTER = st.floats(0, 1, exclude_max=True)


@SOME
@given(st.integers(0, 200), ALL, st.integers(-600, 60 * 24 * 40), JITTER)
def test_the_next_attempt_lies_ahead_and_before_the_end(attempts, verdict, minutes, jitter):
    end = NOW + minutes * MINUTE
    at = next_attempt(attempts, NOW, verdict, end, jitter)
    assert at is None or NOW + 2 * MINUTE <= at < end
    if verdict.retry in {Retry.NEVER, Retry.ASK}:
        assert at is None
    elif minutes > 10:
        assert at is not None


@SOME
@given(st.sampled_from([LATER, FULL]), JITTER)
def test_each_wait_is_at_least_as_long_as_the_one_before(verdict, jitter):
    waits = [next_attempt(attempts, NOW, verdict, FAR, jitter) for attempts in range(1, 20)]
    assert waits == sorted(waits)
    assert waits[-1] - NOW <= timedelta(hours=7.5)


def test_the_waits_without_jitter():
    def minutes(verdict, attempts):
        return (next_attempt(attempts, NOW, verdict, FAR, 0.5) - NOW) / MINUTE

    assert [minutes(LATER, attempts) for attempts in range(1, 8)] == [10, 20, 40, 80, 160, 240, 240]
    assert [minutes(FULL, attempts) for attempts in range(1, 6)] == [60, 120, 240, 360, 360]
    assert [minutes(GREY, attempts) for attempts in range(1, 4)] == [10, 20, 40]
    assert [minutes(SLOWER, attempts) for attempts in (0, 1, 9)] == [3.5, 3.5, 3.5]


@SOME
@given(JITTER)
def test_a_greylisted_message_comes_back_within_five_to_fifteen_minutes(jitter):
    assert 5 * MINUTE <= next_attempt(1, NOW, GREY, FAR, jitter) - NOW <= 15 * MINUTE


@SOME
@given(st.sampled_from([LATER, GREY, FULL]), JITTER)
def test_a_message_is_given_up_after_a_bounded_number_of_attempts(verdict, jitter):
    now, attempts, end = NOW, 1, give_up_time(NOW, NEWSLETTER_LIFE)
    while (at := next_attempt(attempts, now, verdict, end, jitter)) is not None:
        assert at > now
        now, attempts = at, attempts + 1
    assert 4 <= attempts <= 40
    assert end - now <= timedelta(minutes=7)


def test_nothing_leaves_after_the_deadline_that_it_announces():
    deadline = NOW + timedelta(hours=3)
    assert give_up_time(NOW, REMINDER_LIFE, deadline) == deadline
    assert give_up_time(NOW, REMINDER_LIFE) == NOW + timedelta(hours=12)
    assert give_up_time(NOW, REMINDER_LIFE, NOW + timedelta(days=3)) == NOW + timedelta(hours=12)
    assert next_attempt(9, NOW, LATER, deadline, 0.5) == deadline - 5 * MINUTE
    assert next_attempt(10, deadline - 5 * MINUTE, LATER, deadline, 0.5) is None
    assert next_attempt(1, deadline + MINUTE, SLOWER, deadline, 0.5) is None


def test_jitter_has_its_range():
    for wrong in (-0.1, 1, float("nan")):
        with pytest.raises(ValueError, match="jitter"):
            next_attempt(1, NOW, LATER, FAR, wrong)


def test_an_expired_message_is_not_tried():
    assert said("rcpt", 451, "4.4.7 expired").kind is Kind.EXPIRED
    assert next_attempt(1, NOW, said("rcpt", 451, "4.4.7 expired"), FAR, 0) is None
