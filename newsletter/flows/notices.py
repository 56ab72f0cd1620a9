"""Mail to officers: short, from the office to itself, in the same dress and by the same way out as the letters.

It is not in the ledger of deliveries: that is about people who have agreed to get letters, and an officer is none of them. A
notice has a row of its own, written in the transaction that gives reason to it. It is sent after that and noted then; whoever is
killed in between sends it once more, with the same Message-ID.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind
from newsletter.core.dkim import sign
from newsletter.core.mail_content import MailContent
from newsletter.core.mailbox import Mailbox
from newsletter.core.mime import Letter, message_id, serialise
from newsletter.core.refusal import Refusal
from newsletter.core.render import compile_mail, fill_mail
from newsletter.core.wallclock import to_local, zone_named
from newsletter.flows.workspace import read_catalogues, read_templates
from newsletter.store.notices import settle_notice, waiting_notices
from newsletter.transports.contract import Envelope, Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.flows.office import Office
    from newsletter.store.notices import NoticeRow

# Older than this nobody is helped by it.
_FRESH = timedelta(days=7)


def send_notices(office: Office, now: datetime) -> int:
    """Send what waits for officers; gives how many were accepted. What was not is tried again the next time."""
    with office.database.read() as connection:
        waiting = waiting_notices(connection, now - _FRESH)
    if not waiting:
        return 0
    sent = 0
    with office.open_transport() as transport:
        for notice in waiting:
            try:
                receipt = transport.send(_envelope(office, notice, now))
                trouble = "" if receipt.outcome is Outcome.ACCEPTED else receipt.text or receipt.outcome.value
            except Refusal as refusal:
                trouble = str(refusal)
            with office.database.write() as connection:
                settle_notice(connection, notice, None if trouble else now, trouble)
            sent += not trouble
    return sent


def _envelope(office: Office, notice: NoticeRow, now: datetime) -> Envelope:
    settings, zone = office.settings, office.settings.zone
    content = MailContent(
        kind=CampaignKind.SYSTEM,
        template="notice",
        campaign=notice.name,
        language=notice.language,
        languages=(notice.language,),
        subject=notice.subject,
        preheader="",
        sent_on=to_local(now, zone).date(),
        opening=notice.words,
    )
    catalogue = read_catalogues(office)[notice.language]
    mail = compile_mail(read_templates(office), content, office.brand, catalogue, office.nonce(), ())
    filled = fill_mail(mail, {}, frozenset())
    sender = settings.sender("default")
    letter = Letter(
        sender=Mailbox(office.brand.name_in(notice.language), sender.address),
        recipient=Mailbox("", notice.address),
        reply_to=None,
        subject=filled.subject,
        date=now.astimezone(zone_named(zone)),
        message_id=message_id(
            office.secret, f"{notice.name} {notice.address}", 0, sender.address.rpartition("@")[2]
        ),
        text=filled.text,
        html=filled.html,
        language=notice.language,
        list_headers=None,
        extra=(("Auto-Submitted", "auto-generated"),),
    )
    message = serialise(letter)
    if office.dkim_keys:
        message = sign(message, office.dkim_keys, letter.date)
    return Envelope(sender.address, notice.address, letter.message_id, message)
