"""What is wrong or doubtful in a campaign before it is approved: an ordered list of small rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.flags import NAMED, TOPICS
from newsletter.core.preflight.rules import heaviest_first
from newsletter.core.refusal import Level, Problem, Refusal
from newsletter.flows.compose import compose_editions, lay_desk
from newsletter.flows.deadlines import all_deadlines
from newsletter.flows.plan import audience_of
from newsletter.flows.preflight import ask_the_network, check_editions
from newsletter.flows.sending_hours import may_go, window_of
from newsletter.flows.workspace import check_articles, read_people
from newsletter.store.audience import people_without

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office


_UNKNOWN = {NAMED: "The name", TOPICS: "The topics"}
_ARE = {NAMED: "is", TOPICS: "are"}


def check_campaign(
    office: Office, campaign: Campaign, now: datetime, *, network: bool = False
) -> list[Problem]:
    """Every problem of a campaign: its articles, its editions as a reader gets them, its day, its audience; heaviest first.

    Errors block approval.

    Args:
        office: whose campaign it is.
        campaign: as it would be approved.
        now: instant, UTC.
        network: whether to ask others, too; see `flows.preflight.ask_the_network`.
    """
    problems = (
        check_articles(office, campaign.content.articles, now.date()) if campaign.content.articles else []
    )
    try:
        editions = compose_editions(lay_desk(office, campaign, all_deadlines(office), now), campaign)
    except Refusal as refusal:
        return heaviest_first([*problems, *refusal.problems])
    problems += check_editions(office, campaign, editions, now)
    if network:
        problems += ask_the_network(office, campaign, editions, now)
    problems += _unknown_to_us(office, campaign, editions, now)
    return heaviest_first([*problems, *_its_day(office, campaign), *_audience(office, campaign, now)])


def _unknown_to_us(
    office: Office, campaign: Campaign, editions: Mapping[str, Edition], now: datetime
) -> Iterator[Problem]:
    """People whom an edition speaks of by something that they never told us."""
    languages, segments = office.settings.languages, read_people(office).segments
    for language, edition in editions.items():
        for flag in sorted(edition.mail.needs):
            with office.database.read() as connection:
                lacking = people_without(connection, campaign, segments, languages, now, language, flag)
            if not lacking.count:
                continue
            first = ", ".join(lacking.first) + (" and others" if lacking.count > len(lacking.first) else "")
            what = f"{_UNKNOWN[flag]} of {lacking.count} readers of this edition {_ARE[flag]} not known: {first}."
            remedy = f'Put a block around it: {{{{ me.when("{flag}") }}}} … {{{{ me.end() }}}}.'
            why = "They would read a sentence with a hole in it."
            yield Problem(what, remedy, f"edition {language}", rule="fields-missing", why=why)


def _its_day(office: Office, campaign: Campaign) -> Iterator[Problem]:
    if campaign.at is None or campaign.instant is None:
        return
    why = office.settings.blackouts.blackout.reason(campaign.at.date())
    if why:
        what = f"{campaign.at:%A %Y-%m-%d} is a day on which nothing should go out: {why}."
        yield Problem(
            what, "Choose another day, or leave it if that is meant.", level=Level.WARNING, rule="day"
        )
    if not may_go(office, campaign, campaign.instant):
        what = f"At {campaign.at:%H:%M} its window is closed: {window_of(office, campaign)}."
        remedy = "It is launched then and goes when the window opens."
        yield Problem(what, remedy, level=Level.WARNING, rule="window")


def _audience(office: Office, campaign: Campaign, now: datetime) -> Iterator[Problem]:
    audience = audience_of(office, campaign, now)
    if not any(count for (_, reason), count in audience.items() if reason is None):
        what = f"Nobody in segment '{campaign.segment}' may be mailed today."
        yield Problem(
            what, "Look at it with `newsletter segments count`.", level=Level.WARNING, rule="audience"
        )
