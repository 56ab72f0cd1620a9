"""DKIM signatures: relaxed/relaxed, over the whole body, with the headers that matter signed against additions.

RFC 6376 for the signature, RFC 8463 for Ed25519 (the key signs the SHA-256 digest of the headers, not the headers), RFC 8058
section 4 for List-Unsubscribe and List-Unsubscribe-Post, which must be signed for one click to work.
"""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_base64
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from newsletter.core.dkim_key import (
    Algorithm,
    DkimKey,
    load_key,
    public_record,
    record_problems,
    zone_line,
)
from newsletter.core.mime_headers import CRLF, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

__all__ = [
    "Algorithm",
    "DkimKey",
    "load_key",
    "public_record",
    "record_problems",
    "relaxed_body",
    "sign",
    "signature_of",
    "zone_line",
]

OVERSIGNED = ("from", "to", "subject", "date", "reply-to", "list-unsubscribe", "list-unsubscribe-post")
"""Named once more than they occur, so that nobody can add another one (RFC 6376 section 8.15)."""

SIGNED = ("message-id", "mime-version", "content-type", "content-language", "list-id", "feedback-id")
"""Named as often as they occur."""

_FIELDS = (*((name, 1) for name in OVERSIGNED), *((name, 0) for name in SIGNED))
_RUN = re.compile(r"[ \t]{2,}|\t")
_RUN_IN_BODY = re.compile(rb"[ \t]{2,}|\t")
_MARKED = re.compile(rb"\0(\d+)\0")
_EMPTY_END = re.compile(rb"(?:\r\n)*\Z")
_SIGNATURE_LINE = 72


def sign(message: bytes, keys: Iterable[DkimKey], now: datetime) -> bytes:
    """The message with a DKIM-Signature of each key before it.

    Args:
        message: every line ends with CRLF.
        keys: the first one's signature stands first.
        now: instant of signing, aware; a letter of the same second is signed the same.

    Raises:
        ValueError: the message has no From or no empty line after its head; `now` is naive.
    """
    head, found, body = message.partition(b"\r\n\r\n")
    if not found:
        raise ValueError("a message has an empty line after its header fields")
    names, signed = _signed_fields(head + b"\r\n")
    digest = hashlib.sha256(relaxed_body(body)).digest()
    return _sealed(digest, names, signed, tuple(keys), now) + message


def signature_of(
    head: Sequence[bytes], body: Iterable[bytes], keys: Sequence[DkimKey], now: datetime
) -> bytes:
    """The fields that `sign` puts before a message, here one in pieces whose body is in relaxed form already.

    What `quoted_printable` writes is in that form; and the head is read once for all messages that share its pieces.

    Args:
        head: its header fields and the empty line after them. Pieces at odd places are values within a field, which neither
            begin nor end with white space; those at even places are shared by many messages.
        body: what follows.
        keys: that sign.
        now: instant of signing, aware.

    Raises:
        ValueError: there is no From; `now` is naive.
    """
    digest = hashlib.sha256()
    for piece in body:
        digest.update(piece)
    names, pieces, order = _form(tuple(head[::2]))
    values = [_relaxed_value(value) for value in head[1::2]]
    signed = list(pieces)
    signed[1::2] = [values[place] for place in order]
    return _sealed(digest.digest(), names, b"".join(signed), keys, now)


@lru_cache(maxsize=64)
def _form(shared: tuple[bytes, ...]) -> tuple[tuple[str, ...], tuple[bytes, ...], tuple[int, ...]]:
    """The names of h=; the relaxed fields in pieces, those at odd places empty; and which value goes into each of these."""
    marked = b"".join(b"%b\0%d\0" % (piece, place) for place, piece in enumerate(shared[:-1])) + shared[-1]
    names, signed = _signed_fields(marked)
    pieces = _MARKED.split(signed)
    return names, tuple(pieces), tuple(map(int, pieces[1::2]))


def _relaxed_value(value: bytes) -> bytes:
    if b"\r\n" in value or b"  " in value or b"\t" in value:
        return _RUN_IN_BODY.sub(b" ", value.replace(b"\r\n", b""))
    return value


def relaxed_body(body: bytes) -> bytes:
    """The body in relaxed form (RFC 6376 section 3.4.4)."""
    if _is_relaxed(body):
        return body
    lines = _RUN_IN_BODY.sub(b" ", body).replace(b" \r\n", b"\r\n").removesuffix(b" ")
    kept = _EMPTY_END.sub(b"", lines, count=1)
    return kept + b"\r\n" if kept else b""


def _is_relaxed(body: bytes) -> bool:
    is_ended = body.endswith(b"\r\n") and not body.endswith(b"\r\n\r\n") and len(body) > len(CRLF)
    return is_ended and b"\t" not in body and b"  " not in body and b" \r\n" not in body


def _signed_fields(head: bytes) -> tuple[tuple[str, ...], bytes]:
    """The names of h= in their order, and those fields in relaxed form (RFC 6376 section 3.4.2), each with its CRLF."""
    present: dict[str, list[str]] = {}
    # latin-1 keeps every octet, and strings are quicker here than bytes.
    unfolded = head.decode("latin-1").replace("\r\n ", " ").replace("\r\n\t", " ")
    if "  " in unfolded or "\t" in unfolded:
        unfolded = _RUN.sub(" ", unfolded)
    for line in unfolded.split("\r\n"):
        name, _, value = line.partition(":")
        present.setdefault(name.rstrip(" ").lower(), []).append(value.strip(" "))
    if "from" not in present:
        raise ValueError("a message without From cannot be signed")
    names, fields = [], []
    for field, more in _FIELDS:
        values = present.get(field, ())
        names += [field] * (len(values) + more)
        # From the last one up, as a reader takes them (section 5.4.2).
        fields += [f"{field}:{value}\r\n" for value in reversed(values)]
    return tuple(names), "".join(fields).encode("latin-1")


def _sealed(
    digest: bytes, names: tuple[str, ...], signed: bytes, keys: Sequence[DkimKey], now: datetime
) -> bytes:
    """A field of each key, over the digest of the body and the signed fields in relaxed form."""
    if now.tzinfo is None:
        raise ValueError("the time of a signature needs a zone")
    hashed, moment = b2a_base64(digest, newline=False), b"t=%d;" % int(now.timestamp())
    return b"".join([_signature(key, names, signed, moment, hashed) for key in keys])


def _signature(key: DkimKey, names: tuple[str, ...], signed: bytes, moment: bytes, hashed: bytes) -> bytes:
    opening, relaxed = _opening(key, names)
    coded = b2a_base64(_signed(key, b"%b%b %b bh=%b; b=" % (signed, relaxed, moment, hashed)), newline=False)
    lines = [coded[at : at + _SIGNATURE_LINE] for at in range(0, len(coded), _SIGNATURE_LINE)]
    return b"%b\r\n %b\r\n bh=%b;\r\n b=%b\r\n" % (opening, moment, hashed, b"\r\n ".join(lines))


@lru_cache(maxsize=256)
def _opening(key: DkimKey, names: tuple[str, ...]) -> tuple[bytes, bytes]:
    """The signature up to the names, the same for all letters of a campaign: as it is sent, and in relaxed form."""
    tags = [
        "v=1;",
        f"a={key.algorithm.value};",
        "c=relaxed/relaxed;",
        f"d={key.domain};",
        f"s={key.selector};",
    ]
    identity = [f"i={key.identity};"] if key.identity else []
    listed = [""]
    for name in ("h=" + ":".join(names) + ";").split(":"):
        if len(listed[-1]) + len(name) >= _SIGNATURE_LINE:
            listed.append("")
        listed[-1] += name if name.endswith(";") else f"{name}:"
    opening = fold("DKIM-Signature", [*tags, *identity, *listed])
    value = opening.partition(": ")[2].replace(CRLF, "")
    return opening.encode("ascii"), f"dkim-signature:{value}".encode("ascii")


def _signed(key: DkimKey, data: bytes) -> bytes:
    if isinstance(key.private, Ed25519PrivateKey):
        return key.private.sign(hashlib.sha256(data).digest())
    return key.private.sign(data, PKCS1v15(), SHA256())
