"""A window: rows of one campaign and one lane on their way, and what is written down of them."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignState
from newsletter.core.delivery import DeliveryState
from newsletter.core.refusal import Problem, Refusal
from newsletter.flows.answers import Answers
from newsletter.flows.sending_hours import window_of
from newsletter.store import campaigns as campaign_rows
from newsletter.store import ledger
from newsletter.store import people as people_rows
from newsletter.store.leases import renew_lease
from newsletter.store.ledger import Settlement
from newsletter.store.strikes import forget_blocks, note_block, strike
from newsletter.transports.contract import Outcome, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.fill import Filler
    from newsletter.flows.office import Office
    from newsletter.flows.traffic import Traffic
    from newsletter.store.engine import Connection
    from newsletter.store.journal import Journal
    from newsletter.store.ledger import ClaimedRow
    from newsletter.transports.contract import Receipt, Transport
    from newsletter.transports.outgoing import Outgoing


class LeaseLost(Refusal):
    """This worker was taken for dead (a suspended machine, a clock that jumped): what it has in hand may be anybody's."""


class JournalUnwritable(Refusal):
    """The acknowledgement journal cannot be written: nothing goes on the wire without it."""

    @classmethod
    def told_by(cls, error: OSError) -> JournalUnwritable:
        """With the system's reason."""
        what = f"The journal of deliveries cannot be written: {error.strerror or error}."
        return cls(Problem(what, "Make room under var/; sending goes on by itself, and nothing is lost."))


class Window:
    """Rows that are `handing`, from the claim to the last answer: the `Watch` of the transport.

    Args:
        until: when the worker's lease runs out unless it is renewed.
        pauses: refusals that speak for a pause so far; they add up over the windows of a pass.
    """

    def __init__(
        self,
        office: Office,
        campaign: Campaign,
        lane: str,
        rows: Sequence[ClaimedRow],
        journal: Journal,
        *,
        until: datetime,
        stop: Callable[[], bool],
        pauses: Counter[str],
    ) -> None:
        self.office, self.campaign, self.lane, self.journal = office, campaign, lane, journal
        self.rows = {row.id: row for row in rows}
        self.answers = Answers(campaign, lane, window_of(office, campaign))
        self.answers.pauses = pauses
        self.states: Counter[str] = Counter()
        self.paused: dict[str, str] = {}
        self._stop, self._until = stop, until
        self._begun: set[int] = set()
        self._lives = True
        self._looked = time.monotonic()  # the wall clock may jump

    def hand_over(
        self, transport: Transport, filler: Filler, traffic: Traffic, connections: int | None
    ) -> None:
        """Fill, hand over, and write down what was answered, whatever happens."""
        try:
            made = filler.messages(list(self.rows.values()), self.office.clock())
            transport.send_many(self._sendable(made), self, connections=connections)
        finally:
            self._settle(traffic)

    def _sendable(self, made: dict[int, Outgoing | Refusal]) -> list[Outgoing]:
        """What can be handed over; a message that could not be made is set aside and does not hold up the others."""
        sendable = []
        for identity, message in made.items():
            if isinstance(message, Refusal):
                self._begun.add(identity)
                self.answers.settled.append(Settlement(identity, DeliveryState.FAILED, None, str(message)))
            else:
                sendable.append(message)
        return sendable

    def on_wire(self, message: Outgoing) -> None:
        """From now on it may be accepted.

        Raises:
            LeaseLost: the lease has run out; somebody else may have this row in hand.
            JournalUnwritable: a crash could not be told from a delivery.
        """
        if not self._lives or self.office.clock() >= self._until:
            what = "This worker's lease ran out before it could hand over what it held."
            raise LeaseLost(
                Problem(what, "Nothing is lost: the rows are taken up again, or wait for you as unsure.")
            )
        identity = _row_of(message)
        try:
            self.journal.begin(identity)
        except OSError as error:
            raise JournalUnwritable.told_by(error) from error
        self._begun.add(identity)

    def answered(self, receipts: Sequence[tuple[Outgoing, Receipt]]) -> None:
        """Write down in the journal first what was answered."""
        now, settled = self.office.clock(), []
        for message, receipt in receipts:
            identity = _row_of(message)
            unheard = receipt.stage is Stage.CONNECT and receipt.code is None
            if receipt.outcome is Outcome.LATER and unheard:
                self._begun.discard(identity)  # nobody heard it: it stays as it was
                continue
            self._begun.add(identity)
            jitter = random.random()  # noqa: S311 - it only spreads retries
            settled.append(self.answers.take(self.rows[identity], receipt, now, jitter))
        if settled:
            self.journal.answer(settled)

    def halted(self) -> bool:
        """Whether to begin nothing new: the daemon stops, they said slow down, or the officer has paused or cancelled."""
        if self._stop() or self.answers.why or self.answers.lanes:
            return True
        if time.monotonic() - self._looked < 1:
            return False
        self._looked = time.monotonic()
        office, now = self.office, self.office.clock()
        until = now + office.settings.delivery.lease
        with office.database.write() as connection:
            self._lives = self._lives and renew_lease(connection, office.worker, now, until)
            campaign = campaign_rows.get_campaign(connection, self.campaign.id)
        if self._lives:
            self._until = until
        return not self._lives or campaign is None or campaign.state is not CampaignState.SENDING

    def _settle(self, traffic: Traffic) -> None:
        office, now = self.office, self.office.clock()
        left = sorted(self.rows.keys() - self._begun)
        with office.database.write() as connection:
            ledger.settle(connection, office.worker, self.answers.settled, now)
            ledger.take_back(connection, office.worker, left)
            traffic.settle(connection, self.lane, len(left), self.answers.lanes, now)
            self._follow(connection, now)
        self.journal.clear()
        self.states.update(done.state.value for done in self.answers.settled)

    def _follow(self, connection: Connection, now: datetime) -> None:
        """A dead address is never mailed again; a fault of ours stops the campaign and says why."""
        for person, verdict in self.answers.against.items():
            if verdict.suppress or strike(connection, person, self.campaign.id, verdict, now):
                known = people_rows.person_row(connection, person)
                if known is not None:
                    people_rows.suppress(connection, known["address_hash"], verdict.reason, now)
        for person, verdict in self.answers.blocked.items():
            if note_block(connection, person, self.campaign.id, verdict.reason, now) >= verdict.pause_after:
                self.answers.why.setdefault(verdict.reason, verdict.words)
        if self.answers.why:
            forget_blocks(connection, self.campaign.id, self.answers.why)
            note = " ".join(self.answers.why.values())
            before, after = CampaignState.SENDING, CampaignState.PAUSED
            if campaign_rows.move_campaign(connection, self.campaign.id, before, after, note=note[:1000]):
                self.paused[self.campaign.name] = note


def _row_of(message: Outgoing) -> int:
    if not isinstance(message.tag, int):
        raise TypeError("the message of a window carries the id of its row")
    return message.tag
