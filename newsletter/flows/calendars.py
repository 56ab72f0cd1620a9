"""What calendars are told: an entry for each deadline and each event, in each language, written when something changes.

A look at the files writes the entries into the store, and only where something that a reader sees has changed. Files and
feeds are read from there, so that a feed is quick however many deadlines it has, the same state gives the same octets,
and an event that moves gets a higher SEQUENCE as a deadline does.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from newsletter.core.calendar import CalendarEntry, calendar_event, to_document
from newsletter.core.deadline import DeadlineState
from newsletter.core.moments import Moments
from newsletter.core.wallclock import to_instant
from newsletter.flows.workspace import read_catalogues
from newsletter.store import calendars as rows
from newsletter.store.deadlines import list_deadlines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from newsletter.core.article import Article, ArticleText, DeadlineEntry
    from newsletter.core.deadline import Deadline
    from newsletter.core.wording import Catalogue
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection

EVENT = "event"
# How long feeds show what is over, and what was called off.
KEPT = timedelta(days=30)
_FORM = 1  # grows when entries are written in another way, so that those in the store are written again

_Place = tuple[str, str]  # key and language
_Each = TypeVar("_Each")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What calendars ought to be told, its sequence aside, and the topics of its article."""

    entry: CalendarEntry
    topics: tuple[str, ...]


def note_calendars(office: Office, articles: Mapping[str, Article], now: datetime, only: str = "") -> None:
    """Bring what calendars are told in line with the articles and with the deadlines in the store.

    What no article names any more is cancelled. An entry that says what it said before is not touched.

    Args:
        office: where.
        articles: all of them; one that is missing takes its event along.
        now: instant, UTC.
        only: key of the one deadline to look at; "" for everything.
    """
    catalogues = read_catalogues(office)
    with office.database.read() as connection:
        deadlines = {deadline.key: deadline for deadline in list_deadlines(connection)}
        known = _about(rows.known_entries(connection), only)
        wanted = _about(_wanted(office, catalogues, articles, deadlines), only)
        wanted |= _lost(connection, known, wanted)
        changed = {place for place, each in wanted.items() if _differs(known.get(place), each, deadlines)}
        entries = _sequenced(connection, wanted, changed, deadlines)
    written = [_row(entry, catalogues[entry.entry.language], now) for entry in entries]
    if written or not {language for _, language in known} <= catalogues.keys():
        with office.database.write() as connection:
            rows.forget_languages(connection, tuple(catalogues))
            rows.save_entries(connection, written)


def deadline_entry(
    office: Office, catalogue: Catalogue, article: ArticleText, named: DeadlineEntry, deadline: Deadline
) -> CalendarEntry:
    """The entry of a deadline, in the words of `article` and of the catalogue, at the time at which the store has it."""
    language = catalogue.language
    closes = Moments(catalogue).full(deadline.at, None, deadline.zone)
    steps = (f"- {step}" for step in named.text.steps)
    return CalendarEntry(
        key=deadline.key,
        domain=office.settings.list.id,
        summary=named.text.label,
        start=deadline.instant,
        organizer=office.settings.organisation.contact,
        organizer_name=office.brand.name_in(language),
        description="\n".join((catalogue.gettext("Closes {when}", when=closes), article.title, *steps)),
        url=deadline.url,
        language=language,
        zone=deadline.zone,
        is_deadline=True,
        sequence=deadline.sequence,
        cancelled=deadline.state is DeadlineState.CANCELLED,
    )


def shown_summary(entry: CalendarEntry, catalogue: Catalogue) -> CalendarEntry:
    """The entry as calendars show it: not all of them look at STATUS, so one that was called off says so itself."""
    if not entry.cancelled:
        return entry
    return replace(entry, summary=catalogue.gettext("Called off: {label}", label=entry.summary))


def _event_entry(office: Office, catalogue: Catalogue, article: ArticleText) -> CalendarEntry:
    event, language = article.event, catalogue.language
    assert event is not None
    when = Moments(catalogue).line(event.at, event.until, event.zone)
    return CalendarEntry(
        key=f"{article.slug}/{EVENT}",
        domain=office.settings.list.id,
        summary=article.title,
        start=to_instant(event.at, event.zone),
        end=None if event.until is None else to_instant(event.until, event.zone),
        organizer=office.settings.organisation.contact,
        organizer_name=office.brand.name_in(language),
        description="\n".join(part for part in (when, article.summary) if part),
        url=event.url or (article.link.url if article.link else ""),
        location=event.place,
        language=language,
        zone=event.zone,
    )


def _wanted(
    office: Office,
    catalogues: Mapping[str, Catalogue],
    articles: Mapping[str, Article],
    deadlines: Mapping[str, Deadline],
) -> dict[_Place, _Wanted]:
    home = office.settings.languages[0]
    wanted: dict[_Place, _Wanted] = {}
    for language, catalogue in catalogues.items():
        for article in articles.values():
            text = article.text_for(language, home)
            for entry in _entries(office, catalogue, (text, article.text_for(home, home)), deadlines):
                wanted.setdefault((entry.key, language), _Wanted(entry, text.topics))
    return wanted


def _entries(
    office: Office, catalogue: Catalogue, texts: Iterable[ArticleText], deadlines: Mapping[str, Deadline]
) -> Iterator[CalendarEntry]:
    """The entries of an article, those of its first text first: what that one leaves out is told in the other's words."""
    for text in texts:
        for named in text.deadlines:
            deadline = deadlines.get(f"{text.slug}/{named.id}")
            if deadline is not None:
                yield deadline_entry(office, catalogue, text, named, deadline)
        if text.event is not None:
            yield _event_entry(office, catalogue, text)


def _lost(
    connection: Connection, known: Mapping[_Place, rows.Known], wanted: Mapping[_Place, _Wanted]
) -> dict[_Place, _Wanted]:
    """What the store has and no article names any more, as it stood, called off."""
    lost = {}
    for place, each in known.items():
        row = None if place in wanted or each.cancelled else rows.find_entry(connection, *place)
        if row is not None:
            lost[place] = _Wanted(replace(row.entry, cancelled=True), row.topics)
    return lost


def _differs(known: rows.Known | None, wanted: _Wanted, deadlines: Mapping[str, Deadline]) -> bool:
    entry = wanted.entry
    if known is None:
        return True
    if known.cancelled and entry.cancelled:
        return False  # nothing more is told about it
    moved = entry.key in deadlines and known.sequence != deadlines[entry.key].sequence
    return moved or known.digest != _digest(wanted)


def _about(entries: Mapping[_Place, _Each], only: str) -> dict[_Place, _Each]:
    return {place: each for place, each in entries.items() if only in {"", place[0]}}


def _sequenced(
    connection: Connection,
    wanted: Mapping[_Place, _Wanted],
    changed: Collection[_Place],
    deadlines: Mapping[str, Deadline],
) -> list[_Wanted]:
    """What must be written, with its sequence. An event that gets a higher one gets it in every language."""
    places: dict[str, list[_Place]] = {}
    for place in wanted:
        places.setdefault(place[0], []).append(place)
    found = []
    for key in sorted({key for key, _ in changed}):
        if key in deadlines:
            sequence, grown = deadlines[key].sequence, False
        else:
            sequence, grown = _next(connection, [wanted[place].entry for place in places[key]])
        told = [wanted[place] for place in places[key] if grown or place in changed]
        found += [replace(each, entry=replace(each.entry, sequence=sequence)) for each in told]
    return found


def _next(connection: Connection, entries: Sequence[CalendarEntry]) -> tuple[int, bool]:
    """The sequence of an event, and whether it has grown: when times, place or taking place change in any language."""
    highest, is_other = 0, False
    for entry in entries:
        row = rows.find_entry(connection, entry.key, entry.language)
        if row is not None:
            highest = max(highest, row.entry.sequence)
            is_other = is_other or _essence(row.entry) != _essence(entry)
    return highest + is_other, is_other


def _essence(entry: CalendarEntry) -> tuple[object, ...]:
    return entry.start, entry.end, entry.location, entry.cancelled


def _digest(wanted: _Wanted) -> str:
    document = to_document(replace(wanted.entry, sequence=0))
    text = json.dumps([_FORM, sorted(wanted.topics), document], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _row(wanted: _Wanted, catalogue: Catalogue, now: datetime) -> rows.CalendarRow:
    entry = wanted.entry
    return rows.CalendarRow(
        entry=entry,
        topics=wanted.topics,
        digest=_digest(wanted),
        changed_at=now,
        kept_until=(now if entry.cancelled else entry.finish) + KEPT,
        written=calendar_event(shown_summary(entry, catalogue), stamp=now),
    )
