"""Anything may happen in any order, workers die at any moment: nobody is lost, and nobody is mailed twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind, CampaignState
from newsletter.core.consent import ConsentAction
from newsletter.core.delivery import DELIVERY_MOVES, SETTLED, DeliveryState
from newsletter.core.segment.tree import AllOf, Segment
from newsletter.store import ledger, people
from newsletter.store.audience import freeze_audience
from newsletter.store.campaigns import add_campaign, finish_campaigns, get_campaign
from newsletter.store.engine import open_database
from newsletter.store.leases import bury, dead_workers, take_lease
from newsletter.store.tables import deliveries, metadata

START = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
LEASE = timedelta(minutes=2)
READY, HANDING, SENT, FAILED, SKIPPED, UNSURE = DeliveryState
OUTCOMES = st.sampled_from([SENT, SENT, SENT, READY, FAILED, UNSURE])
PEOPLE = 5


class LedgerMachine(RuleBasedStateMachine):
    """Two workers, an officer and readers at one ledger; the sink is what has left the house.

    `accepted` counts what the way out took, row by row. A worker that dies forgets what it has in hand and what it was told.
    """

    harmless = False

    def __init__(self):
        super().__init__()
        self.database = open_database("sqlite://", Path())
        self.now = START
        self.accepted, self.again = Counter(), Counter()
        self.answers = {"one": [], "two": []}
        self.left = set()
        with self.database.write() as connection:
            metadata.create_all(connection)
            self.people = [self.enrol(connection, number) for number in range(PEOPLE)]
            self.campaign = self.launch(connection)
        self.before = self.read()

    def enrol(self, connection, number):
        address = f"reader{number}@example.org"
        row = people.PersonRow(address, address, address, "Ada", "en", "", "", START, "form")
        identity = people.add_person(connection, row)
        people.record_consent(connection, identity, ConsentAction.GRANTED, START, source="form")
        return identity

    def launch(self, connection):
        content = CampaignContent("issue", ("one",))
        draft = Campaign(
            "september", CampaignKind.ISSUE, content, "all", "UTC", LEASE, state=CampaignState.SENDING
        )
        campaign = get_campaign(connection, add_campaign(connection, draft, START))
        freeze_audience(connection, campaign, {"all": Segment("all", AllOf(()))}, ["en"], START)
        return campaign

    def read(self):
        row = deliveries.c
        with self.database.read() as connection:
            query = select(row.id, row.state, row.subscriber_id)
            return {identity: (state, person) for identity, state, person in connection.execute(query)}

    def write(self, statement, *arguments, **more):
        """One statement; every row that it moves is moved along the table of moves."""
        with self.database.write() as connection:
            answer = statement(connection, *arguments, **more)
        after = self.read()
        for row, (state, _) in after.items():
            before = self.before[row][0]
            assert state == before or state in DELIVERY_MOVES[DeliveryState(before)], (
                statement,
                before,
                state,
            )
        self.before = after
        return answer

    def claim(self, worker, limit):
        """The lease and the rows that it holds, in one transaction."""

        def work(connection):
            take_lease(connection, worker, self.now + LEASE)
            return ledger.claim_batch(connection, self.campaign, "", worker, self.now, limit)

        claim = self.write(work)
        assert claim.found <= limit
        return [row.id for row in claim.rows]

    def hand(self, worker, outcomes, limit=PEOPLE):
        """Take rows in hand and hand over as many as there are outcomes; gives both, the latter as it would be written down."""
        rows = self.claim(worker, limit)
        told = []
        for row, outcome in zip(rows, outcomes, strict=False):
            assert self.before[row][1] not in self.left
            if outcome in {SENT, UNSURE}:
                self.accepted[row] += 1
            later = self.now + timedelta(minutes=5) if outcome is READY else None
            told.append(ledger.Settlement(row, outcome, 250, "", later))
        return rows, told

    workers = st.sampled_from(["one", "two"])
    outcome_lists = st.lists(OUTCOMES, min_size=PEOPLE, max_size=PEOPLE)

    @rule(worker=workers, outcomes=outcome_lists, limit=st.integers(1, PEOPLE))
    def hands_over_and_settles(self, worker, outcomes, limit):
        _, told = self.hand(worker, outcomes, limit)
        assert self.write(ledger.settle, worker, told, self.now) == len(told)

    @rule(worker=workers, outcomes=outcome_lists, reached=st.integers(0, PEOPLE))
    def dies_while_handing_over(self, worker, outcomes, reached):
        self.hand(worker, outcomes[:reached])
        self.answers[worker] = []

    @rule(worker=workers, outcomes=outcome_lists)
    def hands_over_and_dawdles(self, worker, outcomes):
        self.answers[worker] += self.hand(worker, outcomes)[1]

    @rule(worker=workers)
    def settles_late(self, worker):
        told, self.answers[worker] = self.answers[worker], []
        assert self.write(ledger.settle, worker, told, self.now) <= len(told)

    @rule(worker=workers, outcomes=outcome_lists, reached=st.integers(0, PEOPLE))
    def loses_the_connection(self, worker, outcomes, reached):
        rows, told = self.hand(worker, outcomes[:reached])
        self.write(ledger.settle, worker, told, self.now)
        self.write(ledger.take_back, worker, sorted(set(rows) - {one.id for one in told}))

    @rule(minutes=st.integers(1, 6))
    def time_goes_by(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule(minutes=st.integers(0, 6))
    def leases_expire(self, minutes=0):
        self.now += timedelta(minutes=minutes)

        def work(connection):
            for worker in dead_workers(connection, self.now):
                assert bury(connection, worker, self.now)
                ledger.let_go(connection, worker, resend_is_harmless=self.harmless)

        self.write(work)

    @rule(worker=workers)
    def is_overtaken(self, worker):
        """It was not dead, only slow: it still believes that the rows are its own."""
        self.leases_expire(2)
        self.dies_while_handing_over("two" if worker == "one" else "one", [], 0)

    @rule(number=st.integers(0, PEOPLE - 1))
    def somebody_leaves(self, number):
        person = self.people[number]
        self.left.add(person)
        self.write(people.record_consent, person, ConsentAction.WITHDRAWN, self.now, source="one-click")

    @precondition(lambda self: any(state == UNSURE for state, _ in self.before.values()))
    @rule(send_again=st.booleans())
    def the_officer_decides(self, send_again):
        rows = [row for row, (state, _) in self.before.items() if state == UNSURE]
        self.write(ledger.decide_unsure, rows, send_again=send_again, now=self.now)
        self.again.update(rows if send_again else [])

    @rule()
    def the_campaign_is_not_finished_too_early(self):
        with self.database.write() as connection:
            finished = finish_campaigns(connection, self.now)
            connection.rollback()
        assert bool(finished) == all(state in SETTLED for state, _ in self.before.values())

    @invariant()
    def nobody_is_mailed_twice(self):
        """Over SMTP only the officer's word repeats a mail; the folder writes the same file again, which is one mail."""
        if not self.harmless:
            assert all(count <= 1 + self.again[row] for row, count in self.accepted.items())

    @invariant()
    def nobody_is_lost(self):
        assert len(self.before) == PEOPLE

    @invariant()
    def what_is_called_sent_has_left_the_house_or_was_in_doubt(self):
        for row, (state, _) in self.before.items():
            if state == SENT and self.harmless:
                assert self.accepted[row] >= 1

    def teardown(self):
        """When the storm is over, a worker that lives and an officer who decides bring every row to its end."""
        try:
            for _ in range(4):
                self.now += timedelta(hours=1)
                self.leases_expire()
                rows = [row for row, (state, _) in self.before.items() if state == UNSURE]
                self.write(ledger.decide_unsure, rows, send_again=False, now=self.now)
                self.hands_over_and_settles("one", [SENT] * PEOPLE, PEOPLE)
            assert all(state in SETTLED for state, _ in self.before.values())
            for row, (state, person) in self.before.items():
                assert state != SKIPPED or person in self.left
                assert state in {FAILED, SENT} or person in self.left, row
        finally:
            self.database.close()


class HarmlessMachine(LedgerMachine):
    """The same, where handing over twice writes the same file."""

    harmless = True


# Without the phase that explains: a failure would take minutes to be told.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
LIMITS = settings(max_examples=80, stateful_step_count=30, deadline=None, phases=PHASES)
TestOverSmtp = LedgerMachine.TestCase
TestOverSmtp.settings = LIMITS
TestIntoAFolder = HarmlessMachine.TestCase
TestIntoAFolder.settings = LIMITS
