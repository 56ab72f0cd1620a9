"""The mails of series: which step goes on which day, as far as there is anybody for it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from newsletter.core.campaign import Campaign, CampaignKind
from newsletter.core.due_mail import DueMail
from newsletter.core.refusal import Refusal
from newsletter.core.rule_file import RuleFile
from newsletter.core.schedule import Occurrence
from newsletter.core.series import READER, Moment, Series, SeriesState, days_meant, step_days
from newsletter.core.wallclock import zone_named
from newsletter.store.series import days_with_people, find_series, first_year, list_series, zones_of_people

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from newsletter.core.series import StepDay
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection, Database
    from newsletter.store.series import KnownSeries

# What was due longer ago than this and the lateness was nobody's to launch; it is not even called missed.
_REMEMBERED = timedelta(days=1)
_MINUTE, _TICK = timedelta(minutes=1), timedelta(microseconds=1)


def series_mails(office: Office, now: datetime, until: datetime) -> Iterator[DueMail]:
    """The steps of every series that runs, on the days on which there is anybody, up to `until`.

    A series whose file is not the one that was approved stands still until it is approved anew.
    """
    with office.database.read() as connection:
        running = [known for known in list_series(connection) if known.state is SeriesState.RUNNING]
    for known in running:
        if series_digest(office, known.series.name) == known.digest:
            only_due = now == until
            days = _due_days(office, known, now) if only_due else coming_days(office, known, now, until)
            for day in days:
                campaign = step_campaign(office, day)
                occurrence = Occurrence(day.schedule, day.instant, campaign.lateness)
                yield DueMail(occurrence, campaign, step=day)


_Asked = tuple["KnownSeries", datetime, timedelta]
_DUE: WeakKeyDictionary[Database, dict[_Asked, list[StepDay]]] = WeakKeyDictionary()
"""What was found due in this minute, by database: steps fall on whole minutes, and what comes after one does not change it."""


def _due_days(office: Office, known: KnownSeries, now: datetime) -> list[StepDay]:
    """The same for a scheduler, which asks several times a second: the database is asked once a minute."""
    asked = known, _minute(now), office.settings.lateness.series
    found = _DUE.setdefault(office.database, {})
    if asked not in found:
        for former in [each for each in found if each[0].series.name == known.series.name]:
            del found[former]
        found[asked] = coming_days(office, known, now, now)
    return found[asked]


def coming_days(office: Office, known: KnownSeries, now: datetime, until: datetime) -> list[StepDay]:
    """The days from `now` (less what may be late) up to `until` on which a step has anybody to go to."""
    series = known.series
    start = max(known.since + _TICK, now - office.settings.lateness.series - _REMEMBERED)
    if series.moment is not Moment.DATE and not series.yearly:
        # Whoever joins after now is not known yet.
        until = min(until, now + timedelta(days=series.steps[-1].days + 3))
    with office.database.read() as connection:
        days = _days(office, connection, series, start, until)
        return days_with_people(connection, days)


def series_digest(office: Office, name: str) -> str:
    """Of what is approved: the file and the languages of the office; "" when there is no such file."""
    try:
        _, text = office.library.rule_source(RuleFile.SERIES, name)
    except Refusal:
        return ""
    return sha256(json.dumps([text, office.settings.languages]).encode()).hexdigest()


def step_campaign(office: Office, day: StepDay) -> Campaign:
    """The campaign that carries a step on a day."""
    series, step = day.series, day.step
    return Campaign(
        name=day.campaign,
        kind=CampaignKind.ANNOUNCEMENT,
        content=step.content,
        segment=series.segment,
        zone=day.zone,
        lateness=office.settings.lateness.series,
        exclude=series.exclude,
        sender=series.sender,
        at=day.local,
        not_after=day.not_after,
        series=f"{series.name}/{step.name}",
    )


def step_of(office: Office, campaign: Campaign, due: datetime) -> StepDay | None:
    """The day and step of a series that a stored campaign was made for; None for other mail, or when there is no such step any more.

    Args:
        due: the instant of its occurrence, UTC.
    """
    if not campaign.series:
        return None
    with office.database.read() as connection:
        known = find_series(connection, campaign.series.split("/", 1)[0])
        days = _days(office, connection, known.series, due, due) if known else ()
    return next((day for day in days if day.campaign == campaign.name), None)


def _days(
    office: Office, connection: Connection, series: Series, start: datetime, until: datetime
) -> Sequence[StepDay]:
    if until < start:
        return ()
    earliest = first_year(connection, series) if series.yearly else start.year
    if earliest is None and series.moment is not Moment.DATE:
        return ()
    # Whole minutes, so that the arithmetic of a minute's beats is done once.
    begin, end = _minute(start), _minute(until) + _MINUTE
    zones: tuple[tuple[str, str], ...] = ()
    if series.zone == READER:
        meant = days_meant(series, begin, end)
        words = zones_of_people(connection, series, meant, earliest or start.year)
        zones = tuple((word, zone_or(word, office.settings.zone)) for word in words)
    days = step_days(series, begin, end, zones, earliest or start.year)
    return [day for day in days if start <= day.instant <= until]


def zone_or(word: str, otherwise: str) -> str:
    """The zone that stands in a person's row; that of the office where there is none that exists."""
    try:
        return zone_named(word).key if word else otherwise
    except Refusal:
        return otherwise


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)
