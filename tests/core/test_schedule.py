"""Due instants: when one is due, and when it is too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.schedule import Occurrence

AT = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
SPANS = st.timedeltas(timedelta(days=-40), timedelta(days=40))


@pytest.mark.parametrize(
    ("minutes", "due", "too_late"),
    [(-1, False, False), (0, True, False), (59, True, False), (60, True, False), (61, True, True)],
)
def test_an_hour_of_lateness(minutes, due, too_late):
    one, now = Occurrence("campaign:september", AT, timedelta(hours=1)), AT + timedelta(minutes=minutes)
    assert one.is_due(now) is due
    assert one.is_too_late(now) is too_late


@given(SPANS, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_what_is_too_late_is_due_and_stays_too_late(offset, lateness):
    one, now = Occurrence("campaign:september", AT, lateness), AT + offset
    if one.is_too_late(now):
        assert one.is_due(now)
        assert one.is_too_late(now + timedelta(seconds=1))
    if one.is_due(now):
        assert one.is_due(now + timedelta(seconds=1))


def test_without_lateness_the_instant_itself_is_still_in_time():
    assert not Occurrence("campaign:september", AT, timedelta(0)).is_too_late(AT)
