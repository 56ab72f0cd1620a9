"""The daemon's jobs: each may fail and comes again, and tells its trouble once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from dns_server import dns_server

from newsletter.core.destination_groups import GROUPS
from newsletter.core.refusal import ContentRefused
from newsletter.core.wallclock import parse_local, to_instant
from newsletter.daemon import Daemon
from newsletter.flows.approve import approve_campaign, create_campaign, schedule_campaign
from newsletter.flows.housekeeping import HOUSEKEEPING
from newsletter.flows.import_people import import_people
from newsletter.flows.issues import read_issue
from newsletter.settings import SmtpTransport
from newsletter.sources.dns import Dns
from newsletter.store.occurrences import last_beats
from newsletter.transports.memory import MemoryTransport

ISSUE = "september-2021"


@pytest.fixture
def log():
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def daemon(office):
    transport = MemoryTransport()
    return Daemon(replace(office, open_transport=lambda: transport))


def _schedule(office, clock):
    create_campaign(office, read_issue(office, ISSUE), clock.now)
    approve_campaign(office, ISSUE, "officer", clock.now)
    at = parse_local("2021-09-16T09:30")
    schedule_campaign(office, ISSUE, at, "Europe/Brussels", clock.now)
    clock.set(to_instant(at, "Europe/Brussels"))


def test_a_wrong_file_does_not_stop_the_clock_and_is_told_once(daemon, workspace, log):
    path = workspace / "articles" / "sse-global-action" / "en.md"
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("alt:", "alternative:"), encoding="utf-8")
    job = daemon.guarded(daemon.look_at_files)
    job()
    job()
    assert [line["event"] for line in log] == ["refused"]
    assert "articles/sse-global-action/en.md" in log[0]["reason"]
    path.write_text(good, encoding="utf-8")
    job()
    assert [line["event"] for line in log[1:]] == ["deadline", "deadline"]


def test_a_fault_of_the_program_is_logged_and_the_job_comes_again(daemon, log):
    def broken():
        raise ZeroDivisionError

    daemon.guarded(broken)()
    assert [(line["event"], line["job"]) for line in log] == [("job failed", "broken")]


def test_a_launch_to_nobody_is_no_miss(daemon, clock, log):
    _schedule(daemon.office, clock)
    daemon.launch()
    daemon.deliver()
    assert [(line["event"], line["campaign"]) for line in log] == [("launched", ISSUE), ("finished", ISSUE)]


def test_a_mail_that_cannot_be_made_is_told_once(daemon, clock, workspace, log):
    _schedule(daemon.office, clock)
    path = workspace / "subscribers" / "segments.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("september-letter:", "autumn-letter:"), encoding="utf-8")
    daemon.launch()
    daemon.launch()
    assert [line["event"] for line in log] == ["refused"]
    path.write_text(text, encoding="utf-8")
    daemon.launch()
    assert log[-1]["event"] == "launched"


def test_a_beat_is_written_for_the_doctor(daemon, clock):
    daemon.beat()
    with daemon.office.database.read() as connection:
        assert last_beats(connection) == {daemon.office.worker: clock.now}


def test_refusals_of_a_job_do_not_leave_it(daemon):
    def refused():
        raise ContentRefused.because("Not today.")

    daemon.guarded(refused)()


def test_a_transport_that_is_down_is_told_once_and_left_alone_for_a_growing_while(
    office, clock, log, workspace
):
    transport = MemoryTransport(down=True)
    daemon = Daemon(replace(office, open_transport=lambda: transport))
    import_people(office, workspace / "subscribers" / "sample.csv", clock.now)
    _schedule(office, clock)
    daemon.launch()
    daemon.deliver()
    transport.down = False
    clock.set(clock.now + timedelta(seconds=1))
    daemon.deliver()
    assert transport.accepted == []
    clock.set(clock.now + timedelta(seconds=1))
    daemon.deliver()
    assert len(transport.accepted) == 122
    assert [line["event"] for line in log] == [
        "launched", "refused", "delivered", "finished", "transport trouble is over",
    ]  # fmt: skip


def test_dns_that_is_away_is_told_once_and_does_not_stop_the_clock(daemon, clock, workspace, log):
    with dns_server() as script:
        script.failing["*"] = "SERVFAIL"
        office = daemon.office
        import_people(office, workspace / "subscribers" / "sample.csv", office.clock())
        smtp = SmtpTransport(kind="smtp", host="127.0.0.1")
        daemon.office = replace(
            office,
            settings=office.settings.model_copy(update={"transport": smtp}),
            groups=GROUPS,
            dns=Dns(script.nameservers, timedelta(seconds=1)),
        )
        chore = next(chore for chore in HOUSEKEEPING if chore.name == "providers")
        daemon.do(chore)
        clock.set(clock.now + chore.every)
        daemon.do(chore)
        assert [line["event"] for line in log] == ["refused"]
        script.failing.clear()
        clock.set(clock.now + chore.every)
        daemon.do(chore)
        assert (log[-1]["event"], log[-1]["chore"]) == ("chore done", "providers")
