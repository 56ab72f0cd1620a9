"""From a row of the ledger to the message of one person."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind
from newsletter.core.dkim import signature_fields
from newsletter.core.links import PersonalLinks
from newsletter.core.mailbox import Mailbox
from newsletter.core.mime import Attachment, ListHeaders, message_id
from newsletter.core.recipient import Recipient, slot_values
from newsletter.core.refusal import Refusal
from newsletter.core.render import fill_mail
from newsletter.core.stencil import Addressee, Masthead, Stencil
from newsletter.core.wallclock import to_local, zone_named
from newsletter.flows.compose import Edition
from newsletter.flows.workspace import read_catalogues, read_people
from newsletter.store import campaigns as campaign_rows
from newsletter.store import people as people_rows
from newsletter.transports.outgoing import Outgoing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.render import FilledMail
    from newsletter.core.segment.fields import Fields
    from newsletter.core.wording import Catalogue
    from newsletter.flows.office import Office
    from newsletter.store.ledger import ClaimedRow

_LISTED = frozenset(
    {CampaignKind.ISSUE, CampaignKind.ANNOUNCEMENT, CampaignKind.REMINDER, CampaignKind.CORRECTION}
)
# Reminders and corrections are sent by a rule and nobody's absence should answer them (RFC 3834).
_BY_RULE = frozenset({CampaignKind.REMINDER, CampaignKind.CORRECTION, CampaignKind.SYSTEM})
_ONE_LINE = 76


@dataclass(frozen=True, slots=True)
class Filler:
    """A campaign ready to be filled: its frozen editions with their digests, and the words in each language."""

    office: Office
    campaign: Campaign
    editions: Mapping[str, Edition]
    digests: Mapping[str, str]
    catalogues: Mapping[str, Catalogue]
    fields: Fields
    stencils: Mapping[str, Stencil]
    slots: Mapping[str, frozenset[str]]
    sender: str

    @classmethod
    def load(cls, office: Office, campaign: Campaign) -> Filler:
        """Read the frozen editions of a campaign under way."""
        with office.database.read() as connection:
            stored = campaign_rows.load_editions(connection, campaign.id)
            digests = campaign_rows.edition_digests(connection, [campaign.id]).get(campaign.id, {})
        editions = {language: Edition.from_json(document) for language, document in stored.items()}
        stencils = {
            language: Stencil(edition.mail, _masthead(office, campaign, language, edition))
            for language, edition in editions.items()
        }
        return cls(
            office=office,
            campaign=campaign,
            editions=editions,
            digests=digests,
            catalogues=read_catalogues(office),
            fields=read_people(office).fields,
            stencils=stencils,
            slots={language: edition.mail.slots for language, edition in editions.items()},
            sender=office.settings.sender(campaign.sender).address,
        )

    def messages(self, rows: Sequence[ClaimedRow], now: datetime) -> dict[int, Outgoing | Refusal]:
        """The finished messages of these rows, by row id; a refusal where one cannot be made."""
        ids = [row.subscriber_id for row in rows]
        with self.office.database.read() as connection:
            granted = people_rows.granted_on(connection, ids)
            topics = people_rows.topics_by_person(connection, ids)
        date = now.astimezone(zone_named(self.campaign.zone))
        made: dict[int, Outgoing | Refusal] = {}
        for row in rows:
            person = row.subscriber_id
            recipient = self._recipient(row, granted.get(person), topics.get(person, ()))
            try:
                made[row.id] = self._message(row, recipient, date)
            except Refusal as refusal:
                made[row.id] = refusal
        return made

    def copy(self, row: ClaimedRow) -> FilledMail:
        """One person's copy without its envelope, as the browser shows it."""
        with self.office.database.read() as connection:
            granted = people_rows.granted_on(connection, [row.subscriber_id])
            topics = people_rows.topics_by_person(connection, [row.subscriber_id])
        recipient = self._recipient(row, granted.get(row.subscriber_id), topics.get(row.subscriber_id, ()))
        values = self._values(recipient, self._links(row.subscriber_id))
        return fill_mail(self.editions[recipient.language].mail, values, frozenset())

    def _message(self, row: ClaimedRow, recipient: Recipient, date: datetime) -> Outgoing:
        links = self._links(row.subscriber_id)
        domain = self.sender.rpartition("@")[2]
        identity = message_id(self.office.secret, self.campaign.name, row.subscriber_id, domain)
        mailbox = Mailbox(recipient.given_name, recipient.address)
        addressee = Addressee(mailbox, identity, date, links.unsubscribe())
        message = self.stencils[row.language].fill(self._values(recipient, links), frozenset(), addressee)
        pieces: tuple[bytes, ...] = (message.head, b"\r\n", message.body)
        if self.office.dkim_keys:
            keys = self.office.dkim_keys
            pieces = (signature_fields(message.head, message.body, keys, date, is_relaxed=True), *pieces)
        return Outgoing(
            sender=self.sender,
            recipient=row.address,
            message_id=identity,
            pieces=pieces,
            size=sum(map(len, pieces)),
            smtputf8=not row.address.isascii(),
            tag=row.id,
        )

    def _recipient(self, row: ClaimedRow, granted: datetime | None, topics: Sequence[str]) -> Recipient:
        return Recipient(
            address=row.address,
            given_name=row.given_name,
            language=row.language,
            signed_up=None if granted is None else to_local(granted, self.office.settings.zone).date(),
            topic_labels=tuple(self.fields.topic_label(topic, row.language) for topic in topics),
        )

    def _links(self, subscriber: int) -> PersonalLinks:
        return PersonalLinks(
            self.office.settings.public_url, self.office.secret, self.campaign.id, subscriber
        )

    def _values(self, recipient: Recipient, links: PersonalLinks) -> dict[str, str]:
        slots, catalogue = self.slots[recipient.language], self.catalogues[recipient.language]
        return slot_values(slots, recipient, links, catalogue, self.campaign.kind)


def _masthead(office: Office, campaign: Campaign, language: str, edition: Edition) -> Masthead:
    sender = office.settings.sender(campaign.sender)
    return Masthead(
        sender=Mailbox(sender.name.get(language) or next(iter(sender.name.values())), sender.address),
        reply_to=Mailbox("", sender.reply_to) if sender.reply_to else None,
        language=language,
        list_headers=_list_headers(office) if campaign.kind in _LISTED else None,
        attachments=_calendar(edition),
        extra=_extra_headers(office, campaign),
    )


def _list_headers(office: Office) -> ListHeaders:
    settings = office.settings
    return ListHeaders(
        list_id=(settings.list.label, settings.list.id),
        unsubscribe_url="",  # each person's own
        unsubscribe_mailto=f"mailto:{settings.organisation.contact}?subject=unsubscribe",
    )


def _extra_headers(office: Office, campaign: Campaign) -> tuple[tuple[str, str], ...]:
    # The last field names the sender to Gmail's feedback loop: 5 to 15 signs, always the same.
    sender = "".join(filter(str.isalnum, office.settings.list.id))[:15]
    stream = f":{campaign.kind}:{sender}"
    headers = [
        ("X-Campaign", _short(campaign.name, _ONE_LINE - len("X-Campaign: "))),
        ("Feedback-ID", _short(campaign.name, _ONE_LINE - len(f"Feedback-ID: {stream}")) + stream),
    ]
    if campaign.kind in _BY_RULE:
        headers += [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "OOF, AutoReply")]
    return tuple(headers)


def _short(name: str, room: int) -> str:
    """A campaign's name within `room` signs: a word longer than a line is folded by others and reads back with a space."""
    if len(name) <= room:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: room - len(digest) - 1]}-{digest}"


def _calendar(edition: Edition) -> tuple[Attachment, ...]:
    if not edition.calendar:
        return ()
    return (
        Attachment("deadline.ics", "text/calendar; method=PUBLISH; charset=utf-8", edition.calendar.encode()),
    )
