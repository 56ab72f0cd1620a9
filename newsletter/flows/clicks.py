"""Following a redirect, and counting that it was followed: in sums without a person, and for readers who allow it by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.engagement import EngagementKind
from newsletter.core.token import Purpose, read_token
from newsletter.core.wallclock import to_local
from newsletter.store import clicks as rows
from newsletter.store.engagements import record_engagement
from newsletter.store.tracking import allows_tracking, forget_click, has_just_got

if TYPE_CHECKING:
    from datetime import date, datetime

    from newsletter.core.recent_clicks import Judged
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection

_NOBODY_READS_SO_FAST = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Click:
    """A genuine redirect.

    Attributes:
        link: its number in the campaign.
        url: where it leads, http or https.
        reader: id of the person whose mail it stood in; 0 when the address says nothing about one.
        is_too_soon: whether their provider took the mail a moment ago: a scanner presses before a person can have read it.
    """

    campaign: int
    link: int
    url: str
    reader: int
    is_too_soon: bool = False


def find_click(office: Office, letters: str, now: datetime) -> Click | None:
    """What stands behind these letters; None when they are not genuine, so that nobody can make a redirect of their own.

    A reader's token that is not genuine, or of another campaign, is as good as none: the link still leads where it should.
    """
    ours, _, own = letters.partition("-")
    token = read_token(office.keys, ours, Purpose.LINK)
    if token is None:
        return None
    theirs = read_token(office.keys, own, Purpose.READER)
    reader = theirs.subscriber if theirs and theirs.campaign == token.campaign else 0
    with office.database.read() as connection:
        url = rows.link_target(connection, token.campaign, token.subscriber)
        too_soon = bool(reader) and _is_too_soon(connection, reader, token.campaign, now)
    return None if url is None else Click(token.campaign, token.subscriber, url, reader, too_soon)


def _is_too_soon(connection: Connection, reader: int, campaign: int, now: datetime) -> bool:
    """Asked of readers only who allow tracking."""
    since = now - _NOBODY_READS_SO_FAST
    return allows_tracking(connection, reader) and has_just_got(connection, reader, campaign, since)


def record_click(office: Office, click: Click, judged: Judged, now: datetime) -> None:
    """Count a click as it was judged. Nothing is counted where the configuration says so.

    Whether the reader allows tracking is asked now: whoever withdrew since the mail was sent is a number among others.
    """
    if office.settings.tracking.clicks == "off":
        return
    with office.database.write() as connection:
        for press in judged.corrected:
            day = _day(office, press.at)
            rows.count(connection, click.campaign, press.link, day, people=-1, machines=1)
            if click.reader:
                forget_click(connection, click.reader, click.campaign, press.at)
        if judged.by_machine is None:
            return
        counted = {"machines": 1} if judged.by_machine else {"people": 1}
        rows.count(connection, click.campaign, click.link, _day(office, now), **counted)
        if click.reader and not judged.by_machine and allows_tracking(connection, click.reader):
            about = rows.link_subject(connection, click.campaign, click.link)
            clicked = EngagementKind.CLICKED
            record_engagement(connection, click.reader, click.campaign, clicked, now, about)


def _day(office: Office, instant: datetime) -> date:
    """The day on the wall of the office."""
    return to_local(instant, office.settings.zone).date()
