"""Signing up: what a form may do, and how a program that fills in forms is told from a person without troubling either."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIRM_DAYS = 7
"""So long the link of a confirmation works; then the address is erased."""
SOURCE = "sign-up"
"""Where the consent of somebody comes from who filled in our form."""

PROOF_BITS = 16
"""So many zero bits a proof begins with: 65,000 hashes on average."""
LONGEST_NONCE = 20
"""So many digits a proof may have."""

_QUICKEST, _SLOWEST = timedelta(seconds=2), timedelta(hours=24)
_MAC_LETTERS, _PREFIX = 32, 64


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody entered.

    Attributes:
        address: as it will be written to.
        language: BCP 47 code in which they want their mail.
        topics: ids of `subscribers/fields.yaml`.
        wording: what stood above the button, kept as evidence.
        form: which form it was: `page`, or `elsewhere` when it stood on another site.
        network: keyed hash of the network from which it came, "" when that is not known.
    """

    address: str
    given_name: str
    language: str
    topics: tuple[str, ...]
    wording: str
    form: str
    network: str


def form_stamp(key: bytes, at: datetime) -> str:
    """When a form was shown, so that nobody can change it: seconds in hexadecimal, a hyphen, and a MAC."""
    seconds = f"{int(at.timestamp()):x}"
    return f"{seconds}-{_mac(key, seconds)}"


def is_timely(keys: Sequence[bytes], stamp: str, now: datetime) -> bool:
    """Whether a form was filled in by somebody who can read: not within two seconds, nor a day later or with a stamp that is not ours."""
    seconds, _, mac = stamp.partition("-")
    if not stamp.isascii() or not any(hmac.compare_digest(mac, _mac(key, seconds)) for key in keys):
        return False
    age = now - datetime.fromtimestamp(int(seconds, 16), UTC)
    return _QUICKEST <= age <= _SLOWEST


def is_proven(stamp: str, address: str, nonce: str, bits: int = PROOF_BITS) -> bool:
    """Whether somebody's machine has worked for this form and this address: SHA-256 of `stamp:address:nonce` begins with zero bits.

    The address is part of it, so that one proof is good for one address only; nothing has to be remembered. Whether the stamp is
    genuine is not asked here (`is_timely`). Hashcash (Back, 2002) is where the idea comes from.
    """
    if not nonce.isdecimal() or not nonce.isascii() or len(nonce) > LONGEST_NONCE:
        return False
    digest = hashlib.sha256(f"{stamp}:{address}:{nonce}".encode()).digest()
    return int.from_bytes(digest) >> (8 * len(digest) - bits) == 0


def network_of(address: str) -> str:
    """The network that shares a limit: an IPv4 address, or the /64 of an IPv6 address, which is one household; "" when it is neither."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return f"{IPv6Address(int(parsed) >> _PREFIX << _PREFIX)}/{_PREFIX}"
    return str(parsed)


def network_hash(key: bytes, network: str) -> str:
    """The keyed hash of a network, which is kept instead of it: it proves nothing to whoever has no key."""
    return hmac.digest(key, b"newsletter network\0" + network.encode(), "sha256").hex()[:_MAC_LETTERS]


def _mac(key: bytes, seconds: str) -> str:
    return hmac.digest(key, b"newsletter form\0" + seconds.encode(), "sha256").hex()[:_MAC_LETTERS]
