"""The links that lead from a mail to the readers' pages. Everything personal in them is a token."""

from __future__ import annotations

from dataclasses import dataclass, field

from newsletter.core.token import Purpose, Token, make_token


def calendar_url(public_url: str, deadline: str) -> str:
    """The public .ics of a deadline; the same for everybody."""
    return f"{public_url.rstrip('/')}/calendar/{deadline}.ics"


@dataclass(frozen=True, slots=True)
class PersonalLinks:
    """The links of one mail to one person.

    Attributes:
        public_url: where the readers' pages answer.
        key: secret that signs tokens.
        campaign: id of the campaign.
        subscriber: id of the person.
    """

    public_url: str
    key: bytes
    campaign: int
    subscriber: int
    _made: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def unsubscribe(self) -> str:
        """RFC 8058: a POST leaves at once, a GET shows one button."""
        return self._link("u", Purpose.UNSUBSCRIBE)

    def preferences(self) -> str:
        return self._link("p", Purpose.PREFERENCES)

    def pause(self) -> str:
        return f"{self.preferences()}#pause"

    def view(self) -> str:
        return self._link("v", Purpose.VIEW)

    def other_language(self, language: str) -> str:
        return f"{self.view()}?language={language}"

    def applied(self, deadline: str) -> str:
        return self._link(f"applied/{deadline}", Purpose.APPLIED, deadline)

    def stop(self, deadline: str) -> str:
        return self._link(f"stop/{deadline}", Purpose.STOP, deadline)

    def calendar(self, deadline: str) -> str:
        return calendar_url(self.public_url, deadline)

    def confirm(self) -> str:
        return self._link("confirm", Purpose.PREFERENCES, "confirm")

    def _link(self, path: str, purpose: Purpose, context: str = "") -> str:
        link = self._made.get(path)
        if link is None:  # a path goes with one purpose and one context, and a mail has some links twice
            token = make_token(self.key, Token(purpose, self.campaign, self.subscriber), context)
            link = self._made[path] = f"{self.public_url.rstrip('/')}/{path}/{token}"
        return link
