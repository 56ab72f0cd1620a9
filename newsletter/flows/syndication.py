"""What our own feeds hold: articles that went out in a public issue, as their files say them now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.syndication import Entry, Syndication, body_html, identity_of
from newsletter.flows.workspace import read_catalogues, read_people
from newsletter.store.carried import launched_issues

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.article import ArticleText
    from newsletter.flows.office import Office

MOST_ENTRIES = 50


def our_feed(office: Office, language: str, topic: str, ending: str) -> Syndication | None:
    """The feed in one language, of everything or of one topic; None when there is no such edition or topic.

    A draft is not in it, and neither is an article without a text in this language.

    Args:
        ending: `xml` or `json`, as the address ends.
    """
    topics = read_people(office).fields.topics
    if language not in office.settings.languages or (topic and topic not in topics):
        return None
    brand, gettext = office.brand, read_catalogues(office)[language].gettext
    title, name = brand.name_in(language), f"{language}/{topic}" if topic else language
    if topic:
        title = gettext("{name}: {topic}", name=title, topic=topics[topic].label(language))
    texts = _sent(office, language, topic)
    return Syndication(
        title=title,
        description=gettext("What {name} has sent to its readers.", name=brand.name_in(language)),
        language=language,
        site=brand.website,
        address=f"{office.settings.public_url.rstrip('/')}/feed/{name}.{ending}",
        entries=tuple(_entry(office, text, at, language) for text, at in texts[:MOST_ENTRIES]),
    )


def _sent(office: Office, language: str, topic: str) -> list[tuple[ArticleText, datetime]]:
    """Articles with the moment at which an issue first carried them, newest first."""
    with office.database.read() as connection:
        issues = launched_issues(connection)
    first: dict[str, datetime] = {}
    for at, slugs in issues:
        first |= dict.fromkeys(slugs, at)
    order = {slug: place for place, slug in enumerate(slug for _, slugs in issues for slug in slugs)}
    articles, _ = office.library.articles()
    texts = [articles[slug].texts.get(language) for slug in first if slug in articles]
    shown = [text for text in texts if text and not text.draft and (not topic or topic in text.topics)]
    shown.sort(key=lambda text: order[text.slug])
    shown.sort(key=lambda text: first[text.slug], reverse=True)
    return [(text, first[text.slug]) for text in shown]


def _entry(office: Office, article: ArticleText, at: datetime, language: str) -> Entry:
    brand, topics = office.brand, read_people(office).fields.topics
    return Entry(
        identity=identity_of(office.settings.list.id, article),
        title=article.title,
        summary=article.summary,
        page=page_of(office, article),
        html=body_html(article, lambda src: brand.image_url(src, article.slug)),
        published=at,
        image=brand.image_url(article.image.src, article.slug) if article.image else "",
        topics=tuple(topics[topic].label(language) for topic in article.topics if topic in topics),
    )


def page_of(office: Office, article: ArticleText) -> str:
    """Where an article can be read by anybody: its page here, else where it was first told, else where its link leads.

    Not the mail in the browser: that address belongs to one reader.
    """
    own = office.brand.article_url(article.slug, article.language)
    link = article.link.url if article.link and article.link.url.startswith("https://") else ""
    return own or article.source or link
