"""What our own feeds hold: articles that went out in a public issue, as their files say them now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.syndication import Entry, Syndication, body_html, identity_of
from newsletter.flows.archive import open_archive
from newsletter.flows.workspace import read_catalogues, read_people

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
    pieces = list(open_archive(office).pieces(language, topic))
    return Syndication(
        title=title,
        description=gettext("What {name} has sent to its readers.", name=brand.name_in(language)),
        language=language,
        site=brand.website,
        address=f"{office.settings.public_url.rstrip('/')}/feed/{name}.{ending}",
        entries=tuple(_entry(office, each.text, each.letter.at, language) for each in pieces[:MOST_ENTRIES]),
    )


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
    """Where an article that went out can be read by anybody: on a page that the brand names, else on ours."""
    own = office.brand.article_url(article.slug, article.language)
    return own or f"{office.settings.public_url.rstrip('/')}/articles/{article.slug}/{article.language}"
