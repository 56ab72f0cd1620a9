"""DKIM keys: what signs (RFC 6376, RFC 8301, RFC 8463), and the DNS record that lets others check it."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from newsletter.core.mailbox import ascii_domain
from newsletter.core.refusal import ConfigurationRefused, Level, Problem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

SHORTEST, SHORT, LONGEST = 1024, 2048, 4096
"""Bits of an RSA key: fewer than the first are refused, fewer than the second warned of (RFC 8301 section 3.2)."""

_STRING = 255  # octets of one string in a TXT record, RFC 1035 section 3.3
_LABELS = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*"
_NAME = re.compile(_LABELS)
_IDENTITY = re.compile(rf"[A-Za-z0-9._+-]*@({_LABELS})")
_MAKE_ONE = (
    "Make one with: openssl genrsa -out dkim.pem 2048 (or: openssl genpkey -algorithm ed25519 -out dkim.pem)."
)


class Algorithm(StrEnum):
    """How a key signs; the words are those of the signature's a= tag."""

    RSA = "rsa-sha256"
    ED25519 = "ed25519-sha256"

    @property
    def key_type(self) -> str:
        """The word of the record's k= tag."""
        return self.value.partition("-")[0]


@dataclass(frozen=True, slots=True, eq=False)
class DkimKey:
    """A key that signs for a domain.

    Attributes:
        domain: of the signature, in A-labels; receivers compare it with the domain of From.
        selector: names the key within the domain.
        identity: the i= tag, "" for none: `@domain`, or an address at the domain or below it.
        warnings: what is allowed but not wise.
    """

    domain: str
    selector: str
    identity: str
    private: RSAPrivateKey | Ed25519PrivateKey
    warnings: tuple[Problem, ...] = ()

    def __repr__(self) -> str:
        return f"DkimKey({self.algorithm.value}, {self.record_name})"

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm.RSA if isinstance(self.private, RSAPrivateKey) else Algorithm.ED25519

    @property
    def record_name(self) -> str:
        """Where the record is published."""
        return f"{self.selector}._domainkey.{self.domain}"


def load_key(pem: bytes, domain: str, selector: str, identity: str = "") -> DkimKey:
    """A private key from its PEM text.

    Args:
        pem: PKCS #1 or PKCS #8, RSA or Ed25519, without a password.
        domain: that signs; `selector` and `identity` as in `DkimKey`.

    Raises:
        ConfigurationRefused: it is no such key, it is too short, or a name is not valid.
    """
    signs_for = _domain(domain)
    if not _NAME.fullmatch(selector):
        raise _refused(
            "selector", f"The selector {selector!r} is not valid.", "Use letters, digits and hyphens."
        )
    found = _IDENTITY.fullmatch(identity)
    if identity and not (found and f".{found[1]}".lower().endswith(f".{signs_for}")):
        what = f"The identity {identity!r} is not at {signs_for} or below it."
        raise _refused("identity", what, f"Write @{signs_for}, or leave it out.")
    private = _private(pem)
    return DkimKey(signs_for, selector.lower(), identity, private, _warnings(private))


def public_record(key: DkimKey) -> str:
    """The text of the TXT record to publish under `key.record_name`."""
    public = key.private.public_key()
    if key.algorithm is Algorithm.RSA:
        octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:  # RFC 8463 section 4: the bare 32 octets, no ASN.1 around them
        octets = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k={key.algorithm.key_type}; p={base64.b64encode(octets).decode('ascii')}"


def zone_line(key: DkimKey) -> str:
    """The record as a line of a zone file, cut into strings of at most 255 octets, which readers join."""
    text = public_record(key)
    strings = " ".join(f'"{text[at : at + _STRING]}"' for at in range(0, len(text), _STRING))
    return f"{key.record_name}. IN TXT ( {strings} )"


def record_problems(key: DkimKey, published: str) -> tuple[Problem, ...]:
    """What keeps receivers from checking signatures of this key with the record that is published.

    Args:
        key: that signs.
        published: the strings of the TXT record, joined; "" when there is none.
    """
    publish = f"Publish this under {key.record_name}: {public_record(key)}"
    if not published.strip():
        return (Problem(f"{key.record_name} has no record.", publish, field="dkim"),)
    pairs = [tag.partition("=") for tag in published.split(";")]
    tags = {name.strip(): "".join(value.split()) for name, _, value in pairs if name.strip()}
    if tags.get("v", "DKIM1") != "DKIM1":  # then its other tags, or their absence, say nothing about a key
        return (Problem(f"The record at {key.record_name} is no DKIM record.", publish, field="dkim"),)
    expected = public_record(key).rpartition("p=")[2]
    # Each test and what it means when it fails, RFC 6376 section 3.6.1.
    tests = (
        (tags.get("k", "rsa") == key.algorithm.key_type, f"is not for {key.algorithm.key_type}"),
        (tags.get("p", "") != "", "has no key in it: it was withdrawn"),
        (tags.get("p", expected) in {"", expected}, "holds another key"),
        ("sha256" in tags.get("h", "sha256").split(":"), "does not allow sha256"),
        (not {"*", "email"}.isdisjoint(tags.get("s", "*").split(":")), "is not for mail"),
    )
    found = [
        Problem(f"The record at {key.record_name} {what}.", publish, field="dkim")
        for fine, what in tests
        if not fine
    ]
    if "y" in tags.get("t", "").split(":"):
        what = f"The record at {key.record_name} says t=y: receivers treat the mail as if it were not signed."
        found.append(Problem(what, "Take t=y out of it.", field="dkim", level=Level.WARNING))
    return tuple(found)


def _private(pem: bytes) -> RSAPrivateKey | Ed25519PrivateKey:
    if b"PUBLIC KEY" in pem or b"BEGIN CERTIFICATE" in pem:
        raise _refused(
            "key", "This is the public half of a key; the private one signs.", "Give the private key's file."
        )
    try:
        private: PrivateKeyTypes = load_pem_private_key(pem, password=None)
    except TypeError:
        remedy = "Take it off: openssl pkey -in dkim.pem -out open.pem, and let nobody else read the file."
        raise _refused("key", "The key is locked with a password.", remedy) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _refused("key", "This is not a private key in PEM form, or it is damaged.", _MAKE_ONE) from None
    if isinstance(private, Ed25519PrivateKey):
        return private
    if not isinstance(private, RSAPrivateKey):
        raise _refused("key", "DKIM knows keys of the kinds RSA and Ed25519, and this is another.", _MAKE_ONE)
    if private.key_size < SHORTEST:
        raise _refused(
            "key", f"The key has {private.key_size} bits; receivers take {SHORTEST} and more.", _MAKE_ONE
        )
    return private


def _warnings(private: RSAPrivateKey | Ed25519PrivateKey) -> tuple[Problem, ...]:
    bits = private.key_size if isinstance(private, RSAPrivateKey) else SHORT
    if bits < SHORT:
        what = f"The key has {bits} bits; {SHORT} are asked for (RFC 8301), and some receivers ignore shorter ones."
    elif bits > LONGEST:
        what = f"The key has {bits} bits; receivers need not check more than {LONGEST} (RFC 8301)."
    else:
        return ()
    return (Problem(what, _MAKE_ONE, field="key", level=Level.WARNING),)


def _domain(domain: str) -> str:
    name = ascii_domain(domain.removesuffix("."))
    if not _NAME.fullmatch(name) or "." not in name:
        raise _refused("domain", f"{domain!r} is not a domain name.", "Write it as example.org.")
    return name


def _refused(field: str, what: str, remedy: str) -> ConfigurationRefused:
    return ConfigurationRefused(Problem(what, remedy, field=field))
