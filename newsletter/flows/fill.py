"""From a row of the ledger to the message of one person."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from newsletter.core.campaign import CampaignKind
from newsletter.core.dkim import signature_of
from newsletter.core.flags import due_flags, flags_of
from newsletter.core.links import LinkColumns
from newsletter.core.mailbox import Mailbox
from newsletter.core.mime import Attachment, ListHeaders, message_ids
from newsletter.core.recipient import Readers, shared_values, slot_columns
from newsletter.core.refusal import Refusal
from newsletter.core.render import fill_mail
from newsletter.core.stencil import Masthead, Stencil, Window
from newsletter.core.wallclock import zone_named
from newsletter.flows.compose import Edition
from newsletter.flows.tracking import Tracking
from newsletter.flows.workspace import read_catalogues, read_people
from newsletter.store import campaigns as campaign_rows
from newsletter.store import people as people_rows
from newsletter.store.reminders import told_deadlines
from newsletter.transports.outgoing import Outgoing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date as date_type
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.render import CompiledEmail, FilledMail
    from newsletter.core.segment.fields import Fields
    from newsletter.core.stencil import Message
    from newsletter.core.wording import Catalogue
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection
    from newsletter.store.ledger import ClaimedRow

LISTED = frozenset(
    {CampaignKind.ISSUE, CampaignKind.ANNOUNCEMENT, CampaignKind.REMINDER, CampaignKind.CORRECTION}
)
"""Mail of a list, that a reader leaves with one press; what answers a request is none."""
# Reminders, corrections and series are sent by a rule and nobody's absence should answer them (RFC 3834).
_BY_RULE = frozenset({CampaignKind.REMINDER, CampaignKind.CORRECTION, CampaignKind.SYSTEM})
_NOTHING: frozenset[str] = frozenset()
_ONE_LINE = 76
_CHOICES = 16_384


@dataclass(frozen=True, slots=True)
class _Press:
    """One language of a campaign, with everything prepared that does not depend on the person.

    Attributes:
        mail: the frozen edition; its links are plain.
        stencil: what is sent, with redirects where clicks are counted.
        slots: the values that a person brings; those that all share stand in the stencil already.
        flags: those that the edition asks for.
        chosen: what is known of each choice of topics that was met: their labels, and its flags without and with a name.
    """

    mail: CompiledEmail
    stencil: Stencil
    catalogue: Catalogue
    slots: frozenset[str]
    flags: frozenset[str]
    chosen: dict[tuple[str, ...], _Choice] = field(default_factory=dict)


class _Choice(NamedTuple):
    labels: tuple[str, ...]
    flags: tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Filler:
    """A campaign ready to be filled: its frozen editions with their digests, and the words in each language.

    Not to be shared between threads.
    """

    office: Office
    campaign: Campaign
    editions: Mapping[str, Edition]
    digests: Mapping[str, str]
    fields: Fields
    presses: Mapping[str, _Press]
    sender: str
    tracking: Tracking

    @classmethod
    def load(cls, office: Office, campaign: Campaign) -> Filler:
        """Read the frozen editions of a campaign under way."""
        with office.database.read() as connection:
            stored = campaign_rows.load_editions(connection, campaign.id)
            digests = campaign_rows.edition_digests(connection, [campaign.id]).get(campaign.id, {})
            tracking = Tracking.of(office, connection, campaign)
        editions = {language: Edition.from_json(document) for language, document in stored.items()}
        catalogues = read_catalogues(office)
        return cls(
            office=office,
            campaign=campaign,
            editions=editions,
            digests=digests,
            fields=read_people(office).fields,
            presses={
                language: _press(office, campaign, edition, catalogues[language], tracking)
                for language, edition in editions.items()
            },
            sender=office.settings.sender(campaign.sender).address,
            tracking=tracking,
        )

    def messages(self, rows: Sequence[ClaimedRow], now: datetime) -> dict[int, Outgoing | Refusal]:
        """The finished messages of these rows, by row id; a refusal where one cannot be made."""
        ids = [row.subscriber_id for row in rows]
        with self.office.database.read() as connection:
            topics = people_rows.topics_by_person(connection, ids)
            told = self._told(connection, ids)
            tracked = self.tracking.allowed_by(connection, ids)
        by_language: dict[str, list[ClaimedRow]] = {}
        for row in rows:
            by_language.setdefault(row.language, []).append(row)
        date = now.astimezone(zone_named(self.campaign.zone))
        made: dict[int, Outgoing | Refusal] = {}
        for language, some in by_language.items():
            made |= self._filled(self.presses[language], some, topics, told, tracked, date)
        return {row.id: made[row.id] for row in rows}

    def copy(self, row: ClaimedRow) -> FilledMail:
        """One person's copy without its envelope, as the browser shows it."""
        with self.office.database.read() as connection:
            topics = people_rows.topics_by_person(connection, [row.subscriber_id])
            told = self._told(connection, [row.subscriber_id])
        press, root = self.presses[row.language], self.office.settings.public_url
        readers, flags = self._readers(press, [row], topics, told)
        columns = self._columns(press, readers, self._links([row]))
        values = {name: column[0] for name, column in columns.items()}
        return fill_mail(press.mail, shared_values(press.mail.slots, root) | values, flags[0])

    def _filled(
        self,
        press: _Press,
        rows: Sequence[ClaimedRow],
        topics: Mapping[int, Sequence[str]],
        told: Mapping[int, frozenset[str]],
        tracked: frozenset[int],
        date: datetime,
    ) -> dict[int, Outgoing | Refusal]:
        """The messages of people of one language."""
        readers, flags = self._readers(press, rows, topics, told)
        links = self._links(rows)
        try:
            values = self._columns(press, readers, links)
        except Refusal as refusal:  # the edition asks for what nobody has
            return dict.fromkeys([row.id for row in rows], refusal)
        people, domain = [row.subscriber_id for row in rows], self.sender.rpartition("@")[2]
        if not tracked.isdisjoint(people):
            values |= self.tracking.values(people, tracked)
            flags = self.tracking.flags(people, tracked, flags)
        window = Window(
            names=readers.given_names,
            addresses=readers.addresses,
            message_ids=message_ids(self.office.secret, self.campaign.name, people, domain),
            unsubscribe_urls=links.unsubscribe(),
            values=values,
            flags=flags,
            date=date,
        )
        made = zip(rows, window.message_ids, press.stencil.fill(window), strict=True)
        return {
            row.id: message if isinstance(message, Refusal) else self._outgoing(row, identity, message, date)
            for row, identity, message in made
        }

    def _outgoing(self, row: ClaimedRow, identity: str, message: Message, date: datetime) -> Outgoing:
        head, body = message
        pieces, keys, is_plain = head + body, self.office.dkim_keys, row.address.isascii()
        if keys:
            pieces = (signature_of(head, body, keys, date), *pieces)
        size = sum(map(len, pieces))
        return Outgoing(self.sender, row.address, identity, pieces, size, not is_plain, False, row.id)  # noqa: FBT003 - by place: one is made for every mail

    def _readers(
        self,
        press: _Press,
        rows: Sequence[ClaimedRow],
        topics: Mapping[int, Sequence[str]],
        told: Mapping[int, frozenset[str]],
    ) -> tuple[Readers, list[frozenset[str]]]:
        """What the mail knows of these people, and those of their flags that it asks for."""
        zone, known = zone_named(self.office.settings.zone), press.chosen
        if len(known) > _CHOICES:
            known.clear()
        days: list[date_type | None] = []
        labels, flags = [], []
        for row in rows:
            at, chosen = row.granted_at, tuple(topics.get(row.subscriber_id, ()))
            days.append(None if at is None else at.astimezone(zone).date())
            choice = known.get(chosen)
            if choice is None:
                choice = known[chosen] = self._choice(press, chosen)
            labels.append(choice.labels)
            flags.append(choice.flags[bool(row.given_name.strip())])
        if self.campaign.is_merged:
            flags = [on | told.get(row.subscriber_id, _NOTHING) for on, row in zip(flags, rows, strict=True)]
        addresses, names = [row.address for row in rows], [row.given_name for row in rows]
        return Readers(addresses, names, days, labels), flags

    def _told(self, connection: Connection, people: Sequence[int]) -> dict[int, frozenset[str]]:
        """The flags of these people that say which deadlines their copy tells; none for mail that merges nothing."""
        if not self.campaign.is_merged:
            return {}
        order = [rung.deadline for rung in self.campaign.content.rungs]
        told = told_deadlines(connection, self.campaign.id, people)
        made = {keys: due_flags([key for key in order if key in keys]) for keys in set(told.values())}
        return {person: made[keys] for person, keys in told.items()}

    def _choice(self, press: _Press, topics: tuple[str, ...]) -> _Choice:
        language = press.mail.language
        labels = tuple(self.fields.topic_label(topic, language) for topic in topics)
        return _Choice(labels, (flags_of("", topics) & press.flags, flags_of("Ada", topics) & press.flags))

    def _links(self, rows: Sequence[ClaimedRow]) -> LinkColumns:
        people = [row.subscriber_id for row in rows]
        return LinkColumns(self.office.settings.public_url, self.office.secret, self.campaign.id, people)

    def _columns(self, press: _Press, readers: Readers, links: LinkColumns) -> dict[str, Sequence[str]]:
        return slot_columns(
            press.slots, readers, links, press.catalogue, self.campaign.kind, self.campaign.basis
        )


def _press(
    office: Office, campaign: Campaign, edition: Edition, catalogue: Catalogue, tracking: Tracking
) -> _Press:
    mail = edition.mail
    shared = shared_values(mail.slots, office.settings.public_url)
    sent = tracking.put_into(mail).with_values(shared)
    return _Press(
        mail=mail,
        stencil=Stencil(sent, masthead_of(office, campaign, mail.language, edition)),
        catalogue=catalogue,
        slots=mail.slots - shared.keys(),
        flags=mail.flags,
    )


def masthead_of(office: Office, campaign: Campaign, language: str, edition: Edition) -> Masthead:
    """The headers that all letters of a campaign in one language have in common."""
    sender = office.settings.sender(campaign.sender)
    return Masthead(
        sender=Mailbox(sender.name_in(language), sender.address),
        reply_to=Mailbox("", sender.reply_to) if sender.reply_to else None,
        language=language,
        list_headers=_list_headers(office) if campaign.kind in LISTED else None,
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
    if campaign.kind in _BY_RULE or campaign.series:
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
    # The type must name the method that stands inside (RFC 6047 section 2.4); where the two differ Outlook goes by it.
    method = "CANCEL" if "\r\nMETHOD:CANCEL\r\n" in edition.calendar else "PUBLISH"
    kind = f"text/calendar; method={method}; charset=utf-8"
    return (Attachment("deadline.ics", kind, edition.calendar.encode()),)
