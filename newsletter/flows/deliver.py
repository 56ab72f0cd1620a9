"""Working through the ledger: claim, ask the gate, write down, hand over, write down."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind, CampaignState
from newsletter.flows.deadlines import withhold_outdated
from newsletter.flows.fill import Filler
from newsletter.flows.recover import recover
from newsletter.flows.sending_hours import closed_zones, may_go
from newsletter.flows.traffic import Grant, Traffic
from newsletter.flows.window import JournalUnwritable, Window
from newsletter.store import campaigns as campaign_rows
from newsletter.store import ledger, waves
from newsletter.store.journal import Journal
from newsletter.store.leases import end_lease, take_lease
from newsletter.transports.contract import TransportDown

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection
    from newsletter.store.ledger import Claim
    from newsletter.transports.contract import Transport


SHUT = timedelta(seconds=1)
QUICK_SECONDS, SLOW_SECONDS = 0.3, 0.8
LOOK_SECONDS = 0.3
"""So long a worker goes by what it knows of campaigns and lanes before it looks again."""


@dataclass(slots=True)
class DeliveryTally:
    """What one pass over the ledger did, by final state of the rows; `finished` names campaigns that are done."""

    states: Counter[str] = field(default_factory=Counter)
    finished: list[str] = field(default_factory=list)
    paused: dict[str, str] = field(default_factory=dict)
    down: str = ""


def deliver_due(office: Office, stop: Callable[[], bool] = lambda: False) -> DeliveryTally:
    """Hand over everything that is due and that its lane lets go, in fair turns, until nothing is left or `stop` says so.

    Messages in hand are always finished. A transport that cannot be reached leaves the rows ready.
    """
    tally = DeliveryTally()
    transport, now = office.open_transport(), office.clock()
    recover(office, now, resend_is_harmless=transport.resend_is_harmless)
    with office.database.write() as connection:
        withhold_outdated(connection, now)
        ledger.withhold_cancelled(connection, now)
        tally.finished = campaign_rows.finish_campaigns(connection, now)
    a_round = _Round(office, transport, tally, stop)
    if not a_round.turns():  # no connection is opened for nothing
        return tally
    try:
        with transport:
            a_round.run()
    except TransportDown as down:
        tally.down = str(down)
    # Not after any other error: rows may be in hand that could not be settled, and only a lease leads back to them.
    with office.database.write() as connection:
        end_lease(connection, office.worker)
        tally.finished += campaign_rows.finish_campaigns(connection, office.clock())
    return tally


@dataclass(slots=True)
class _Pace:
    """How many rows are handed over at a time: about a second's worth, so that the gate's answer is never older than that.

    A fast way out gets large windows, which cost the ledger little; a slow one gets small ones.
    """

    window: int = 1

    def note(self, seconds: float, most: int) -> None:
        """Learn from the last window."""
        if seconds < QUICK_SECONDS:
            self.window = min(self.window * 2, most)
        elif seconds > SLOW_SECONDS:
            self.window = max(self.window // 2, 1)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A campaign and a lane in which something is due; `digests` are those of its editions as they are now."""

    campaign: Campaign
    lane: str
    digests: dict[str, str]


class _Round:
    """One pass over all campaigns with one open transport and one journal."""

    def __init__(
        self, office: Office, transport: Transport, tally: DeliveryTally, stop: Callable[[], bool]
    ) -> None:
        self.office, self.transport, self.tally, self.stop = office, transport, tally, stop
        self._traffic = Traffic(office)
        self._fillers: dict[int, Filler] = {}
        self._pauses: dict[int, Counter[str]] = {}
        self._served: dict[tuple[int, str], int] = {}
        self._shut: dict[tuple[int, str], datetime] = {}
        self._known: list[_Turn] = []
        self._looked = -LOOK_SECONDS
        self._pace = _Pace()
        self._zones: list[str] = []

    def run(self) -> None:
        """Window by window, so that a short mail never waits behind a long list."""
        try:
            journal = Journal(self.office.journals, self.office.worker)
        except OSError as error:
            raise JournalUnwritable.told_by(error) from error
        with journal:
            while not self.stop():
                turns = self.turns()
                if not turns:
                    return
                self._take(min(turns, key=self._order), journal)

    def turns(self) -> list[_Turn]:
        """Where something is due that may go now. Looked at several times a second: a confirmation may have come, or a pause."""
        if not self._known or time.monotonic() - self._looked >= LOOK_SECONDS:
            self._known, self._looked = self._look(), time.monotonic()
        return self._known

    def _look(self) -> list[_Turn]:
        now = self.office.clock()
        with self.office.database.read() as connection:
            due = [each for each in ledger.due_turns(connection, now) if not self._is_shut(each, now)]
            if not due:
                return []
            lanes = self._traffic.open_lanes(connection, now)
            sending = {
                one.id: one for one in campaign_rows.list_campaigns(connection, (CampaignState.SENDING,))
            }
            digests = campaign_rows.edition_digests(connection, list(sending))
        opened = {one for one, campaign in sending.items() if may_go(self.office, campaign, now)}
        going = [each for each in due if each[1] in lanes and each[0] in opened]
        return [_Turn(sending[one], lane, digests.get(one, {})) for one, lane in going]

    def _is_shut(self, key: tuple[int, str], now: datetime) -> bool:
        """Whether there was nothing to be had there a moment ago; a pass may be long, and there may be more by now."""
        return key in self._shut and now < self._shut[key]

    def _order(self, turn: _Turn) -> tuple[bool, int]:
        """Somebody waits for a confirmation before a screen; of all others the one that has waited longest."""
        return turn.campaign.kind is not CampaignKind.SYSTEM, self._served.get(
            (turn.campaign.id, turn.lane), 0
        )

    def _take(self, turn: _Turn, journal: Journal) -> None:
        """One window of a campaign and a lane."""
        key = turn.campaign.id, turn.lane
        self._served[key] = max(self._served.values(), default=0) + 1
        filler = self._filler(turn)
        began, until = time.monotonic(), self.office.clock() + self.office.settings.delivery.lease
        grant, claim = self._claim(turn, until)
        self.tally.states["withheld"] += claim.withheld
        if not claim.found:  # the lane is used up, or other workers have it all
            self._shut[key] = self.office.clock() + SHUT
        if claim.found < self._pace.window:
            self._known = []  # look again
        if not claim.found:
            return
        window = Window(
            self.office,
            turn.campaign,
            turn.lane,
            claim.rows,
            journal,
            until=until,
            stop=self.stop,
            pauses=self._pauses.setdefault(turn.campaign.id, Counter()),
        )
        try:
            window.hand_over(self.transport, filler, self._traffic, grant.connections)
        finally:
            self.tally.states.update(window.states)
            self.tally.paused.update(window.paused)
        if window.answers.lanes or window.answers.why:
            self._known = []  # what was heard changes where anything may go
        self._pace.note(time.monotonic() - began, self.office.settings.delivery.batch)

    def _claim(self, turn: _Turn, until: datetime) -> tuple[Grant, Claim]:
        """Rows of this turn, made `handing`, as many as the lane lets go, with the lease that holds them."""
        office, now = self.office, self.office.clock()
        if not may_go(office, turn.campaign, now):  # it has closed since the last look
            return Grant(0), ledger.Claim()
        with office.database.write() as connection:
            grant = self._traffic.grant(connection, turn.lane, now, self._pace.window)
            if not grant.messages:
                return grant, ledger.Claim()
            take_lease(connection, office.worker, until, lane=turn.lane, connections=self._connections(grant))
            closed = self._closed_zones(connection, turn, now, grant.messages)
            claim = ledger.claim_batch(
                connection, turn.campaign, turn.lane, office.worker, now, grant.messages, closed
            )
            self._traffic.spend(connection, turn.lane, len(claim.rows), now)
        return grant, claim

    def _closed_zones(self, connection: Connection, turn: _Turn, now: datetime, limit: int) -> set[str]:
        """For a campaign that goes by each reader's clock: who sleeps waits, and is not looked at again before."""
        if not turn.campaign.timing.each_reader:
            return set()
        if not self._zones:
            self._zones = waves.zones_of_people(connection)
        closed = closed_zones(self.office, turn.campaign, self._zones, now)
        if closed:
            waves.wait_for_opening(connection, turn.campaign.id, turn.lane, closed, now, limit)
        return set(closed)

    def _connections(self, grant: Grant) -> int:
        """How many connections the window will use."""
        most = self.transport.connections
        return most if grant.connections is None else min(most, grant.connections)

    def _filler(self, turn: _Turn) -> Filler:
        """The campaign's filler, loaded again when its editions were compiled again (a deadline in them has moved)."""
        filler = self._fillers.get(turn.campaign.id)
        if filler is None or turn.digests != filler.digests:
            filler = self._fillers[turn.campaign.id] = Filler.load(self.office, turn.campaign)
        return filler
