"""Digests: issues that are put together by rule, looked at by a person where that is asked for, and sent in their time.

An issue is made once: the row of its occurrence decides, whoever else is at it. What it holds is nothing that any of its
readers has already. That is decided for each article when the issue is made (it is left out when anybody in the segment
got it in a campaign, or will get it in one that is approved or in the issue of another digest), and once more for each person
at launch: whoever has got one of its articles meanwhile is left out, with the reason `had_it`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignState
from newsletter.core.digest import (
    Approval,
    Assembly,
    Digest,
    DigestOutcome,
    LeftOut,
    assemble,
    candidates,
    issue_of,
)
from newsletter.core.refusal import MoveRefused, Problem, Refusal, refuse_errors
from newsletter.core.schedule import OccurrenceState
from newsletter.core.wallclock import to_local
from newsletter.flows.approve import approve_campaign, known_campaign, schedule_campaign
from newsletter.flows.check import check_campaign
from newsletter.flows.compose import announced_until, compose_editions, freeze_editions, lay_desk
from newsletter.flows.deadlines import all_deadlines
from newsletter.flows.digest_files import check_names, read_digest, read_digests
from newsletter.flows.digest_notices import tell_of_issue
from newsletter.flows.workspace import read_articles, read_catalogues, read_people
from newsletter.store import campaigns as campaign_rows
from newsletter.store import digests as rows
from newsletter.store.carried import count_people, got_any_of, launched_with, waiting_with
from newsletter.store.occurrences import claim_occurrence
from newsletter.store.segments import segment_clause

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.core.article import Article
    from newsletter.core.campaign import Campaign
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office
    from newsletter.store.digests import IssueRow
    from newsletter.store.engine import Connection

# How far back a moment at which nobody was there is still noted as missed.
_NOTED = timedelta(days=2)
FAR = timedelta(days=3 * 366)
_SHOWN = timedelta(days=92)
_BY = "rule"


@dataclass(frozen=True, slots=True)
class Preview:
    """What an issue would hold, if it were made now.

    Attributes:
        instant: its moment, UTC.
        campaign: the draft that would be made; None when there are too few articles.
        reason: why there would be none, else "".
    """

    digest: Digest
    instant: datetime
    assembly: Assembly
    campaign: Campaign | None
    reason: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one moment of a digest came to."""

    digest: str
    instant: datetime
    outcome: DigestOutcome
    reason: str = ""
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class _Frozen:
    """An issue as it is sent: its editions, and the instant after which nothing of it may leave."""

    editions: Mapping[str, Edition]
    until: datetime | None


def next_moment(office: Office, digest: Digest, now: datetime) -> datetime | None:
    """The next moment about which nothing is decided; UTC, None when it never comes."""
    with office.database.read() as connection:
        known = rows.issues_since(connection, digest.name, now)
    return next((at for at in digest.moments(now, now + FAR) if at not in known), None)


def last_issues(office: Office, digest: Digest, now: datetime) -> list[IssueRow]:
    """What became of its issues of the last three months and of those that are made already, earliest first."""
    with office.database.read() as connection:
        return list(rows.issues_since(connection, digest.name, now - _SHOWN).values())


def preview_digest(office: Office, name: str, now: datetime) -> Preview | None:
    """What the next issue would hold if it were made now; None when none is to come.

    Raises:
        ContentRefused: there is no such digest, or its file or an article is wrong.
    """
    digest = read_digest(office, name)
    instant = next_moment(office, digest, now)
    if instant is None:
        return None
    articles = read_articles(office)
    with office.database.read() as connection:
        return _preview(office, connection, digest, articles, instant, now)


def skip_digest(office: Office, name: str, now: datetime) -> datetime:
    """Let the next issue be: nothing is made for its moment, and a draft that was made is cancelled.

    Returns:
        The moment that is skipped, UTC.

    Raises:
        MoveRefused: no issue is to come.
    """
    digest = read_digest(office, name)
    with office.database.read() as connection:
        known = rows.issues_since(connection, name, now)
    made = [row for row in known.values() if row.state in {"draft", "approved", "scheduled"}]
    if made:
        first, campaign = made[0], known_campaign(office, made[0].name)
        with office.database.write() as connection:
            if campaign_rows.move_campaign(
                connection, campaign.id, campaign.state, CampaignState.CANCELLED, note="skipped"
            ):
                return first.instant
    instant = next_moment(office, digest, now)
    if instant is None:
        what = f"No issue of '{name}' is to come."
        raise MoveRefused(Problem(what, "There is nothing to skip."))
    with office.database.write() as connection:
        claim_occurrence(connection, _prepare(digest), instant, OccurrenceState.LAUNCHED, now)
        rows.add_issue(connection, name, instant, DigestOutcome.SKIPPED, now, "An officer skipped it.")
    return instant


def approve_issue(office: Office, name: str, by: str, now: datetime) -> Campaign:
    """Approve the issue of a digest that waits, and set it for its moment.

    Raises:
        MoveRefused: none waits.
        ContentRefused: the checks found an error.
    """
    read_digest(office, name)
    with office.database.read() as connection:
        known = rows.issues_since(connection, name, now)
    waiting = [row.name for row in known.values() if row.state == CampaignState.DRAFT]
    if not waiting:
        what = f"No issue of '{name}' waits for an approval."
        raise MoveRefused(
            Problem(what, f"`newsletter digests preview {name}` shows what the next would hold.")
        )
    approve_campaign(office, waiting[0], by, now)
    campaign = known_campaign(office, waiting[0])
    assert campaign.at is not None
    schedule_campaign(office, campaign.name, campaign.at, campaign.zone, now)
    return known_campaign(office, campaign.name)


def prepare_due_digests(office: Office, now: datetime) -> tuple[list[Prepared], list[Refusal]]:
    """Make every issue whose time to be made has come. Any number of schedulers may do this at once.

    Returns:
        What was made, skipped or missed, and why others could not be made: those are tried again on the next beat, until it
        is too late.
    """
    digests, refusals = read_digests(office, names=False)
    done = []
    for digest in digests:
        for instant in _due(office, digest, now):
            try:
                prepared = _prepare_one(office, digest, instant, now)
            except Refusal as refusal:
                refusals.append(refusal)
            else:
                done += [prepared] if prepared else []
    return done, refusals


def _due(office: Office, digest: Digest, now: datetime) -> list[datetime]:
    start, end = now - digest.lateness - _NOTED, now + digest.prepare + timedelta(days=2)
    due = [at for at in digest.moments(start, end) if digest.prepared_at(at) <= now]
    if not due:
        return []
    with office.database.read() as connection:
        known = rows.issues_since(connection, digest.name, start)
    return [at for at in due if at not in known]


def _prepare_one(office: Office, digest: Digest, instant: datetime, now: datetime) -> Prepared | None:
    """Make one issue, or note why there is none; None if somebody else was first, or something has changed meanwhile."""
    if now - instant > digest.lateness:
        return _note(
            office, digest, instant, DigestOutcome.MISSED, "Nobody was there in time to make it.", now
        )
    check_names(office, digest)
    articles = read_articles(office)
    with office.database.read() as connection:
        seen = _preview(office, connection, digest, articles, instant, now)
    if seen.campaign is None:
        return _note(office, digest, instant, DigestOutcome.SKIPPED, seen.reason, now)
    problems: tuple[Problem, ...] = ()
    frozen: _Frozen | None = None
    campaign = seen.campaign
    if digest.approval is Approval.NONE:
        try:
            frozen = _freeze(office, campaign, now)
        except Refusal as refusal:  # then a person has to look
            problems = refusal.problems
    with office.database.write() as connection:
        rows.one_at_a_time(connection)
        if _preview(office, connection, digest, articles, instant, now).assembly != seen.assembly:
            return None
        if not claim_occurrence(connection, _prepare(digest), instant, OccurrenceState.LAUNCHED, now):
            return None
        identity = campaign_rows.add_campaign(connection, campaign, now)
        rows.add_issue(connection, digest.name, instant, DigestOutcome.PREPARED, now, campaign=identity)
        if frozen is None:
            tell_of_issue(office, connection, digest, campaign, articles, problems, now)
        else:
            _send_by_itself(connection, identity, frozen, now)
    return Prepared(digest.name, instant, DigestOutcome.PREPARED, campaign=campaign.name)


def _freeze(office: Office, campaign: Campaign, now: datetime) -> _Frozen:
    """Check and compile an issue as approval does.

    Raises:
        ContentRefused: the checks found an error.
    """
    refuse_errors(check_campaign(office, campaign, now))
    desk = lay_desk(office, campaign, all_deadlines(office), now)
    return _Frozen(compose_editions(desk, campaign), announced_until(desk, campaign))


def _send_by_itself(connection: Connection, identity: int, frozen: _Frozen, now: datetime) -> None:
    """Approve an issue by its rule and set it for its moment, in the transaction that makes it."""
    freeze_editions(connection, identity, frozen.editions)
    approved = {"approved_at": now, "approved_by": _BY, "not_after": frozen.until}
    before, after = CampaignState.DRAFT, CampaignState.APPROVED
    campaign_rows.move_campaign(connection, identity, before, after, **approved)
    campaign_rows.move_campaign(connection, identity, after, CampaignState.SCHEDULED)


def _preview(
    office: Office,
    connection: Connection,
    digest: Digest,
    articles: Mapping[str, Article],
    instant: datetime,
    now: datetime,
) -> Preview:
    languages = office.settings.languages
    last = rows.last_sent(connection, digest.name)
    since = digest.begins if last is None else to_local(last, digest.own_zone).date()
    day = to_local(instant, digest.own_zone).date()
    new, left = candidates(digest, articles, languages, since, day)
    known = _known_to_readers(office, connection, digest, new, now)
    fresh = [slug for slug in new if slug not in known]
    assembly = assemble(digest, articles, languages[0], fresh, {**left, **known})
    count = len(assembly.articles)
    if count < digest.least:
        found = (
            "Nothing is new." if count == 0 else f"Only {count} of at least {digest.least} articles are new."
        )
        return Preview(digest, instant, assembly, None, found)
    campaign = issue_of(digest, assembly, articles, read_catalogues(office), instant)
    return Preview(digest, instant, assembly, campaign, "")


def _known_to_readers(
    office: Office, connection: Connection, digest: Digest, slugs: list[str], now: datetime
) -> dict[str, LeftOut]:
    """Articles that somebody in the segment has got, or is to get, with which of the two."""
    segments = read_people(office).segments
    inside = segment_clause(segments[digest.segment].where, now, segments)
    sent = launched_with(connection, slugs)
    waiting = waiting_with(connection, slugs, (CampaignState.APPROVED, CampaignState.SCHEDULED))
    drafts = waiting_with(connection, slugs, (CampaignState.DRAFT,), digests=True)
    known = {}
    for slug in slugs:
        if slug in sent and count_people(connection, inside, [got_any_of(sent[slug])]):
            known[slug] = LeftOut.SENT
            continue
        others = [
            campaign_rows.get_campaign(connection, one)
            for one in (*waiting.get(slug, ()), *drafts.get(slug, ()))
        ]
        theirs = {one.segment for one in others if one is not None and one.segment in segments}
        clauses = [segment_clause(segments[name].where, now, segments) for name in sorted(theirs)]
        if clauses and count_people(connection, inside, clauses):
            known[slug] = LeftOut.WAITING
    return known


def _note(
    office: Office, digest: Digest, instant: datetime, outcome: DigestOutcome, reason: str, now: datetime
) -> Prepared | None:
    state = OccurrenceState.MISSED if outcome is DigestOutcome.MISSED else OccurrenceState.LAUNCHED
    with office.database.write() as connection:
        if not claim_occurrence(connection, _prepare(digest), instant, state, now):
            return None
        rows.add_issue(connection, digest.name, instant, outcome, now, reason)
    return Prepared(digest.name, instant, outcome, reason)


def _prepare(digest: Digest) -> str:
    return f"{digest.schedule.name}:prepare"
