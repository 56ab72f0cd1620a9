"""What anybody may read: public issues that have gone out, and their articles as the files say them now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from newsletter.core.deadline import DeadlineState
from newsletter.core.found_words import has_words, query_words
from newsletter.core.wallclock import to_local
from newsletter.flows.calendar_feeds import see_entry
from newsletter.store.carried import public_issues
from newsletter.store.deadlines import list_deadlines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from newsletter.core.article import Article, ArticleText, DeadlineEntry
    from newsletter.core.campaign import CampaignContent
    from newsletter.flows.calendar_feeds import EntryView
    from newsletter.flows.office import Office

_SOON = 2


@dataclass(frozen=True, slots=True)
class Letter:
    """A public issue that has gone out.

    Attributes:
        name: of the campaign.
        at: when it was launched, UTC.
        day: the same by the office's clock.
        lead: title of its first article that can still be read, "" when none can.
    """

    name: str
    at: datetime
    day: date
    content: CampaignContent
    lead: str = ""

    def title(self, language: str) -> str:
        """Its subject in `language`, else in another one, else the title of its lead, else its name."""
        return _in(self.content.subjects, language) or self.lead or self.name

    def summary(self, language: str) -> str:
        """Its preheader, "" when it has none."""
        return _in(self.content.preheaders, language)


@dataclass(frozen=True, slots=True)
class Piece:
    """An article in one language, with the letter that carried it first."""

    text: ArticleText
    letter: Letter
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Archive:
    """Everything that anybody may read. Drafts and articles of letters that are not public are not in it.

    Attributes:
        letters: newest first.
        articles: in the order of the letters that carried them first, and within a letter in its order.
        first: the letter that carried an article first, by its slug.
    """

    letters: tuple[Letter, ...]
    articles: Mapping[str, Article]
    first: Mapping[str, Letter]
    languages: tuple[str, ...]

    def piece(self, slug: str, language: str) -> Piece | None:
        """An article, in this language or in the nearest that it has; None when nobody may read it."""
        texts = self._texts(slug)
        wanted = [each for each in (language, *self.languages, *sorted(texts)) if each in texts]
        return Piece(texts[wanted[0]], self.first[slug], tuple(sorted(texts))) if wanted else None

    def pieces(self, language: str, topic: str = "", query: str = "") -> Iterator[Piece]:
        """Articles that have a text in this language: of a topic, and with all words of a query, newest letter first."""
        words = query_words(query)
        for slug in self.first:
            text = self._texts(slug).get(language)
            if text is None or (topic and topic not in text.topics):
                continue
            if not words or has_words(words, (text.title, text.summary, text.body)):
                yield Piece(text, self.first[slug], tuple(sorted(self._texts(slug))))

    def letter(self, name: str) -> Letter | None:
        """The letter of this name."""
        return next((letter for letter in self.letters if letter.name == name), None)

    def _texts(self, slug: str) -> dict[str, ArticleText]:
        article = self.articles.get(slug) if slug in self.first else None
        return (
            {} if article is None else {each: text for each, text in article.texts.items() if not text.draft}
        )


@dataclass(frozen=True, slots=True)
class Dated:
    """A date of an article as its page shows it: how it stands, and what the file says to do, None for an event."""

    key: str
    view: EntryView
    entry: DeadlineEntry | None


def open_archive(office: Office) -> Archive:
    """What may be read now. Files with a slip are left out, as everywhere."""
    with office.database.read() as connection:
        issues = public_issues(connection)
    articles, _ = office.library.articles()
    zone, main = office.settings.zone, office.settings.languages[0]
    letters = []
    for name, at, content in issues:
        titles = (articles[slug].text_for(main, main).title for slug in content.articles if slug in articles)
        letters.append(Letter(name, at, to_local(at, zone).date(), content, next(titles, "")))
    return Archive(tuple(letters), articles, _first_letters(letters), tuple(office.settings.languages))


def dates_of(office: Office, text: ArticleText, now: datetime) -> list[Dated]:
    """The deadlines of an article and its event, as they stand; what nobody has taken up yet is not shown."""
    entries: list[tuple[str, DeadlineEntry | None]] = [(each.id, each) for each in text.deadlines]
    entries += [("event", None)] if text.event else []
    named = [(f"{text.slug}/{name}", entry) for name, entry in entries]
    seen = [(key, see_entry(office, key, text.language, now), entry) for key, entry in named]
    return [Dated(key, view, entry) for key, view, entry in seen if view is not None]


def closing_soon(
    office: Office, archive: Archive, language: str, now: datetime
) -> list[tuple[str, EntryView]]:
    """The next deadlines of articles that may be read, with the article of each; at most two, soonest first."""
    with office.database.read() as connection:
        known = list_deadlines(connection)
    still = [
        each for each in known if each.state is DeadlineState.OPEN and each.instant > now.astimezone(UTC)
    ]
    readable = [each for each in still if archive.piece(each.article, language) is not None]
    soonest = sorted(readable, key=lambda each: each.instant)[:_SOON]
    seen = [(each.article, see_entry(office, each.key, language, now)) for each in soonest]
    return [(slug, view) for slug, view in seen if view is not None]


def _first_letters(letters: Sequence[Letter]) -> dict[str, Letter]:
    """Which letter told each article first: the newest of these letters begins, each in its own order."""
    first: dict[str, Letter] = {}
    for letter in letters:
        first |= dict.fromkeys(letter.content.articles, letter)
    order = {
        slug: place for place, slug in enumerate(slug for each in letters for slug in each.content.articles)
    }
    ordered = sorted(first, key=order.__getitem__)
    return {slug: first[slug] for slug in sorted(ordered, key=lambda slug: first[slug].at, reverse=True)}


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or next(iter(texts.values()), "")
