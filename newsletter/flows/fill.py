"""From a row of the ledger to the message of one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind
from newsletter.core.links import PersonalLinks
from newsletter.core.mailbox import Mailbox
from newsletter.core.mime import Attachment, Letter, ListHeaders, message_id, serialise
from newsletter.core.recipient import Recipient, slot_values
from newsletter.core.render import fill_mail
from newsletter.core.wallclock import to_local, zone_named
from newsletter.flows.compose import Edition
from newsletter.flows.workspace import read_catalogues, read_people
from newsletter.store import campaigns as campaign_rows
from newsletter.store import people as people_rows
from newsletter.transports.contract import Envelope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.segment.fields import Fields
    from newsletter.core.wording import Catalogue
    from newsletter.flows.office import Office
    from newsletter.store.ledger import ClaimedRow

_LISTED = frozenset(
    {CampaignKind.ISSUE, CampaignKind.ANNOUNCEMENT, CampaignKind.REMINDER, CampaignKind.CORRECTION}
)
# Reminders and corrections are sent by a rule and nobody's absence should answer them (RFC 3834).
_BY_RULE = frozenset({CampaignKind.REMINDER, CampaignKind.CORRECTION, CampaignKind.SYSTEM})


@dataclass(frozen=True, slots=True)
class Filler:
    """A campaign ready to be filled: its frozen editions, and the words in each language."""

    office: Office
    campaign: Campaign
    editions: Mapping[str, Edition]
    catalogues: Mapping[str, Catalogue]
    fields: Fields

    @classmethod
    def load(cls, office: Office, campaign: Campaign) -> Filler:
        """Read the frozen editions of a campaign under way."""
        with office.database.read() as connection:
            stored = campaign_rows.load_editions(connection, campaign.id)
        editions = {language: Edition.from_json(document) for language, document in stored.items()}
        return cls(office, campaign, editions, read_catalogues(office), read_people(office).fields)

    def envelopes(self, rows: Sequence[ClaimedRow], now: datetime) -> dict[int, Envelope]:
        """The finished messages of these rows, by row id."""
        ids = [row.subscriber_id for row in rows]
        with self.office.database.read() as connection:
            granted = people_rows.granted_on(connection, ids)
            topics = people_rows.topics_by_person(connection, ids)
        return {
            row.id: self._envelope(row, granted.get(row.subscriber_id), topics.get(row.subscriber_id, ()), now)
            for row in rows
        }

    def _envelope(self, row: ClaimedRow, granted: datetime | None, topics: Sequence[str], now: datetime) -> Envelope:
        office, language = self.office, row.language
        links = PersonalLinks(office.settings.public_url, office.secret, self.campaign.id, row.subscriber_id)
        recipient = Recipient(
            address=row.address,
            given_name=row.given_name,
            language=language,
            signed_up=None if granted is None else to_local(granted, office.settings.zone).date(),
            topic_labels=tuple(self.fields.topic_label(topic, language) for topic in topics),
        )
        letter = self._letter(recipient, links, now)
        return Envelope(
            sender=letter.sender.address,
            recipient=recipient.address,
            message_id=letter.message_id,
            content=serialise(letter),
        )

    def _letter(self, recipient: Recipient, links: PersonalLinks, now: datetime) -> Letter:
        office, campaign, language = self.office, self.campaign, recipient.language
        edition = self.editions[language]
        values = slot_values(edition.mail.slots, recipient, links, self.catalogues[language], campaign.kind)
        filled = fill_mail(edition.mail, values, frozenset())
        sender = office.settings.sender(campaign.sender)
        return Letter(
            sender=Mailbox(sender.name.get(language) or next(iter(sender.name.values())), sender.address),
            recipient=Mailbox(recipient.given_name, recipient.address),
            reply_to=Mailbox("", sender.reply_to) if sender.reply_to else None,
            subject=filled.subject,
            date=now.astimezone(zone_named(campaign.zone)),
            message_id=message_id(
                office.secret, campaign.name, links.subscriber, sender.address.rpartition("@")[2]
            ),
            text=filled.text,
            html=filled.html,
            language=language,
            list_headers=self._list_headers(links),
            attachments=_calendar(edition),
            extra=self._extra_headers(),
        )

    def _list_headers(self, links: PersonalLinks) -> ListHeaders | None:
        if self.campaign.kind not in _LISTED:
            return None
        settings = self.office.settings
        return ListHeaders(
            list_id=(settings.list.label, settings.list.id),
            unsubscribe_url=links.unsubscribe(),
            unsubscribe_mailto=f"mailto:{settings.organisation.contact}?subject=unsubscribe",
        )

    def _extra_headers(self) -> tuple[tuple[str, str], ...]:
        stream = f"{self.campaign.kind}:{self.office.settings.list.id}"
        headers = [("Feedback-ID", f"{self.campaign.name}:{stream}")]
        if self.campaign.kind in _BY_RULE:
            headers += [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "OOF, AutoReply")]
        return tuple(headers)


def _calendar(edition: Edition) -> tuple[Attachment, ...]:
    if not edition.calendar:
        return ()
    return (Attachment("deadline.ics", "text/calendar; method=PUBLISH; charset=utf-8", edition.calendar.encode()),)
