"""The forecast says what then happens."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from newsletter.core.deadline import Deadline
from newsletter.core.refusal import ContentRefused
from newsletter.core.wallclock import parse_local, to_instant
from newsletter.flows import plan
from newsletter.flows.deadlines import move_deadline
from newsletter.flows.plan import forecast
from newsletter.store.deadlines import add_deadline

KEY, STEM = "erasmus-accreditation/accreditation", "erasmus-accreditation-accreditation"


def _instant(local):
    return to_instant(parse_local(local), "Europe/Brussels")


def _forecast(bench, start="2021-09-15T00:00", end="2022-01-01T00:00"):
    return forecast(bench.office, _instant(start), _instant(end), bench.now)


def _people(bench):
    bench.enrol("ada@example.org", "ben@example.org")
    bench.enrol("chiara@example.org", paused_until="2021-10-01", language="fr")
    bench.enrol("dana@example.org", status="pending")


def _as_told(bench):
    return {one.campaign.name: (one.instant, one.recipients, one.withheld()) for one in _forecast(bench)}


def test_what_is_planned_is_what_happens(bench):
    _people(bench)
    bench.sync()
    bench.schedule()
    told = _as_told(bench)
    assert len(told) == 7
    for name, (instant, recipients, withheld) in sorted(told.items(), key=lambda item: item[1][0]):
        bench.clock.set(instant)
        assert bench.beat() == [name]
        report = bench.report(name)
        assert sum(report.by_language.values()) == recipients
        assert dict(report.withheld) == withheld
    assert _as_told(bench) == {}


def test_a_pause_that_ends_before_a_mail_is_no_reason_in_its_forecast(bench):
    _people(bench)
    bench.sync()
    told = _as_told(bench)
    assert told[f"{STEM}-reminder-30"][1:] == (2, {"not_confirmed": 1, "paused": 1})
    assert told[f"{STEM}-reminder-7"][1:] == (3, {"not_confirmed": 1})


def test_the_forecast_has_a_beginning_and_an_end(bench):
    bench.sync()
    names = [one.campaign.name for one in _forecast(bench, "2021-10-12T09:00", "2021-10-18T09:00")]
    assert names == [f"{STEM}-reminder-7"]


def test_a_correction_is_forecast_only_when_somebody_was_told(bench):
    _people(bench)
    bench.sync()
    move_deadline(bench.office, KEY, parse_local("2021-10-27T12:00"), bench.now)
    assert f"{STEM}-correction-moved-1" not in _as_told(bench)


def test_what_has_become_too_late_is_no_plan(bench):
    _people(bench)
    bench.sync()
    bench.at("2021-09-19T21:01")
    assert f"{STEM}-reminder-30" not in _as_told(bench)
    assert bench.launch() == [(f"{STEM}-reminder-30", "missed", 0)]


def test_looking_ahead_changes_nothing(bench):
    _people(bench)
    bench.sync()
    assert _as_told(bench) == _as_told(bench)
    assert bench.sent() == []


def test_an_audience_is_counted_once_and_still_is_that_of_its_moment(bench, monkeypatch):
    """Whatever the forecast counts only once is what it would have counted each time."""
    _people(bench)
    bench.sync()
    bench.schedule()
    bench.at("2021-09-19T09:00")
    bench.beat()
    bench.applies("ada@example.org", KEY)
    told = {one.campaign.name: one.audience for one in _forecast(bench)}
    assert len(told) == 5
    people = {one.campaign.name: (one.campaign, one.instant) for one in _forecast(bench)}
    counted = {name: plan.audience_of(bench.office, campaign, at) for name, (campaign, at) in people.items()}
    assert told == counted
    assert {one.withheld().get("applied", 0) for one in _forecast(bench)} == {0, 1}


def test_a_year_of_a_thousand_deadlines_is_forecast_with_few_counts(bench, monkeypatch):
    _people(bench)
    with bench.office.database.write() as connection:
        for number in range(1000):
            at = datetime(2021, 10, 20, 12) + timedelta(hours=8 * number)  # noqa: DTZ001 - wall-clock
            key = f"erasmus-accreditation/d{number}"
            known = Deadline(key, at, "UTC", "", "erasmus-interested", (30, 7, 1), planned_at=bench.now)
            add_deadline(connection, known)
    counts = []
    count = plan.forecast_reminder
    monkeypatch.setattr(plan, "forecast_reminder", lambda *given: counts.append(1) or count(*given))
    told = _forecast(bench, end="2023-01-01T00:00")
    assert len([one for one in told if not one.campaign.is_merged]) == 3000
    assert len(counts) < 60, "days with as many reminders before and after are counted once"


def test_a_time_that_ends_before_it_begins_is_refused(bench):
    with pytest.raises(ContentRefused, match="is not after"):
        _forecast(bench, "2021-10-01T00:00", "2021-09-01T00:00")
