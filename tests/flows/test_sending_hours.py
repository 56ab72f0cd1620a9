"""Hours: a campaign waits while its window is closed, and goes at each reader's own hour."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from newsletter.core.refusal import ContentRefused
from newsletter.core.wallclock import parse_local, to_instant
from newsletter.flows.plan import forecast
from newsletter.store.leases import end_lease
from newsletter.store.tables import subscribers
from newsletter.store.waves import waves_of
from newsletter.transports.contract import Outcome

ISSUE = "september-2021"
FILE = f"articles/{ISSUE}.issue.yaml"
PEOPLE = [f"p{number}@example.org" for number in range(5)]
ZONES = {
    "ada@example.org": "Asia/Tokyo",
    "ben@example.org": "America/New_York",
    "chiara@example.org": "",
    "dana@example.org": "Europe/Lisbon",
}


def with_keys(bench, *keys):
    file = bench.workspace / FILE
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("zone:")]
    file.write_text("\n".join([*lines, *keys, ""]), encoding="utf-8")


def in_zones(bench, zones):
    bench.enrol(*zones)
    with bench.office.database.write() as connection:
        for address, zone in zones.items():
            connection.execute(update(subscribers).where(subscribers.c.address == address).values(zone=zone))


def utc(local, zone="UTC"):
    return to_instant(parse_local(local), zone)


def test_nothing_goes_while_the_window_is_closed_and_all_of_it_when_it_opens(bench):
    bench.enrol(*PEOPLE)
    with_keys(bench, "window: 10:00-18:00", "days: weekdays")
    bench.schedule()
    assert bench.beat("2021-09-16T09:30") == [ISSUE]
    bench.beat("2021-09-16T09:59")
    assert bench.sent() == []
    bench.beat("2021-09-16T10:00")
    assert bench.sent() == PEOPLE


def test_the_rest_of_a_long_campaign_goes_on_in_the_morning(bench):
    bench.enrol(*PEOPLE)
    with_keys(bench, "window: 09:00-18:00")
    bench.schedule(at="2021-09-16T17:59")
    send = bench.transport.send

    def slow(envelope):
        bench.clock.set(bench.now + timedelta(seconds=25))
        return send(envelope)

    bench.transport.send = slow
    bench.beat("2021-09-16T17:59")
    before = bench.sent()
    assert 0 < len(before) < len(PEOPLE)
    bench.transport.send = send
    bench.beat("2021-09-16T23:00")
    assert bench.sent() == before
    bench.beat("2021-09-17T09:00")
    assert sorted(bench.sent()) == PEOPLE


def test_what_is_tried_again_waits_too(bench):
    bench.enrol("ada@example.org")
    with_keys(bench, "window: 09:00-18:00")
    bench.schedule(at="2021-09-16T17:55")
    bench.transport.answers["ada@example.org"] = Outcome.LATER
    bench.beat("2021-09-16T17:55")
    bench.transport.answers.clear()
    bench.beat("2021-09-16T20:00")
    assert bench.sent() == []
    bench.beat("2021-09-17T09:00")
    assert bench.sent() == ["ada@example.org"]


@pytest.mark.parametrize(
    ("at", "goes"), [("2021-10-07T09:30", "2021-10-13T00:00"), ("2021-10-14T09:30", "2021-10-14T09:30")]
)
def test_a_mail_that_announces_a_deadline_does_not_wait_past_it(bench, at, goes):
    """The sample issue announces Tuesday 19 October, 12:00: a Wednesday after it must not hold the mail up."""
    bench.enrol("ada@example.org")
    bench.sync()
    with_keys(bench, "days: Wednesday")
    bench.schedule(at=at)
    assert f"{bench.campaign(ISSUE).not_after:%Y-%m-%d %H:%M}" == "2021-10-19 10:00"
    assert bench.beat(at)[-1] == ISSUE
    assert bool(bench.sent(ISSUE)) == (at == goes)
    bench.beat(goes)
    assert bench.sent(ISSUE) == ["ada@example.org"]


def test_the_usual_hours_of_the_office_hold_for_reminders_too(bench):
    bench.rewrite("config.yaml", "quiet: []", 'quiet: ["08:00-10:00"]')
    bench.enrol("ada@example.org")
    bench.sync()
    object.__setattr__(bench.office, "settings", _settings_again(bench))
    bench.beat("2021-09-19T09:00")
    assert bench.sent() == []
    bench.beat("2021-09-19T10:00")
    assert bench.sent("reminder-30") == ["ada@example.org"]


def _settings_again(bench):
    from newsletter.settings import load_settings  # noqa: PLC0415 - only here

    return load_settings(bench.workspace, {"database": bench.office.settings.database})


def test_each_reader_has_it_at_their_own_hour(bench):
    in_zones(bench, ZONES)
    with_keys(bench, "zone: reader")
    bench.schedule()
    bench.clock.set(utc("2021-09-15T19:30"))  # 09:30 on the earliest clocks there are
    assert bench.beat() == [ISSUE]
    assert bench.sent() == []
    with bench.office.database.read() as connection:
        waves = waves_of(connection, bench.campaign(ISSUE).id)
    assert waves == [
        (utc("2021-09-16T00:30"), 1),
        (utc("2021-09-16T07:30"), 1),
        (utc("2021-09-16T08:30"), 1),
        (utc("2021-09-16T13:30"), 1),
    ]
    got = []
    for instant, _ in waves:
        bench.clock.set(instant - timedelta(seconds=1))
        bench.deliver()
        assert bench.sent() == got
        bench.clock.set(instant)
        bench.deliver()
        got = bench.sent()
    assert got == ["ada@example.org", "chiara@example.org", "dana@example.org", "ben@example.org"]
    assert bench.campaign(ISSUE).state == "sent"


def test_the_plan_tells_the_waves(bench):
    in_zones(bench, ZONES)
    with_keys(bench, "zone: each-reader")
    bench.schedule()
    found = forecast(bench.office, bench.now, utc("2021-09-17T00:00"), bench.now)
    (one,) = [each for each in found if each.campaign.name == ISSUE]
    assert [count for _, count in one.going.waves] == [1, 1, 1, 1]
    assert one.going.waves[0][0] == utc("2021-09-16T00:30")


def test_set_on_the_day_itself_it_goes_to_the_east_on_the_next(bench):
    in_zones(bench, ZONES)
    with_keys(bench, "zone: reader")
    bench.at("2021-09-16T09:00")
    bench.schedule()
    assert bench.beat() == [ISSUE]
    with bench.office.database.read() as connection:
        waves = waves_of(connection, bench.campaign(ISSUE).id)
    assert waves[-1] == (utc("2021-09-17T00:30"), 1)
    assert waves[0] == (utc("2021-09-16T07:30"), 1)


def test_lateness_is_counted_from_the_offices_hour(bench):
    in_zones(bench, ZONES)
    with_keys(bench, "zone: reader")
    bench.schedule()
    bench.at("2021-09-16T15:31")
    assert bench.launch() == [(ISSUE, "missed", 0)]


def test_who_sleeps_is_not_woken_by_a_second_attempt(bench):
    """Each reader's own hours hold for retries too: New York closes at 10:00, and the rest goes on the next day."""
    in_zones(bench, {"ada@example.org": "America/New_York", "ben@example.org": "Europe/Brussels"})
    with_keys(bench, "zone: reader", "window: 09:00-10:00")
    bench.schedule()
    bench.transport.answers["ada@example.org"] = Outcome.LATER
    bench.beat("2021-09-16T09:30")
    assert bench.sent() == ["ben@example.org"]
    bench.clock.set(utc("2021-09-16T09:55", "America/New_York"))
    bench.deliver()
    bench.transport.answers.clear()
    bench.clock.set(utc("2021-09-16T12:00", "America/New_York"))
    bench.deliver()
    assert bench.sent() == ["ben@example.org"]
    bench.clock.set(utc("2021-09-17T09:00", "America/New_York"))
    bench.deliver()
    assert bench.sent() == ["ben@example.org", "ada@example.org"]


def test_a_closed_window_leaves_no_worker_busy(bench):
    bench.enrol(*PEOPLE)
    with_keys(bench, "window: 10:00-18:00")
    bench.schedule()
    bench.beat("2021-09-16T09:30")
    assert not bench.transport.accepted
    with bench.office.database.write() as connection:
        end_lease(connection, bench.office.worker)


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        (["window: 09:00-18:00", "quiet: 08:00-19:00"], "never open"),
        (["zone: Europe/Brusels"], "is not the name of a time zone"),
        (["window: nine to five"], "is not a span of hours"),
        (["days: [Mondax]"], "is not a day of the week"),
    ],
)
def test_hours_that_cannot_be_are_refused_and_nothing_is_planned(bench, keys, complaint):
    with_keys(bench, *keys)
    with pytest.raises(ContentRefused, match=complaint):
        bench.schedule()
    assert bench.campaign(ISSUE) is None
