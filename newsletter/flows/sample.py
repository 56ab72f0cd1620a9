"""One reader's copy of an edition, to look at or to check: a sample reader's, or that of somebody on the list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.core.dkim import sign
from newsletter.core.flags import due_flags, flags_of
from newsletter.core.links import LinkColumns
from newsletter.core.mailbox import Mailbox
from newsletter.core.mime import Letter, message_id, serialise
from newsletter.core.recipient import Recipient, slot_values
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.render import FilledMail, fill_mail
from newsletter.core.wallclock import to_local, zone_named
from newsletter.flows.fill import masthead_of
from newsletter.flows.people import known_person
from newsletter.flows.workspace import read_catalogues, read_people
from newsletter.store.people import person_row, topics_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office

# A key of its own: a preview that is passed on must not let anybody act in a reader's name.
PREVIEW_KEY = b"links in previews and tests lead nowhere"
ADDRESS, NAME = "ada@example.org", "Ada"


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a copy is made.

    Attributes:
        topics: ids of those that they chose.
    """

    recipient: Recipient
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A copy, and where its reader would leave; its links lead nowhere."""

    reader: Reader
    mail: FilledMail
    unsubscribe_url: str


def sample_reader(office: Office, language: str, address: str = ADDRESS) -> Reader:
    """Ada, who chose every topic, so that no block for the readers of one is missed by whoever looks."""
    topics = read_people(office).fields.topics
    labels = tuple(topic.label(language) for topic in topics.values())
    return Reader(Recipient(address, NAME, topic_labels=labels), tuple(topics))


def nameless_reader(language: str) -> Reader:
    """Somebody of whom nothing is known but the address, in any language."""
    return Reader(Recipient(f"reader.{language}@example.org", ""), ())


def known_reader(office: Office, address: str, language: str) -> Reader:
    """Somebody on the list, as a mail in this language speaks to them.

    Raises:
        ContentRefused: nobody here has the address.
    """
    identity = known_person(office, address)
    with office.database.read() as connection:
        row, topics = person_row(connection, identity), topics_of(connection, identity)
    if row is None:
        raise ContentRefused(Problem(f"Nobody here has the address '{address}' any more."))
    fields = read_people(office).fields
    granted = row["granted_at"]
    signed_up = None if granted is None else to_local(granted, office.settings.zone).date()
    labels = tuple(fields.topic_label(topic, language) for topic in topics)
    return Reader(Recipient(row["address"], row["given_name"], signed_up, labels), tuple(topics))


def copy_for(
    office: Office,
    campaign: Campaign,
    language: str,
    edition: Edition,
    reader: Reader,
    told: Collection[str] | None = None,
) -> Sample:
    """An edition as this reader would get it.

    Args:
        office: whose pages the links name.
        campaign: of the edition.
        language: of the edition.
        edition: compiled.
        reader: whoever gets it.
        told: keys of the deadlines that their copy of a merged reminder tells; all of them when None.
    """
    root = office.settings.public_url
    links = LinkColumns(root, PREVIEW_KEY, campaign.id, (0,))
    catalogue = read_catalogues(office)[language]
    values = slot_values(edition.mail.slots, reader.recipient, links, catalogue, campaign.kind, root)
    keys = [rung.deadline for rung in campaign.content.rungs if told is None or rung.deadline in told]
    flags = flags_of(reader.recipient.given_name, reader.topics) | due_flags(keys)
    return Sample(reader, fill_mail(edition.mail, values, flags), links.unsubscribe()[0])


def message_for(
    office: Office, campaign: Campaign, language: str, edition: Edition, sample: Sample, now: datetime
) -> bytes:
    """The whole message of such a copy, signed, as it would go on the wire.

    Raises:
        ContentRefused: a header cannot be sent.
    """
    masthead, recipient = masthead_of(office, campaign, language, edition), sample.reader.recipient
    listed = masthead.list_headers
    moment = f"sample {campaign.name} {language} {recipient.address} {now.isoformat()}"
    letter = Letter(
        sender=masthead.sender,
        recipient=Mailbox(recipient.given_name, recipient.address),
        reply_to=masthead.reply_to,
        subject=sample.mail.subject,
        date=now.astimezone(zone_named(campaign.zone)),
        message_id=message_id(PREVIEW_KEY, moment, 0, masthead.sender.address.rpartition("@")[2]),
        text=sample.mail.text,
        html=sample.mail.html,
        language=language,
        list_headers=replace(listed, unsubscribe_url=sample.unsubscribe_url) if listed else None,
        attachments=masthead.attachments,
        extra=masthead.extra,
    )
    return sign(serialise(letter), office.dkim_keys, now)
