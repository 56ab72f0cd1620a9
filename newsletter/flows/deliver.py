"""Working through the ledger: claim, ask the gate, write down, hand over, write down."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignState
from newsletter.core.delivery import DeliveryState
from newsletter.core.refusal import Refusal
from newsletter.flows.deadlines import withhold_outdated
from newsletter.flows.fill import Filler
from newsletter.store import campaigns as campaign_rows
from newsletter.store import ledger
from newsletter.transports.contract import Outcome, Receipt, TransportDown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.office import Office
    from newsletter.store.ledger import ClaimedRow, Settlement
    from newsletter.transports.contract import Envelope, Transport

_STATES = {
    Outcome.ACCEPTED: DeliveryState.SENT,
    Outcome.LATER: DeliveryState.READY,
    Outcome.NEVER: DeliveryState.FAILED,
    Outcome.UNSURE: DeliveryState.UNSURE,
}
# First retries come soon because greylisting servers ask for five minutes; the last wait is repeated.
RETRY_AFTER = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
ATTEMPTS = 10


@dataclass(slots=True)
class DeliveryTally:
    """What one pass over the ledger did, by final state of the rows; `finished` names campaigns that are done."""

    states: Counter[str] = field(default_factory=Counter)
    finished: list[str] = field(default_factory=list)
    down: str = ""


def deliver_due(office: Office, stop: Callable[[], bool] = lambda: False) -> DeliveryTally:
    """Hand over everything that is due, campaign by campaign in fair turns, until nothing is left or `stop` says so.

    The message in hand is always finished. A transport that cannot be reached leaves the rows ready.
    """
    tally = DeliveryTally()
    transport, now = office.open_transport(), office.clock()
    with office.database.write() as connection:
        ledger.expire_leases(connection, now, resend_is_harmless=transport.resend_is_harmless)
        withhold_outdated(connection, now)
        due = ledger.anything_due(connection, now)
        tally.finished = campaign_rows.finish_campaigns(connection, now)
    if not due:  # no connection is opened for nothing
        return tally
    try:
        with transport:
            _take_turns(office, transport, tally, stop)
    except TransportDown as down:
        tally.down = str(down)
    finally:
        with office.database.write() as connection:
            ledger.give_back(connection, office.worker)
            tally.finished += campaign_rows.finish_campaigns(connection, office.clock())
    return tally


def _take_turns(office: Office, transport: Transport, tally: DeliveryTally, stop: Callable[[], bool]) -> None:
    """One batch of each campaign after the other, so that a short mail never waits behind a long list."""
    fillers: dict[int, Filler] = {}
    while not stop():
        turns = [_deliver_batch(office, transport, one, fillers, tally, stop) for one in _sending(office)]
        if not any(turns):
            return


def _sending(office: Office) -> list[Campaign]:
    with office.database.read() as connection:
        return campaign_rows.list_campaigns(connection, (CampaignState.SENDING,))


def _deliver_batch(
    office: Office,
    transport: Transport,
    campaign: Campaign,
    fillers: dict[int, Filler],
    tally: DeliveryTally,
    stop: Callable[[], bool],
) -> bool:
    """One campaign's turn; True if there was anything to do."""
    settings = office.settings.delivery
    now = office.clock()
    with office.database.write() as connection:
        rows = ledger.claim_batch(
            connection, campaign.id, office.worker, now, now + settings.lease, settings.batch
        )
    if not rows:
        return False
    filler = _filler(office, campaign, fillers)
    # Where handing over twice does harm, only one message is ever in doubt.
    window = settings.batch if transport.resend_is_harmless else 1
    for start in range(0, len(rows), window):
        if stop() or _halted(office, campaign):
            break
        _hand_over(office, transport, campaign, filler, rows[start : start + window], tally)
    return True


def _filler(office: Office, campaign: Campaign, fillers: dict[int, Filler]) -> Filler:
    """The campaign's filler, loaded again when its editions were compiled again (a deadline in them has moved)."""
    filler = fillers.get(campaign.id)
    with office.database.read() as connection:
        digests = campaign_rows.edition_digests(connection, campaign.id)
    if filler is None or digests != filler.digests:
        filler = fillers[campaign.id] = Filler.load(office, campaign)
    return filler


def _halted(office: Office, campaign: Campaign) -> bool:
    """Whether the officer has paused or cancelled it meanwhile."""
    with office.database.read() as connection:
        now = campaign_rows.get_campaign(connection, campaign.id)
    return now is None or now.state is not CampaignState.SENDING


def _hand_over(
    office: Office,
    transport: Transport,
    campaign: Campaign,
    filler: Filler,
    rows: Sequence[ClaimedRow],
    tally: DeliveryTally,
) -> None:
    now = office.clock()
    messages = filler.messages(rows, now)
    with office.database.write() as connection:
        lease_until = now + max(office.settings.delivery.lease, transport.patience * 2)
        granted = ledger.hand_over(
            connection, campaign, [row.id for row in rows], office.worker, now, lease_until
        )
    tally.states["withheld"] += len(rows) - len(granted)
    done: list[Settlement] = []
    in_doubt: set[int] = set()
    try:
        for row in (row for row in rows if row.id in granted):
            in_doubt = {row.id}
            done.append(settlement(row, _send(transport, messages[row.id]), office.clock()))
        in_doubt = set()
    except TransportDown:
        in_doubt = set()  # it says so only before anything was handed over
        raise
    finally:
        untouched = granted - in_doubt - {one.id for one in done}
        with office.database.write() as connection:
            ledger.settle(connection, office.worker, done, office.clock())
            ledger.take_back(connection, office.worker, sorted(untouched))
        tally.states.update(one.state.value for one in done)


def _send(transport: Transport, message: Envelope | Refusal) -> Receipt:
    """Hand a message over; one that could not be made is set aside, so that it does not hold up the others."""
    if isinstance(message, Refusal):
        return Receipt("", "", Outcome.NEVER, text=str(message))
    return transport.send(message)


def settlement(row: ClaimedRow, receipt: Receipt, now: datetime) -> Settlement:
    """What the transport's answer means for a row: temporary refusals come again, with growing waits."""
    state = _STATES[receipt.outcome]
    not_before = None
    if state is DeliveryState.READY:
        attempts = row.attempts + 1
        if attempts >= ATTEMPTS:
            state = DeliveryState.FAILED
        else:
            not_before = now + RETRY_AFTER[min(attempts, len(RETRY_AFTER)) - 1]
    return ledger.Settlement(row.id, state, receipt.code, receipt.text, not_before)
