"""Days on which nothing goes out by rule, and where their occurrences go."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from newsletter.core.blackout import Blackout, Move, check_country, parse_dates
from newsletter.core.refusal import ContentRefused


def at(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("move", "planned", "expected"),
    [
        # Friday 1 January 2027; the Monday of Easter is 29 March.
        (Move.AFTER, "2027-01-01T09:30", "2027-01-04T09:30"),
        (Move.BEFORE, "2027-01-01T09:30", "2026-12-31T09:30"),
        (Move.AFTER, "2027-03-29T09:30", "2027-03-30T09:30"),
        (Move.BEFORE, "2027-03-29T09:30", "2027-03-26T09:30"),
        (Move.SKIP, "2027-03-29T09:30", None),
        (Move.AFTER, "2027-01-02T09:30", "2027-01-02T09:30"),  # a Saturday is no blackout
    ],
)
def test_an_occurrence_goes_to_the_working_day_beside_it(move, planned, expected):
    moved = Blackout(("BE",), move=move).moved(at(planned))
    assert moved.at == (at(expected) if expected else None)
    assert moved.planned == at(planned)


def test_what_was_moved_says_why():
    closed = Blackout(("BE",), parse_dates("2026-12-28"))
    assert closed.moved(at("2027-01-01T09:30")).why == "New Year's Day"
    assert closed.moved(at("2027-01-01T09:30"), "fr").why == "Nouvel An"
    assert closed.moved(at("2026-12-28T09:30")).why == "Closed"


def test_several_days_in_a_row_are_passed_over_together():
    closed = Blackout(("BE",), parse_dates("2026-12-24 to 2027-01-03"))
    assert closed.moved(at("2026-12-25T09:00")).at == at("2027-01-04T09:00")


def test_a_pause_of_a_month_is_too_long_to_move_over():
    closed = Blackout(dates=parse_dates("2027-08-01 to 2027-08-31"))
    assert closed.moved(at("2027-08-10T09:00")).at is None


def test_parts_of_countries_have_days_of_their_own():
    assert Blackout(("DE-BY",)).reason(date(2027, 1, 6))
    assert not Blackout(("DE",)).reason(date(2027, 1, 6))


@pytest.mark.parametrize("code", ["XX", "Belgium", "DE-ZZ", ""])
def test_a_country_that_is_not_known_is_refused(code):
    with pytest.raises(ContentRefused, match="No public holidays are known"):
        check_country(code)


@pytest.mark.parametrize(
    "text", ["2027-02-29", "soon", "2027-01-03 to 2027-01-01", "2027-01-01 to 2029-01-01", ""]
)
def test_dates_that_do_not_exist_are_refused(text):
    with pytest.raises(ContentRefused):
        parse_dates(text)
