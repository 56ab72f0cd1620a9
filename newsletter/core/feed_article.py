"""From an item of a feed to the source of an article's file: a draft that a person finishes."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import yaml
from markdownify import markdownify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from newsletter.core.feed import FeedItem

LONGEST_SLUG = 60
_TITLE_OF_SUMMARY = 80
_HEADING = re.compile(r"^(#{1,6})(?=\s)", re.MULTILINE)
_RULES = re.compile(r"^(?:---+|\.\.\.)[ \t]*$", re.MULTILINE)
_MANY_LINES = re.compile(r"\n{3,}")
_LETTERS: dict[str, str | int | None] = {
    "’": " ",
    "œ": "oe",
    "æ": "ae",
    "ß": "ss",
    "ø": "o",
    "ł": "l",
    "đ": "d",
}


def draft_source(
    item: FeedItem, *, language: str, topics: Sequence[str], day: date, read_on: str, feed: str
) -> str:
    """The file of a new article.

    Args:
        language: of the edition that it is for.
        topics: ids that the office gives to everything from this feed.
        day: when it was published, by the office's calendar.
        read_on: words of the button that leads to the source, such as "Read it at example.org".
        feed: title or name of the feed, for the line that says where it is from.
    """
    title = item.title or _cut(item.summary, _TITLE_OF_SUMMARY) or item.link or feed
    body = _body(item)
    front: dict[str, object] = {
        "title": title,
        "summary": item.summary or title,
        "language": language,
        "published": day.isoformat(),
        "topics": list(topics),
        "draft": True,
        "source": item.link,
        "credits": [feed],
    }
    if item.link.startswith("https://"):
        front["link"] = {"label": read_on, "url": item.link}
    kept = {name: value for name, value in front.items() if value not in ("", [])}
    written = yaml.safe_dump(kept, allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=None)
    return f"---\n{written}---\n{body or item.summary or title}\n"


def slug_of(item: FeedItem, feed: str) -> str:
    """The name of the article's folder, from its title; from the feed's name where the title has no Latin letters."""
    text = item.title.lower().translate(str.maketrans(_LETTERS))
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word[:LONGEST_SLUG]
        if len(longer) > LONGEST_SLUG:
            break
        slug = longer
    return slug or f"{feed}-{item.key[:8]}"


def host_of(url: str) -> str:
    """The site that an address belongs to, as people say it: without `www.`."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _body(item: FeedItem) -> str:
    """The content as Markdown, its headings below those of the mail."""
    text = markdownify(item.html, heading_style="ATX", bullets="-", strip=["img"])
    text = _RULES.sub("* * *", _below_the_title(text))
    lines = (line.rstrip() for line in text.splitlines())
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _below_the_title(text: str) -> str:
    """Headings begin at level 2, as the title is level 1, and none is left out on the way down."""
    levels: dict[int, int] = {}

    def settle(mark: re.Match[str]) -> str:
        level = len(mark[1])
        for deeper in [known for known in levels if known > level]:
            del levels[deeper]
        levels.setdefault(level, min(max(levels.values(), default=1) + 1, 6))
        return "#" * levels[level]

    return _HEADING.sub(settle, text)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest].rpartition(" ")[0] + "…"
