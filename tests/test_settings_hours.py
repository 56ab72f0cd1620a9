"""Hours and blackouts in `config.yaml`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newsletter.core.refusal import ConfigurationRefused
from newsletter.core.sending_window import parse_window
from newsletter.settings import load_settings

SHIPPED = Path(__file__).parents[1] / "config.yaml"


def load(folder, old, new):
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    (folder / "config.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return load_settings(folder, {})


def test_without_a_word_mail_goes_at_any_hour(tmp_path):
    settings = load(tmp_path, "opens: off", "opens: off")
    assert settings.sending.hours.is_always
    assert settings.blackouts.blackout.reason(date(2027, 1, 1)) == ""


def test_hours_of_the_office(tmp_path):
    settings = load(tmp_path, "window: []", 'window: ["08:00-12:00", "14:00-18:00"]')
    assert settings.sending.hours == parse_window(["08:00-12:00", "14:00-18:00"])


def test_days_that_are_kept_clear(tmp_path):
    blackout = load(tmp_path, "countries: []", "countries: [BE]").blackouts.blackout
    assert blackout.reason(date(2027, 7, 21), "fr") == "Fête nationale"
    blackout = load(tmp_path, "dates: []", 'dates: ["2026-12-24 to 2027-01-03"]').blackouts.blackout
    assert blackout.reason(date(2026, 12, 31)) == "Closed"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("window: []", 'window: "8-18"', "is not a span of hours"),
        ("quiet: []", 'quiet: "00:00-24:00"', "never open"),
        ("days: every day", "days: [Mondax]", "is not a day of the week"),
        ("countries: []", "countries: [XX]", "the two letters of a country"),
        ("dates: []", "dates: [2027-02-29]", "2026-12-24 to 2027-01-03"),
        ("move: after", "move: later", "move"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(tmp_path, old, new, complaint):
    with pytest.raises(ConfigurationRefused, match=complaint) as refused:
        load(tmp_path, old, new)
    assert all(problem.line for problem in refused.value.problems)
