"""Who we are, and what is said to prove it (RFC 4954)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_MECHANISMS = ("PLAIN", "LOGIN", "XOAUTH2")


@dataclass(frozen=True, slots=True)
class Login:
    """With an access token XOAUTH2 is used and nothing else, else PLAIN, or LOGIN where only that is offered."""

    username: str
    password: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)


def mechanism_for(login: Login, offered: Collection[str]) -> str:
    """The mechanism to use, which may be one that is not offered: then there is none."""
    if login.access_token:
        return "XOAUTH2"
    return "LOGIN" if "LOGIN" in offered and "PLAIN" not in offered else "PLAIN"


def spoken(login: Login, mechanism: str) -> tuple[str, ...]:
    """What is said with AUTH itself, and then to each challenge."""
    if mechanism == "PLAIN":
        return (_base64(f"\0{login.username}\0{login.password}"),)
    if mechanism == "LOGIN":
        return "", _base64(login.username), _base64(login.password)
    # A challenge is a refusal in detail; it wants an empty answer before the refusal itself.
    return _base64(f"user={login.username}\1auth=Bearer {login.access_token}\1\1"), ""


def without_secrets(said: str, login: Login | None) -> str:
    """An answer that can be shown and kept: some servers repeat what they did not understand."""
    if login is None:
        return said
    ours = [word for mechanism in _MECHANISMS for word in spoken(login, mechanism)]
    for secret in (*ours, login.password, login.access_token):
        said = said.replace(secret, "…") if secret else said
    return said


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
