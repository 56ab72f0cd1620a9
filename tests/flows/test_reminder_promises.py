"""Whatever happens to deadlines and people: at most one reminder a day, each rung once, nothing after a deadline."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from newsletter.core.campaign import CampaignKind, CampaignState
from newsletter.core.consent import ConsentAction
from newsletter.core.deadline import Deadline, DeadlineMark, DeadlineState
from newsletter.core.delivery import DeliveryState, Withheld
from newsletter.core.lane import OTHERS
from newsletter.core.render import CompiledEmail
from newsletter.core.segment.fields import Fields
from newsletter.core.segment.tree import AllOf, HasTopic, Segment
from newsletter.core.wallclock import to_local
from newsletter.flows import launch, send_off
from newsletter.flows.compose import Edition
from newsletter.flows.deadlines import withhold_outdated
from newsletter.flows.remind import reminder_mails
from newsletter.flows.simulated_clock import SimulatedClock
from newsletter.flows.tick import launch_due
from newsletter.flows.workspace import People
from newsletter.store import ledger, people
from newsletter.store import reminders as reminder_rows
from newsletter.store.campaigns import list_campaigns
from newsletter.store.deadlines import add_deadline, change_deadline, find_deadline
from newsletter.store.engine import open_database
from newsletter.store.leases import take_lease
from newsletter.store.reminder_tables import reminder_parts
from newsletter.store.tables import campaigns, deliveries, metadata
from newsletter.wiring import open_office

START = datetime(2026, 10, 19, 0, 0, tzinfo=UTC)  # in the week before the clocks go back in Brussels
HOUR, DAYS = timedelta(hours=1), 16
END = START + timedelta(days=DAYS + 8)
ZONES = ("Europe/Brussels", "Europe/Lisbon", "Pacific/Auckland", "America/New_York")
SEGMENTS = {
    "everybody": Segment("everybody", AllOf(())),
    "erasmus": Segment("erasmus", HasTopic(("erasmus",))),
}
EXCUSES = {
    Withheld.APPLIED,
    Withheld.STOPPED,
    Withheld.LATER,
    Withheld.CANCELLED,
    Withheld.DEADLINE_PASSED,
}
NAMES = ("ada", "ben", "chiara")
EMPTY = CompiledEmail("en", "", ("",), ("",), ("",))

days = st.integers(0, DAYS - 1)
hours = st.integers(0, 23)
deadline_specs = st.lists(
    st.tuples(
        st.integers(3, DAYS),
        st.integers(8, 20),
        st.sampled_from(ZONES),
        st.sampled_from(sorted(SEGMENTS)),
        st.sets(st.integers(0, 9), min_size=1, max_size=3),
    ),
    min_size=2,
    max_size=4,
)
happenings = st.lists(
    st.tuples(
        days,
        hours,
        st.sampled_from(["applied", "stopped", "later", "join", "move", "cancel", "sleep"]),
        st.integers(0, 3),
        st.integers(0, 2),
        st.integers(1, 6),
    ),
    max_size=8,
)


class World:
    """The launch and the hand-over of an office on a database in memory, hour by hour."""

    def __init__(self, office, specs):
        self.office, self.keys = office, []
        self.asleep_until, self.slept = START, False
        self.joined = {}
        self.marks, self.wishes, self.touched = {}, {}, set()
        self.told, self.reminded = defaultdict(list), Counter()
        with self.office.database.write() as connection:
            for number, (in_days, hour, zone, audience, ladder) in enumerate(specs):
                key = f"call-{number}/closing"
                at = (START.replace(tzinfo=None) + timedelta(days=in_days)).replace(hour=hour)
                rungs = tuple(sorted(ladder, reverse=True))
                add_deadline(connection, Deadline(key, at, zone, "", audience, rungs, planned_at=START))
                self.keys.append(key)
            for name in NAMES[:2]:
                self._enrol(connection, name, ("erasmus",) if name == "ada" else ())

    def _enrol(self, connection, name, topics):
        address = f"{name}@example.org"
        row = people.PersonRow(address, address, name, name, "en", "", "", self.now, "form", topics)
        identity = people.add_person(connection, row)
        people.record_consent(connection, identity, ConsentAction.GRANTED, self.now, source="form")
        self.joined[name] = (identity, self.now, bool(topics))

    @property
    def now(self):
        return self.office.clock()

    def happen(self, what, which, who, amount):
        key = self.keys[which % len(self.keys)]
        name = NAMES[who]
        with self.office.database.write() as connection:
            deadline = find_deadline(connection, key)
            if what == "sleep":
                self.slept = True
                self.asleep_until = self.now + timedelta(hours=amount * 3)
            elif what == "join":
                if name not in self.joined:
                    self._enrol(connection, name, ("erasmus",))
            elif what == "move" and deadline.state is DeadlineState.OPEN and deadline.instant > self.now:
                at = deadline.at + timedelta(days=amount - 3, hours=1)
                moved = replace(
                    deadline,
                    at=at,
                    former_at=deadline.at,
                    sequence=deadline.sequence + 1,
                    planned_at=self.now,
                )
                if moved.instant > self.now:
                    assert change_deadline(connection, moved, deadline.sequence)
                    self.touched.add(key)
            elif what == "cancel" and deadline.state is DeadlineState.OPEN:
                gone = replace(deadline, state=DeadlineState.CANCELLED, sequence=deadline.sequence + 1)
                assert change_deadline(connection, gone, deadline.sequence)
                self.touched.add(key)
            elif name in self.joined:
                self._mark(connection, what, key, self.joined[name][0], amount)

    def is_excused(self, row):
        """Somebody said something of this deadline, or it moved, was called off or slept over, or there is no time left."""
        with self.office.database.read() as connection:
            deadline = find_deadline(connection, row.deadline)
        changed = row.deadline in self.touched or (row.subscriber_id, row.deadline) in self.wishes
        ended = (row.subscriber_id, row.deadline) in self.marks
        return changed or ended or self.slept or deadline.instant - row.launched_at < timedelta(days=2)

    def _mark(self, connection, what, key, identity, amount):
        if what == "later":
            until = self.now.replace(hour=8, minute=0) + timedelta(days=amount)
            reminder_rows.put_off(connection, key, identity, until, self.now)
            self.wishes[identity, key] = until
        elif what in {"applied", "stopped"}:
            people.mark_deadline(connection, key, identity, DeadlineMark(what), self.now)
            self.marks.setdefault((identity, key), self.now)

    def next_moment(self, happening):
        """When something is due next, or happens; nobody is there while the office sleeps."""
        planned = [
            mail.occurrence.instant
            for mail in reminder_mails(self.office, self.now, END)
            if mail.occurrence.instant > self.now
        ]
        return max(min([*planned, happening]), min(self.asleep_until, happening))

    def work(self):
        """One beat: what is due is launched, and what is ready handed over."""
        if self.now < self.asleep_until:
            return
        _, refusals = launch_due(self.office, self.now)
        assert not refusals
        with self.office.database.write() as connection:
            take_lease(connection, "w", self.now + HOUR)
            withhold_outdated(connection, self.now)
            for campaign in list_campaigns(connection, (CampaignState.SENDING,)):
                self._hand_over(connection, campaign)

    def _hand_over(self, connection, campaign):
        rows = ledger.claim_batch(connection, campaign, OTHERS, "w", self.now, 100).rows
        sent = [ledger.Settlement(row.id, DeliveryState.SENT) for row in rows]
        ledger.settle(connection, "w", sent, self.now)
        ids = [row.subscriber_id for row in rows]
        shown = reminder_rows.told_deadlines(connection, campaign.id, ids) if campaign.is_merged else {}
        for person in ids:
            for key in shown.get(person, {campaign.deadline}):
                self._check(connection, person, key, campaign)
            if campaign.kind is CampaignKind.REMINDER:
                self.reminded[person, to_local(self.now, "Europe/Brussels").date()] += 1

    def _check(self, connection, person, key, campaign):
        deadline = find_deadline(connection, key)
        assert deadline.instant > self.now, "told after the deadline"
        assert (person, key) not in self.marks, "told although they had said the last word"
        if campaign.kind is CampaignKind.REMINDER:
            assert deadline.state is DeadlineState.OPEN
            until = self.wishes.get((person, key), self.now)
            assert not self.now < until < deadline.instant, "told although they had asked for later"
            self.told[person, key].append(self.now)

    def rungs(self):
        """Every rung that was launched, with what became of each person's reminder."""
        with self.office.database.read() as connection:
            rows = connection.execute(
                select(
                    campaigns.c.id,
                    campaigns.c.name,
                    campaigns.c.deadline,
                    campaigns.c.rung,
                    campaigns.c.sequence,
                    campaigns.c.launched_at,
                    deliveries.c.subscriber_id,
                    deliveries.c.state,
                    deliveries.c.withheld,
                )
                .join(deliveries, deliveries.c.campaign_id == campaigns.c.id)
                .where(campaigns.c.kind == CampaignKind.REMINDER, campaigns.c.deadline != "")
            ).all()
            parts = connection.execute(
                select(reminder_parts, deliveries.c.state.label("state")).join(
                    deliveries,
                    (deliveries.c.campaign_id == reminder_parts.c.campaign_id)
                    & (deliveries.c.subscriber_id == reminder_parts.c.subscriber_id),
                )
            ).all()
        return rows, parts


@pytest.fixture(scope="module")
def empty_office(starter):
    opened = open_office(
        starter, SimulatedClock(START), {"secret": "a key for tests", "database": "sqlite:///:memory:"}
    )
    yield opened
    opened.database.close()


@pytest.fixture
def _no_words(monkeypatch):
    """Which words a mail has is tested elsewhere."""
    for module in (launch, send_off):
        monkeypatch.setattr(
            module, "made", lambda _office, campaign, _now: (campaign, {"en": Edition(EMPTY)})
        )
    monkeypatch.setattr(send_off, "read_people", lambda _: People(Fields({}, {}), SEGMENTS))


@pytest.mark.usefixtures("_no_words")
@given(specs=deadline_specs, what=happenings)
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
def test_at_most_one_reminder_a_day_each_rung_once_and_nothing_after_the_deadline(empty_office, specs, what):
    database = open_database("sqlite://", Path())
    try:
        with database.write() as connection:
            metadata.create_all(connection)
        world = World(replace(empty_office, database=database, clock=SimulatedClock(START)), specs)
        play(world, sorted(what))
        assert max(world.reminded.values(), default=0) <= 1
        everybody_was_told(world)
    finally:
        database.close()


def play(world, what):
    moments = [(START + timedelta(days=day, hours=hour), rest) for day, hour, *rest in what]
    for at, happening in [*moments, (END, None)]:
        while (moment := world.next_moment(at)) < at:
            world.office.clock.set(moment)
            world.work()
        world.office.clock.set(at)
        if happening:
            world.happen(*happening)
        world.work()


def everybody_was_told(world):
    rows, parts = world.rungs()
    told = Counter()
    for row in rows:
        key = row.subscriber_id, row.deadline, row.rung, row.sequence
        shown = [
            part for part in parts if (part.subscriber_id, part.deadline, part.rung, part.sequence) == key
        ]
        if row.state == DeliveryState.SENT:
            told[row.name, row.subscriber_id] += 1
            assert not shown
        elif row.withheld == Withheld.MERGED:
            (part,) = shown
            assert part.withheld is not None or part.state == DeliveryState.SENT
        elif row.withheld == Withheld.ONE_A_DAY:
            later = [at for at in world.told[row.subscriber_id, row.deadline] if at > row.launched_at]
            assert later or world.is_excused(row), row
        else:
            assert row.withheld in EXCUSES, row
    assert set(told.values()) <= {1}
