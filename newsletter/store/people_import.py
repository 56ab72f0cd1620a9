"""What a file of people changes: each of its rows is compared with who is known, and all are taken over together.

A handful of statements over everybody, whatever the length of the file. The rules are those of consent: leaving is never
undone, and newer words count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Integer,
    String,
    and_,
    case,
    cast,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import REGCLASS

from newsletter.core.consent import ConsentAction
from newsletter.core.people_file import Status
from newsletter.core.subscriber import Standing
from newsletter.store.engine import plan_for_many
from newsletter.store.erasure import ERASED
from newsletter.store.insert import insert_select_ignore
from newsletter.store.people_staging import placed, staged
from newsletter.store.series_tables import subscriber_dates
from newsletter.store.tables import Instant, consents, subscriber_topics, subscribers, suppressions

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, FromClause

_ROW, _PLACE, _PERSON = staged.c, placed.c, subscribers.c
_ROWS = staged.join(placed, _PLACE.line == _ROW.line)
_WRITTEN = ("given_name", "country")
# What readers choose themselves on their page: an import leaves it to them from then on.
_CHOSEN = ("language", "zone")
_UNREACHABLE = (Status.BOUNCED, Status.COMPLAINED)
_WITHOUT_CONSENT = (Status.PENDING, Status.INFORMED)


def place_people(connection: Connection) -> dict[str, int]:
    """Find out who the people set aside are, and what becomes of each; nothing is changed yet.

    Must be in the transaction that takes them over, as ids are given here.

    Returns:
        Counts of `new`, `changed`, `unchanged`, `unsubscribed` (they left, now or before), and `suppressed` (they bounced,
        complained or were erased, now or before). Those two may tell something new about a person, too.
    """
    plan_for_many(connection)
    if connection.dialect.name == "postgresql":  # nobody else may become known meanwhile
        connection.exec_driver_sql("LOCK TABLE subscribers IN SHARE ROW EXCLUSIVE MODE")
        # After an earlier file the server may not have counted yet, and would go through everybody for each row.
        connection.exec_driver_sql("ANALYZE subscribers, subscriber_topics")
    _place_known(connection)
    _place_new(connection)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE placed_people")
    query = select(_PLACE.outcome, func.count()).group_by(_PLACE.outcome)
    return {outcome: count for outcome, count in connection.execute(query)}  # noqa: C416 - Row is no tuple to mypy


def take_people(connection: Connection, language: str, now: datetime, file: str) -> None:
    """Take over what `place_people` has found.

    Args:
        language: of newcomers whose row does not say.
        file: what the evidence of their consent names beside the line.
    """
    _add_newcomers(connection, language, now)
    _change_known(connection)
    _keep_dates(connection, now)
    _add_topics(connection)
    _record_consents(connection, now, file)
    _suppress_unreachable(connection, now)


def _place_known(connection: Connection) -> None:
    dialect = connection.dialect.name
    gone = exists().where(suppressions.c.address_hash == _PERSON.address_hash)
    unreachable = or_(gone, _ROW.status.in_(_UNREACHABLE))
    older = or_(_PERSON.granted_at.is_(None), _PERSON.granted_at <= _ROW.consented)
    left = _PERSON.standing == Standing.UNSUBSCRIBED
    leaves = and_(_ROW.status == Status.UNSUBSCRIBED, ~left, older)
    # Whoever waits for their own confirmation has never agreed, or has left since: then they have objected for good.
    once_left = exists().where(
        consents.c.subscriber_id == _PERSON.id, consents.c.action == ConsentAction.WITHDRAWN
    )
    grants = or_(
        and_(_ROW.status == Status.CONFIRMED, _PERSON.standing.in_((Standing.PENDING, Standing.INFORMED))),
        and_(_ROW.status == Status.INFORMED, _PERSON.standing == Standing.PENDING, ~once_left),
    )
    differs = or_(
        *(and_(_ROW[name] != "", _ROW[name] != _PERSON[name]) for name in _WRITTEN),
        *(
            and_(_PERSON.chosen_at.is_(None), _ROW[name] != "", _ROW[name] != _PERSON[name])
            for name in _CHOSEN
        ),
        _merged(dialect) != _as_merged(dialect),
    )
    takes_topics = and_(_PERSON.chosen_at.is_(None), _lacks_topics(dialect))
    outcome = case(
        (unreachable, "suppressed"),
        (or_(left, leaves), "unsubscribed"),
        (or_(grants, differs, takes_topics), "changed"),
        else_="unchanged",
    )
    known = staged.join(subscribers, _PERSON.address_key == _ROW.address_key)
    columns = _ROW.line, _PERSON.id, false(), differs, takes_topics, leaves, grants, outcome
    connection.execute(insert(placed).from_select(_PLACE.keys(), select(*columns).select_from(known)))


def _place_new(connection: Connection) -> None:
    """Newcomers get their ids here, in the order of the file. Who was erased is no newcomer: nothing of them is kept again."""
    gone = exists().where(suppressions.c.address_hash == _ROW.address_hash)
    erased = exists().where(suppressions.c.address_hash == _ROW.address_hash, suppressions.c.reason == ERASED)
    outcome = case(
        (or_(gone, _ROW.status.in_(_UNREACHABLE)), "suppressed"),
        (_ROW.status == Status.UNSUBSCRIBED, "unsubscribed"),
        else_="new",
    )
    ordered = (
        select(_ROW.line, _ROW.status, outcome.label("outcome"), erased.label("erased"))
        .where(~exists().where(_PLACE.line == _ROW.line))
        .order_by(_ROW.line)
        .subquery()
    )
    row = ordered.c
    if connection.dialect.name == "postgresql":
        # Looked up once, in a query of its own: as an argument it would be looked up for each row.
        named = cast(func.pg_get_serial_sequence("subscribers", "id"), REGCLASS)
        identity: ColumnElement[Any] = func.nextval(select(named).scalar_subquery())
    else:
        most = select(func.coalesce(func.max(_PERSON.id), 0)).scalar_subquery()
        identity = most + func.row_number().over(order_by=row.line)
    fresh = not_(row.erased)
    leaves = and_(fresh, row.status == Status.UNSUBSCRIBED)
    grants = and_(fresh, row.status != Status.PENDING)
    columns = row.line, identity, fresh, fresh, fresh, leaves, grants, row.outcome
    connection.execute(insert(placed).from_select(_PLACE.keys(), select(*columns)))


def _add_newcomers(connection: Connection, language: str, now: datetime) -> None:
    domain = func.substr(_ROW.address_key, func.instr(_ROW.address_key, "@") + 1)
    if connection.dialect.name == "postgresql":
        domain = func.split_part(_ROW.address_key, "@", -1)
    standing = case(
        (_ROW.status == Status.UNSUBSCRIBED, Standing.UNSUBSCRIBED.value),
        (_ROW.status == Status.PENDING, Standing.PENDING.value),
        (_ROW.status == Status.INFORMED, Standing.INFORMED.value),
        else_=Standing.CONFIRMED.value,
    )
    values: dict[str, ColumnElement[Any]] = {
        "id": _PLACE.person,
        **{name: _ROW[name] for name in ("address", "address_key", "address_hash", "given_name", "country")},
        **{name: _ROW[name] for name in ("zone", "joined", "paused_until", "source", "attributes")},
        "domain": domain,
        "known_at": literal(now, Instant()),
        "language": case((_ROW.language == "", literal(language, String)), else_=_ROW.language),
        "standing": standing,
        "granted_at": case((_ROW.status.in_(_WITHOUT_CONSENT), null()), else_=_ROW.consented),
    }
    chosen = select(*values.values()).select_from(_ROWS).where(_PLACE.is_new).order_by(_ROW.line)
    connection.execute(insert(subscribers).from_select(list(values), chosen))


def _change_known(connection: Connection) -> None:
    dialect = connection.dialect.name
    here = and_(
        _ROW.line == _PLACE.line, _PLACE.person == _PERSON.id, ~_PLACE.is_new, _ROW.address_key == _PERSON.address_key
    )  # fmt: skip
    own = _PERSON.chosen_at.is_(None)
    values: dict[str, Any] = {
        **{name: case((_ROW[name] != "", _ROW[name]), else_=_PERSON[name]) for name in _WRITTEN},
        **{name: case((and_(own, _ROW[name] != ""), _ROW[name]), else_=_PERSON[name]) for name in _CHOSEN},
        "attributes": _merged(dialect),
    }
    connection.execute(update(subscribers).where(here, _PLACE.changes).values(values))
    latest = case((_PERSON.granted_at > _ROW.consented, _PERSON.granted_at), else_=_ROW.consented)
    moved: dict[str, Any] = {
        "standing": case(
            (_PLACE.leaves, Standing.UNSUBSCRIBED.value),
            (_ROW.status == Status.INFORMED, Standing.INFORMED.value),
            else_=Standing.CONFIRMED.value,
        ),
        "granted_at": case(
            (or_(_PLACE.leaves, _ROW.status == Status.INFORMED), _PERSON.granted_at), else_=latest
        ),
    }
    connection.execute(update(subscribers).where(here, or_(_PLACE.leaves, _PLACE.consents)).values(moved))


def _keep_dates(connection: Connection, now: datetime) -> None:
    """The dates among the attributes, as `store.dates` keeps them: those that stay keep the instant at which they were told."""
    dialect, kept = connection.dialect.name, subscriber_dates.c
    told = _told_value(dialect, kept.name)
    other = (
        select(_PLACE.line).select_from(_ROWS).where(_PLACE.person == kept.subscriber_id, told != kept.day)
    )
    connection.execute(delete(subscriber_dates).where(other.correlate(subscriber_dates).exists()))
    date = _each_date(dialect)
    values = _PLACE.person, date.c.key, date.c.value, func.substr(date.c.value, 6), literal(now, Instant())
    found = select(*values).select_from(_ROWS.join(date, true())).where(_PLACE.is_new | _PLACE.changes)
    columns = ["subscriber_id", "name", "day", "month_day", "told_at"]
    connection.execute(insert_select_ignore(connection, subscriber_dates, columns, found))


def _add_topics(connection: Connection) -> None:
    topic, columns = _each_topic(connection.dialect.name, _ROW.topics), ["subscriber_id", "topic"]
    chosen = (
        select(_PLACE.person, topic.c.value).select_from(_ROWS.join(topic, true())).where(_PLACE.takes_topics)
    )
    # A newcomer has none yet: nothing has to be looked up for each row, which is dear on PostgreSQL.
    connection.execute(insert(subscriber_topics).from_select(columns, chosen.where(_PLACE.is_new)))
    known = chosen.where(~_PLACE.is_new)
    connection.execute(insert_select_ignore(connection, subscriber_topics, columns, known))


def _record_consents(connection: Connection, now: datetime, file: str) -> None:
    """The events of newcomers, and of people known whose standing changes; a grant before the withdrawal that followed it."""
    evidence = _evidence(connection.dialect.name, now, file)
    columns = ["subscriber_id", "at", "action", "source", "wording", "evidence"]
    asked = and_(_PLACE.is_new, _ROW.status == Status.PENDING)
    action = case(
        (asked, ConsentAction.ASKED.value),
        (_ROW.status == Status.INFORMED, ConsentAction.INFORMED.value),
        else_=ConsentAction.GRANTED.value,
    )
    first = (_PLACE.person, _ROW.consented, action, _ROW.source, _ROW.wording, evidence)
    left = literal(ConsentAction.WITHDRAWN.value, String)
    last = (_PLACE.person, literal(now, Instant()), left, _ROW.source, literal("", String), evidence)
    for event, here in ((first, or_(_PLACE.consents, asked)), (last, _PLACE.leaves)):
        chosen = select(*event).select_from(_ROWS).where(here).order_by(_ROW.line)
        connection.execute(insert(consents).from_select(columns, chosen))


def _suppress_unreachable(connection: Connection, now: datetime) -> None:
    chosen = select(_ROW.address_hash, _ROW.status, literal(now, Instant())).where(
        _ROW.status.in_(_UNREACHABLE)
    )
    connection.execute(
        insert_select_ignore(connection, suppressions, ["address_hash", "reason", "at"], chosen)
    )


def _merged(dialect: str) -> ColumnElement[Any]:
    """What is known of a person with what the file tells on top of it."""
    if dialect == "postgresql":
        return _PERSON.attributes.op("||")(_ROW.attributes)
    return func.json_patch(_PERSON.attributes, _ROW.attributes)


def _as_merged(dialect: str) -> ColumnElement[Any]:
    """What is known of a person, in the form in which `_merged` gives it."""
    return _PERSON.attributes if dialect == "postgresql" else func.json(_PERSON.attributes)


def _each_topic(dialect: str, topics: ColumnElement[Any]) -> FromClause:
    each = func.jsonb_array_elements_text(topics) if dialect == "postgresql" else func.json_each(topics)
    return each.table_valued("value", name="each_topic")


def _each_date(dialect: str) -> FromClause:
    each = func.jsonb_each_text(_ROW.dates) if dialect == "postgresql" else func.json_each(_ROW.dates)
    return each.table_valued("key", "value", name="each_date")


def _told_value(dialect: str, name: ColumnElement[str]) -> ColumnElement[str]:
    """What the file tells of an attribute, as text; NULL when nothing."""
    if dialect == "postgresql":
        return func.jsonb_extract_path_text(_ROW.attributes, name)
    return func.json_extract(_ROW.attributes, literal('$."', String) + name + literal('"', String))


def _lacks_topics(dialect: str) -> ColumnElement[bool]:
    topic, mine = _each_topic(dialect, _ROW.topics), subscriber_topics.c
    has = select(mine.topic).where(mine.subscriber_id == _PERSON.id, mine.topic == topic.c.value)
    lacked = select(literal(1, Integer)).select_from(topic).where(~has.correlate(subscribers, topic).exists())
    return lacked.correlate(staged, subscribers).exists()


def _evidence(dialect: str, now: datetime, file: str) -> ColumnElement[Any]:
    build = func.jsonb_build_object if dialect == "postgresql" else func.json_object
    imported = literal(now.isoformat(), String)
    told = (literal("file", String), literal(file, String), literal("file_line", String), _ROW.line)
    return build(*told, literal("imported_at", String), imported)
