"""Series: what was approved, on which days there is anybody, whom a step is for, and who has had it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, exists, false, func, insert, literal, or_, select, update

from newsletter.core.delivery import DeliveryState
from newsletter.core.series import Moment, Series, SeriesState
from newsletter.store.insert import insert_or_update
from newsletter.store.rows import table_of, values_of
from newsletter.store.series_tables import series as table
from newsletter.store.series_tables import series_steps, subscriber_dates
from newsletter.store.tables import Instant, deliveries, subscribers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select

    from newsletter.core.series import StepDay
    from newsletter.store.rows import Columns

_SPANS: Columns = (("day", String), ("start", Instant), ("end", Instant), ("instant", Instant))
_DATES: Columns = (("day", String), ("date", String), ("year", String), ("instant", Instant))
_ZONE: Columns = (("zone", String),)
_YEAR, _SPARE = 365.2425, timedelta(days=1)
_ALWAYS, _NEVER = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KnownSeries:
    """A series that was approved once.

    Attributes:
        digest: of the file and the languages, as they were approved.
        since: instant from which it has been running.
    """

    series: Series
    state: SeriesState
    digest: str
    since: datetime
    approved_at: datetime
    approved_by: str


def list_series(connection: Connection) -> list[KnownSeries]:
    """Every series that was approved once, by name."""
    return [_known(row) for row in connection.execute(select(table).order_by(table.c.name))]


def find_series(connection: Connection, name: str) -> KnownSeries | None:
    """The series with this name, if it was approved once."""
    row = connection.execute(select(table).where(table.c.name == name)).one_or_none()
    return None if row is None else _known(row)


def keep_series(connection: Connection, known: KnownSeries) -> None:
    """Write down what was approved, in the place of what was approved before."""
    values = {
        "name": known.series.name,
        "state": known.state,
        "digest": known.digest,
        "document": known.series.to_json(),
        "since": known.since,
        "approved_at": known.approved_at,
        "approved_by": known.approved_by,
    }
    connection.execute(insert_or_update(connection, table, values, ["name"]))


def move_series(
    connection: Connection, name: str, before: SeriesState, after: SeriesState, **changes: Any
) -> bool:
    """Let a series rest or run again; False if somebody else was first."""
    here = table.c.name == name, table.c.state == before
    return connection.execute(update(table).where(*here).values(state=after, **changes)).rowcount == 1


def count_steps(connection: Connection, name: str) -> dict[str, int]:
    """How many times each step of a series has gone into somebody's ledger."""
    row = series_steps.c
    query = select(row.step, func.count()).where(row.series == name).group_by(row.step)
    return {step: count for step, count in connection.execute(query)}  # noqa: C416 - Row is no tuple to mypy


def first_year(connection: Connection, series: Series) -> int | None:
    """The year of the earliest moment of all people, less one for their zones; None when nobody has one."""
    earliest = connection.scalar(select(func.min(_moment_column(series)))) if _has_instant(series) else None
    return None if earliest is None else earliest.year - 1


def zones_of_people(
    connection: Connection, series: Series, ranges: Sequence[tuple[date, date]], earliest: int
) -> list[str]:
    """What stands as their zone in the rows of people whose moment may lie in one of these ranges of days, sorted.

    Args:
        ranges: first and last days, wide enough for every zone of the world.
        earliest: year before which nobody's moment lies.
    """
    query = (
        _zones_by_instant(series, ranges, earliest)
        if _has_instant(series)
        else _zones_by_date(series, ranges)
    )
    return sorted(connection.scalars(query))


def days_with_people(connection: Connection, days: Sequence[StepDay]) -> list[StepDay]:
    """Those of these days (of one series) on which there is anybody whose moment is meant; one query for all of them.

    Whether they may be mailed or are in the segment is not asked here: the launch does.
    """
    if not days:
        return []
    query = _spans_with_people if _has_instant(days[0].series) else _dates_with_people
    found = query(connection, days)
    return [day for number, day in enumerate(days) if number in found]


def of_step(day: StepDay) -> ColumnElement[bool]:
    """SQL over `subscribers`: whose moment is meant by this day, known in time, and who has had neither this step nor a later one.

    Whoever became known, or whose date was told, when the step was due or later gets what is still to come, and not this one.
    """
    mine = _by_instant(day) if _has_instant(day.series) else _by_date(day)
    known = or_(subscribers.c.known_at.is_(None), subscribers.c.known_at < day.instant)
    had = series_steps.c
    taken = exists().where(
        had.subscriber_id == subscribers.c.id,
        had.series == day.series.name,
        had.round == day.round,
        had.step.in_(day.from_here),
    )
    return and_(mine, known, ~taken)


def take_step(connection: Connection, day: StepDay, campaign: int) -> int:
    """Note that everybody who is to get this campaign has had the step, once and for all; gives their number."""
    row = deliveries.c
    mine = select(
        row.subscriber_id,
        literal(day.series.name),
        literal(day.round),
        literal(day.step.name),
        row.campaign_id,
    ).where(row.campaign_id == campaign, row.state == DeliveryState.READY)
    columns = ["subscriber_id", "series", "round", "step", "campaign_id"]
    return connection.execute(insert(series_steps).from_select(columns, mine)).rowcount


def steps_of(connection: Connection, identity: int) -> list[tuple[str, str, str]]:
    """Series, round and step of everything that a person has had."""
    row = series_steps.c
    query = select(row.series, row.round, row.step).where(row.subscriber_id == identity)
    return [tuple(found) for found in connection.execute(query.order_by(row.campaign_id))]


def _has_instant(series: Series) -> bool:
    return series.moment is not Moment.DATE


def _moment_column(series: Series, of: FromClause = subscribers) -> ColumnElement[datetime | None]:
    return of.c.joined if series.moment is Moment.JOINED else of.c.granted_at


def _spans_with_people(connection: Connection, days: Sequence[StepDay]) -> set[int]:
    """One look into the index for each span: the earliest moment in it, if there is any.

    Asked for the earliest, both databases walk along the index and stop; asked whether there is any, PostgreSQL would rather read the
    whole table when zones are compared too.
    """
    dialect, zoned = connection.dialect.name, bool(days[0].zones)
    columns = (*_SPANS, *(_ZONE if zoned else ()))
    given, moment = table_of(dialect, columns), _moment_column(days[0].series)
    here = [moment >= given.c.start, moment < given.c.end, _known_by(given.c.instant)]
    here += [subscribers.c.zone == given.c.zone] if zoned else []
    first = select(func.min(moment)).where(*here).correlate(given).scalar_subquery()
    rows = [
        (str(number), span.start, span.end, day.instant, *((span.zone,) if zoned else ()))
        for number, day in enumerate(days)
        for span in day.spans
    ]
    return _asked(connection, select(given.c.day).where(first.is_not(None)), columns, rows)


def _dates_with_people(connection: Connection, days: Sequence[StepDay]) -> set[int]:
    if days[0].zones:
        return _dates_by_zone(connection, days)
    dialect, series, date = connection.dialect.name, days[0].series, subscriber_dates.c
    given = table_of(dialect, _DATES)
    here = [date.name == series.starts, or_(date.told_at.is_(None), date.told_at < given.c.instant)]
    if series.yearly:
        here += [date.month_day == given.c.date, _year_of(date.day) < given.c.year]
    else:
        here.append(date.day == given.c.date)
    query = select(given.c.day).where(exists(select(date.subscriber_id).where(*here).correlate(given)))
    rows = [
        (str(number), written, f"{day.counted_from.year:04}", day.instant)
        for number, day in enumerate(days)
        for written in _written(day)
    ]
    return _asked(connection, query, _DATES, rows)


def _dates_by_zone(connection: Connection, days: Sequence[StepDay]) -> set[int]:
    """Everybody of these dates is read once. It may name a day too many, whose launch then finds nobody; never one too few."""
    series, date, zone = days[0].series, subscriber_dates.c, subscribers.c.zone
    on = date.month_day if series.yearly else date.day
    wanted = sorted({written for day in days for written in _written(day)})
    told = func.min(func.coalesce(date.told_at, literal(_ALWAYS, Instant())), type_=Instant())
    people = subscriber_dates.join(subscribers, subscribers.c.id == date.subscriber_id)
    query = (
        select(on, zone, func.min(_year_of(date.day)), told)
        .select_from(people)
        .where(date.name == series.starts, on.in_(wanted))
        .group_by(on, zone)
    )
    found = {(row[0], row[1]): (row[2], row[3]) for row in connection.execute(query)}
    return {
        number
        for number, day in enumerate(days)
        for written in _written(day)
        for word in day.zones
        for year, since in [found.get((written, word), ("", _NEVER))]
        if since < day.instant and (not series.yearly or year < f"{day.counted_from.year:04}")
    }


def _year_of(day: ColumnElement[str]) -> ColumnElement[str]:
    """Of a date as it is kept; so written that no index is chosen for it."""
    return func.substr(day, 1, 4)


def _written(day: StepDay) -> tuple[str, ...]:
    """The dates that are meant, as they are kept."""
    return day.month_days if day.series.yearly else (day.counted_from.isoformat(),)


def _known_by(instant: ColumnElement[datetime]) -> ColumnElement[bool]:
    return or_(subscribers.c.known_at.is_(None), subscribers.c.known_at < instant)


def _asked(
    connection: Connection, query: Select[Any], columns: Columns, rows: Sequence[tuple[Any, ...]]
) -> set[int]:
    if not rows:
        return set()
    values = values_of(connection.dialect.name, columns, *zip(*rows, strict=True))
    return {int(number) for number in connection.scalars(query, values)}


def _by_instant(day: StepDay) -> ColumnElement[bool]:
    """In one of the spans; those of zones whose clocks agree are one."""
    moment, zones = _moment_column(day.series), subscribers.c.zone
    together: dict[tuple[datetime, datetime], list[str]] = {}
    for span in day.spans:
        together.setdefault((span.start, span.end), []).extend([] if span.zone is None else [span.zone])
    parts = (
        and_(moment >= start, moment < end, *([zones.in_(words)] if words else []))
        for (start, end), words in together.items()
    )
    return or_(false(), *parts)


def _by_date(day: StepDay) -> ColumnElement[bool]:
    date, series = subscriber_dates.c, day.series
    here = [date.name == series.starts, or_(date.told_at.is_(None), date.told_at < day.instant)]
    if series.yearly:
        here += [date.month_day.in_(day.month_days), _year_of(date.day) < f"{day.counted_from.year:04}"]
    else:
        here.append(date.day == day.counted_from.isoformat())
    mine = subscribers.c.id.in_(select(date.subscriber_id).where(*here))
    return and_(mine, subscribers.c.zone.in_(day.zones)) if day.zones else mine


def _zones_by_instant(series: Series, ranges: Sequence[tuple[date, date]], earliest: int) -> Select[Any]:
    """Also for anniversaries: then the same days of every year, with a day to spare for leap years."""
    moment, parts = _moment_column(series), []
    for first, last in ranges:
        for ago in range(first.year - earliest + 1) if series.yearly else (0,):
            shift = timedelta(days=_YEAR * ago)
            start, end = (datetime.combine(day, time(), UTC) - shift for day in (first, last))
            parts.append(and_(moment >= start - _SPARE, moment < end + 2 * _SPARE))
    return select(subscribers.c.zone).where(or_(false(), *parts)).distinct()


def _zones_by_date(series: Series, ranges: Sequence[tuple[date, date]]) -> Select[Any]:
    row = subscriber_dates.c
    here: ColumnElement[bool]
    if series.yearly:
        days = {f"{day:%m-%d}" for first, last in ranges for day in _days_between(first, last)}
        here = row.month_day.in_(sorted(days | ({"02-29"} if "02-28" in days else set())))
    else:
        here = or_(false(), *(row.day.between(first.isoformat(), last.isoformat()) for first, last in ranges))
    people = subscriber_dates.join(subscribers, subscribers.c.id == row.subscriber_id)
    return select(subscribers.c.zone).select_from(people).where(row.name == series.starts, here).distinct()


def _days_between(first: date, last: date) -> list[date]:
    """All of them; of more than a year only one of each."""
    return [first + timedelta(days=number) for number in range(min(366, (last - first).days + 1))]


def _known(row: Row[Any]) -> KnownSeries:
    return KnownSeries(
        Series.from_json(row.document),
        SeriesState(row.state),
        row.digest,
        row.since,
        row.approved_at,
        row.approved_by,
    )
