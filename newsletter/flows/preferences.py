"""What a reader decides about their own mail, by the token of a link: topics, language, a pause, the way back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from newsletter.core.choice import LeavingReason, Rhythm, TrackingChoice
from newsletter.core.consent import ConsentAction, standing_after
from newsletter.core.subscriber import Standing
from newsletter.core.token import Purpose, Token, read_token
from newsletter.core.wallclock import to_instant, to_local
from newsletter.flows.workspace import read_people
from newsletter.store import people as rows
from newsletter.store.choices import choose_tracking, leaving_reason_of, note_leaving_reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection

LONGEST_PAUSE = timedelta(days=366)
# An undo mends a slip. A day later, coming back is a new wish: whoever holds an old mail must not sign its reader up.
UNDO_WITHIN = timedelta(days=1)
_BY_LINK = frozenset({"one-click", "page"})


@dataclass(frozen=True, slots=True)
class Reader:
    """The person behind a genuine token, as the pages speak to them.

    Attributes:
        address: "" once the person has been erased; nothing else is known then.
        language: as stored; the pages choose the nearest they have.
        zone: IANA name: the person's own, else the office's.
        own_zone: the person's own, "" for whoever has none.
        reason: why they left, if they said.
        rhythm: how often they want letters.
        is_tracked: whether they allow us to record what they open and press.
        paused_until: instant (UTC) of a pause that is not over, else None.
        left: instant (UTC) of leaving, None for people who have not left.
        may_undo: whether the link that made them leave may still bring them back.
    """

    token: Token
    address: str
    language: str
    zone: str
    standing: Standing
    topics: tuple[str, ...] = ()
    paused_until: datetime | None = None
    left: datetime | None = None
    may_undo: bool = False
    own_zone: str = ""
    is_tracked: bool = False
    reason: LeavingReason | None = None
    rhythm: Rhythm = Rhythm.EVERY

    @property
    def has_left(self) -> bool:
        """Whether no mail comes any more: the person left, or is not known any more."""
        return self.standing is Standing.UNSUBSCRIBED

    @property
    def paused_to(self) -> date | None:
        """The day on which mail comes again, by the clock of the person's zone."""
        return None if self.paused_until is None else to_local(self.paused_until, self.zone).date()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a reader asks for.

    Attributes:
        pause_to: the day on which mail comes again, None for no pause.
        zone: IANA name, "" for the office's; None leaves it as it is.
        tracking: what they answer to the question, None where they were not asked.
        wording: the words of that answer, kept as evidence.
        rhythm: how often they want letters, None leaves it as it is.
    """

    topics: tuple[str, ...]
    language: str
    pause_to: date | None
    zone: str | None = None
    tracking: TrackingChoice | None = None
    wording: str = ""
    rhythm: Rhythm | None = None


def find_reader(
    office: Office, text: str, purpose: Purpose, now: datetime, context: str = ""
) -> Reader | None:
    """The reader whose token this is; None if it is not genuine, or for another purpose."""
    token = read_token(office.keys, text, purpose, context)
    if token is None:
        return None
    with office.database.read() as connection:
        return _reader(office, connection, token, now)


def undo_leaving(office: Office, text: str, wording: str, now: datetime) -> bool:
    """Put back a reader who left by this very link less than a day ago; doing it twice is the same as once.

    Args:
        office: where.
        text: the token with which they left.
        wording: the words of the button that was pressed, kept as evidence.
        now: instant, UTC.

    Returns:
        Whether the person gets mail again.
    """
    token = read_token(office.keys, text, Purpose.UNSUBSCRIBE)
    if token is None:
        return False
    with office.database.write() as connection:
        events = rows.consents_of(connection, token.subscriber)
        if standing_after(ConsentAction(event["action"]) for event in events).is_written_to:
            return True
        if not _may_undo(events, token, now):
            return False
        evidence = {"campaign": token.campaign, "undoes": events[-1]["id"]}
        rows.record_consent(
            connection,
            token.subscriber,
            ConsentAction.GRANTED,
            now,
            source="undo",
            wording=wording,
            evidence=evidence,
        )
    return True


def tell_reason(office: Office, reader: Reader, reason: LeavingReason, now: datetime) -> bool:
    """Note why a reader left; False for somebody who has not left, or is not known any more."""
    if not reader.has_left or not reader.address:
        return False
    with office.database.write() as connection:
        note_leaving_reason(connection, reader.token.subscriber, reason, now)
    return True


def pause_days(reader: Reader, now: datetime) -> tuple[date, date]:
    """The first and the last day to which a pause may run, by the clock of the reader's zone."""
    today = to_local(now, reader.zone).date()
    return today + timedelta(days=1), today + LONGEST_PAUSE


def read_pause(text: str, reader: Reader, now: datetime) -> date | None:
    """The day that a form gives for the end of a pause; None for no pause.

    Raises:
        ValueError: it is no date, or not within `pause_days`. The day that is stored already may always stay.
    """
    if not text:
        return None
    day = date.fromisoformat(text)
    first, last = pause_days(reader, now)
    if day != reader.paused_to and not first <= day <= last:
        raise ValueError(text)
    return day


def save_wishes(office: Office, reader: Reader, wishes: Wishes) -> None:
    """Store what a reader asks for, as far as it differs from what is stored. Consents are not touched.

    Topics that `fields.yaml` does not name are none, and those of the reader stay: nobody was shown them.
    """
    offered = read_people(office).fields.topics
    hidden = [topic for topic in reader.topics if topic not in offered]
    topics = [*hidden, *(topic for topic in offered if topic in wishes.topics)]
    person = reader.token.subscriber
    with office.database.write() as connection:
        rows.note_choice(connection, person, office.clock())
        if set(topics) != set(reader.topics):
            rows.replace_topics(connection, person, topics)
        if wishes.language in office.settings.languages and wishes.language != reader.language:
            rows.set_language(connection, person, wishes.language)
        if wishes.pause_to != reader.paused_to:
            rows.set_pause(connection, person, _midnight(wishes.pause_to, reader.zone))
        if wishes.zone is not None and wishes.zone != reader.own_zone:
            rows.set_zone(connection, person, wishes.zone)
        if wishes.rhythm is not None and wishes.rhythm is not reader.rhythm:
            rows.set_rhythm(connection, person, wishes.rhythm)
        _choose_tracking(connection, reader, wishes, office.clock())


def _choose_tracking(connection: Connection, reader: Reader, wishes: Wishes, now: datetime) -> None:
    """Only a change is an event: whoever saves other things twice has not answered twice."""
    if wishes.tracking is None or reader.is_tracked is (wishes.tracking is TrackingChoice.ALLOWED):
        return
    evidence = {"form": "preferences", "campaign": reader.token.campaign}
    choose_tracking(
        connection, reader.token.subscriber, wishes.tracking, now, wording=wishes.wording, evidence=evidence
    )


def _midnight(day: date | None, zone: str) -> datetime | None:
    return None if day is None else to_instant(datetime.combine(day, time()), zone)


def _reader(office: Office, connection: Connection, token: Token, now: datetime) -> Reader:
    row = rows.person_row(connection, token.subscriber)
    if row is None:
        home = office.settings
        return Reader(token, "", home.languages[0], home.zone, Standing.UNSUBSCRIBED)
    events = rows.consents_of(connection, token.subscriber)
    standing, pause = Standing(row["standing"]), row["paused_until"]
    left = events[-1]["at"] if events and standing is Standing.UNSUBSCRIBED else None
    return Reader(
        token=token,
        address=row["address"],
        language=row["language"],
        zone=row["zone"] or office.settings.zone,
        standing=standing,
        topics=tuple(rows.topics_of(connection, token.subscriber)),
        paused_until=pause if pause is not None and pause > now else None,
        left=left,
        may_undo=_may_undo(events, token, now),
        own_zone=row["zone"],
        is_tracked=row["tracking_at"] is not None,
        rhythm=Rhythm(row["rhythm"]),
        reason=leaving_reason_of(connection, token.subscriber, left) if left else None,
    )


def _may_undo(events: Sequence[Mapping[str, Any]], token: Token, now: datetime) -> bool:
    """Whether the newest event is a withdrawal by a link of this very mail, lately, of a consent that was given."""
    if not events:
        return False
    last, before = events[-1], events[:-1]
    return (
        last["action"] == ConsentAction.WITHDRAWN
        and last["source"] in _BY_LINK
        and last["evidence"].get("campaign") == token.campaign
        and now - last["at"] <= UNDO_WITHIN
        and standing_after(ConsentAction(event["action"]) for event in before).is_written_to
    )
