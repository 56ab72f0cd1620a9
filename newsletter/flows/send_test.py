"""Test sends: the real mail to named addresses, marked as a test, outside the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.mailbox import Mailbox, parse_address
from newsletter.core.mime import Letter, message_id, serialise
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.wallclock import zone_named
from newsletter.flows.compose import Edition, compose_editions, lay_desk
from newsletter.flows.deadlines import all_deadlines
from newsletter.flows.sample import PREVIEW_KEY, copy_for, sample_reader
from newsletter.transports.contract import Envelope, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.office import Office


def send_test(office: Office, campaign: Campaign, addresses: Sequence[str], now: datetime) -> list[str]:
    """Send every edition of a campaign, as it is now, to each address.

    Returns:
        One line for each mail: address and language.

    Raises:
        ContentRefused: an address is none, the campaign does not compile, or the server refused a mail.
    """
    wanted = [parse_address(address, quoted_local=True) for address in addresses]
    editions = compose_editions(lay_desk(office, campaign, all_deadlines(office), now), campaign)
    sent = []
    with office.open_transport() as transport:
        for address in wanted:
            for language, edition in editions.items():
                receipt = transport.send(_envelope(office, campaign, language, edition, address, now))
                if receipt.outcome is not Outcome.ACCEPTED:
                    what = f"The test to {address} was not accepted: {receipt.text}."
                    raise ContentRefused(Problem(what, "Look at the address and the transport."))
                sent.append(f"{address} {language}")
    return sent


def _envelope(
    office: Office, campaign: Campaign, language: str, edition: Edition, address: str, now: datetime
) -> Envelope:
    filled = copy_for(office, campaign, language, edition, sample_reader(office, language, address)).mail
    sender = office.settings.sender(campaign.sender)
    moment = f"test {campaign.name} {language} {address} {now.isoformat()}"
    letter = Letter(
        sender=Mailbox(sender.name_in(language), sender.address),
        recipient=Mailbox("", address),
        reply_to=None,
        subject=f"[Test] {filled.subject}",
        date=now.astimezone(zone_named(campaign.zone)),
        message_id=message_id(PREVIEW_KEY, moment, 0, sender.address.rpartition("@")[2]),
        text=filled.text,
        html=filled.html,
        language=language,
        list_headers=None,
        extra=(("Auto-Submitted", "auto-generated"),),
    )
    return Envelope(sender.address, address, letter.message_id, serialise(letter))
