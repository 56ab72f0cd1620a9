"""The links that lead from a mail to the readers' pages. Everything personal in them is a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.token import Purpose, Token, Tokens, make_token

if TYPE_CHECKING:
    from collections.abc import Sequence


def calendar_url(public_url: str, deadline: str) -> str:
    """The page that offers a deadline, or an event, to every calendar; the same for everybody."""
    return f"{public_url.rstrip('/')}/calendar/{deadline}"


def topic_feed_url(public_url: str, topic: str, language: str) -> str:
    """The calendar of a topic, for everybody."""
    return f"{public_url.rstrip('/')}/calendar/topics/{topic}/{language}.ics"


def own_feed_url(public_url: str, key: bytes, subscriber: int, edition: int) -> str:
    """The calendar of one person; whoever has the address can read it, until it is made anew."""
    token = make_token(key, Token(Purpose.CALENDAR, edition, subscriber))
    return f"{public_url.rstrip('/')}/calendar/{token}.ics"


def redirect_url(public_url: str, key: bytes, campaign: int, link: int) -> str:
    """The redirect to a link of a campaign, the same for everybody; behind a hyphen a reader's token may follow."""
    return f"{public_url.rstrip('/')}/r/{make_token(key, Token(Purpose.LINK, campaign, link))}"


def picture_url(public_url: str) -> str:
    """The invisible picture of a mail, up to the reader's token."""
    return f"{public_url.rstrip('/')}/o/"


class LinkColumns:
    """The links of one mail to many people: each method gives everybody's, in the order of `subscribers`.

    Args:
        public_url: where the readers' pages answer.
        key: secret that signs tokens.
        campaign: id of the campaign.
        subscribers: ids of the people.
    """

    def __init__(self, public_url: str, key: bytes, campaign: int, subscribers: Sequence[int]) -> None:
        self._root = public_url.rstrip("/")
        self._tokens = Tokens(key, campaign, subscribers)
        self._made: dict[str, list[str]] = {}

    def unsubscribe(self) -> list[str]:
        """RFC 8058: a POST leaves at once, a GET shows one button."""
        return self._links("u", Purpose.UNSUBSCRIBE)

    def preferences(self) -> list[str]:
        return self._links("p", Purpose.PREFERENCES)

    def pause(self) -> list[str]:
        return [f"{link}#pause" for link in self.preferences()]

    def view(self) -> list[str]:
        return self._links("v", Purpose.VIEW)

    def other_language(self, language: str) -> list[str]:
        ending = f"?language={language}"
        return [f"{link}{ending}" for link in self.view()]

    def applied(self, deadline: str) -> list[str]:
        return self._links(f"applied/{deadline}", Purpose.APPLIED, deadline)

    def stop(self, deadline: str) -> list[str]:
        return self._links(f"stop/{deadline}", Purpose.STOP, deadline)

    def later(self, deadline: str) -> list[str]:
        return self._links(f"later/{deadline}", Purpose.LATER, deadline)

    def confirm(self) -> list[str]:
        return self._links("confirm", Purpose.CONFIRM)

    def _links(self, path: str, purpose: Purpose, context: str = "") -> list[str]:
        links = self._made.get(path)
        if links is None:  # a path goes with one purpose and one context, and a mail has some links twice
            start = f"{self._root}/{path}/"
            links = self._made[path] = [f"{start}{token}" for token in self._tokens.of(purpose, context)]
        return links


class PersonalLinks:
    """The links of one mail to one person; the arguments are those of `LinkColumns`, with one subscriber."""

    def __init__(self, public_url: str, key: bytes, campaign: int, subscriber: int) -> None:
        self.subscriber = subscriber
        self._public_url = public_url
        self._columns = LinkColumns(public_url, key, campaign, (subscriber,))

    def unsubscribe(self) -> str:
        """RFC 8058: a POST leaves at once, a GET shows one button."""
        return self._columns.unsubscribe()[0]

    def preferences(self) -> str:
        return self._columns.preferences()[0]

    def pause(self) -> str:
        return self._columns.pause()[0]

    def view(self) -> str:
        return self._columns.view()[0]

    def other_language(self, language: str) -> str:
        return self._columns.other_language(language)[0]

    def applied(self, deadline: str) -> str:
        return self._columns.applied(deadline)[0]

    def stop(self, deadline: str) -> str:
        return self._columns.stop(deadline)[0]

    def later(self, deadline: str) -> str:
        return self._columns.later(deadline)[0]

    def calendar(self, deadline: str) -> str:
        return calendar_url(self._public_url, deadline)

    def confirm(self) -> str:
        return self._columns.confirm()[0]
