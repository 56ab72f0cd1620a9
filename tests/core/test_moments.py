from datetime import date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.core.moments import NBSP, Moments
from newsletter.core.wording import Catalogue

LOCALE = Path(__file__).parents[2] / "templates" / "locale"
EN = Moments(Catalogue("en"))
FR = Moments(Catalogue.from_po("fr", (LOCALE / "fr.po").read_text(encoding="utf-8")))
at = datetime.fromisoformat
NOON = at("2021-10-19T12:00")


def plain(text):
    return text.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("said", "english", "french"),
    [
        (lambda m: m.weekday(NOON), "Tuesday", "mardi"),
        (lambda m: m.month(NOON), "October 2021", "octobre 2021"),
        (lambda m: m.day(NOON), "19 October", "19 octobre"),
        (lambda m: m.day(date(2021, 10, 1)), "1 October", "1er octobre"),
        (lambda m: m.long(date(2021, 1, 1)), "1 January 2021", "1er janvier 2021"),
        (lambda m: m.short(date(2021, 9, 19)), "19 Sept.", "19 sept."),
        (lambda m: m.short(date(2021, 5, 19)), "19 May", "19 mai"),
        (lambda m: m.clock(time(9, 5)), "9:05", "9 h 05"),
        (lambda m: m.clock(time(0, 0)), "0:00", "0 h"),
        (lambda m: m.hour(time(12, 0)), "12:00 noon", "12 h (midi)"),
        (lambda m: m.hour(time(12, 30)), "12:30", "12 h 30"),
        (lambda m: m.zone("Europe/Brussels"), "Brussels time", "heure de Bruxelles"),
        (lambda m: m.zone("Europe/Athens"), "Athens time", "heure d’Athènes"),
        (lambda m: m.zone("Europe/Helsinki"), "Helsinki time", "heure d’Helsinki"),
        (lambda m: m.zone("Africa/Cairo"), "Cairo time", "heure du Caire"),
        (lambda m: m.zone("UTC"), "UTC", "UTC"),
        (
            lambda m: m.when(NOON, "Europe/Lisbon"),
            "19 October 2021, 12:00 noon, Lisbon time",
            "19 octobre 2021, 12 h (midi), heure de Lisbonne",
        ),
        (lambda m: m.days_left(42), "42 days left", "42 jours restants"),
        (lambda m: m.days_left(1), "1 day left", "1 jour restant"),
        (lambda m: m.days_left(0), "Closes today", "Clôture aujourd’hui"),
        (lambda m: m.counted(NOON), "counted on 19 October", "au 19 octobre"),
        (lambda m: m.listed(["30", "7", "1"]), "30, 7 and 1", "30, 7 et 1"),
    ],
)
def test_dates_and_times_are_said_as_people_say_them(said, english, french):
    assert plain(said(EN)) == english
    assert plain(said(FR)) == french


def test_an_event_says_from_when_to_when():
    start, end = at("2021-11-04T09:30"), at("2021-11-04T12:30")
    assert (
        plain(EN.line(start, end, "Europe/Brussels"))
        == "Thursday 4 November 2021, 9:30 to 12:30, Brussels time"
    )
    french = "Jeudi 4 novembre 2021, de 9 h 30 à 12 h 30, heure de Bruxelles"
    assert plain(FR.line(start, end, "Europe/Brussels")) == french


def test_an_event_that_ends_on_another_day_names_that_day():
    text = EN.hours(at("2021-11-04T09:30"), at("2021-11-05T16:00"))
    assert plain(text) == "9:30 to 16:00 on 5 November"


def test_dates_and_times_do_not_break_where_they_must_not():
    assert EN.hour(time(12, 0)) == f"12:00{NBSP}noon"
    assert FR.hour(time(12, 0)) == f"12{NBSP}h{NBSP}(midi)"
    assert EN.day(NOON) == f"19{NBSP}October"
    assert EN.zone("Europe/Brussels") == f"Brussels{NBSP}time"


def test_other_cities_tell_the_same_instant():
    told = EN.elsewhere(NOON, "Europe/Brussels", ["Europe/Lisbon", "Europe/Brussels", "Europe/Athens"])
    assert told == ("11:00 in Lisbon", "13:00 in Athens")


def test_a_city_with_the_same_clocks_says_nothing_and_another_takes_its_place():
    zones = ["Europe/Paris", "Europe/Lisbon", "Europe/Athens", "America/New_York"]
    assert EN.elsewhere(NOON, "Europe/Brussels", zones) == ("11:00 in Lisbon", "13:00 in Athens")


def test_another_city_on_another_day_names_the_day():
    late = at("2021-10-19T23:59")
    assert EN.elsewhere(late, "Europe/Brussels", ["Europe/Athens"]) == ("Wednesday 0:59 in Athens",)


def test_a_language_that_cldr_does_not_know_is_said_in_english():
    assert Moments(Catalogue("xx")).weekday(NOON) == "Tuesday"


@settings(deadline=None, max_examples=200)
@given(
    moment=st.datetimes(min_value=at("1990-01-01"), max_value=at("2090-01-01")),
    zone=st.sampled_from(["Europe/Brussels", "America/New_York", "Asia/Kolkata", "UTC", "Africa/Cairo"]),
)
def test_every_moment_can_be_said_and_keeps_its_figures(moment, zone):
    for moments in (EN, FR):
        text = moments.line(moment, None, zone)
        assert str(moment.year) in text
        assert str(moment.hour) in text
        assert moments.weekday(moment)[1:] in text
        assert "{" not in text
