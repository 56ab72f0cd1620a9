"""Rules of time in plain words, and when they fire."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.recurrence import (
    ALL_DAYS,
    ALL_MONTHS,
    EXAMPLES,
    WORKING_DAYS,
    Daily,
    Monthly,
    Recurrence,
    Weekly,
    parse_recurrence,
)
from newsletter.core.refusal import ContentRefused
from newsletter.core.wallclock import to_instant, to_local
from newsletter.core.wording import Catalogue

LOCALE = Path(__file__).parents[2] / "templates" / "locale"
CATALOGUES = {
    language: Catalogue.from_po(language, (LOCALE / f"{language}.po").read_text(encoding="utf-8"))
    for language in ("en", "fr")
}
NINE, HALF_PAST = time(9), time(9, 30)
SINCE = date(2027, 1, 4)


def at(text):
    return datetime.fromisoformat(text)


def utc(text):
    return at(text).replace(tzinfo=UTC)


def days(rule, start, end, **more):
    return [
        f"{local:%a %d %b}"
        for local in parse_recurrence(rule, **more).between(at(f"{start}T00:00"), at(f"{end}T00:00"))
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("every day at 08:00", Recurrence(Daily(), (time(8),))),
        ("Daily at 8am", Recurrence(Daily(), (time(8),))),
        ("every day at noon", Recurrence(Daily(), (time(12),))),
        ("every day at 12:00 p.m.", Recurrence(Daily(), (time(12),))),
        ("every day at 9:30 and 17:00", Recurrence(Daily(), (HALF_PAST, time(17)))),
        ("every weekday at 9:30", Recurrence(Weekly(WORKING_DAYS), (HALF_PAST,))),
        ("Monday to Friday at 9.30", Recurrence(Weekly(WORKING_DAYS), (HALF_PAST,))),
        ("every Monday and Thursday at 09:30", Recurrence(Weekly((0, 3)), (HALF_PAST,))),
        ("on Tuesdays, Thursdays and Sundays at 9:30", Recurrence(Weekly((1, 3, 6)), (HALF_PAST,))),
        ("every Monday", Recurrence(Weekly((0,)), (NINE,))),
        (
            "every second Monday at 09:00 from 4 January 2027",
            Recurrence(Weekly((0,), 2), (NINE,), since=SINCE),
        ),
        ("every other Monday from 2027-01-04", Recurrence(Weekly((0,), 2), (NINE,), since=SINCE)),
        (
            "every 3 weeks on Monday and Friday at 9:00 starting 4 January 2027 until 2027-12-31",
            Recurrence(Weekly((0, 4), 3), (NINE,), since=SINCE, until=date(2027, 12, 31)),
        ),
        (
            "first Tuesday of the month at 09:30 Brussels",
            Recurrence(Monthly((1,), (1,)), (HALF_PAST,), "Europe/Brussels"),
        ),
        (
            "the first and third Tuesday of the month at 9:30, Brussels time",
            Recurrence(Monthly((1, 3), (1,)), (HALF_PAST,), "Europe/Brussels"),
        ),
        ("every 2nd Tuesday of the month", Recurrence(Monthly((2,), (1,)), (NINE,))),
        ("last Friday of the month", Recurrence(Monthly((-1,), (4,)), (NINE,))),
        ("last working day of the month", Recurrence(Monthly((-1,), WORKING_DAYS), (NINE,))),
        ("second-last day of each month", Recurrence(Monthly((-2,)), (NINE,))),
        ("the 15th of each month", Recurrence(Monthly((15,)), (NINE,))),
        ("every month on the 15th", Recurrence(Monthly((15,)), (NINE,))),
        ("the 1st and the 15th of the month at 9:00", Recurrence(Monthly((1, 15)), (NINE,))),
        ("every 15 March", Recurrence(Monthly((15,), months=(3,)), (NINE,))),
        (
            "first Monday of January, April, July and October",
            Recurrence(Monthly((1,), (0,), (1, 4, 7, 10)), (NINE,)),
        ),
        (
            "every Friday at 17:00, Europe/Lisbon",
            Recurrence(Weekly((4,)), (time(17),), "Europe/Lisbon"),
        ),
        ("every Friday, Lisbon time", Recurrence(Weekly((4,)), (NINE,), "Europe/Lisbon")),
        ("every Friday at 17:00 UTC", Recurrence(Weekly((4,)), (time(17),), "UTC")),
        (
            "premier mardi du mois à 9 h 30, heure de Bruxelles",
            Recurrence(Monthly((1,), (1,)), (HALF_PAST,), "Europe/Brussels"),
        ),
        (
            "Le premier mardi du mois à 9h30, heure d’Athènes",
            Recurrence(Monthly((1,), (1,)), (HALF_PAST,), "Europe/Athens"),
        ),
        ("tous les lundis à 9 h", Recurrence(Weekly((0,)), (NINE,))),
        ("chaque lundi et jeudi à midi", Recurrence(Weekly((0, 3)), (time(12),))),
        ("le lundi et le jeudi à 9h", Recurrence(Weekly((0, 3)), (NINE,))),
        ("tous les jours ouvrables à 9 h", Recurrence(Weekly(WORKING_DAYS), (NINE,))),
        ("du lundi au vendredi à 9 h", Recurrence(Weekly(WORKING_DAYS), (NINE,))),
        ("tous les jours à 8 h et à 14 h", Recurrence(Daily(), (time(8), time(14)))),
        ("dernier jour ouvré du mois", Recurrence(Monthly((-1,), WORKING_DAYS), (NINE,))),
        ("le 15 de chaque mois", Recurrence(Monthly((15,)), (NINE,))),
        ("les 1er et 15 du mois", Recurrence(Monthly((1, 15)), (NINE,))),
        ("chaque 1er août", Recurrence(Monthly((1,), months=(8,)), (NINE,))),
        (
            "premier lundi de janvier, d’avril, de juillet et d’octobre",
            Recurrence(Monthly((1,), (0,), (1, 4, 7, 10)), (NINE,)),
        ),
        (
            "un lundi sur deux à partir du 4 janvier 2027",
            Recurrence(Weekly((0,), 2), (NINE,), since=SINCE),
        ),
        (
            "toutes les deux semaines, le lundi et le jeudi, à partir du 4 janvier 2027",
            Recurrence(Weekly((0, 3), 2), (NINE,), since=SINCE),
        ),
    ],
)
def test_a_rule_in_plain_words(text, expected):
    assert parse_recurrence(text) == expected


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_of_the_refusal_are_understood(text):
    assert parse_recurrence(text).first()


def test_the_first_day_may_stand_beside_the_words():
    assert parse_recurrence("un lundi sur deux", since=SINCE) == Recurrence(
        Weekly((0,), 2), (NINE,), since=SINCE
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not a rule of time"),
        ("every Teusday at 9:00", "'teusday' is not known here, did you mean 'tuesday'"),
        ("tous les mradis à 9 h", "'mradis' is not known here, did you mean 'mardis'"),
        ("whenever it suits", "'whenever' is not known here"),
        ("every day at 25:00", "'25:00' is not a time of day"),
        ("every day at 9:75", "'9:75' is not a time of day"),
        ("every day at midnight", "Write 0:00 or 23:59"),
        ("every day at 13 pm", "'13 pm' is not a time of day"),
        ("every day at 9", "is not understood"),
        ("every day at 9:00, Atlantis time", "'atlantis time' is not a city"),
        ("every 30 February", "30 February does not exist in any year"),
        ("chaque 31 avril", "31 avril does not exist in any year"),
        ("the 31st of June and July", "31 June does not exist in any year"),
        ("the 32nd of each month", "is not understood"),
        ("sixth Monday of the month", "is not understood"),
        ("6th Monday of the month", "never fires"),
        ("every 0 days from 4 January 2027", "is not understood"),
        ("every second Monday", "from which day on"),
        ("every day until 29 February 2027", "'29 february 2027' is not a date that exists"),
        ("every day from 4 January 2027 until 3 January 2027", "ends on 2027-01-03 before it begins"),
        ("every Friday from 4 January 2027 until 5 January 2027", "never fires"),
        ("every day " * 100, "not a rule of time"),
    ],
)
def test_what_is_not_understood_or_never_fires_is_refused(text, complaint):
    with pytest.raises(ContentRefused) as refused:
        parse_recurrence(text)
    assert complaint in str(refused.value)


def test_every_second_week_is_counted_from_the_first_such_day():
    rule = "every second Monday at 9:00"
    expected = ["Mon 04 Jan", "Mon 18 Jan", "Mon 01 Feb"]
    assert days(rule, "2026-12-01", "2027-02-10", since=SINCE) == expected
    assert days(rule, "2026-12-01", "2027-02-10", since=date(2026, 12, 30)) == expected
    assert days(rule, "2027-01-05", "2027-02-10", since=SINCE) == expected[1:]


def test_days_of_the_month():
    assert days("last working day of the month", "2027-01-01", "2027-04-01") == [
        "Fri 29 Jan",
        "Fri 26 Feb",
        "Wed 31 Mar",
    ]
    assert days("fifth Monday of the month", "2027-01-01", "2027-07-01") == ["Mon 29 Mar", "Mon 31 May"]


def test_a_day_that_a_month_has_not_is_its_last():
    assert days("the 31st of each month", "2027-01-01", "2027-05-01") == [
        "Sun 31 Jan",
        "Sun 28 Feb",
        "Wed 31 Mar",
        "Fri 30 Apr",
    ]
    assert days("the 30th and 31st of each month", "2027-04-01", "2027-05-01") == ["Fri 30 Apr"]
    assert days("every 29 February", "2027-01-01", "2029-01-01") == ["Sun 28 Feb", "Tue 29 Feb"]


def test_a_rule_that_fires_once_in_a_generation_is_taken():
    assert parse_recurrence("fifth Monday of February").first() == at("2016-02-29T09:00")


def test_the_turn_of_the_year():
    rule = parse_recurrence("every 31 December at 23:30")
    assert list(rule.instants("Europe/Brussels", utc("2026-01-01T00:00"), utc("2027-12-31T22:30"))) == [
        utc("2026-12-31T22:30")
    ]
    assert list(rule.instants("Pacific/Auckland", utc("2026-12-31T10:30"), utc("2027-01-01T00:00"))) == [
        utc("2026-12-31T10:30")
    ]


@pytest.mark.parametrize(
    ("zone", "rule", "start", "end", "expected"),
    [
        # In the spring gap forward, once.
        ("Europe/Brussels", "every day at 2:30", "2027-03-27T12:00", "2027-03-29T12:00",
         ["2027-03-28T01:30", "2027-03-29T00:30"]),
        # In the autumn overlap the first, once.
        ("Europe/Brussels", "every day at 2:30", "2027-10-30T12:00", "2027-11-01T12:00",
         ["2027-10-31T00:30", "2027-11-01T01:30"]),
        # Two times that the gap makes one, and two that it exchanges.
        ("Europe/Brussels", "every day at 2:30 and 3:30", "2027-03-27T12:00", "2027-03-28T12:00",
         ["2027-03-28T01:30"]),
        ("Europe/Brussels", "every day at 2:45 and 3:15", "2027-03-27T12:00", "2027-03-28T12:00",
         ["2027-03-28T01:15", "2027-03-28T01:45"]),
        # Half an hour only.
        ("Australia/Lord_Howe", "every day at 2:15", "2026-10-03T00:00", "2026-10-05T00:00",
         ["2026-10-03T15:45", "2026-10-04T15:15"]),
        ("Australia/Lord_Howe", "every day at 1:45", "2027-04-03T00:00", "2027-04-05T00:00",
         ["2027-04-03T14:45", "2027-04-04T15:15"]),
        # Samoa had no 30 December 2011, a Friday.
        ("Pacific/Apia", "every day at 9:00", "2011-12-29T12:00", "2012-01-02T00:00",
         ["2011-12-29T19:00", "2011-12-30T19:00", "2011-12-31T19:00", "2012-01-01T19:00"]),
        ("Pacific/Apia", "every Friday at 9:00", "2011-12-26T00:00", "2012-01-08T00:00",
         ["2011-12-30T19:00", "2012-01-05T19:00"]),
    ],
)  # fmt: skip
def test_clocks_that_are_changed(zone, rule, start, end, expected):
    found = parse_recurrence(rule).instants(zone, utc(start), utc(end))
    assert list(found) == [utc(instant) for instant in expected]


ZONES = st.sampled_from(
    (
        "Europe/Brussels", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Asia/Kathmandu",
        "Africa/Casablanca", "America/Sao_Paulo", "Pacific/Chatham", "Pacific/Kwajalein", "UTC",
    )
)  # fmt: skip
DATES = st.dates(date(1990, 1, 1), date(2050, 1, 1))
TIMES = st.lists(st.times().map(lambda at: at.replace(second=0, microsecond=0)), min_size=1, max_size=3)
PLACES = st.sets(st.sampled_from((*range(1, 29), -2, -1)), min_size=1, max_size=4).map(
    lambda places: tuple(sorted(places, key=lambda place: (place < 0, place)))
)
WEEKDAY_PLACES = st.sets(st.sampled_from((1, 2, 3, 4, 5)), min_size=1).map(
    lambda places: tuple(sorted(places))
)
MONTHS = st.one_of(
    st.just(ALL_MONTHS),
    st.sets(st.sampled_from(ALL_MONTHS), min_size=1).map(lambda months: tuple(sorted(months))),
)
WEEKDAYS = st.sets(st.sampled_from(ALL_DAYS), min_size=1).map(lambda days: tuple(sorted(days)))
DAYS = st.one_of(
    st.builds(Daily, st.integers(1, 40)),
    st.builds(Weekly, WEEKDAYS, st.integers(1, 6)),
    st.builds(Monthly, PLACES, months=MONTHS),
    st.builds(
        Monthly, WEEKDAY_PLACES, st.sampled_from((WORKING_DAYS, *((day,) for day in ALL_DAYS))), MONTHS
    ),
)


@st.composite
def recurrences(draw):
    found = draw(DAYS)
    stepped = not isinstance(found, Monthly) and found.every > 1
    since = draw(DATES if stepped else st.none() | DATES)
    until = draw(st.none() | st.integers(400, 9000))
    zone = draw(st.just("") | ZONES)
    return Recurrence(
        found,
        tuple(sorted(set(draw(TIMES)))),
        zone,
        since,
        since + timedelta(days=until) if since and until else None,
    )


@given(recurrences(), st.sampled_from(("en", "fr")))
def test_what_is_said_is_read_again_as_the_same_rule(rule, language):
    if rule.first() is not None:
        assert parse_recurrence(rule.words(CATALOGUES[language])) == rule


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_zone_is_said_so_that_it_is_found_again(language):
    for zone in sorted(available_timezones() - {"Factory", "localtime"}):
        rule = Recurrence(Daily(), (NINE,), zone)
        assert parse_recurrence(rule.words(CATALOGUES[language])) == rule


@given(recurrences(), ZONES, DATES, st.integers(1, 800))
def test_instants_ascend_each_once_and_are_those_of_the_wall(rule, zone, day, length):
    start = datetime(day.year, day.month, day.day, 11, 17, tzinfo=UTC)
    end = start + timedelta(days=length)
    found = list(rule.instants(zone, start, end))
    assert all(before < after for before, after in pairwise(found))
    name = rule.zone or zone
    local = rule.between(to_local(start, name) - timedelta(days=2), to_local(end, name) + timedelta(days=2))
    assert found == sorted({one for one in (to_instant(at, name) for at in local) if start <= one < end})


@given(recurrences(), ZONES, DATES, st.lists(st.integers(1, 200), min_size=1, max_size=5))
def test_a_span_cut_in_pieces_has_the_same_occurrences(rule, zone, day, lengths):
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    whole, pieces, begin = list(rule.instants(zone, start, start + timedelta(days=sum(lengths)))), [], start
    for length in lengths:
        pieces += rule.instants(zone, begin, begin + timedelta(days=length))
        begin += timedelta(days=length)
    assert pieces == whole


@pytest.mark.parametrize(
    ("text", "english", "french"),
    [
        ("every weekday at 9:30", "every weekday at 9:30", "tous les jours ouvrés à 9 h 30"),
        (
            "first Tuesday of the month at 09:30 Brussels",
            "first Tuesday of the month at 9:30, Brussels time",
            "premier mardi du mois à 9 h 30, heure de Bruxelles",
        ),
        (
            "every second Monday from 2027-01-04",
            "every second Monday at 9:00 from 4 January 2027",
            "un lundi sur deux à 9 h à partir du 4 janvier 2027",
        ),
        ("the 1st and 15th of each month", "the 1st and 15th of each month at 9:00", "les 1er et 15 de chaque mois à 9 h"),
        ("every 1 April until 2030-12-31", "every 1 April at 9:00 until 31 December 2030", "chaque 1er avril à 9 h jusqu’au 31 décembre 2030"),
        (
            "first Monday of April and October at 8:00 and 14:00",
            "first Monday of April and October at 8:00 and at 14:00",
            "premier lundi d’avril et octobre à 8 h et à 14 h",
        ),
    ],
)  # fmt: skip
def test_a_rule_says_itself(text, english, french):
    rule = parse_recurrence(text)
    said = [rule.words(CATALOGUES[language]).replace("\u00a0", " ") for language in ("en", "fr")]
    assert said == [english, french]
