"""Waking: a job is an invitation. None is lost with a crash that matters, none piles up, and one too many does no harm."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from engine_house import poll

from newsletter.core.refusal import ConfigurationRefused
from newsletter.daemon import Daemon
from newsletter.engine.local import Local
from newsletter.engine.procrastinate import SLOTS, Procrastinate
from newsletter.flows.approve import approve_campaign, create_campaign, schedule_campaign
from newsletter.flows.doctor import examine
from newsletter.flows.import_people import import_people
from newsletter.flows.issues import read_issue
from newsletter.flows.launch import launch_mail
from newsletter.flows.planned import due_mails
from newsletter.flows.tick import note_worker_alive, waiting_campaigns
from newsletter.store.campaigns import find_campaign
from newsletter.wiring import open_engine, prepare_engine

ISSUE = "september-2021"


def jobs(office):
    with office.database.driver_transaction() as connection:
        return connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()[0]


@contextmanager
def at_work(engine):
    stop = threading.Event()
    thread = threading.Thread(target=engine.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def schedule(office):
    """The issue, due now, for the people of the sample."""
    import_people(office, office.settings.workspace / "subscribers" / "sample.csv", office.clock())
    now = office.clock()
    create_campaign(office, read_issue(office, ISSUE), now)
    approve_campaign(office, ISSUE, "officer", now)
    at = datetime.now(UTC) + timedelta(minutes=1)
    schedule_campaign(office, ISSUE, at.replace(tzinfo=None), "UTC", now)
    return replace(office, clock=lambda: datetime.now(UTC) + timedelta(minutes=2))


def test_waking_the_local_engine_is_harmless_and_it_looks_at_once():
    passes = []
    engine = Local(lambda _stop: passes.append(1))
    with at_work(engine):
        for count in range(2, 6):
            engine.wake(ISSUE)
            poll(lambda count=count: len(passes) >= count, "a look")


def test_a_wake_when_nothing_is_due_is_taken_and_forgotten(machines):
    daemon = Daemon(machines)
    passes = []

    def work(stop):
        passes.append(1)
        daemon.worker.work(stop)

    engine = open_engine(machines, work)
    for _ in range(3):
        engine.wake(ISSUE)
    assert jobs(machines) == SLOTS
    with at_work(engine):
        poll(lambda: jobs(machines) == 0, "the jobs to be taken")
    assert len(passes) == SLOTS


def test_jobs_stand_in_line_once_for_each_campaign_and_slot(machines):
    engine = open_engine(machines, lambda _stop: None)
    for campaign in ("one", "two", "one"):
        engine.wake(campaign)
    assert jobs(machines) == 2 * SLOTS


def test_a_wake_belongs_to_the_transaction_that_it_is_told(machines):
    engine = open_engine(machines, lambda _stop: None)

    def fail():
        with machines.database.driver_transaction() as connection:
            engine.wake(ISSUE, connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert jobs(machines) == 0
    engine.wake("another")
    with machines.database.driver_transaction() as connection:
        engine.wake("another", connection)  # these wait already, and do not spoil the transaction
        engine.wake(ISSUE, connection)
    assert jobs(machines) == 2 * SLOTS


def test_a_launch_puts_its_jobs_in_line_or_does_not_happen(machines):
    office = schedule(machines)
    engine = open_engine(office, lambda _stop: None)
    Daemon(office, engine).launch()
    assert jobs(office) == SLOTS
    with office.database.read() as connection:
        assert find_campaign(connection, ISSUE).state == "sending"


def test_a_launch_whose_wake_fails_leaves_nothing_behind(machines):
    office = schedule(machines)

    def broken(_campaign, _connection):
        raise ZeroDivisionError

    from_now = office.clock()
    (mail,) = [mail for mail in due_mails(office, from_now) if mail.campaign.name == ISSUE]
    with pytest.raises(ZeroDivisionError):
        launch_mail(office, mail, from_now, broken)
    with office.database.read() as connection:
        assert find_campaign(connection, ISSUE).state == "scheduled"


def test_the_heartbeat_finds_a_campaign_again_whose_jobs_are_lost(machines):
    office = schedule(machines)
    daemon = Daemon(office, open_engine(office, lambda _stop: None))
    daemon.wake()
    assert jobs(office) == 0, "nothing is sent yet"
    daemon.launch()
    with office.database.driver_transaction() as connection:
        connection.execute("DELETE FROM procrastinate_jobs")
    assert waiting_campaigns(office, office.clock()) == [ISSUE]
    daemon.wake()
    assert jobs(office) == SLOTS
    daemon.deliver()
    assert waiting_campaigns(office, office.clock()) == []


def test_a_job_hands_back_after_its_turn_and_stands_in_line_again(machines):
    turns = []

    def endless(over):
        turns.append(1)
        while not over():
            threading.Event().wait(0.005)

    address = machines.settings.database.replace("+psycopg", "")
    engine = Procrastinate(address, machines.database.driver_transaction, endless, turn=0.02)
    engine.wake(ISSUE)
    with at_work(engine):
        poll(lambda: len(turns) > 2 * SLOTS, "more turns than jobs were asked for")


def test_the_doctor_counts_workers_and_misses_them(machines):
    office = schedule(machines)
    engine = open_engine(office, lambda _stop: None)
    Daemon(office, engine).launch()
    now = office.clock()
    findings = examine(office, now)
    assert findings.facts["workers"] == "none is alive"
    assert "no worker runs" in " ".join(problem.what for problem in findings.problems)
    for name in ("ada:1:x", "ada:2:x", "ben:1:x"):
        note_worker_alive(replace(office, worker=name), now)
    findings = examine(office, now)
    assert findings.facts["workers"] == "2 on ada, 1 on ben"
    assert "no worker runs" not in " ".join(problem.what for problem in findings.problems)
    assert findings.facts["scheduler"] == "has never run here"


def test_the_tables_of_the_engine_are_made_once(machines):
    prepare_engine(machines)
    assert machines.database.has_table("procrastinate_jobs")


def test_the_engine_of_many_machines_needs_its_tables(machines):
    with machines.database.driver_transaction() as connection:
        connection.execute("ALTER TABLE procrastinate_jobs RENAME TO gone")
    with pytest.raises(ConfigurationRefused, match="newsletter db upgrade"):
        open_engine(machines, lambda _stop: None)


def test_the_engine_of_many_machines_needs_postgresql(office):
    settings = office.settings.model_copy(
        update={"engine": office.settings.engine.model_copy(update={"kind": "procrastinate"})}
    )
    with pytest.raises(ConfigurationRefused, match="PostgreSQL only"):
        open_engine(replace(office, settings=settings), lambda _stop: None)


def test_the_engine_of_many_machines_needs_one_key_for_all(machines, monkeypatch):
    monkeypatch.delenv("NEWSLETTER_SECRET")
    settings = machines.settings.model_copy(update={"secret": type(machines.settings.secret)("")})
    with pytest.raises(ConfigurationRefused, match="NEWSLETTER_SECRET"):
        open_engine(replace(machines, settings=settings), lambda _stop: None)
