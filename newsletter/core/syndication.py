"""What we publish for feed readers: RSS 2.0 and JSON Feed 1.1, of articles that readers have got by mail.

Identities are URNs: they stay when a page moves, and no machine has to answer for them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

import nh3

from newsletter.core.markup import BodyStyle, to_html
from newsletter.core.markup_tree import without_controls

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from newsletter.core.article import ArticleText

RSS_KIND = "application/rss+xml; charset=utf-8"
JSON_KIND = "application/feed+json; charset=utf-8"
_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}, "td": {"align"}, "th": {"align"}}


@dataclass(frozen=True, slots=True)
class Entry:
    """One article in a feed.

    Attributes:
        identity: the same for ever.
        published: when readers first got it, UTC.
        page: where it can be read in full, "" when nowhere yet.
        html: harmless, with absolute addresses.
        image: absolute address of its picture, "" when it has none.
        topics: as readers know them.
    """

    identity: str
    title: str
    summary: str
    page: str
    html: str
    published: datetime
    image: str = ""
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Syndication:
    """A feed of ours.

    Attributes:
        site: address of the organisation's site.
        address: of the feed itself.
        entries: newest first.
    """

    title: str
    description: str
    language: str
    site: str
    address: str
    entries: tuple[Entry, ...]


def identity_of(domain: str, article: ArticleText) -> str:
    """The name of an article in one language: a UUID of version 5 (RFC 9562 section 5.5) as a URN."""
    return uuid5(NAMESPACE_URL, f"https://{domain}/{article.slug}/{article.language}").urn


def body_html(article: ArticleText, image_url: Callable[[str], str]) -> str:
    """The body for feed readers, which have a style of their own."""
    written = to_html(article.body, BodyStyle(image_url=image_url))
    return nh3.clean(
        written, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto", "tel"}, link_rel=None
    )


def as_rss(feed: Syndication) -> bytes:
    """RSS 2.0 with the address of the feed itself and the whole text, as the RSS Advisory Board's profile asks."""
    ET.register_namespace("atom", _ATOM)
    ET.register_namespace("content", _CONTENT)
    root = ET.Element("rss", {"version": "2.0"})
    channel = ET.SubElement(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.site)
    _add(channel, "description", feed.description)
    _add(channel, "language", feed.language)
    itself = {"href": feed.address, "rel": "self", "type": "application/rss+xml"}
    ET.SubElement(channel, f"{{{_ATOM}}}link", itself)
    if feed.entries:
        _add(channel, "lastBuildDate", _rfc822(max(entry.published for entry in feed.entries)))
    for entry in feed.entries:
        item = ET.SubElement(channel, "item")
        _add(item, "title", entry.title)
        if entry.page:
            _add(item, "link", entry.page)
        _add(item, "guid", entry.identity, isPermaLink="false")
        _add(item, "pubDate", _rfc822(entry.published))
        _add(item, "description", entry.summary)
        _add(item, f"{{{_CONTENT}}}encoded", entry.html)
        for topic in entry.topics:
            _add(item, "category", topic)
    written = ET.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written}'.encode()


def as_json(feed: Syndication) -> bytes:
    """JSON Feed 1.1 (jsonfeed.org/version/1.1)."""
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.site,
        "feed_url": feed.address,
        "description": feed.description,
        "language": feed.language,
        "items": [_json_item(entry) for entry in feed.entries],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _json_item(entry: Entry) -> dict[str, Any]:
    item = {
        "id": entry.identity,
        "url": entry.page,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.html,
        "image": entry.image,
        "date_published": entry.published.astimezone(UTC).isoformat(timespec="seconds"),
        "tags": list(entry.topics),
    }
    return {name: value for name, value in item.items() if value or name == "content_html"}


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = without_controls(text)


def _rfc822(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC).replace(microsecond=0))
