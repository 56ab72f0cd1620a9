"""Tokens in links: short, bound to a purpose, checked in constant time.

A token is base32 in lower case (a gateway that folds the case of a URL does no harm) of purpose, campaign, subscriber
and a truncated HMAC-SHA-256 (RFC 2104; 80 bits, as RFC 4226 deems enough for values that cannot be tried offline).
They never expire: a link to leave must work for years. Old keys are honoured after a rotation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAC_BYTES = 10


class Purpose(StrEnum):
    """What a token lets its bearer do; one letter each, as it is part of the token."""

    UNSUBSCRIBE = "u"
    PREFERENCES = "p"
    VIEW = "v"
    APPLIED = "a"
    STOP = "s"


@dataclass(frozen=True, slots=True)
class Token:
    """What a genuine token says. `campaign` is 0 when it belongs to none."""

    purpose: Purpose
    campaign: int
    subscriber: int


def make_token(key: bytes, token: Token, context: str = "") -> str:
    """The token as text. `context` (a deadline's key, say) is covered by the MAC but not carried."""
    body = _body(token)
    return _encode(body + _mac(key, body, context))


def read_token(keys: Sequence[bytes], text: str, purpose: Purpose, context: str = "") -> Token | None:
    """The token that `text` is under one of `keys`, or None if it is not genuine or for another purpose."""
    raw = _decode(text)
    if raw is None or len(raw) <= _MAC_BYTES:
        return None
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    genuine = [hmac.compare_digest(mac, _mac(key, body, context)) for key in keys]
    if not any(genuine) or body[:1] != purpose.value.encode():
        return None
    campaign, at = _read_number(body, 1)
    subscriber, at = _read_number(body, at)
    return Token(purpose, campaign, subscriber) if at == len(body) else None


def _body(token: Token) -> bytes:
    return token.purpose.value.encode() + _number(token.campaign) + _number(token.subscriber)


def _mac(key: bytes, body: bytes, context: str) -> bytes:
    mac = _begun(key).copy()
    mac.update(body + b"\x00" + context.encode())
    return mac.digest()[:_MAC_BYTES]


@lru_cache(maxsize=16)
def _begun(key: bytes) -> hmac.HMAC:
    """What all links of a key begin with; to be copied, never changed."""
    return hmac.new(key, b"newsletter link\x00", hashlib.sha256)


def _number(value: int) -> bytes:
    """LEB128: seven bits a byte, so that small numbers make short links."""
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_number(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(raw):
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
    return value, len(raw) + 1


def _encode(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def _decode(text: str) -> bytes | None:
    try:
        raw = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except ValueError:
        return None
    # Two spellings of one token would make logs and limits unreliable: only the shortest counts.
    return raw if _encode(raw) == text.lower() else None
