"""Reminders that fall on one day for one person: who has more than one, what stands in whose copy, who heard of it today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    Integer,
    String,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    update,
)

from newsletter.core.campaign import CampaignKind
from newsletter.core.deadline import ENDING, PUTTING_OFF, DeadlineMark, DeadlineState
from newsletter.core.delivery import DeliveryState, Withheld
from newsletter.core.legal_basis import LegalBasis
from newsletter.core.subscriber import Standing
from newsletter.store.gate import deadline_rules, marked
from newsletter.store.insert import insert_or_update
from newsletter.store.reminder_tables import reminder_parts
from newsletter.store.rows import IDS, table_of, values_of
from newsletter.store.segments import segment_clause
from newsletter.store.tables import Instant, campaigns, deadline_marks, deadlines, deliveries, subscribers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from newsletter.core.campaign import Campaign
    from newsletter.core.due_mail import DueMail, SharedDay
    from newsletter.core.segment.tree import Segment

# Any number that nobody else locks by; the letters are r, e, m, i.
_IN_TURN = 0x72656D69


def in_turn(connection: Connection) -> None:
    """Let reminders be launched one after the other until this transaction ends: each must see what the last has told.

    On SQLite there is one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_IN_TURN})")


# Conditions over `subscribers`


def inside(mail: DueMail, segments: Mapping[str, Segment], now: datetime) -> ColumnElement[bool]:
    """The people of a reminder: its segment, or those of it who wished for just this moment."""
    campaign = mail.campaign
    in_segment = segment_clause(segments[campaign.segment].where, now, segments)
    if mail.wished is None:
        return in_segment
    marks = deadline_marks.c
    return and_(
        in_segment,
        marked(campaign.deadline, marks.mark.in_(PUTTING_OFF), marks.until == mail.wished),
    )


def due(mail: DueMail, segments: Mapping[str, Segment], now: datetime) -> ColumnElement[bool]:
    """This reminder is for this person, nothing that they said of its deadline speaks against it, and they have not had it.

    Where it needs their consent, whoever was only told of us is not meant: a mail that merges it with others tells those alone.
    """
    campaign = mail.campaign
    against = [rule for rule, _ in deadline_rules(now, campaign.deadline, campaign.not_after)]
    if campaign.basis is LegalBasis.CONSENT:
        against.append(subscribers.c.standing == Standing.INFORMED)
    return and_(inside(mail, segments, now), ~or_(*against), ~told_merged(campaign))


def due_somewhere(
    mails: Sequence[DueMail], segments: Mapping[str, Segment], now: datetime
) -> ColumnElement[bool]:
    """At least one of these reminders is for this person."""
    return or_(*(due(mail, segments, now) for mail in mails)) if mails else ~true()


def told_merged(campaign: Campaign) -> ColumnElement[bool]:
    """This person's copy of a mail that merges reminders tells this very rung."""
    parts = reminder_parts.c
    return exists().where(
        parts.subscriber_id == subscribers.c.id,
        parts.deadline == campaign.deadline,
        parts.sequence == campaign.sequence,
        parts.rung == campaign.rung,
        parts.withheld.is_(None),
    )


def reminded_today(day: SharedDay) -> ColumnElement[bool]:
    """A reminder was launched for this person on this day of the office."""
    row, sent = deliveries.c, campaigns.c
    joined = deliveries.join(campaigns, sent.id == row.campaign_id)
    here = (
        row.subscriber_id == subscribers.c.id,
        row.state != DeliveryState.SKIPPED,
        sent.kind == CampaignKind.REMINDER,
        sent.launched_at >= day.start,
        sent.launched_at < day.end,
    )
    return exists(select(row.id).select_from(joined).where(*here).correlate(subscribers))


def told_in_parts(deadline: str, before_sequence: int) -> ColumnElement[bool]:
    """This person got a mail that merges reminders, and their copy told an earlier state of this deadline."""
    row, parts = deliveries.c, reminder_parts.c
    same = and_(row.campaign_id == parts.campaign_id, row.subscriber_id == parts.subscriber_id)
    here = (
        parts.subscriber_id == subscribers.c.id,
        parts.deadline == deadline,
        parts.sequence < before_sequence,
        parts.withheld.is_(None),
        row.state.in_((DeliveryState.SENT, DeliveryState.UNSURE)),
    )
    told = select(row.id).select_from(deliveries.join(reminder_parts, same))
    return exists(told.where(*here).correlate(subscribers))


# What is written at launch


def sharing(
    connection: Connection,
    mail: DueMail,
    others: Sequence[DueMail],
    segments: Mapping[str, Segment],
    now: datetime,
) -> list[DueMail]:
    """Those of `others` that share somebody with this reminder."""
    free = subscribers.c.id
    mine = due(mail, segments, now)
    return [
        other
        for other in others
        if connection.scalar(select(select(free).where(mine, due(other, segments, now)).exists()))
    ]


def write_parts(
    connection: Connection,
    merged: Campaign,
    mails: Sequence[DueMail],
    segments: Mapping[str, Segment],
    now: datetime,
) -> None:
    """Write down, for everybody in the ledger of a merged campaign, which of these reminders their copy tells."""
    row = deliveries.c
    columns = ["campaign_id", "subscriber_id", "deadline", "rung", "sequence"]
    people = deliveries.join(subscribers, subscribers.c.id == row.subscriber_id)
    for mail in mails:
        told = mail.campaign
        chosen = select(
            row.campaign_id,
            row.subscriber_id,
            literal(told.deadline, String),
            literal(told.rung, Integer),
            literal(told.sequence, Integer),
        )
        here = row.campaign_id == merged.id, due(mail, segments, now)
        query = chosen.select_from(people).where(*here)
        connection.execute(insert(reminder_parts).from_select(columns, query))


def postpone(connection: Connection, campaign: Campaign, until: datetime, now: datetime) -> int:
    """Whoever heard of another deadline today hears of this one at `until`; gives how many people."""
    row, marks = deliveries.c, deadline_marks.c
    people = select(row.subscriber_id).where(
        row.campaign_id == campaign.id, row.withheld == Withheld.ONE_A_DAY
    )
    ours = marks.deadline == campaign.deadline, marks.mark == DeadlineMark.POSTPONED
    connection.execute(delete(deadline_marks).where(*ours, marks.subscriber_id.in_(people)))
    chosen = people.add_columns(
        literal(campaign.deadline, String),
        literal(DeadlineMark.POSTPONED.value, String),
        literal(now, Instant()),
        literal(until, Instant()),
    )
    columns = ["subscriber_id", "deadline", "mark", "at", "until"]
    return connection.execute(insert(deadline_marks).from_select(columns, chosen)).rowcount


# What is asked at hand-over


def settle_parts(
    connection: Connection, campaign: Campaign, people: Sequence[int], now: datetime
) -> dict[int, Withheld | None]:
    """Leave out of these people's copies what is not to be told any more.

    Returns:
        By person, why nothing is left of their copy; None where something is.
    """
    dialect = connection.dialect.name
    given, parts = table_of(dialect, IDS), reminder_parts.c
    theirs = parts.campaign_id == campaign.id, parts.subscriber_id.in_(select(given.c.id))
    values = values_of(dialect, IDS, people)
    why = _why_not(now)
    changed = update(reminder_parts).where(*theirs, parts.withheld.is_(None), why.is_not(None))
    connection.execute(changed.values(withheld=why), values)
    found: dict[int, Withheld | None] = dict.fromkeys(people, Withheld.CANCELLED)
    left = select(parts.subscriber_id, parts.withheld).where(*theirs)
    for person, withheld in connection.execute(left, values).all():
        if found[person] is not None:
            found[person] = None if withheld is None else Withheld(withheld)
    return found


def _why_not(now: datetime) -> ColumnElement[str | None]:
    """SQL over `reminder_parts`: why a deadline is not to be told any more; the rules of `store.gate`, for many at once."""
    parts, marks, now_at = reminder_parts.c, deadline_marks.c, literal(now, Instant())
    stands = exists().where(
        deadlines.c.key == parts.deadline,
        deadlines.c.sequence == parts.sequence,
        deadlines.c.state == DeadlineState.OPEN,
    )
    closed = exists().where(deadlines.c.key == parts.deadline, deadlines.c.instant <= now_at)
    mine = marks.subscriber_id == parts.subscriber_id, marks.deadline == parts.deadline
    # Joined, not asked inside: a query within a query within this statement would not see which row it is about.
    before_closing = deadlines.c.key == parts.deadline, marks.until < deadlines.c.instant
    later = marks.mark.in_(PUTTING_OFF), marks.until > now_at, *before_closing
    return case(
        (~stands, Withheld.CANCELLED.value),
        (closed, Withheld.DEADLINE_PASSED.value),
        (exists().where(*mine, marks.mark == DeadlineMark.APPLIED), Withheld.APPLIED.value),
        (exists().where(*mine, marks.mark == DeadlineMark.STOPPED), Withheld.STOPPED.value),
        (exists().where(*mine, *later), Withheld.LATER.value),
        else_=null(),
    )


def told_deadlines(connection: Connection, campaign: int, people: Sequence[int]) -> dict[int, frozenset[str]]:
    """The deadlines that each person's copy of a merged campaign tells."""
    dialect, parts = connection.dialect.name, reminder_parts.c
    given = table_of(dialect, IDS)
    query = select(parts.subscriber_id, parts.deadline).where(
        parts.campaign_id == campaign,
        parts.subscriber_id.in_(select(given.c.id)),
        parts.withheld.is_(None),
    )
    found: dict[int, set[str]] = {}
    for person, deadline in connection.execute(query, values_of(dialect, IDS, people)).all():
        found.setdefault(person, set()).add(deadline)
    return {person: frozenset(keys) for person, keys in found.items()}


# What people said


def put_off(connection: Connection, deadline: str, identity: int, until: datetime, now: datetime) -> bool:
    """Note that a person wants to hear of a deadline again at `until`; False if just that was noted already."""
    if wished_until(connection, deadline, identity) == until:
        return False
    values = {
        "deadline": deadline,
        "subscriber_id": identity,
        "mark": DeadlineMark.LATER,
        "at": now,
        "until": until,
    }
    key = ["deadline", "subscriber_id", "mark"]
    connection.execute(insert_or_update(connection, deadline_marks, values, key))
    return True


def wished_until(connection: Connection, deadline: str, identity: int) -> datetime | None:
    """Until when a person put a deadline's reminders off, as they said it last."""
    marks = deadline_marks.c
    here = marks.deadline == deadline, marks.subscriber_id == identity, marks.mark == DeadlineMark.LATER
    return connection.scalar(select(marks.until).where(*here))


def forget_wish(connection: Connection, deadline: str, identity: int) -> bool:
    """Take "remind me later" back; True if there was such a wish."""
    marks = deadline_marks.c
    here = marks.deadline == deadline, marks.subscriber_id == identity, marks.mark == DeadlineMark.LATER
    return connection.execute(delete(deadline_marks).where(*here)).rowcount > 0


def wished_moments(connection: Connection) -> dict[str, list[datetime]]:
    """The instants until which people have put reminders off, by deadline; without those who have said the last word."""
    marks, ended = deadline_marks.c, deadline_marks.alias().c
    over = exists().where(
        ended.deadline == marks.deadline,
        ended.subscriber_id == marks.subscriber_id,
        ended.mark.in_(ENDING),
    )
    query = select(marks.deadline, marks.until).where(marks.until.is_not(None), ~over).distinct()
    found: dict[str, list[datetime]] = {}
    for deadline, until in connection.execute(query.order_by(marks.deadline, marks.until)):
        found.setdefault(deadline, []).append(until)
    return found


def merged_into(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """For rows of the ledger whose reminder went in one mail with others, the name of that campaign, by row id."""
    row, own, other, parts = deliveries.c, campaigns.c, campaigns.alias("other").c, reminder_parts.c
    joined = deliveries.join(campaigns, own.id == row.campaign_id).join(
        reminder_parts,
        and_(
            parts.subscriber_id == row.subscriber_id,
            parts.deadline == own.deadline,
            parts.rung == own.rung,
            parts.sequence == own.sequence,
            parts.withheld.is_(None),
        ),
    )
    given = table_of(connection.dialect.name, IDS)
    query = (
        select(row.id, func.min(other.name))
        .select_from(joined)
        .where(
            row.withheld == Withheld.MERGED,
            row.id.in_(select(given.c.id)),
            other.id == parts.campaign_id,
        )
        .group_by(row.id)
    )
    values = values_of(connection.dialect.name, IDS, ids)
    return {identity: name for identity, name in connection.execute(query, values)}  # noqa: C416 - Row is no tuple to mypy
