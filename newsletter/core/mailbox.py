"""Addresses: what people write in a cell, what is sent to, and when two of them are the same."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import idna
from email_validator import EmailNotValidError, validate_email

from newsletter.core.refusal import ContentRefused, Problem

LOCAL_OCTETS = 64  # RFC 5321 section 4.5.3.1.1
DOMAIN_OCTETS = 253  # RFC 1035 section 2.3.4, without the root's dot
ADDRESS_OCTETS = 254  # RFC 5321 section 4.5.3.1.3: a path of 256 with its two angle brackets

# Local parts of RFC 2142 and of habit that no person reads as a newsletter: such rows wait until somebody frees them.
ROLES = frozenset(
    {
        "abuse", "bounce", "bounces", "devnull", "do-not-reply", "donotreply", "hostmaster", "mailer-daemon",
        "no-reply", "nobody", "noreply", "postmaster", "root", "spam", "webmaster",
    }
)  # fmt: skip

# Read by whoever is on duty: people use them, so they are taken unless the office says otherwise.
SHARED = frozenset(
    {
        "accueil", "admin", "administration", "association", "bonjour", "bureau", "communication", "compta", "contact",
        "direction", "hello", "help", "info", "infos", "mail", "marketing", "news", "newsletter", "office", "presse", "press",
        "redaction", "sales", "secretariat", "support", "team",
    }
)  # fmt: skip

_REMEDY = "Write one address, such as ada@example.org."
_EDGES = " \t\r\n\u00a0\ufeff"
_ATOM = r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\x00-\x7f])+"
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"'
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*|{_QUOTED}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# Nothing but these: no dot at an end or beside another one, short enough for any domain of _PLAIN_DOMAIN.
_PLAIN_LOCAL = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_PLAIN_DOMAIN = ADDRESS_OCTETS - LOCAL_OCTETS - 1
_REMEMBERED = 50_000
_QUOTED_LOCAL = re.compile(rf"({_QUOTED})@([^@]+)")
_IN_BRACKETS = re.compile(r"[^@<>]*<([^<>]*)>")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name, "" for none, and an address. The serialiser makes both safe to send."""

    name: str
    address: str


def parse_address(text: str, *, quoted_local: bool = False) -> str:
    """The address in `text` as it will be sent: the local part unchanged, the domain in lower-case A-labels.

    Spaces around it, `mailto:`, angle brackets (with a name before them), and one dot or any semicolons and commas after
    it are taken off. `quoted_local` allows a local part in quotes (RFC 5321 section 4.1.2), which few systems handle.
    No DNS is asked.

    Raises:
        ContentRefused: it is not exactly one address that mail can be sent to.
    """
    bare = _unwrapped(text)
    _refuse_invisible(text, bare)
    local, domain = _halves(text, bare, quoted_local=quoted_local)
    try:
        validate_email(
            f"{local}@{domain}",
            check_deliverability=False,
            allow_quoted_local=quoted_local,
            test_environment=True,
        )
        wire = f"{local}@{ascii_domain(domain)}"
    except EmailNotValidError as error:
        raise _refusal(text, f"is not an address: {str(error).rstrip('.')}.") from None
    _refuse_lengths(text, wire)
    return wire_address(wire)


class Addresses:
    """Reads many addresses, mostly plain ones: each domain is looked at once, and a plain local part only matched.

    The answers are those of `parse_address` and `address_key`.
    """

    def __init__(self, *, quoted_local: bool = False) -> None:
        self._quoted_local = quoted_local
        self._domains: dict[str, str] = {}  # as written, and as it is sent to

    def read(self, text: str) -> tuple[str, str]:
        """The address in `text` as it will be sent, and its key.

        Raises:
            ContentRefused: it is not exactly one address that mail can be sent to.
        """
        local, _, domain = text.partition("@")
        known = self._domains.get(domain)
        if known is not None and _PLAIN_LOCAL.fullmatch(local):
            address = f"{local}@{known}"
            return address, address.lower()
        address = parse_address(text, quoted_local=self._quoted_local)
        if text.isascii() and address.lower() == text.lower() and len(domain) <= _PLAIN_DOMAIN:
            if len(self._domains) >= _REMEMBERED:
                self._domains.clear()
            self._domains[domain] = domain.lower()
        return address, address_key(address)


def wire_address(address: str) -> str:
    """`address` with its domain in A-labels, once more checked against what a header and an SMTP command can carry.

    `parse_address` is for what people write; this is the last door before the wire.

    Raises:
        ContentRefused: it is not an addr-spec of RFC 5321, or it reads as an encoded word (RFC 2047).
    """
    local, _, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local) or "=?" in address or _invisible(address):
        raise _refusal(address, "cannot be sent to: the part before the @ is not valid.")
    domain = ascii_domain(domain)
    if not _DOMAIN.fullmatch(domain):
        raise _refusal(address, "cannot be sent to: the part after the @ is not valid.")
    return f"{local}@{domain}"


def ascii_domain(domain: str) -> str:
    """The domain in lower-case A-labels (IDNA 2008 with the mapping of UTS 46).

    Raises:
        ContentRefused: it has no A-label form.
    """
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError as error:
        raise _refusal(domain, f"is not a domain name: {str(error).rstrip('.')}.") from None


def address_key(address: str) -> str:
    """The key by which two addresses are the same: lower-case, composed (NFC), the domain in A-labels.

    Dots and plus-tags stay: which of them a provider ignores is not ours to guess.

    Raises:
        ContentRefused: the domain has no A-label form.
    """
    local, _, domain = address.rpartition("@")
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).lower())
    return f"{lowered}@{ascii_domain(domain)}"


def is_role_address(address: str) -> bool:
    """Whether it is a machine's or a duty's address, held by default; info@ and contact@ are not, people use them."""
    return address.rpartition("@")[0].lower() in ROLES


def is_shared_address(address: str) -> bool:
    """Whether several people read it: as they do info@ and contact@."""
    return address.rpartition("@")[0].lower() in SHARED


def _unwrapped(text: str) -> str:
    bare = text.strip(_EDGES).rstrip(";," + _EDGES)
    in_brackets = _IN_BRACKETS.fullmatch(bare)
    if in_brackets:
        bare = in_brackets[1].strip(_EDGES)
    if bare[:7].lower() == "mailto:":
        bare = bare[7:]
        if "?" in bare or "%" in bare:  # a link may hold a subject, escapes and more recipients
            raise _refusal(text, "is a link with more than an address in it.")
    return bare.removesuffix(".")


def _halves(text: str, bare: str, *, quoted_local: bool) -> tuple[str, str]:
    quoted = _QUOTED_LOCAL.fullmatch(bare)
    if quoted and not quoted_local:
        raise _refusal(
            text,
            "has quotes before the @, which many mail systems do not take (`people.quoted` in config.yaml).",
        )
    if quoted:
        return quoted[1], quoted[2]
    if not bare:
        raise _refusal(text, "holds no address.")
    if bare.count("@") > 1:
        raise ContentRefused(
            Problem(f"'{_shown(text)}' holds more than one address.", "Give each address a row of its own.")
        )
    if re.search(r"\s", bare):
        raise _refusal(text, "has a space in the middle.")
    local, _, domain = bare.rpartition("@")
    return local, domain


def _refuse_invisible(text: str, bare: str) -> None:
    found = _invisible(bare)
    if found:
        raise _refusal(text, f"has an invisible or broken character (U+{ord(found):04X}).")


def _refuse_lengths(text: str, address: str) -> None:
    local, _, domain = address.rpartition("@")
    for part, size, limit in (
        ("the part before the @", len(local.encode()), LOCAL_OCTETS),
        ("the part after the @", len(domain), DOMAIN_OCTETS),
        ("it", len(address.encode()), ADDRESS_OCTETS),
    ):
        if size > limit:
            raise _refusal(text, f"is too long: {part} has {size} octets, {limit} are allowed.")


def _invisible(text: str) -> str:
    """The first control, format, surrogate or line-separating character, "" if there is none."""
    if text.isprintable():  # it has none of these then, and is nearly always
        return ""
    unsafe = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return next((char for char in text if unicodedata.category(char) in unsafe), "")


def _refusal(text: str, what: str) -> ContentRefused:
    return ContentRefused(Problem(f"'{_shown(text)}' {what}", _REMEDY))


def _shown(text: str) -> str:
    """As it can be printed in an error: no control characters, at most 80 characters."""
    visible = "".join(char if char.isprintable() else "\ufffd" for char in text.strip())
    return visible if len(visible) <= 80 else f"{visible[:79]}…"  # noqa: PLR2004 - see the docstring
