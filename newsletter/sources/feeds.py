"""Other people's feeds: RSS, Atom and RDF, read from what was fetched and never by address.

feedparser forgives a great deal, which is right for feeds as they are; it also passes on `<script>` in a title and
`javascript:` in a link, and opens a file when it is given a text. So it only gets bytes, and whatever it gives is cleaned
again before it goes on.
"""

from __future__ import annotations

import io
import re
from calendar import timegm
from contextlib import suppress
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import feedparser
import nh3

from newsletter.core.feed import Feed, FeedItem, newest_first
from newsletter.core.web import WebRefused, place_of, shown_url

if TYPE_CHECKING:
    from newsletter.sources.web import Page, Web

KINDS = frozenset(
    {
        *(
            "application/rss+xml",
            "application/atom+xml",
            "application/rdf+xml",
            "application/xml",
            "text/xml",
        ),
        *(
            "text/plain",
            "application/octet-stream",
        ),  # as many servers call a file whose ending they do not know
    }
)
LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_HTML = 300, 600, 200_000
MOST_ITEMS = 500
_EARLIEST_YEAR, _LATEST_YEAR = 1970, 2200
# An entity whose value names another one: that is how a few lines become gigabytes ("billion laughs").
_ENTITY_IN_ENTITY = re.compile(rb"<!ENTITY\s+[^>]*?[\"'][^\"'>]*[&%]", re.IGNORECASE)
_TAGS = {
    *(
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "hr",
        "br",
        "a",
        "strong",
        "b",
    ),
    *(
        "em",
        "i",
        "code",
        "sup",
        "sub",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "div",
        "span",
        "dl",
        "dt",
        "dd",
    ),
}
_BLANKS = re.compile(r"[\s\u200b\ufeff]+")
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_REMEDY = "Write the address of an RSS or Atom feed; open it in a browser to see what is there."


def fetch_feed(web: Web, url: str, *, etag: str = "", modified: str = "") -> tuple[Page, Feed | None]:
    """Fetch a feed and read it; the feed is None when nothing has changed since `etag` or `modified`.

    Raises:
        WebRefused: it was not fetched, or it is no feed.
    """
    page = web.get(url, KINDS, etag=etag, modified=modified)
    return page, None if page.unchanged else parse_feed(page)


def parse_feed(page: Page) -> Feed:
    """Read a feed.

    Raises:
        WebRefused: it is no feed, or one that is made to do harm.
    """
    if _ENTITY_IN_ENTITY.search(page.content.replace(b"\x00", b"")):
        what = f"'{shown_url(page.url)}' is made to grow without end (entities in entities)."
        raise WebRefused(what, "Do not use this feed.")
    headers = {"content-location": page.url, "content-type": page.content_type or "application/xml"}
    try:
        found = feedparser.parse(io.BytesIO(page.content), response_headers=headers)
    except Exception as error:  # noqa: BLE001 - whatever a hostile document finds in a forgiving parser
        what = f"'{shown_url(page.url)}' cannot be read as a feed ({type(error).__name__})."
        raise WebRefused(what, _REMEDY) from None
    if not found.get("version"):
        raise WebRefused(f"'{shown_url(page.url)}' is no feed.", _REMEDY)
    language = _text(found.feed.get("language", ""), 20)
    items = [_item(entry, language) for entry in found.entries[:MOST_ITEMS]]
    unique = {
        item.identity: item for item in reversed(items)
    }  # of two with one identity the first in the feed
    kept = [item for item in items if unique[item.identity] is item]
    return Feed(_text(found.feed.get("title", ""), LONGEST_TITLE), newest_first(kept))


def _item(entry: Any, language: str) -> FeedItem:
    link = _url(entry.get("link", ""))
    title = _text(entry.get("title", ""), LONGEST_TITLE)
    contents = [str(content.get("value", "")) for content in entry.get("content", ())]
    summary = str(entry.get("summary", ""))
    html = clean_html(max([*contents, summary], key=len))
    identity = str(entry.get("id", "")).strip() or link or f"{title}\n{html}"
    return FeedItem(
        identity=identity,
        title=title,
        summary=_text(summary, LONGEST_SUMMARY),
        html=html,
        link=link,
        published=_moment(entry),
        language=_text(entry.get("language", ""), 20) or language,
        image=_image(entry),
    )


def clean_html(html: str) -> str:
    """HTML with harmless elements only: no script, style, picture or form, and links by http, https and mailto alone."""
    return nh3.clean(
        _UNSEEN.sub("", html[:LONGEST_HTML]),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        clean_content_tags={"script", "style"},
    )


def _text(html: object, longest: int) -> str:
    """Plain text on one line, cut at a word."""
    spaced = re.sub(r"</?(?:p|br|li|div|h\d)\b", r" \g<0>", str(html)[:LONGEST_HTML], flags=re.IGNORECASE)
    bare = unescape(nh3.clean(spaced, tags=set(), attributes={}, clean_content_tags={"script", "style"}))
    text = _BLANKS.sub(" ", _UNSEEN.sub(" ", bare)).strip()
    return text if len(text) <= longest else text[:longest].rpartition(" ")[0].rstrip(" ,;:") + "…"


def _url(text: object) -> str:
    """An address of the web, "" when it is anything else."""
    url = str(text).strip()
    try:
        place_of(url)
    except WebRefused:
        return ""
    return "" if re.search(r"[<>\"'`{}|^]", url) else url


def _moment(entry: Any) -> datetime | None:
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        # A year that does not exist, a day of no month: then the feed does not say.
        with suppress(ValueError, OverflowError, OSError, TypeError):
            told = dict.get(entry, name)  # its own get() guesses
            if told and _EARLIEST_YEAR <= told[0] <= _LATEST_YEAR:
                return datetime.fromtimestamp(timegm(told), UTC)
    return None


def _image(entry: Any) -> str:
    offered = [
        *entry.get("media_thumbnail", ()),
        *entry.get("media_content", ()),
        *entry.get("enclosures", ()),
    ]
    for one in offered:
        url = _url(one.get("url", "") or one.get("href", ""))
        kind = str(one.get("type", ""))
        named = urlsplit(url).path.lower().endswith((".png", ".jpg", ".jpeg", ".gif"))
        if url and (kind.startswith("image/") or (not kind and named)):
            return url
    return ""
