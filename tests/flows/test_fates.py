"""Daemons are killed and started again at random, over a real store and a simulated clock: each occurrence has one fate."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from newsletter.core.refusal import Refusal
from newsletter.daemon import Daemon
from newsletter.flows import send_off
from newsletter.flows.deliver import deliver_due
from newsletter.flows.missed import list_missed, send_missed, skip_missed
from newsletter.flows.planned import planned_mails
from newsletter.flows.simulated_clock import SimulatedClock
from newsletter.store.tables import campaigns, deliveries, occurrences
from newsletter.transports.memory import MemoryTransport
from newsletter.wiring import open_office

START, END = datetime(2021, 9, 15, 6, tzinfo=UTC), datetime(2021, 12, 1, tzinfo=UTC)


class KilledError(Exception):
    """The process is gone, in the middle of a transaction."""


class Deadly:
    """An engine whose process dies while it is told of work, when it is to."""

    name, looks_by_itself = "deadly", True

    def __init__(self, *, deadly):
        self.deadly = deadly

    def wake(self, _campaign, _connection=None):
        if self.deadly:
            raise KilledError

    def run(self, _stop):
        raise NotImplementedError


@pytest.fixture
def stage(bench, monkeypatch):
    """A house to start from: three people, an issue, two ladders. Mails are compiled once, as that is not what is tested."""
    bench.enrol("ada@example.org", "ben@example.org", "chiara@example.org")
    bench.sync()
    bench.schedule()
    bench.office.database.close()
    compiled, compose = {}, send_off.compose_editions

    def once(desk, campaign):
        key = campaign.name, campaign.rung
        if key not in compiled:
            compiled[key] = compose(desk, campaign)
        return compiled[key]

    monkeypatch.setattr(send_off, "compose_editions", once)
    return bench.workspace


class World:
    """Two daemons that come and go, two officers, one worker."""

    def __init__(self, workspace):
        self.clock = SimulatedClock(START)
        self.transport = MemoryTransport()
        office = open_office(workspace, self.clock, {"secret": "a key for tests"})
        self.office = replace(office, open_transport=lambda: self.transport)
        self.daemons = {}

    def do(self, what, who, how_much):
        getattr(self, what)(who, how_much)

    def wait(self, _who, hours):
        self.clock.set(min(self.clock.now + timedelta(hours=hours), END))

    def tick(self, who, _how_much):
        daemon = self.daemons.get(who)
        if daemon is None:
            daemon = self.daemons[who] = Daemon(replace(self.office, worker=f"daemon {who}"))
        daemon.engine = Deadly(deadly=False)
        daemon.beat()
        daemon.launch()

    def die(self, who, _how_much):
        daemon = self.daemons.pop(who, None) or Daemon(replace(self.office, worker=f"daemon {who}"))
        daemon.engine = Deadly(deadly=True)
        with suppress(KilledError):
            daemon.launch()

    def press(self, who, how_much):
        """An officer sends or skips the first that was missed; now and then the command is killed."""
        missed = list_missed(self.office, self.clock.now)
        for one in missed[:1]:
            with suppress(KilledError, Refusal):
                if how_much % 3 == 0:
                    skip_missed(self.office, one.campaign.name, f"officer {who}", self.clock.now)
                else:
                    wake = Deadly(deadly=how_much % 3 == 1).wake
                    send_missed(self.office, one.campaign.name, f"officer {who}", self.clock.now, wake)

    def deliver(self, _who, _how_much):
        deliver_due(self.office)

    def end(self):
        self.clock.set(END)
        self.tick(0, 0)
        self.deliver(0, 0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["wait", "wait", "wait", "tick", "tick", "die", "press", "deliver"]),
        st.integers(0, 1),
        st.integers(1, 200),
    ),
    max_size=40,
)


@given(steps=STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_each_occurrence_is_launched_or_missed_once_and_a_missed_one_sent_at_most_once(
    stage, tmp_path, steps
):
    scene = tmp_path / "scene"
    shutil.rmtree(scene, ignore_errors=True)
    shutil.copytree(stage, scene)
    world = World(scene)
    try:
        for step in steps:
            world.do(*step)
        world.end()
        _hold(world)
    finally:
        world.office.database.close()


def _hold(world):
    planned = {mail.occurrence.schedule: mail for mail in planned_mails(world.office, END, END)}
    with world.office.database.read() as connection:
        fates = connection.execute(select(occurrences)).all()
        names = {
            row.id: row
            for row in connection.execute(select(campaigns.c.id, campaigns.c.name, campaigns.c.state))
        }
        count = select(deliveries.c.campaign_id, func.count()).group_by(deliveries.c.campaign_id)
        ledger = dict(map(tuple, connection.execute(count)))
        handed = connection.execute(select(deliveries.c.campaign_id, deliveries.c.handed_at)).all()
    # The issue has no plan any more once it was launched or missed.
    assert {fate.schedule for fate in fates} == planned.keys() | {"campaign:september-2021"}
    assert len(fates) == len({fate.schedule for fate in fates}) == 7
    for fate in fates:
        late = fate.claimed_at - fate.instant
        went = fate.state == "launched" or fate.decision == "sent"
        assert late >= timedelta(0), "too early"
        assert (ledger.get(fate.campaign_id, 0) == 3) is went, fate
        assert fate.decision is None or fate.state == "missed"
        assert (names[fate.campaign_id].state == "missed") is (
            fate.state == "missed" and fate.decision is None
        )
        mail = planned.get(fate.schedule)
        if mail is not None and fate.state == "launched":
            assert late <= mail.occurrence.lateness
            assert fate.claimed_at < mail.campaign.not_after
    closes = {
        names[f.campaign_id].name: planned[f.schedule].campaign.not_after
        for f in fates
        if f.schedule in planned
    }
    for campaign, at in handed:
        assert at is None or at < closes.get(names[campaign].name, END)
    sent = [(one.recipient, _campaign(one.content)) for one in world.transport.accepted]
    assert len(sent) == len(set(sent)), "somebody got a mail twice"


def _campaign(content):
    return next(line for line in content.split(b"\r\n") if line.startswith(b"X-Campaign: "))
