"""Calendars as they are given out: one entry, the feed of a topic, the feed of one person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.core.calendar import CalendarFace, calendar_feed, calendar_file, without_alarm
from newsletter.core.links import own_feed_url
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.subscriber import Standing
from newsletter.core.token import Purpose, read_token
from newsletter.core.wallclock import to_local
from newsletter.flows.workspace import read_catalogues, read_people
from newsletter.store import calendars as rows
from newsletter.store.people import person_row, topics_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from newsletter.core.calendar import CalendarEntry
    from newsletter.core.token import Token
    from newsletter.core.wording import Catalogue
    from newsletter.flows.office import Office
    from newsletter.store.calendars import Shown
    from newsletter.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar to follow, or the file of one entry.

    Attributes:
        content: octets of `text/calendar; charset=utf-8`.
        entries: how many.
        changed_at: when one of them last changed (UTC); None when there is none.
    """

    content: bytes
    entries: int
    changed_at: datetime | None


class NoFeed(StrEnum):
    """Why there is no calendar under an address: it never was one, or it is one no more."""

    UNKNOWN = "unknown"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class EntryView:
    """A deadline or an event as the page shows it that offers it to calendars.

    Attributes:
        at: wall-clock time in the entry's zone; so is `until`, None when it has no end.
        today: the day now, in that zone.
        is_over: whether it lies behind us.
        topics: of its article.
    """

    entry: CalendarEntry
    at: datetime
    until: datetime | None
    today: datetime
    is_over: bool
    topics: tuple[str, ...]

    @property
    def days_left(self) -> int:
        """Whole days by the calendar of the entry's zone; 0 on its own day."""
        return (self.at.date() - self.today.date()).days


def entry_file(office: Office, key: str, language: str) -> Feed | None:
    """The calendar file of a deadline (`article/deadline`) or of an article's event (`article/event`) as it stands.

    One that no article names any more still answers, so that it can take itself out of calendars.
    """
    with office.database.read() as connection:
        row = rows.find_entry(connection, key, language)
    if row is None:
        return None
    return Feed(calendar_file(row.written, cancelled=row.entry.cancelled), 1, row.changed_at)


def see_entry(office: Office, key: str, language: str, now: datetime) -> EntryView | None:
    """The same for people; None if nobody knows it."""
    with office.database.read() as connection:
        row = rows.find_entry(connection, key, language)
    if row is None:
        return None
    entry = row.entry
    return EntryView(
        entry,
        at=to_local(entry.start, entry.zone),
        until=None if entry.end is None else to_local(entry.end, entry.zone),
        today=to_local(now, entry.zone),
        is_over=now >= entry.finish if entry.end else now >= entry.start,
        topics=row.topics,
    )


def shared_feed(office: Office, topic: str, catalogue: Catalogue, now: datetime) -> Feed:
    """Deadlines and events of a topic, or of every article when it is "", in the language of this catalogue.

    Raises:
        ContentRefused: there is no such topic; the refusal names those there are.
    """
    topics = read_people(office).fields.topics
    if topic and topic not in topics:
        what = f"There is no topic '{topic}'."
        known = ", ".join(sorted(topics)) or "none yet"
        raise ContentRefused(Problem(what, f"Known topics: {known}.", "subscribers/fields.yaml"))
    with office.database.read() as connection:
        shown = rows.shown_entries(connection, catalogue.language, now, {topic} if topic else None)
    label = topics[topic].label(catalogue.language) if topic else ""
    return _feed(shown, _face(office, catalogue, office.settings.zone, label))


def written_feed(office: Office, topic: str, language: str, out: Path | None, now: datetime) -> Feed:
    """The shared feed for a website that hosts it itself, written over the file `out` unless that is None.

    Args:
        office: where.
        topic: its id, "" for every article.
        language: of an edition, "" for the office's first.
        out: relative paths start at the workspace.
        now: instant, UTC.

    Raises:
        ContentRefused: there is no such topic or language, or the file cannot be written; then it stays as it was.
    """
    catalogues = read_catalogues(office)
    spoken = language or office.settings.languages[0]
    if spoken not in catalogues:
        what = f"There is no edition in '{language}'."
        raise ContentRefused(Problem(what, f"Known languages: {', '.join(catalogues)}."))
    feed = shared_feed(office, topic, catalogues[spoken], now)
    if out is not None:
        _write(office.settings.path(out), feed.content)
    return feed


def own_feed(office: Office, text: str, catalogues: Mapping[str, Catalogue], now: datetime) -> Feed | NoFeed:
    """Deadlines and events of a person's topics, in their language, by the token of their calendar's address.

    Nothing rings for a deadline about which they said "I have applied" or "stop reminding me"; the date stays. Whoever
    does not get the letter has an empty calendar, so that what was in it goes away. A pause is about mail and changes nothing.

    Returns:
        UNKNOWN for what is no token, GONE for an address that was made anew and for somebody who was erased.
    """
    token = read_token(office.keys, text, Purpose.CALENDAR)
    if token is None:
        return NoFeed.UNKNOWN
    with office.database.read() as connection:
        person = person_row(connection, token.subscriber)
        if person is None or rows.address_edition(connection, token.subscriber) != token.campaign:
            return NoFeed.GONE
        catalogue = _spoken(office, person["language"], catalogues)
        gets_letter = Standing(person["standing"]).is_written_to
        shown = list(_own(connection, token, catalogue.language, now)) if gets_letter else []
    return _feed(shown, _face(office, catalogue, person["zone"] or office.settings.zone))


def own_address(office: Office, person: int) -> tuple[str, int]:
    """The absolute address of a person's calendar, and its edition."""
    with office.database.read() as connection:
        edition = rows.address_edition(connection, person)
    return own_feed_url(office.settings.public_url, office.secret, person, edition), edition


def renew_own_address(office: Office, person: int, edition: int, now: datetime) -> bool:
    """Make the address of a person's calendar anew; the former one is dead at once.

    Args:
        office: where.
        person: whose.
        edition: of the address that they saw; doing it twice is the same as once.
        now: instant, UTC.
    """
    with office.database.write() as connection:
        return rows.renew_address(connection, person, edition, now)


def _write(path: Path, content: bytes) -> None:
    """Write beside the file, then put it in the file's place: whoever reads it meanwhile gets one or the other, whole."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        what = f"The calendar cannot be written: {error.strerror}."
        raise ContentRefused(
            Problem(what, "Name a file in a folder that is there and writable.", str(path))
        ) from None


def _own(connection: Connection, token: Token, language: str, now: datetime) -> Iterator[Shown]:
    topics = topics_of(connection, token.subscriber)
    quiet = rows.ended_deadlines(connection, token.subscriber)
    for each in rows.shown_entries(connection, language, now, topics):
        yield (
            rows.Shown(each.key, each.changed_at, without_alarm(each.written)) if each.key in quiet else each
        )


def _feed(shown: Sequence[Shown], face: CalendarFace) -> Feed:
    content = calendar_feed([each.written for each in shown], face)
    return Feed(content, len(shown), max((each.changed_at for each in shown), default=None))


def _face(office: Office, catalogue: Catalogue, zone: str, topic: str = "") -> CalendarFace:
    name = office.brand.name_in(catalogue.language)
    named = catalogue.gettext("{name}, {topic}", name=name, topic=topic) if topic else name
    return CalendarFace(
        name=catalogue.gettext("{name}: deadlines and events", name=named),
        description=catalogue.gettext("Dates that move, move by themselves. What is over stays for a month."),
        zone=zone,
    )


def _spoken(office: Office, language: str, catalogues: Mapping[str, Catalogue]) -> Catalogue:
    """The words of the edition that somebody gets: their own language, else its base, else the office's first."""
    wanted = (language, language.split("-", maxsplit=1)[0], office.settings.languages[0])
    return next(catalogues[each] for each in wanted if each in catalogues)
