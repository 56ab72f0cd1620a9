"""From a campaign's content to compiled editions, one per language."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsletter.core.calendar import calendar_entry
from newsletter.core.campaign import STAY, CampaignKind
from newsletter.core.content_links import addresses_in, content_links
from newsletter.core.deadline import DeadlineState
from newsletter.core.mail_content import DueRung, MailContent
from newsletter.core.refusal import ContentRefused, Problem, refuse_errors
from newsletter.core.reminder import plan_ladder
from newsletter.core.render import CompiledEmail, compile_mail
from newsletter.core.sign_up import CONFIRM_DAYS
from newsletter.core.wallclock import to_instant, to_local
from newsletter.flows.calendars import deadline_entry, shown_summary
from newsletter.flows.workspace import read_articles, read_catalogues, read_people, read_templates
from newsletter.store import campaigns as campaign_rows
from newsletter.store.clicks import set_links
from newsletter.store.engagements import set_topics

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from newsletter.core.article import Article, ArticleText, DeadlineEntry
    from newsletter.core.campaign import Campaign
    from newsletter.core.content_links import ContentLink
    from newsletter.core.deadline import Deadline
    from newsletter.core.wording import Catalogue
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything on the table while a campaign is composed: articles, where deadlines stand, the instant now."""

    office: Office
    articles: Mapping[str, Article]
    deadlines: Mapping[str, Deadline]
    now: datetime


def lay_desk(office: Office, campaign: Campaign, deadlines: Mapping[str, Deadline], now: datetime) -> Desk:
    """Read the articles and put them beside the deadlines as the store knows them.

    Raises:
        ContentRefused: an article of this campaign has an error.
    """
    return Desk(office, read_articles(office, campaign.content.articles), deadlines, now)


@dataclass(frozen=True, slots=True)
class Edition:
    """A campaign in one language, as it is frozen: the compiled mail, and the calendar entry that goes with it or "".

    Attributes:
        links: those that are counted; they are frozen beside the editions, for all languages together.
        topics: what it is about, as pairs of an article and a topic of it; frozen beside them, too.
    """

    mail: CompiledEmail
    calendar: str = ""
    links: tuple[ContentLink, ...] = field(default=(), compare=False)
    topics: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def to_json(self) -> dict[str, Any]:
        return {"mail": self.mail.to_json(), "calendar": self.calendar}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Edition:
        return cls(CompiledEmail.from_json(data["mail"]), data["calendar"])


def compose_editions(desk: Desk, campaign: Campaign) -> dict[str, Edition]:
    """Compile a campaign in every language of the configuration.

    Raises:
        ContentRefused: an article is missing or a draft, or a template or the MJML that it makes is wrong.
    """
    refuse_errors(_drafts(desk, campaign))
    templates, catalogues = read_templates(desk.office), read_catalogues(desk.office)
    brand, nonce = desk.office.brand, desk.office.nonce
    topics = read_people(desk.office).fields.topics
    editions = {}
    for language, catalogue in catalogues.items():
        content = mail_content(desk, campaign, language)
        mail = compile_mail(templates, content, brand, catalogue, nonce(), topics)
        links = _counted(desk.office, content, mail)
        dated = campaign.kind in {CampaignKind.REMINDER, CampaignKind.CORRECTION} and campaign.deadline
        calendar = deadline_calendar(desk, campaign.deadline, catalogue) if dated else ""
        about = tuple((article.slug, topic) for article in content.articles for topic in article.topics)
        editions[language] = Edition(mail, calendar, links, about)
    return editions


def freeze_editions(connection: Connection, campaign: int, editions: Mapping[str, Edition]) -> None:
    """Store the editions of a campaign, the links in them that are counted, and what they are about."""
    rows = {language: (edition.to_json(), edition.mail.digest) for language, edition in editions.items()}
    campaign_rows.set_editions(connection, campaign, rows)
    set_links(connection, campaign, (link for edition in editions.values() for link in edition.links))
    set_topics(connection, campaign, (pair for edition in editions.values() for pair in edition.topics))


def deadline_calendar(desk: Desk, key: str, catalogue: Catalogue) -> str:
    """The calendar file of a deadline as it stands now; a cancelled one takes itself out of calendars."""
    deadline = desk.deadlines[key]
    article = _text_of(desk, deadline.article, catalogue.language)
    named = next(entry for entry in article.deadlines if f"{article.slug}/{entry.id}" == key)
    entry = deadline_entry(desk.office, catalogue, article, named, deadline)
    return calendar_entry(shown_summary(entry, catalogue), stamp=desk.now).decode()


def announced_until(desk: Desk, campaign: Campaign) -> datetime | None:
    """When the first of the deadlines closes that a campaign announces; instant, UTC. Nothing of it leaves after that."""
    content = mail_content(desk, campaign, desk.office.settings.languages[0])
    told = [
        (article, entry)
        for article in content.articles
        for entry in article.deadlines
        if content.is_open(article, entry)
    ]
    closings = (to_instant(*content.stands(*each)) for each in (*told, *content.closing_soon))
    return min((instant for instant in closings if instant > desk.now), default=None)


def earliest(*instants: datetime | None) -> datetime | None:
    """The earliest of these instants; None is no limit."""
    return min((instant for instant in instants if instant is not None), default=None)


def mail_content(desk: Desk, campaign: Campaign, language: str) -> MailContent:
    """What the templates get for one edition."""
    content, languages = campaign.content, desk.office.settings.languages
    deadline = desk.deadlines.get(campaign.deadline) if campaign.deadline else None
    soon = tuple(_closing_soon(desk, campaign, language))
    listed = {f"{article.slug}/{entry.id}" for article, entry in soon}
    return MailContent(
        kind=campaign.kind,
        template=content.template,
        campaign=campaign.name,
        language=language,
        languages=languages,
        subject=content.subjects.get(language, ""),
        preheader=content.preheaders.get(language, ""),
        sent_on=_sent_on(campaign, desk.now),
        number=content.number,
        opening=content.openings.get(language, ""),
        closing=content.closings.get(language, ""),
        signature=content.signatures.get(language, ""),
        articles=tuple(_text_of(desk, slug, language) for slug in content.articles),
        deadlines={
            key: known
            for key, known in desk.deadlines.items()
            if known.article in content.articles or key in listed
        },
        other_zones=desk.office.settings.deadlines.other_zones,
        deadline=deadline,
        rung=campaign.rung,
        ladder_planned=_ladder(desk, campaign, deadline),
        rungs=tuple(DueRung(desk.deadlines[told.deadline], told.rung) for told in content.rungs),
        closing_soon=soon,
        valid_days=desk.office.settings.retention.answer_days if content.template == STAY else CONFIRM_DAYS,
        counts_clicks=desk.office.settings.tracking.clicks == "counted",
    )


def _counted(office: Office, content: MailContent, mail: CompiledEmail) -> tuple[ContentLink, ...]:
    """The links of an edition that are counted; of mail that answers a request, such as a confirmation, none are."""
    if not content.counts_clicks or content.kind is CampaignKind.SYSTEM:
        return ()
    own = office.settings.public_url, office.settings.organisation.privacy_url
    return content_links(mail.html, own, _articles_of(content))


def _articles_of(content: MailContent) -> dict[str, str]:
    """Which article each address belongs to; the first that names it."""
    listed = (article for article, _ in content.closing_soon)
    return {
        url: article.slug
        for article in reversed((*content.articles, *listed))
        for url in addresses_in(article, content.deadlines)
    }


def _drafts(desk: Desk, campaign: Campaign) -> list[Problem]:
    """What an edition would be made of although it is not finished."""
    texts = {
        text.path: text
        for slug in campaign.content.articles
        for language in desk.office.settings.languages
        if (text := _text_of(desk, slug, language)).draft
    }
    what, remedy = (
        "This article is a draft.",
        "Finish it and remove the line, or take it out of the campaign.",
    )
    return [Problem(what, remedy, text.path, text.lines.get("draft"), "draft") for text in texts.values()]


def _closing_soon(
    desk: Desk, campaign: Campaign, language: str
) -> Iterator[tuple[ArticleText, DeadlineEntry]]:
    """Deadlines that close within the days that an issue asks for, soonest first, without those of its own articles."""
    wanted = campaign.content.closing_soon
    if wanted is None:
        return
    sent, found = campaign.instant or desk.now, []
    last = _sent_on(campaign, desk.now) + timedelta(days=wanted.days)
    for deadline in sorted(desk.deadlines.values(), key=lambda each: (each.instant, each.key)):
        is_open = deadline.state is DeadlineState.OPEN and deadline.instant > sent
        if is_open and deadline.at.date() <= last and deadline.article not in campaign.content.articles:
            found += _entries(desk, deadline, language)
    yield from found[: wanted.most]


def _entries(desk: Desk, deadline: Deadline, language: str) -> list[tuple[ArticleText, DeadlineEntry]]:
    """The words of a deadline; none when its article cannot be read just now: another's mail must not wait for it."""
    if deadline.article not in desk.articles:
        return []
    article = _text_of(desk, deadline.article, language)
    return [(article, entry) for entry in article.deadlines if f"{article.slug}/{entry.id}" == deadline.key]


def _sent_on(campaign: Campaign, now: datetime) -> date:
    return (campaign.at or to_local(now, campaign.zone)).date()


def _text_of(desk: Desk, slug: str, language: str) -> ArticleText:
    if slug not in desk.articles:
        what = f"There is no article '{slug}'."
        raise ContentRefused(
            Problem(what, f"Known articles: {', '.join(sorted(desk.articles)) or 'none yet'}.")
        )
    return desk.articles[slug].text_for(language, desk.office.settings.languages[0])


def _ladder(desk: Desk, campaign: Campaign, deadline: Deadline | None) -> tuple[tuple[int, datetime], ...]:
    """A reminder shows the whole ladder, a correction the rungs that are still to come."""
    if deadline is None:
        return ()
    planned = plan_ladder(
        deadline, desk.office.settings.deadlines.at, desk.now if campaign.rung is None else None
    )
    return tuple((rung.rung, rung.at) for rung in planned)
