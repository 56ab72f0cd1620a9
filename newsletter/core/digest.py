"""Digests: issues that are put together by rule, of what is new in some topics."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.core.blackout import NO_BLACKOUT, Blackout
from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind
from newsletter.core.moments import Moments
from newsletter.core.schedule import Schedule
from newsletter.core.wallclock import to_instant, to_local

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from newsletter.core.article import Article
    from newsletter.core.recurrence import Recurrence
    from newsletter.core.wording import Catalogue

PLACEHOLDERS = ("lead", "count", "date", "month")
"""What a subject or another text of a digest may have in braces."""


class DigestOutcome(StrEnum):
    """What became of one issue of a digest."""

    PREPARED = "prepared"
    SKIPPED = "skipped"
    MISSED = "missed"


class Approval(StrEnum):
    """Whether a person looks at an issue before it goes."""

    REQUIRED = "required"
    NONE = "none"


class LeadRule(StrEnum):
    """Which article comes first: the newest, or the newest of those that say `lead: true`."""

    RECENT = "recent"
    FLAGGED = "flagged"


class LeftOut(StrEnum):
    """Why an article in one of the topics is not in an issue."""

    DRAFT = "draft"
    OLDER = "older than the last issue"
    LATER = "published later"
    SENT = "readers have it"
    WAITING = "in another mail that is to go"
    OVER = "more than an issue takes"


@dataclass(frozen=True, slots=True)
class Digest:
    """A rule by which issues are made.

    Attributes:
        name: of the file; its issues are called by it and by their day.
        recurrence: when its issues go.
        zone: where the recurrence names none.
        begins: its first day; what was published before is not new.
        blackout: days on which none goes.
        topics: an article in one of them is taken; in any when there are none.
        most: articles in an issue.
        least: with fewer there is no issue.
        looks_back: how long before the last issue an article may be dated and still count, if no reader has it: it may have
            been finished late, or there was no room.
        prepare: how long before its moment an issue is made.
        words: texts by kind (subject, preheader, opening, closing, signature) and language, with placeholders.
    """

    name: str
    path: str
    recurrence: Recurrence
    zone: str
    begins: date
    segment: str
    lateness: timedelta
    blackout: Blackout = NO_BLACKOUT
    topics: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    most: int = 8
    least: int = 1
    lead: LeadRule = LeadRule.FLAGGED
    looks_back: timedelta = timedelta(days=14)
    prepare: timedelta = timedelta(days=1)
    approval: Approval = Approval.REQUIRED
    template: str = "digest"
    sender: str = "default"
    public: bool = True
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def schedule(self) -> Schedule:
        """Its rule of time, with all that decides when it fires."""
        return Schedule(f"digest:{self.name}", self.recurrence, self.zone, self.lateness, self.blackout)

    @property
    def own_zone(self) -> str:
        """The zone whose clocks it follows."""
        return self.schedule.own_zone

    def moments(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Its moments from `start` up to and without `end`: instants, UTC, ascending."""
        for occurrence in self.schedule.occurrences(start, end):
            if to_local(occurrence.instant, self.own_zone).date() >= self.begins:
                yield occurrence.instant

    def prepared_at(self, instant: datetime) -> datetime:
        """When the issue of this moment is made: so long before it on the wall; instant, UTC."""
        return to_instant(to_local(instant, self.own_zone) - self.prepare, self.own_zone)

    def campaign_name(self, instant: datetime) -> str:
        """What the issue of this moment is called: `monthly-2021-10-05`, with the time where there are several a day."""
        local = to_local(instant, self.own_zone)
        several = len(self.recurrence.times) > 1
        return f"{self.name}-{local:%Y-%m-%d-%H%M}" if several else f"{self.name}-{local:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Assembly:
    """What an issue would hold: slugs in reading order, and those of its topics that are left out, with the reason."""

    articles: tuple[str, ...]
    left_out: Mapping[str, LeftOut]


def candidates(
    digest: Digest, articles: Mapping[str, Article], languages: Sequence[str], since: date, day: date
) -> tuple[list[str], dict[str, LeftOut]]:
    """Articles that are new by their files, and those that are not, with the reason.

    Args:
        since: the day of the last issue that went out, or the digest's first day.
        day: the day of the issue; both by the digest's own calendar.
    """
    found, left = [], {}
    earliest = max(since - digest.looks_back, digest.begins)
    for slug, article in sorted(articles.items()):
        text = article.text_for(languages[0], languages[0])
        if digest.topics and not set(digest.topics) & set(text.topics):
            continue
        if any(article.text_for(language, languages[0]).draft for language in languages):
            left[slug] = LeftOut.DRAFT
        elif text.published > day:
            left[slug] = LeftOut.LATER
        elif text.published < earliest:
            left[slug] = LeftOut.OLDER
        else:
            found.append(slug)
    return found, left


def assemble(
    digest: Digest,
    articles: Mapping[str, Article],
    language: str,
    new: Sequence[str],
    left_out: Mapping[str, LeftOut],
) -> Assembly:
    """An issue of these articles: the lead, then the newest first, as many as it takes."""
    texts = {slug: articles[slug].text_for(language, language) for slug in new}
    ordered = sorted(sorted(new), key=lambda slug: texts[slug].published, reverse=True)
    if digest.lead is LeadRule.FLAGGED:
        ordered.sort(key=lambda slug: not texts[slug].lead)  # stable: the newest of the flagged ones
        ordered[1:] = sorted(sorted(ordered[1:]), key=lambda slug: texts[slug].published, reverse=True)
    over = dict.fromkeys(ordered[digest.most :], LeftOut.OVER)
    return Assembly(tuple(ordered[: digest.most]), {**left_out, **over})


def issue_of(
    digest: Digest,
    assembly: Assembly,
    articles: Mapping[str, Article],
    catalogues: Mapping[str, Catalogue],
    instant: datetime,
) -> Campaign:
    """The draft of the issue of this moment."""
    local = to_local(instant, digest.own_zone)
    values = {
        language: _values(assembly, articles, catalogue, local) for language, catalogue in catalogues.items()
    }

    def filled(kind: str) -> dict[str, str]:
        texts = digest.words.get(kind, {})
        return {
            language: _fill(text, values[language]) for language, text in texts.items() if language in values
        }

    return Campaign(
        name=digest.campaign_name(instant),
        kind=CampaignKind.ISSUE,
        content=CampaignContent(
            template=digest.template,
            articles=assembly.articles,
            subjects=filled("subject"),
            preheaders=filled("preheader"),
            openings=filled("opening"),
            closings=filled("closing"),
            signatures=filled("signature"),
            public=digest.public,
            digest=digest.name,
        ),
        segment=digest.segment,
        zone=digest.own_zone,
        lateness=digest.lateness,
        exclude=digest.exclude,
        sender=digest.sender,
        at=local,
    )


def _values(
    assembly: Assembly, articles: Mapping[str, Article], catalogue: Catalogue, local: datetime
) -> dict[str, str]:
    moments = Moments(catalogue)
    lead = articles[assembly.articles[0]].text_for(catalogue.language, catalogue.language).title
    return {
        "lead": lead,
        "count": str(len(assembly.articles)),
        "date": moments.long(local),
        "month": moments.month(local),
    }


def _fill(text: str, values: Mapping[str, str]) -> str:
    """Only what stood in the digest's own words is filled: a title with braces in it stays what it is."""
    pieces = text.split("{")
    filled = pieces[0]
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}")
        filled += values[name] + rest if closed and name in values else "{" + piece
    return filled
