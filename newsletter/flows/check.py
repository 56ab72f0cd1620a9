"""What is wrong or doubtful in a campaign before it is approved: an ordered list of small rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.refusal import Level, Problem, Refusal
from newsletter.flows.compose import compose_editions, lay_desk
from newsletter.flows.deadlines import all_deadlines
from newsletter.flows.plan import audience_of
from newsletter.flows.sending_hours import may_go, window_of
from newsletter.flows.workspace import check_articles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office

# Gmail shows the rest of a mail behind a link from about 102 kB of HTML on.
WARN_BYTES, MOST_BYTES = 80_000, 100_000
LONGEST_SUBJECT = 120


def check_campaign(office: Office, campaign: Campaign, now: datetime) -> list[Problem]:
    """Every problem of a campaign: its articles, its editions as they compile, its audience. Errors block approval."""
    problems = (
        check_articles(office, campaign.content.articles, now.date()) if campaign.content.articles else []
    )
    try:
        editions = compose_editions(lay_desk(office, campaign, all_deadlines(office), now), campaign)
    except Refusal as refusal:
        return [*problems, *(problem for problem in refusal.problems if problem not in problems)]
    for rule in _EDITION_RULES:
        problems += rule(editions)
    return [*problems, *_its_day(office, campaign), *_audience(office, campaign, now)]


def _too_big(editions: Mapping[str, Edition]) -> Iterator[Problem]:
    for language, edition in editions.items():
        size = len("".join(piece for piece in edition.mail.html if isinstance(piece, str)).encode())
        if size >= WARN_BYTES:
            level = Level.ERROR if size >= MOST_BYTES else Level.WARNING
            what = (
                f"The '{language}' edition has {size // 1000} kB of HTML; Gmail cuts it off at about 102 kB."
            )
            yield Problem(what, "Shorten articles, or let the cards link to the rest.", level=level)


def _no_way_out(editions: Mapping[str, Edition]) -> Iterator[Problem]:
    for language, edition in editions.items():
        if "unsubscribe_url" not in edition.mail.slots:
            what = f"The '{language}' edition has no link to unsubscribe."
            yield Problem(what, "Use the footer part in the template: parts/footer.mjml.j2.")


def _subject(editions: Mapping[str, Edition]) -> Iterator[Problem]:
    for language, edition in editions.items():
        subject = "".join(piece for piece in edition.mail.subject if isinstance(piece, str))
        if not subject.strip():
            yield Problem(f"The '{language}' edition has no subject.", "Write one.")
        elif len(subject) > LONGEST_SUBJECT:
            what = f"The subject of the '{language}' edition has {len(subject)} characters; phones show about 40."
            yield Problem(what, "Put what matters first.", level=Level.WARNING)


def _preheader(editions: Mapping[str, Edition]) -> Iterator[Problem]:
    for language, edition in editions.items():
        if not edition.mail.preheader.strip():
            what = f"The '{language}' edition has no preheader: inboxes will show its first words instead."
            yield Problem(what, "Write one sentence that goes on from the subject.", level=Level.WARNING)


_EDITION_RULES: tuple[Callable[[Mapping[str, Edition]], Iterator[Problem]], ...] = (
    _subject,
    _preheader,
    _no_way_out,
    _too_big,
)


def _its_day(office: Office, campaign: Campaign) -> Iterator[Problem]:
    if campaign.at is None or campaign.instant is None:
        return
    why = office.settings.blackouts.blackout.reason(campaign.at.date())
    if why:
        what = f"{campaign.at:%A %Y-%m-%d} is a day on which nothing should go out: {why}."
        yield Problem(what, "Choose another day, or leave it if that is meant.", level=Level.WARNING)
    if not may_go(office, campaign, campaign.instant):
        what = f"At {campaign.at:%H:%M} its window is closed: {window_of(office, campaign)}."
        remedy = "It is launched then and goes when the window opens."
        yield Problem(what, remedy, level=Level.WARNING)


def _audience(office: Office, campaign: Campaign, now: datetime) -> Iterator[Problem]:
    audience = audience_of(office, campaign, now)
    if not any(count for (_, reason), count in audience.items() if reason is None):
        what = f"Nobody in segment '{campaign.segment}' may be mailed today."
        yield Problem(what, "Look at it with `newsletter segments count`.", level=Level.WARNING)
