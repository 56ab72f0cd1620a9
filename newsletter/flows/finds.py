"""Finds: dates in the text of articles that no deadline of theirs names, for an officer to confirm or reject."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.core.article import DeadlineEntry
from newsletter.core.deadline import DeadlineText
from newsletter.core.deadline_finder.find import Find, FindKind
from newsletter.core.deadline_finder.finder import find_deadlines
from newsletter.core.front_matter_fields import is_identifier
from newsletter.core.refusal import ContentRefused, Level, Problem
from newsletter.core.wallclock import to_instant, zone_named
from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.workspace import read_articles, read_people
from newsletter.store.finds import reject_find, rejected_digests

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from newsletter.core.article import Article, ArticleText
    from newsletter.flows.office import Office

_BLANKS = re.compile(r"\s+")
_SHOWN = 8  # digits of a digest: enough for the finds of one article


@dataclass(frozen=True, slots=True)
class ArticleFind:
    """A find in the text of an article.

    Attributes:
        digest: of article, language and quote: it stays when the text around changes.
        path: the file, relative to the workspace; the find's line counts in it.
    """

    digest: str
    article: str
    language: str
    path: str
    find: Find

    @property
    def id(self) -> str:
        """What an officer types."""
        return self.digest[:_SHOWN]

    def as_dict(self) -> dict[str, object]:
        """As a JSON document has it; offsets count in the body and are left out."""
        about = {key: value for key, value in self.find.as_dict().items() if key not in {"start", "end"}}
        return {
            "find": self.id,
            "article": self.article,
            "language": self.language,
            "path": self.path,
            **about,
        }


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What an officer says with a confirmation; what is empty or None is taken from the find and its article."""

    id: str
    audience: str
    at: datetime | None = None
    zone: str = ""
    label: str = ""
    url: str = ""


def open_finds(office: Office, slug: str = "") -> list[ArticleFind]:
    """The finds that are neither confirmed nor rejected, of one article or of all.

    Raises:
        ContentRefused: there is no such article, or its files have errors.
    """
    articles = read_articles(office, None if not slug else {slug})
    if slug:
        articles = {slug: _known(articles, slug)}
    with office.database.read() as connection:
        rejected = rejected_digests(connection)
    found = [find for _, article in sorted(articles.items()) for find in _finds_of(office, article)]
    return [find for find in found if find.digest not in rejected]


def confirm_find(office: Office, slug: str, find_id: str, said: Confirmation, now: datetime) -> DeadlineEntry:
    """Make a deadline of a find: it is written into every language of its article, and its reminders are planned.

    Raises:
        ContentRefused: there is no such find, something is missing or wrong, or the time has passed. Nothing was written.
    """
    found = _find(office, slug, find_id)
    article = read_articles(office, {slug})[slug]
    entry = _entry(office, article, found, said)
    if to_instant(entry.at, entry.zone) <= now:
        what = f"{entry.at:%Y-%m-%d %H:%M} ({entry.zone}) has passed."
        raise ContentRefused(Problem(what, "Give the time that is meant with --at, or reject the find."))
    labelled = {
        language: replace(entry, text=DeadlineText(said.label or text.title))
        for language, text in article.texts.items()
    }
    office.library.add_deadline(slug, labelled)
    sync_deadlines(office, now)
    return entry


def reject_one(office: Office, slug: str, find_id: str, now: datetime) -> ArticleFind:
    """Remember that a find is no deadline; it is not shown again while its words stay.

    Raises:
        ContentRefused: there is no such find.
    """
    found = _find(office, slug, find_id)
    with office.database.write() as connection:
        reject_find(connection, found.digest, found.article, found.language, found.find.quote, now)
    return found


def find_advice(office: Office, slugs: Collection[str], now: datetime) -> list[Problem]:
    """A word about each deadline in a text that is still to come and that nobody has confirmed; articles with errors are left out."""
    articles, _ = office.library.articles()
    with office.database.read() as connection:
        rejected = rejected_digests(connection)
    chosen = [article for slug, article in sorted(articles.items()) if not slugs or slug in slugs]
    found = [find for article in chosen for find in _finds_of(office, article) if find.digest not in rejected]
    return [_advice(one) for one in found if _is_worth_a_word(one.find, now)]


def _is_worth_a_word(find: Find, now: datetime) -> bool:
    if find.kind is FindKind.EVENT:
        return False
    return find.moment is None or to_instant(find.moment, find.zone) > now


def _advice(found: ArticleFind) -> Problem:
    what = f"'{_BLANKS.sub(' ', found.find.quote)}' looks like a deadline that nobody has confirmed."
    remedy = f"newsletter deadlines confirm {found.article} {found.id}, or deadlines reject."
    return Problem(what, remedy, found.path, found.find.line, level=Level.WARNING)


def _known(articles: dict[str, Article], slug: str) -> Article:
    if slug not in articles:
        known = ", ".join(sorted(articles)) or "none yet"
        raise ContentRefused(Problem(f"There is no article '{slug}'.", f"Known articles: {known}."))
    return articles[slug]


def _finds_of(office: Office, article: Article) -> list[ArticleFind]:
    """The finds of all languages, each quote once, without those that the front matter names."""
    found: dict[str, ArticleFind] = {}
    for language, text in sorted(article.texts.items()):
        for find in find_deadlines(text.body, text.published, office.settings.zone):
            if not _is_confirmed(text, find):
                digest = _digest(article.slug, language, find.quote)
                placed = replace(find, line=find.line + text.body_line - 1)
                found.setdefault(digest, ArticleFind(digest, article.slug, language, text.path, placed))
    return list(found.values())


def _is_confirmed(text: ArticleText, find: Find) -> bool:
    if text.event is not None and find.local in {text.event.at, text.event.at.date()}:
        return True
    return any(entry.at in {find.moment, find.local} for entry in text.deadlines)


def _digest(slug: str, language: str, quote: str) -> str:
    identity = json.dumps([slug, language, _BLANKS.sub(" ", quote)], ensure_ascii=False)
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()


def _find(office: Office, slug: str, find_id: str) -> ArticleFind:
    finds = open_finds(office, slug)
    wanted = [found for found in finds if find_id and found.digest.startswith(find_id.lower())]
    if len(wanted) != 1:
        what = f"There is no open find '{find_id}' in '{slug}'."
        known = ", ".join(f"{found.id} ({_BLANKS.sub(' ', found.find.quote)})" for found in finds) or "none"
        raise ContentRefused(Problem(what, f"Open finds: {known}."))
    return wanted[0]


def _entry(office: Office, article: Article, found: ArticleFind, said: Confirmation) -> DeadlineEntry:
    text = article.texts[found.language]
    if not is_identifier(said.id):
        what = f"'{said.id}' cannot be used as a name."
        raise ContentRefused(Problem(what, "Use small letters, digits and hyphens.", field="--id"))
    read_people(office).segment(said.audience)
    at, zone = said.at or found.find.moment, said.zone or found.find.zone
    zone_named(zone)
    if at is None:
        what = f"'{found.find.quote}' names no day that exists."
        raise ContentRefused(
            Problem(what, "Give the time that is meant with --at.", found.path, found.find.line)
        )
    url = said.url or (text.link.url if text.link else "")
    if not url:
        what = "A deadline needs an address where the reader acts, and the article has no link."
        raise ContentRefused(Problem(what, "Give it with --url.", found.path, field="--url"))
    return DeadlineEntry(said.id, at, zone, url, said.audience, DeadlineText(said.label or text.title))
