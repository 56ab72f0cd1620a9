"""Working through the ledger: claim, ask the gate, write down, hand over, write down."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignState
from newsletter.core.delivery import DeliveryState
from newsletter.core.refusal import Refusal
from newsletter.flows.answers import Answers
from newsletter.flows.deadlines import withhold_outdated
from newsletter.flows.fill import Filler
from newsletter.flows.recover import recover
from newsletter.store import campaigns as campaign_rows
from newsletter.store import ledger
from newsletter.store import people as people_rows
from newsletter.store.journal import Journal
from newsletter.store.ledger import Settlement
from newsletter.transports.contract import Outcome, Receipt, Stage, TransportDown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection
    from newsletter.store.ledger import ClaimedRow
    from newsletter.transports.contract import Transport
    from newsletter.transports.outgoing import Outgoing


QUICK_SECONDS, SLOW_SECONDS = 0.3, 0.8


@dataclass(slots=True)
class DeliveryTally:
    """What one pass over the ledger did, by final state of the rows; `finished` names campaigns that are done."""

    states: Counter[str] = field(default_factory=Counter)
    finished: list[str] = field(default_factory=list)
    paused: dict[str, str] = field(default_factory=dict)
    down: str = ""


def deliver_due(office: Office, stop: Callable[[], bool] = lambda: False) -> DeliveryTally:
    """Hand over everything that is due, campaign by campaign in fair turns, until nothing is left or `stop` says so.

    Messages in hand are always finished. A transport that cannot be reached leaves the rows ready.
    """
    tally = DeliveryTally()
    transport, now = office.open_transport(), office.clock()
    recover(office, now, resend_is_harmless=transport.resend_is_harmless)
    with office.database.write() as connection:
        withhold_outdated(connection, now)
        due = ledger.anything_due(connection, now)
        tally.finished = campaign_rows.finish_campaigns(connection, now)
    if not due:  # no connection is opened for nothing
        return tally
    try:
        with transport:
            _Round(office, transport, tally, stop).run()
    except TransportDown as down:
        tally.down = str(down)
    finally:
        with office.database.write() as connection:
            ledger.give_back(connection, office.worker)
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


class _Round:
    """One pass over all campaigns with one open transport and one journal."""

    def __init__(
        self, office: Office, transport: Transport, tally: DeliveryTally, stop: Callable[[], bool]
    ) -> None:
        self.office, self.transport, self.tally, self.stop = office, transport, tally, stop
        self._fillers: dict[int, Filler] = {}
        self._pauses: dict[int, Counter[str]] = {}
        self._pace = _Pace()

    def run(self) -> None:
        """One batch of each campaign after the other, so that a short mail never waits behind a long list."""
        journal = Journal(self.office.journals, self.office.worker)
        try:
            while not self.stop():
                turns = [self._turn(campaign, journal) for campaign in self._sending()]
                if not any(turns):
                    return
        finally:
            journal.close()

    def _sending(self) -> list[Campaign]:
        with self.office.database.read() as connection:
            return campaign_rows.list_campaigns(connection, (CampaignState.SENDING,))

    def _turn(self, campaign: Campaign, journal: Journal) -> bool:
        """One campaign's turn; True if there was anything to do."""
        office, settings, now = self.office, self.office.settings.delivery, self.office.clock()
        lease_until = now + settings.lease
        with office.database.write() as connection:
            rows = ledger.claim_batch(
                connection, campaign.id, office.worker, now, lease_until, settings.batch
            )
        if not rows:
            return False
        while rows and not self.stop() and (filler := self._filler(campaign)) is not None:
            window, rows = rows[: self._pace.window], rows[self._pace.window :]
            started = time.monotonic()
            batch = _Batch(office, campaign, window, journal, self.stop)
            # What speaks for a pause adds up over the windows of a pass, however small they are.
            batch.answers.pauses = self._pauses.setdefault(campaign.id, Counter())
            batch.hand_over(self.transport, filler)
            self._pace.note(time.monotonic() - started, settings.batch)
            self.tally.states.update(batch.states)
            self.tally.paused.update(batch.paused)
        return True

    def _filler(self, campaign: Campaign) -> Filler | None:
        """The campaign's filler, loaded again when its editions were compiled again (a deadline in them has moved).

        None when the campaign is not being sent any more.
        """
        filler = self._fillers.get(campaign.id)
        with self.office.database.read() as connection:
            now = campaign_rows.get_campaign(connection, campaign.id)
            if now is None or now.state is not CampaignState.SENDING:
                return None
            digests = campaign_rows.edition_digests(connection, campaign.id)
        if filler is None or digests != filler.digests:
            filler = self._fillers[campaign.id] = Filler.load(self.office, campaign)
        return filler


class _Batch:
    """Rows of one campaign on their way: the `Watch` of the transport."""

    def __init__(
        self,
        office: Office,
        campaign: Campaign,
        rows: Sequence[ClaimedRow],
        journal: Journal,
        stop: Callable[[], bool],
    ) -> None:
        self.office, self.campaign, self.journal, self.stop = office, campaign, journal, stop
        self.rows = {row.id: row for row in rows}
        self.answers = Answers(campaign)
        self.states: Counter[str] = Counter()
        self.paused: dict[str, str] = {}
        self._begun: set[int] = set()
        self._looked = office.clock()

    def hand_over(self, transport: Transport, filler: Filler) -> None:
        """Ask the gate, write down, hand over, and write down what was answered, whatever happens."""
        office, now = self.office, self.office.clock()
        messages = filler.messages(list(self.rows.values()), now)
        with office.database.write() as connection:
            lease_until = now + office.settings.delivery.lease
            granted = ledger.hand_over(
                connection, self.campaign, list(self.rows), office.worker, now, lease_until
            )
        self.states["withheld"] += len(self.rows) - len(granted)
        try:
            transport.send_many(self._sendable(messages, granted), self)
        finally:
            self._settle(granted)

    def _sendable(self, messages: dict[int, Outgoing | Refusal], granted: set[int]) -> list[Outgoing]:
        """What can be handed over; a message that could not be made is set aside and does not hold up the others."""
        sendable = []
        for identity, message in messages.items():
            if identity not in granted:
                continue
            if isinstance(message, Refusal):
                self._begun.add(identity)
                self.answers.settled.append(Settlement(identity, DeliveryState.FAILED, None, str(message)))
            else:
                sendable.append(message)
        return sendable

    def on_wire(self, message: Outgoing) -> None:
        """From now on it may be accepted."""
        identity = _row_of(message)
        self._begun.add(identity)
        self.journal.begin(identity)

    def answered(self, receipts: Sequence[tuple[Outgoing, Receipt]]) -> None:
        """Write down in the journal first what was answered."""
        now, settled = self.office.clock(), []
        for message, receipt in receipts:
            identity = _row_of(message)
            if receipt.outcome is Outcome.LATER and receipt.stage is Stage.CONNECT:
                self._begun.discard(identity)  # nobody heard it: it stays as it was
                continue
            self._begun.add(identity)
            jitter = random.random()  # noqa: S311 - it only spreads retries
            settled.append(self.answers.take(self.rows[identity], receipt, now, jitter))
        if settled:
            self.journal.answer(settled)

    def halted(self) -> bool:
        """Whether to begin nothing new: the daemon stops, or the officer has paused or cancelled the campaign."""
        if self.stop() or self.answers.why:
            return True
        office, now = self.office, self.office.clock()
        if (now - self._looked).total_seconds() < 1:
            return False
        self._looked = now
        with office.database.write() as connection:
            ledger.renew_leases(connection, office.worker, now, now + office.settings.delivery.lease)
            campaign = campaign_rows.get_campaign(connection, self.campaign.id)
        return campaign is None or campaign.state is not CampaignState.SENDING

    def _settle(self, granted: set[int]) -> None:
        office, now = self.office, self.office.clock()
        with office.database.write() as connection:
            ledger.settle(connection, office.worker, self.answers.settled, now)
            ledger.take_back(connection, office.worker, sorted(granted - self._begun))
            self._follow(connection, now)
        self.journal.clear()
        self.states.update(done.state.value for done in self.answers.settled)

    def _follow(self, connection: Connection, now: datetime) -> None:
        """A dead address is never mailed again; a fault of ours stops the campaign and says why."""
        for person, reason in self.answers.suppress.items():
            known = people_rows.person_row(connection, person)
            if known is not None:
                people_rows.suppress(connection, known["address_hash"], reason, now)
        if self.answers.why:
            note = " ".join(self.answers.why.values())
            before, after = CampaignState.SENDING, CampaignState.PAUSED
            if campaign_rows.move_campaign(connection, self.campaign.id, before, after, note=note[:1000]):
                self.paused[self.campaign.name] = note


def _row_of(message: Outgoing) -> int:
    if not isinstance(message.tag, int):
        raise TypeError("the message of a batch carries the id of its row")
    return message.tag
