"""Tracking in mails that are filled: redirects where clicks are counted, and what only readers who allow it get."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind
from newsletter.core.content_links import READER_SLOT, with_picture, with_redirects
from newsletter.core.flags import TRACKED
from newsletter.core.links import picture_url, redirect_url
from newsletter.core.token import Purpose, Tokens
from newsletter.store.clicks import link_numbers
from newsletter.store.tracking import tracked_among

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsletter.core.campaign import Campaign
    from newsletter.core.render import CompiledEmail
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Tracking:
    """What of one campaign is tracked.

    Attributes:
        redirects: their addresses by where they lead; empty when clicks are not counted.
        picture: address of the invisible picture up to the reader's token, "" when there is none.
    """

    key: bytes
    campaign: int
    redirects: Mapping[str, str]
    picture: str

    @classmethod
    def of(cls, office: Office, connection: Connection, campaign: Campaign) -> Tracking:
        """By the configuration as it is now and the links that were frozen. Mail that answers a request is never tracked."""
        wanted, root = office.settings.tracking, office.settings.public_url
        if campaign.kind is CampaignKind.SYSTEM:
            return cls(office.secret, campaign.id, {}, "")
        numbers = link_numbers(connection, campaign.id) if wanted.clicks == "counted" else {}
        redirects = {
            url: redirect_url(root, office.secret, campaign.id, number) for url, number in numbers.items()
        }
        return cls(
            office.secret, campaign.id, redirects, picture_url(root) if wanted.opens == "consented" else ""
        )

    def put_into(self, mail: CompiledEmail) -> CompiledEmail:
        """The edition as it is sent. The text part keeps its links: people read them."""
        html = with_redirects(mail.html, self.redirects) if self.redirects else mail.html
        return replace(mail, html=with_picture(html, self.picture) if self.picture else html)

    def allowed_by(self, connection: Connection, people: Sequence[int]) -> frozenset[int]:
        """Those of these people who allow tracking now; nobody is asked for when nothing is tracked."""
        return tracked_among(connection, people) if self.redirects or self.picture else frozenset()

    def values(self, people: Sequence[int], allowed: frozenset[int]) -> dict[str, Sequence[str]]:
        """The tokens of those who allow it, "" for the others."""
        some = [person for person in people if person in allowed]
        tokens = dict(zip(some, Tokens(self.key, self.campaign, some).of(Purpose.READER), strict=True))
        return {READER_SLOT: [tokens.get(person, "") for person in people]}

    def flags(
        self, people: Sequence[int], allowed: frozenset[int], flags: Sequence[frozenset[str]]
    ) -> list[frozenset[str]]:
        """The flags of these people, with that of those who allow it."""
        return [on | {TRACKED} if person in allowed else on for person, on in zip(people, flags, strict=True)]
