"""Signing up: somebody fills in the form, gets one mail, and is on the list when they press its button.

Whatever is entered, the answer is the same, so that nobody learns who is on the list: a newcomer, somebody who left and
comes back, and who has not confirmed yet get the mail that asks to confirm; who is on the list gets one that says so; an
address that bounced or complained gets nothing. At most one of each kind goes to an address on a day.

What was chosen waits in the event and is taken over by the confirmation, so that a stranger who enters an address changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import STAY, Campaign, CampaignContent, CampaignKind, CampaignState
from newsletter.core.consent import ConsentAction
from newsletter.core.mailbox import address_key
from newsletter.core.sign_up import CONFIRM_DAYS, SOURCE
from newsletter.core.subscriber import Standing
from newsletter.core.token import Purpose, read_token
from newsletter.core.wallclock import to_local
from newsletter.flows.compose import compose_editions, freeze_editions, lay_desk
from newsletter.flows.languages import spoken
from newsletter.flows.people import hash_of
from newsletter.flows.workspace import read_catalogues, read_people
from newsletter.store import campaigns as campaign_rows
from newsletter.store import people as rows
from newsletter.store import sign_up as asked_rows
from newsletter.store.erasure import ERASED, erase_person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.core.sign_up import SignUp
    from newsletter.core.token import Token
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection

CONFIRM, KNOWN = "confirmation", "already-on-the-list"
MOST_AN_HOUR = 20
"""So many forms are taken from one network in an hour: an office behind one address may sign up together."""
MOST_UNPROVEN = 4
"""So many where a proof of work is asked for and none came: a household without scripts."""

_AT_ONCE = 500
_NOT_AGREED = frozenset({Standing.PENDING, Standing.INFORMED})


@dataclass(frozen=True, slots=True)
class Asked:
    """Who follows the link of a confirmation.

    Attributes:
        token: with which they came.
        standing: where they stand now.
        is_late: whether the link has had its days.
        is_asked_to_stay: whether the mail asked somebody who is on the list whether to stay.
    """

    token: Token
    address: str
    language: str
    standing: Standing
    is_late: bool
    is_asked_to_stay: bool = False

    @property
    def may_confirm(self) -> bool:
        """Whether the button does anything."""
        if self.is_asked_to_stay:
            return self.standing.is_written_to
        return self.standing in _NOT_AGREED and not self.is_late


def is_too_many(office: Office, network: str, now: datetime, *, is_proven: bool = False) -> bool:
    """Count a try of a network, and say whether it has had its share of this hour. "" is nobody's network, and has no share.

    Args:
        office: it says whether a proof of work is asked for.
        network: a keyed hash.
        now: instant, UTC.
        is_proven: whether one came with the form.
    """
    if not network:
        return False
    with office.database.write() as connection:
        tries = asked_rows.count_try(connection, network, now)
    is_asked = office.settings.sign_up.proof_of_work == "on"
    return tries > (MOST_UNPROVEN if is_asked and not is_proven else MOST_AN_HOUR)


def sign_up(office: Office, wish: SignUp, now: datetime) -> None:
    """Take what somebody entered, and put the mail that fits in line; says nothing about who is known.

    Raises:
        ContentRefused: a template of these mails is wrong; nothing is stored then.
    """
    ready = {name: _ready(office, name, now) for name in (CONFIRM, KNOWN)}
    key, hashed = address_key(wish.address), hash_of(office, wish.address)
    with office.database.write() as connection:
        against = rows.suppression_of(connection, hashed)
        if against is not None and against[0] != ERASED:
            return
        person = rows.find_by_key(connection, key)
        known = rows.person_row(connection, person) if person is not None else None
        is_known = known is not None and known["standing"] == Standing.CONFIRMED
        if person is None:
            person = rows.add_person(connection, _newcomer(wish, key, hashed, now))
        campaign = _of_today(connection, ready[KNOWN if is_known else CONFIRM], now)
        language = wish.language if known is None or not is_known else known["language"]
        if asked_rows.put_delivery(
            connection, campaign, person, spoken(office, language), office.groups, now
        ):
            evidence = _evidence(wish, campaign, was_erased=against is not None)
            if not is_known:
                rows.lift_suppression(connection, hashed)
                rows.record_consent(
                    connection,
                    person,
                    ConsentAction.ASKED,
                    now,
                    source=SOURCE,
                    wording=wish.wording,
                    evidence=evidence,
                )


def find_asked(office: Office, text: str, now: datetime) -> Asked | None:
    """Who follows this link; None if it is not genuine, or they were erased."""
    token = read_token(office.keys, text, Purpose.CONFIRM)
    if token is None:
        return None
    with office.database.read() as connection:
        return _asked(connection, token, now)


def confirm(office: Office, text: str, wording: str, now: datetime) -> bool:
    """Put somebody on the list by the link of their mail; doing it twice is the same as once.

    Args:
        text: the token.
        wording: the words of the button that was pressed, kept as evidence.
        now: instant, UTC.

    Returns:
        Whether they are on the list now.
    """
    token = read_token(office.keys, text, Purpose.CONFIRM)
    if token is None:
        return False
    with office.database.write() as connection:
        asked = _asked(connection, token, now)
        if asked is None or not asked.may_confirm:
            return asked is not None and asked.standing is Standing.CONFIRMED
        events = rows.consents_of(connection, token.subscriber)
        if asked.is_asked_to_stay:
            _renew(connection, events, token, wording, now)
            return True
        wish = next(event for event in reversed(events) if event["source"] == SOURCE)
        evidence = {"campaign": token.campaign, "confirms": wish["id"]}
        rows.record_consent(
            connection, token.subscriber, ConsentAction.GRANTED, now, source=SOURCE,
            wording=f"{wish['wording']}\n{wording}", evidence=evidence,
        )  # fmt: skip
        _take_over(office, connection, token.subscriber, wish["evidence"], now)
    return True


def _renew(
    connection: Connection, events: list[dict[str, Any]], token: Token, wording: str, now: datetime
) -> None:
    """Consent is given anew, once for each time that they were asked."""
    evidence = {"campaign": token.campaign}
    if not any(event["source"] == STAY and event["evidence"] == evidence for event in events):
        rows.record_consent(
            connection,
            token.subscriber,
            ConsentAction.GRANTED,
            now,
            source=STAY,
            wording=wording,
            evidence=evidence,
        )


def expire_sign_ups(office: Office, now: datetime) -> int:
    """Erase who has not confirmed in time, as the mail has said; who had left before is as they were. Gives how many."""
    before = now - timedelta(days=CONFIRM_DAYS)
    with office.database.write() as connection:
        asked_rows.forget_tries(connection, now - timedelta(hours=2))
        late = asked_rows.unconfirmed_since(connection, before, _AT_ONCE)
        for person, had_a_past in late:
            if had_a_past:
                rows.record_consent(connection, person, ConsentAction.WITHDRAWN, now, source="not confirmed")
            else:
                events = rows.consents_of(connection, person)
                kept_out = any(event["evidence"].get("was_erased") for event in events)
                erase_person(connection, person, now, source="not confirmed", keep_out=kept_out)
    return len(late)


def _asked(connection: Connection, token: Token, now: datetime) -> Asked | None:
    row = rows.person_row(connection, token.subscriber)
    if row is None:
        return None
    at = asked_rows.last_asked(connection, token.subscriber)
    late = at is None or now - at > timedelta(days=CONFIRM_DAYS)
    campaign = campaign_rows.get_campaign(connection, token.campaign)
    stays = campaign is not None and campaign.content.template == STAY
    return Asked(token, row["address"], row["language"], Standing(row["standing"]), late and not stays, stays)


def _take_over(
    office: Office, connection: Connection, person: int, chosen: Mapping[str, Any], now: datetime
) -> None:
    """What they chose in the form, as far as it is still offered."""
    offered = read_people(office).fields.topics
    rows.replace_topics(connection, person, [topic for topic in chosen.get("topics", ()) if topic in offered])
    rows.set_language(connection, person, str(chosen.get("language", "")) or office.settings.languages[0])
    rows.note_choice(connection, person, now)


def _newcomer(wish: SignUp, key: str, hashed: str, now: datetime) -> rows.PersonRow:
    return rows.PersonRow(
        wish.address, key, hashed, wish.given_name, wish.language, "", "", now, SOURCE, told_at=now
    )


def _evidence(wish: SignUp, campaign: int, *, was_erased: bool) -> dict[str, Any]:
    """What proves the wish and names nobody: the network only as a keyed hash, the mail by the number of its campaign."""
    evidence = {
        "form": wish.form,
        "language": wish.language,
        "topics": list(wish.topics),
        "network": wish.network,
        "campaign": campaign,
    }
    return evidence | ({"was_erased": True} if was_erased else {})


@dataclass(frozen=True, slots=True)
class _Ready:
    """The mail of a day, compiled unless it is stored already."""

    campaign: Campaign
    editions: Mapping[str, Edition] | None


def _ready(office: Office, template: str, now: datetime) -> _Ready:
    campaign = _campaign(office, template, now)
    with office.database.read() as connection:
        if campaign_rows.find_campaign(connection, campaign.name) is not None:
            return _Ready(campaign, None)
    return _Ready(campaign, compose_editions(lay_desk(office, campaign, {}, now), campaign))


def _of_today(connection: Connection, ready: _Ready, now: datetime) -> int:
    """The campaign that carries such mails today; made with the first of them."""
    known = campaign_rows.find_campaign(connection, ready.campaign.name)
    if known is not None:
        return known.id
    identity = campaign_rows.add_campaign(connection, ready.campaign, now)
    freeze_editions(connection, identity, ready.editions or {})
    campaign_rows.move_campaign(
        connection, identity, CampaignState.DRAFT, CampaignState.SENDING, launched_at=now
    )
    return identity


def _campaign(office: Office, template: str, now: datetime) -> Campaign:
    """One for each day, so that an address gets at most one a day: the ledger has a person once in each campaign."""
    day = to_local(now, office.settings.zone).date()
    content = _confirm_content(office) if template == CONFIRM else _known_content(office)
    return Campaign(
        name=f"{template}-{day.isoformat()}",
        kind=CampaignKind.SYSTEM,
        content=content,
        segment="",
        zone=office.settings.zone,
        lateness=timedelta(days=1),
    )


def _confirm_content(office: Office) -> CampaignContent:
    subjects = {
        code: words.gettext("Please confirm: {name} by e-mail", name=office.brand.name_in(code))
        for code, words in read_catalogues(office).items()
    }
    return CampaignContent(CONFIRM, subjects=subjects, public=False)


def _known_content(office: Office) -> CampaignContent:
    subjects, openings = {}, {}
    for code, words in read_catalogues(office).items():
        subjects[code] = words.gettext("You are on the list already")
        openings[code] = words.gettext(
            "Somebody, we hope you, entered this address in our form. You are on the list already, and nothing has changed. Topics, language and a pause are yours to set by the link below."
        )
    return CampaignContent("plain", subjects=subjects, openings=openings, public=False)
