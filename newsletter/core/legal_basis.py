"""On what ground a mail about a topic may be sent: the reader's consent, or an interest of ours that weighs enough (GDPR Art. 6(1)(a), (f))."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from newsletter.core.article import Article


class LegalBasis(StrEnum):
    """CONSENT: only whoever agreed gets it. INTEREST: whoever was told of it, and has not objected, gets it too."""

    CONSENT = "consent"
    INTEREST = "legitimate-interest"


def basis_of_articles(
    slugs: Iterable[str], articles: Mapping[str, Article], topics: Mapping[str, LegalBasis]
) -> LegalBasis:
    """On what ground a mail with these articles may be sent. One topic that needs consent is enough for the whole mail to need it.

    So is an article that is about no topic or is missing, and a mail without articles.

    Args:
        articles: by slug.
        topics: the basis of each topic of the workspace.
    """
    about = [_rests_on_interest(articles.get(slug), topics) for slug in slugs]
    return LegalBasis.INTEREST if about and all(about) else LegalBasis.CONSENT


def _rests_on_interest(article: Article | None, topics: Mapping[str, LegalBasis]) -> bool:
    texts = article.texts.values() if article else ()
    about = [topic for text in texts for topic in text.topics]
    return bool(about) and all(topics.get(topic) is LegalBasis.INTEREST for topic in about)
