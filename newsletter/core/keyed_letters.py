"""Letters that nobody can tell without a key: the common root of tokens in links and of Message-IDs.

Keyed BLAKE2b (RFC 7693) is a MAC by itself. Each octet of the digest gives one letter of the base32 alphabet in lower case
(RFC 4648), by its last five bits: 256 is a multiple of 32, so all letters are equally likely, and the whole is one table.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567"
_LETTER_OF = bytes(_ALPHABET[octet & 31] for octet in range(256))


def keyed_letters(key: bytes, about: str, numbers: Iterable[int], count: int) -> str:
    """`count` letters for each number, one after the other in one string.

    Args:
        key: the secret.
        about: what the letters are for; other words give other letters, and so does another `count`.
        numbers: of people, not negative.
        count: at most 64, the octets of the longest digest; a letter is worth five bits.

    Raises:
        ValueError: the key is empty.
    """
    begun = _begun(key, about, count)
    digests = []
    for number in numbers:
        mac = begun.copy()
        mac.update(b"%d" % number)
        digests.append(mac.digest())
    return b"".join(digests).translate(_LETTER_OF).decode("ascii")


@lru_cache(maxsize=64)
def _begun(key: bytes, about: str, count: int) -> blake2b:
    """To be copied, never changed. A zero octet and digits end what is hashed, so that no two pairs read alike."""
    return blake2b(about.encode() + b"\0", key=_fitted(key), digest_size=count)


@lru_cache(maxsize=16)
def _fitted(key: bytes) -> bytes:
    """The key in the length that BLAKE2b takes, however long it is."""
    if not key:
        raise ValueError("an empty key keeps no secret")
    return blake2b(key, person=b"newsletter key").digest()
