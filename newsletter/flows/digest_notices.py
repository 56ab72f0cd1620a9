"""What officers are told when an issue of a digest waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.moments import Moments
from newsletter.flows.workspace import read_catalogues
from newsletter.store.notices import NoticeRow, add_notice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from newsletter.core.article import Article
    from newsletter.core.campaign import Campaign
    from newsletter.core.digest import Digest
    from newsletter.core.refusal import Problem
    from newsletter.core.wording import Catalogue
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection


def tell_of_issue(
    office: Office,
    connection: Connection,
    digest: Digest,
    campaign: Campaign,
    articles: Mapping[str, Article],
    problems: Sequence[Problem],
    now: datetime,
) -> None:
    """Write a notice to every officer: what the issue holds, when it would go, and the command that approves it.

    Args:
        problems: why an issue that goes by itself does not, this time.
    """
    language = office.settings.languages[0]
    catalogue = read_catalogues(office)[language]
    titles = [articles[slug].text_for(language, language).title for slug in campaign.content.articles]
    subject = catalogue.gettext("To be approved: {name}", name=campaign.name)
    words = _words(digest, campaign, titles, problems, catalogue)
    for address in office.settings.officers:
        add_notice(connection, NoticeRow(f"issue:{campaign.name}", address, language, subject, words, now))


def _words(
    digest: Digest,
    campaign: Campaign,
    titles: Sequence[str],
    problems: Sequence[Problem],
    catalogue: Catalogue,
) -> str:
    gettext = catalogue.gettext
    assert campaign.at is not None
    when = Moments(catalogue).when(campaign.at, campaign.zone)
    paragraphs = [
        gettext(
            "The next issue of “{digest}” is ready to be looked at. It is to leave on {when}.",
            digest=digest.name,
            when=when,
        )
    ]
    if problems:
        paragraphs.append(gettext("It cannot go by itself this time:"))
        paragraphs.append("\n".join(f"- {_plain(str(problem))}" for problem in problems))
    paragraphs.append(gettext("It holds:"))
    paragraphs.append("\n".join(f"- {_plain(title)}" for title in titles))
    paragraphs.append(gettext("To see it as readers will:"))
    paragraphs.append(f"`newsletter campaigns build {campaign.name}`")
    paragraphs.append(gettext("To approve it for that moment:"))
    paragraphs.append(f"`newsletter digests approve {digest.name}`")
    paragraphs.append(
        gettext("If nobody approves it before then, it does not leave and is marked as missed.")
    )
    return "\n\n".join(paragraphs)


def _plain(text: str) -> str:
    """Words that Markdown leaves as they are."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#&!|" else sign for sign in text)
