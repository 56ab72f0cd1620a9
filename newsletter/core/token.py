"""Tokens in links: short, bound to a purpose, checked in constant time.

A token names a campaign and a subscriber and ends with a MAC: `campaign z subscriber mac`, the numbers in hexadecimal with the
digits a to p, the MAC in sixteen letters of `keyed_letters` (80 bits, as RFC 4226 deems enough for values that cannot be tried
offline). It is base32 in lower case: a gateway that folds the case of a URL does no harm. The MAC covers purpose and context
too. Tokens never expire: a link to leave must work for years. Old keys are honoured after a rotation.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.core.keyed_letters import keyed_letters

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAC = 16
_FROM_DIGITS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_TO_DIGITS = str.maketrans("abcdefghijklmnop", "0123456789abcdef")
# No zero before a number: two spellings of one token would make logs and limits unreliable.
_NUMBER = "(a|[b-p][a-p]{0,15})"
_TOKEN = re.compile(rf"{_NUMBER}z{_NUMBER}([a-z2-7]{{{_MAC}}})")


class Purpose(StrEnum):
    """What a token lets its bearer do."""

    UNSUBSCRIBE = "u"
    PREFERENCES = "p"
    VIEW = "v"
    APPLIED = "a"
    STOP = "s"
    CALENDAR = "c"
    LATER = "l"
    LINK = "k"
    READER = "r"
    CONFIRM = "o"


# One digest serves all purposes of a group, each with letters of its own: which digest, and where in it they begin.
_SHARES = {
    Purpose.UNSUBSCRIBE: ("mail", 0),
    Purpose.PREFERENCES: ("mail", _MAC),
    Purpose.VIEW: ("mail", 2 * _MAC),
    Purpose.APPLIED: ("deadline", 0),
    Purpose.STOP: ("deadline", _MAC),
    Purpose.CALENDAR: ("calendar", 0),
    Purpose.LATER: ("later", 0),
    Purpose.LINK: ("link", 0),
    Purpose.READER: ("reader", 0),
    Purpose.CONFIRM: ("confirm", 0),
}
_WIDTHS = {
    "mail": 3 * _MAC,
    "deadline": 2 * _MAC,
    "calendar": _MAC,
    "later": _MAC,
    "link": _MAC,
    "reader": _MAC,
    "confirm": _MAC,
}


@dataclass(frozen=True, slots=True)
class Token:
    """What a genuine token says.

    Attributes:
        campaign: id; 0 when it belongs to none. The token of a calendar, which comes with no campaign, has the edition of
            its address here: making the address anew makes the former one dead.
        subscriber: id. The token of a link, which is the same for everybody, has the link's number in the campaign here.
    """

    purpose: Purpose
    campaign: int
    subscriber: int


class Tokens:
    """The tokens of one campaign for many people, made together.

    Args:
        key: secret that signs.
        campaign: id of the campaign.
        subscribers: ids of the people.
    """

    def __init__(self, key: bytes, campaign: int, subscribers: Sequence[int]) -> None:
        self._key, self._campaign, self._subscribers = key, campaign, subscribers
        self._letters: dict[tuple[str, str], str] = {}
        numbers = "\n".join([f"{subscriber:x}" for subscriber in subscribers]).translate(_FROM_DIGITS)
        head = f"{f'{campaign:x}'.translate(_FROM_DIGITS)}z"
        self._named = [f"{head}{number}" for number in numbers.split("\n")] if subscribers else []

    def of(self, purpose: Purpose, context: str = "") -> list[str]:
        """Everybody's token. `context` (a deadline's key, say) is covered by the MAC but not carried."""
        group, start = _SHARES[purpose]
        width = _WIDTHS[group]
        letters = self._letters.get((group, context))
        if letters is None:
            about = f"newsletter link\0{group}\0{self._campaign}\0{context}"
            letters = keyed_letters(self._key, about, self._subscribers, width)
            self._letters[group, context] = letters
        places = range(start, len(letters), width)
        return [f"{named}{letters[at : at + _MAC]}" for named, at in zip(self._named, places, strict=True)]


def make_token(key: bytes, token: Token, context: str = "") -> str:
    """The token as text, see `Tokens.of`."""
    return Tokens(key, token.campaign, (token.subscriber,)).of(token.purpose, context)[0]


def read_token(keys: Sequence[bytes], text: str, purpose: Purpose, context: str = "") -> Token | None:
    """The token that `text` is under one of `keys`, or None if it is not genuine or for another purpose."""
    lowered = text.lower() if text.isascii() else ""
    found = _TOKEN.fullmatch(lowered)
    if found is None:
        return None
    campaign, subscriber = (int(found[part].translate(_TO_DIGITS), 16) for part in (1, 2))
    token = Token(purpose, campaign, subscriber)
    genuine = [hmac.compare_digest(lowered, make_token(key, token, context)) for key in keys]
    return token if any(genuine) else None
