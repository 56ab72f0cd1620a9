"""Each reader's own hour: when the readers of a zone have their turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.sending_window import ALWAYS, parse_window
from newsletter.core.timing import Timing, Waves, first_moment, last_moment
from newsletter.core.wallclock import to_instant, to_local

HOUR = timedelta(hours=1)
NINE = datetime.fromisoformat("2027-03-10T09:00")
ZONES = sorted(available_timezones() - {"Factory", "localtime"})


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def waves(*, at=NINE, not_after=None, window=ALWAYS, lateness=6 * HOUR):
    return Waves(at, "Europe/Brussels", lateness, not_after, window)


FIRST = first_moment(NINE, "Europe/Brussels", each_reader=True)


def test_each_zone_has_nine_in_the_morning():
    moments = waves().moments(["Asia/Tokyo", "Europe/Brussels", "", "America/New_York"], FIRST)
    assert moments == {
        "Asia/Tokyo": utc("2027-03-10T00:00"),
        "Europe/Brussels": utc("2027-03-10T08:00"),
        "": utc("2027-03-10T08:00"),
        "America/New_York": utc("2027-03-10T14:00"),
    }


def test_a_wave_that_is_a_little_late_goes_at_once_and_one_that_is_too_late_on_the_next_day():
    launched = utc("2027-03-10T07:00")
    assert waves().moment("Asia/Dubai", launched) == utc("2027-03-10T05:00")
    assert waves().moment("Asia/Tokyo", launched) == utc("2027-03-11T00:00")


def test_a_wave_that_would_come_after_the_deadline_goes_with_the_office():
    limit = utc("2027-03-10T12:00")
    assert waves(not_after=limit).moment("America/New_York", FIRST) == utc("2027-03-10T08:00")
    assert waves(not_after=limit).moment("Europe/London", FIRST) == utc("2027-03-10T09:00")


def test_the_window_is_that_of_the_readers_clock():
    afternoon = parse_window(["14:00-18:00"])
    assert waves(window=afternoon).moment("Asia/Tokyo", FIRST) == utc("2027-03-10T05:00")


def test_timing_is_kept_as_a_document():
    for timing in (
        Timing(),
        Timing(each_reader=True),
        Timing(window=parse_window(["08:00-18:00"], days=["weekdays"])),
    ):
        assert Timing.from_json(timing.to_json()) == timing
    assert Timing().to_json() == {}


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime.fromisoformat("1995-01-01T00:00"), datetime.fromisoformat("2050-01-01T00:00")),
)
def test_no_clock_is_before_the_first_moment_or_after_the_last(zone, at):
    instant = to_instant(at, zone)
    assert first_moment(at, zone, each_reader=True) <= instant
    assert instant <= last_moment(at, zone, each_reader=True) + timedelta(
        days=1
    )  # a day that a zone has skipped


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime.fromisoformat("2020-01-01T00:00"), datetime.fromisoformat("2030-01-01T00:00")),
    st.integers(0, 60),
)
def test_nobody_gets_it_at_a_wrong_hour_or_not_at_all(zone, at, late):
    launched = first_moment(at, zone, each_reader=True) + late * HOUR
    moment = waves(at=at).moment(zone, launched)
    assert launched - moment <= 6 * HOUR
    local = to_local(moment, zone)
    assert local.time() == at.time() or abs(local - local.replace(hour=at.hour, minute=at.minute)) <= 3 * HOUR
