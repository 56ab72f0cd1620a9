"""The legal basis of a mail, from the topics of what it carries."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from newsletter.core.campaign import STAY
from newsletter.core.legal_basis import LegalBasis, basis_of_articles
from newsletter.flows.workspace import read_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.core.article import Article
    from newsletter.core.campaign import CampaignContent
    from newsletter.flows.office import Office


class Bases:
    """What the files of the office say about it now. The articles are read only where a topic rests on anything but consent.

    Raises:
        ContentRefused: `fields.yaml` cannot be read.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._topics = {topic.id: topic.basis for topic in read_fields(office).topics.values()}
        self._is_asked = LegalBasis.INTEREST in self._topics.values()

    def of(self, content: CampaignContent) -> LegalBasis:
        """On what ground a mail of this content may be sent.

        The question whether somebody wants to stay goes to whoever gets anything. Where an issue lists what closes soon elsewhere
        nobody knows what that will be: it needs consent.
        """
        if content.template == STAY:
            return LegalBasis.INTEREST
        if not self._is_asked or content.closing_soon is not None:
            return LegalBasis.CONSENT
        return basis_of_articles(content.articles, self._articles, self._topics)

    @cached_property
    def _articles(self) -> Mapping[str, Article]:
        articles, _ = self._office.library.articles()
        return articles
