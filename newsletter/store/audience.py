"""Who is in and who is left out, with the reason: one query, for the forecast and for the frozen audience."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, String, and_, case, exists, false, func, insert, literal, null, or_, select

from newsletter.core.campaign import CampaignKind
from newsletter.core.delivery import DeliveryState, Withheld
from newsletter.core.flags import NAMED, TOPICS
from newsletter.core.lane import OTHERS
from newsletter.core.legal_basis import LegalBasis
from newsletter.store.carried import got_any_of, launched_with
from newsletter.store.engine import plan_for_many
from newsletter.store.gate import (
    campaign_reason,
    deadline_rules,
    first_reason,
    person_rules,
)
from newsletter.store.lanes import know_lanes
from newsletter.store.reminder_tables import reminder_parts
from newsletter.store.reminders import (
    due,
    due_somewhere,
    inside,
    reminded_today,
    told_in_parts,
    told_merged,
    write_parts,
)
from newsletter.store.segments import segment_clause
from newsletter.store.series import of_step
from newsletter.store.tables import (
    Instant,
    campaigns,
    deadline_marks,
    deliveries,
    providers,
    subscriber_topics,
    subscribers,
)
from newsletter.store.waves import due_by_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from newsletter.core.campaign import Campaign
    from newsletter.core.destination import DestinationGroup
    from newsletter.core.due_mail import DueMail, SharedDay
    from newsletter.core.segment.tree import Segment
    from newsletter.core.series import StepDay

_SHOWN = 10

Audience = dict[tuple[str, str | None], int]
"""How many people, by language of their mail and by the reason why they get none (None: they get it)."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """People of whom something is not known.

    Attributes:
        count: of them.
        first: addresses of the first ten.
    """

    count: int
    first: tuple[str, ...]


def freeze_audience(
    connection: Connection,
    campaign: Campaign,
    segments: Mapping[str, Segment],
    languages: Sequence[str],
    now: datetime,
    groups: Sequence[DestinationGroup] = (),
    moments: Mapping[str, datetime] | None = None,
    step: StepDay | None = None,
) -> int:
    """Write one ledger row for everybody in the audience, those left out too; in one statement.

    Args:
        groups: destinations that have a lane of their own.
        moments: from when on mail to the people of each zone goes; from `now` on when not given.
        step: of a series, whose people alone are meant.

    Returns:
        The number of rows.
    """
    audience = _audience(connection, campaign, segments, languages, now, step)
    return _freeze(connection, campaign, audience, now, groups, moments)


def freeze_reminder(
    connection: Connection,
    mail: DueMail,
    day: SharedDay,
    segments: Mapping[str, Segment],
    languages: Sequence[str],
    now: datetime,
    groups: Sequence[DestinationGroup] = (),
) -> int:
    """The same for a reminder. Whoever is told it in one mail with others, or had another one today, is left out."""
    query = _reminder(mail, day, segments, languages, now)
    return _freeze(connection, mail.campaign, query, now, groups)


def freeze_merged(
    connection: Connection,
    merged: Campaign,
    mail: DueMail,
    day: SharedDay,
    segments: Mapping[str, Segment],
    languages: Sequence[str],
    now: datetime,
    groups: Sequence[DestinationGroup] = (),
) -> int:
    """Write a ledger row for everybody for whom `mail` falls on one day with others, and what their copy tells.

    Nobody is left out of this one: each of its reminders has a ledger of its own, with the reasons.
    """
    query = _merged(mail, day, segments, languages, now)
    count = _freeze(connection, merged, query, now, groups)
    write_parts(connection, merged, (mail, *day.ahead), segments, now)
    return count


def _freeze(
    connection: Connection,
    campaign: Campaign,
    audience: Select[Any],
    now: datetime,
    groups: Sequence[DestinationGroup],
    moments: Mapping[str, datetime] | None = None,
) -> int:
    know_lanes(connection, [OTHERS, *(group.name for group in groups)])
    plan_for_many(connection)
    found = audience.add_columns(lane_of_person(groups).label("lane"))
    if moments:
        found = found.add_columns(due_by_zone(moments, now).label("not_before"))
    # An offset keeps it whole: else PostgreSQL looks for the reason once for each column that depends on it.
    row = found.order_by(subscribers.c.id).offset(0).subquery().c
    state = case((row.reason.is_(None), DeliveryState.READY.value), else_=DeliveryState.SKIPPED.value)
    attempts, due_at = literal(0, Integer), literal(now, Instant())
    settled = case((row.reason.is_(None), null()), else_=due_at)
    chosen = select(
        literal(campaign.id, Integer),
        row.id,
        state,
        row.language,
        row.reason,
        attempts,
        settled,
        row.lane,
        row.not_before if moments else due_at,
    )
    columns = [
        "campaign_id", "subscriber_id", "state", "language", "withheld", "attempts", "settled_at", "lane", "not_before",
    ]  # fmt: skip
    return connection.execute(insert(deliveries).from_select(columns, chosen)).rowcount


def forecast_audience(
    connection: Connection,
    campaign: Campaign,
    segments: Mapping[str, Segment],
    languages: Sequence[str],
    now: datetime,
    step: StepDay | None = None,
) -> Audience:
    """Count the audience as it would be frozen at `now`."""
    return _count(connection, _audience(connection, campaign, segments, languages, now, step))


def people_without(
    connection: Connection,
    campaign: Campaign,
    segments: Mapping[str, Segment],
    languages: Sequence[str],
    now: datetime,
    language: str,
    flag: str,
) -> Lacking:
    """Those who would get this edition at `now` and of whom we do not know what `flag` says (`core.flags`)."""
    person = subscribers.c
    lacks = {
        NAMED: func.trim(person.given_name) == "",
        TOPICS: ~select(subscriber_topics.c.topic)
        .where(subscriber_topics.c.subscriber_id == person.id)
        .exists(),
    }[flag]
    found = _audience(connection, campaign, segments, languages, now, None)
    row = found.add_columns(person.address).where(lacks).subquery().c
    gets_it = row.reason.is_(None), row.language == language
    count = connection.scalar(select(func.count(row.id)).where(*gets_it)) or 0
    first = select(row.address).where(*gets_it).order_by(row.id).limit(_SHOWN)
    return Lacking(count, tuple(connection.scalars(first)))


def forecast_reminder(
    connection: Connection,
    mail: DueMail,
    day: SharedDay,
    segments: Mapping[str, Segment],
    languages: Sequence[str],
    now: datetime,
) -> Audience:
    """The same for a reminder, when those of `day` go as planned."""
    return _count(connection, _reminder(mail, day, segments, languages, now))


def forecast_merged(
    connection: Connection,
    mail: DueMail,
    day: SharedDay,
    segments: Mapping[str, Segment],
    languages: Sequence[str],
    now: datetime,
) -> Audience:
    """Count those for whom `mail` falls on one day with others that have not gone by then."""
    return _count(connection, _merged(mail, day, segments, languages, now))


def _count(connection: Connection, audience: Select[Any]) -> Audience:
    row = audience.subquery().c
    query = select(row.language, row.reason, func.count()).group_by(row.language, row.reason)
    return {(language, reason): count for language, reason, count in connection.execute(query)}


def forecast_zones(
    connection: Connection,
    campaign: Campaign,
    segments: Mapping[str, Segment],
    languages: Sequence[str],
    now: datetime,
) -> dict[str, int]:
    """How many people of each zone would get it, if it were frozen at `now`."""
    found = _audience(connection, campaign, segments, languages, now, None)
    audience = found.add_columns(subscribers.c.zone).subquery().c
    query = select(audience.zone, func.count()).where(audience.reason.is_(None)).group_by(audience.zone)
    return {zone: count for zone, count in connection.execute(query)}  # noqa: C416 - Row is no tuple to mypy


def pause_ends(connection: Connection, now: datetime) -> list[datetime]:
    """When pauses end that have not ended yet, earliest first, each instant once."""
    ends = subscribers.c.paused_until
    return list(connection.scalars(select(ends).where(ends > now).distinct().order_by(ends)))


def marked_deadlines(connection: Connection) -> set[str]:
    """Keys of the deadlines about which anybody has said anything, or has been told something in a mail that merges reminders."""
    said, told = select(deadline_marks.c.deadline), select(reminder_parts.c.deadline)
    return set(connection.scalars(said.union(told)))


def count_mailable(connection: Connection, inside: ColumnElement[bool], now: datetime) -> int:
    """How many of these people may be mailed at `now`: by a mail that needs no consent, where there is any."""
    free = first_reason(person_rules(now, LegalBasis.INTEREST)).is_(None)
    return connection.execute(select(func.count()).select_from(subscribers).where(inside, free)).scalar_one()


def withheld_now(connection: Connection, identity: int, now: datetime) -> str | None:
    """Why this person may not be mailed at `now`, not even by a mail that needs no consent; None if nothing speaks against it."""
    reason = first_reason(person_rules(now, LegalBasis.INTEREST))
    return connection.scalar(select(reason).where(subscribers.c.id == identity))


def anybody_meant(
    connection: Connection, campaign: Campaign, segments: Mapping[str, Segment], now: datetime, step: StepDay
) -> bool:
    """Whether anybody would get a row, of those whose moment a step of a series is for."""
    meant = select(subscribers.c.id).where(_inside(campaign, segments, now, step))
    return bool(connection.scalar(select(meant.exists())))


def _audience(
    connection: Connection,
    campaign: Campaign,
    segments: Mapping[str, Segment],
    languages: Sequence[str],
    now: datetime,
    step: StepDay | None,
) -> Select[Any]:
    person = subscribers.c
    excluded = or_(
        false(), *(segment_clause(segments[name].where, now, segments) for name in campaign.exclude)
    )
    withheld = campaign_reason(campaign, now)
    rules = [(excluded, Withheld.EXCLUDED.value)]
    had = _had_it(connection, campaign)
    if had:
        rules.append((got_any_of(had), Withheld.HAD_IT.value))
    reason = case(*rules, else_=withheld).label("reason")
    inside = _inside(campaign, segments, now, step)
    return select(person.id, _language(languages).label("language"), reason).where(inside)


def _reminder(
    mail: DueMail,
    day: SharedDay,
    segments: Mapping[str, Segment],
    languages: Sequence[str],
    now: datetime,
) -> Select[Any]:
    campaign = mail.campaign
    rules = person_rules(now, campaign.basis) + deadline_rules(now, campaign.deadline, campaign.not_after)
    rules += [(told_merged(campaign), Withheld.MERGED), (reminded_today(day), Withheld.ONE_A_DAY)]
    others = (*day.before, *day.ahead)
    if others:
        rules.append((due_somewhere(others, segments, now), Withheld.MERGED))
    reason = first_reason(rules).label("reason")
    columns = subscribers.c.id, _language(languages).label("language"), reason
    return select(*columns).where(inside(mail, segments, now))


def _merged(
    mail: DueMail,
    day: SharedDay,
    segments: Mapping[str, Segment],
    languages: Sequence[str],
    now: datetime,
) -> Select[Any]:
    reason = null().label("reason")
    columns = subscribers.c.id, _language(languages).label("language"), reason
    here = (
        ~or_(*(rule for rule, _ in person_rules(now, LegalBasis.INTEREST))),
        due(mail, segments, now),
        due_somewhere(day.ahead, segments, now),
        ~reminded_today(day),
    )
    query = select(*columns).where(*here)
    return query.where(~due_somewhere(day.before, segments, now)) if day.before else query


def _had_it(connection: Connection, campaign: Campaign) -> list[int]:
    """Campaigns that have carried an article of this digest: whoever got one of them does not get it a second time."""
    if not campaign.content.digest:
        return []
    carried = launched_with(connection, campaign.content.articles)
    return sorted({identity for some in carried.values() for identity in some} - {campaign.id})


def _inside(
    campaign: Campaign, segments: Mapping[str, Segment], now: datetime, step: StepDay | None
) -> ColumnElement[bool]:
    """A correction is for those who were told the former date, whatever segment they are in today."""
    if campaign.kind is CampaignKind.CORRECTION:
        return was_told(campaign.deadline, campaign.sequence or 0)
    inside = segment_clause(segments[campaign.segment].where, now, segments)
    return inside if step is None else and_(of_step(step), inside)


def _language(languages: Sequence[str]) -> ColumnElement[str]:
    """The person's own language, else its base (`fr` for `fr-BE`), else the first of `languages`."""
    own = subscribers.c.language
    exact = [(own == code, code) for code in languages]
    base = [(own.startswith(f"{code}-"), code) for code in languages]
    return case(*exact, *base, else_=languages[0])


def lane_of_person(groups: Sequence[DestinationGroup]) -> ColumnElement[str]:
    """The group of destinations that a person's address is in: by its domain, else by who takes the domain's mail."""
    if not groups:
        return literal(OTHERS, String)
    own = subscribers.c.domain
    named = [(own.in_(group.domains), group.name) for group in groups if group.domains]
    known = [group.name for group in groups]
    taken = select(providers.c.provider).where(providers.c.domain == own, providers.c.provider.in_(known))
    learned = func.coalesce(taken.scalar_subquery(), OTHERS)
    return case(*named, else_=learned) if named else learned


def anybody_told(connection: Connection, campaign: Campaign) -> bool:
    """Whether there is anybody whom a correction would correct."""
    told = select(subscribers.c.id).where(was_told(campaign.deadline, campaign.sequence or 0))
    return bool(connection.scalar(select(told.exists())))


def was_told(deadline: str, before_sequence: int) -> ColumnElement[bool]:
    """SQL over `subscribers`: got a reminder or a correction that told an earlier state of this deadline.

    Unsure rows count as told: somebody who may have read the former date should learn of the new one.
    """
    plainly = (
        deliveries.c.subscriber_id == subscribers.c.id,
        deliveries.c.state.in_((DeliveryState.SENT, DeliveryState.UNSURE)),
        campaigns.c.deadline == deadline,
        campaigns.c.sequence < before_sequence,
    )
    joined = deliveries.join(campaigns, campaigns.c.id == deliveries.c.campaign_id)
    alone = exists(select(deliveries.c.id).select_from(joined).where(*plainly).correlate(subscribers))
    return or_(alone, told_in_parts(deadline, before_sequence))
