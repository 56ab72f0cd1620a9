"""What the files of the workspace say: articles, segments, fields, templates, catalogues."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from newsletter.core.article_check import check_article
from newsletter.core.refusal import ContentRefused, Problem, refuse_errors
from newsletter.core.segment.fields import parse_fields
from newsletter.core.segment.parse import parse_segments
from newsletter.core.template_set import TemplateSet
from newsletter.core.wording import Catalogue

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from newsletter.core.article import Article
    from newsletter.core.segment.fields import Fields
    from newsletter.core.segment.tree import Segment
    from newsletter.flows.office import Office

# The planner asks on each beat.
_parse_fields = lru_cache(maxsize=8)(parse_fields)


@dataclass(frozen=True, slots=True)
class People:
    """The rules about people: fields, topics and segments."""

    fields: Fields
    segments: Mapping[str, Segment]

    def segment(self, name: str) -> Segment:
        """The segment called `name`.

        Raises:
            ContentRefused: there is none.
        """
        if name not in self.segments:
            what = f"There is no segment '{name}'."
            known = ", ".join(sorted(self.segments)) or "none yet"
            raise ContentRefused(Problem(what, f"Known segments: {known}.", "subscribers/segments.yaml"))
        return self.segments[name]


def read_people(office: Office) -> People:
    """Read `fields.yaml` and `segments.yaml`.

    Raises:
        ContentRefused: with every problem in them.
    """
    fields = read_fields(office)
    path, text = office.library.segments_source()
    return People(fields, parse_segments(text, path, fields))


def read_fields(office: Office) -> Fields:
    """Read `fields.yaml`: what may be known of a person, and the topics.

    Raises:
        ContentRefused: with every problem in it.
    """
    path, text = office.library.fields_source()
    return _parse_fields(text, path)


def read_articles(office: Office, needed: Collection[str] | None = None) -> dict[str, Article]:
    """Read every article.

    Args:
        needed: slugs of articles that must be without errors, all when None. A half-written article must not hold up a
            mail that has nothing to do with it.

    Raises:
        ContentRefused: with every error in the files of the articles that are needed.
    """
    articles, problems = office.library.articles()
    refuse_errors(problem for problem in problems if needed is None or _slug_of(office, problem) in needed)
    return articles


def check_articles(office: Office, slugs: tuple[str, ...] = (), today: date | None = None) -> list[Problem]:
    """Everything that is wrong or doubtful in the articles, by file and line; all of them, or those named."""
    articles, problems = office.library.articles()
    people = read_people(office)
    for slug in slugs:
        if slug not in articles and not any(_slug_of(office, problem) == slug for problem in problems):
            known = ", ".join(sorted(articles)) or "none yet"
            problems.append(Problem(f"There is no article '{slug}'.", f"Known articles: {known}."))
    for slug, article in sorted(articles.items()):
        problems += check_article(
            article,
            languages=office.settings.languages,
            segments=frozenset(people.segments),
            topics=frozenset(people.fields.topics),
            files=office.library.article_files(slug),
            today=today,
            ladder=office.settings.deadlines.ladder,
            remind_at=office.settings.deadlines.at,
        )
    wanted = [
        problem for problem in problems if not slugs or not problem.path or _slug_of(office, problem) in slugs
    ]
    return sorted(wanted, key=lambda problem: (problem.path, problem.line or 0))


def _slug_of(office: Office, problem: Problem) -> str:
    folder = f"{office.settings.paths.articles.as_posix()}/"
    return problem.path.removeprefix(folder).split("/", 1)[0]


def read_templates(office: Office) -> TemplateSet:
    """Read the e-mail templates."""
    return TemplateSet(office.library.template_sources())


def read_catalogues(office: Office) -> dict[str, Catalogue]:
    """The program's words in each language of the configuration; English where there is no catalogue."""
    sources = office.library.locale_sources()
    return {
        language: Catalogue.from_po(language, sources.get(language, sources.get(language.split("-")[0], "")))
        for language in office.settings.languages
    }
