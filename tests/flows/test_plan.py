"""The forecast says what then happens."""

from __future__ import annotations

from newsletter.core.wallclock import parse_local, to_instant
from newsletter.flows.deadlines import move_deadline
from newsletter.flows.plan import forecast

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
