"""One letter to one person, and its octets.

An own serialiser because the standard library's has faults that a newsletter cannot live with (Python 3.11: encoded
List-Unsubscribe, lost quotes round display names, a header injected by an encoded word). Every header here is made from
checked tokens and folded between them only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from newsletter.core.mailbox import Mailbox, ascii_domain, wire_address
from newsletter.core.mime_bodies import Attachment, attachment_part, clean_body, multipart, text_part
from newsletter.core.mime_headers import CRLF, fold, header_block, one_line, phrase, refused, unstructured

__all__ = ["Attachment", "Letter", "ListHeaders", "message_id", "needs_smtputf8", "serialise"]

Field = tuple[str, list[str]]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Made by this module alone, or never in a letter: a letter has one recipient, and transfer adds its own.
_OWN_FIELDS = frozenset(
    {
        "from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "list-id", "list-unsubscribe",
        "list-unsubscribe-post", "list-help", "list-archive", "list-owner", "cc", "bcc", "sender", "return-path",
        "received", "dkim-signature",
    }
)  # fmt: skip
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ID = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_LIST_ID = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")  # RFC 2919 section 2
# Lower-case schemes; no space, quote, comma or angle bracket after them: RFC 2369 readers split at those.
_WEB_LINK = re.compile(r"https?://[!#-+\--;=?-~]+")
_MAIL_LINK = re.compile(r"mailto:[!#-+\--;=?-~]+")
_LINK = re.compile(rf"{_WEB_LINK.pattern}|{_MAIL_LINK.pattern}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")  # the shape of RFC 5646
_ID_OCTETS = 255


@dataclass(frozen=True, slots=True)
class ListHeaders:
    """How to leave a list and where it lives (RFC 2369, RFC 2919, RFC 8058).

    Attributes:
        list_id: a label for people, and a stable name such as `news.example.org`.
        unsubscribe_url: takes this reader off this list. One click works with https only (RFC 8058 section 3.1).
        unsubscribe_mailto: a `mailto:` link that does the same; either may be "", not both.
        help_url: https or mailto link, "" for none; `archive_url` and `owner_url` alike.
    """

    list_id: tuple[str, str]
    unsubscribe_url: str
    unsubscribe_mailto: str
    help_url: str = ""
    archive_url: str = ""
    owner_url: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one person.

    Attributes:
        date: instant of sending, aware; its offset is shown as it is.
        message_id: without angle brackets, see `message_id`.
        text: the plain part, written from the content, not scraped from `html`.
        language: BCP 47 code of both parts.
        list_headers: None for mail that is about no list, such as a confirmation.
        extra: more fields as (name, value) in ASCII, such as Auto-Submitted, Precedence, Feedback-ID.
    """

    sender: Mailbox
    recipient: Mailbox
    reply_to: Mailbox | None
    subject: str
    date: datetime
    message_id: str
    text: str
    html: str
    language: str
    list_headers: ListHeaders | None
    attachments: tuple[Attachment, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


def serialise(letter: Letter) -> bytes:
    """The letter as it goes on the wire, lines ended with CRLF; the same letter always gives the same octets.

    ASCII, unless `needs_smtputf8`. Lines of headers stay within 78 characters where they can be folded, lines of bodies
    within 76.

    Raises:
        ContentRefused: something in it is empty or cannot be sent; the problem names the header.
        ValueError: the date is naive.
    """
    kind, body = _body(letter)
    block = header_block(
        [
            *_who(letter),
            *_what(letter),
            *(_list_fields(letter.list_headers) if letter.list_headers else ()),
            *map(_extra_field, letter.extra),
            ("MIME-Version", ["1.0"]),
            ("Content-Language", [_matching("Content-Language", _LANGUAGE, letter.language)]),
            ("Content-Type", kind),
        ]
    )
    return f"{block}{CRLF}{body}".encode()


def needs_smtputf8(letter: Letter) -> bool:
    """Whether an address has a local part outside ASCII: then the whole way must offer SMTPUTF8 (RFC 6531)."""
    boxes = (letter.sender, letter.recipient, letter.reply_to)
    return any(not box.address.rpartition("@")[0].isascii() for box in boxes if box)


def message_id(secret: bytes, campaign: str, subscriber_id: int, domain: str) -> str:
    """The Message-ID of this campaign's letter to this person, without angle brackets.

    Always the same for the same pair, so that a deliberate re-send is recognised; it tells nothing without `secret`.

    Raises:
        ValueError: the secret is empty.
        ContentRefused: the domain has no A-label form.
    """
    if not secret:
        raise ValueError("a Message-ID needs a secret")
    what = f"newsletter message-id\0{campaign}\0{subscriber_id}".encode()
    digest = hmac.new(secret, what, hashlib.sha256).digest()[:16]
    return f"{base64.b32encode(digest).decode('ascii').rstrip('=').lower()}@{ascii_domain(domain)}"


def _who(letter: Letter) -> list[Field]:
    boxes = (("From", letter.sender), ("To", letter.recipient), ("Reply-To", letter.reply_to))
    return [(field, _mailbox(field, box)) for field, box in boxes if box]


def _mailbox(field: str, box: Mailbox) -> list[str]:
    address = wire_address(box.address)
    name = phrase(field, one_line(box.name))
    return [*name, f"<{address}>"] if name else [address]


def _what(letter: Letter) -> list[Field]:
    subject = one_line(letter.subject)
    if not subject:
        raise refused("Subject", "is empty.", "Write a subject.")
    if len(letter.message_id) > _ID_OCTETS:
        raise refused("Message-ID", "is too long.", "Use a shorter domain.")
    return [
        ("Subject", unstructured("Subject", subject)),
        ("Date", [_date(letter.date)]),
        ("Message-ID", [f"<{_matching('Message-ID', _ID, letter.message_id)}>"]),
    ]


def _date(date: datetime) -> str:
    """RFC 5322 section 3.3; an offset that is no whole number of minutes (before zones) is shown in UTC."""
    offset = date.utcoffset()
    if offset is None:
        raise ValueError("the date of a letter needs an offset")
    if offset % timedelta(minutes=1):
        date, offset = date.astimezone(UTC), timedelta()
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "-" if offset < timedelta() else "+"
    day = f"{_DAYS[date.weekday()]}, {date.day:02d} {_MONTHS[date.month - 1]} {date.year:04d}"
    return f"{day} {date:%H:%M:%S} {sign}{minutes // 60:02d}{minutes % 60:02d}"


def _list_fields(of: ListHeaders) -> list[Field]:
    label, name = of.list_id
    fields: list[Field] = [
        ("List-ID", [*phrase("List-ID", one_line(label)), f"<{_matching('List-ID', _LIST_ID, name)}>"]),
        ("List-Unsubscribe", _ways_out(of)),
    ]
    if of.unsubscribe_url.startswith("https:"):
        fields.append(("List-Unsubscribe-Post", ["List-Unsubscribe=One-Click"]))
    more = (("List-Help", of.help_url), ("List-Archive", of.archive_url), ("List-Owner", of.owner_url))
    return [*fields, *((field, [f"<{_matching(field, _LINK, link)}>"]) for field, link in more if link)]


def _ways_out(of: ListHeaders) -> list[str]:
    field = "List-Unsubscribe"
    ways = ((_WEB_LINK, of.unsubscribe_url), (_MAIL_LINK, of.unsubscribe_mailto))
    tokens = [f"<{_matching(field, shape, link)}>" for shape, link in ways if link]
    if not tokens:
        raise refused(field, "has neither a web link nor a mailto.", "Give at least one.")
    return [*(f"{token}," for token in tokens[:-1]), tokens[-1]]


def _extra_field(extra: tuple[str, str]) -> Field:
    field, value = extra
    if field.lower() in _OWN_FIELDS or field.lower().startswith("content-"):
        raise refused(field, "cannot be given beside the letter.", "Leave it out.")
    if "=?" in value:
        raise refused(field, "holds an encoded word.", "Write it in plain ASCII.")
    return field, [word for word in value.split(" ") if word]


def _matching(field: str, shape: re.Pattern[str], value: str) -> str:
    if not shape.fullmatch(value):
        raise refused(
            field, f"cannot be {one_line(value)!r}.", "Look for spaces, brackets and letters outside ASCII."
        )
    return value


def _body(letter: Letter) -> tuple[list[str], str]:
    parts = [
        text_part("text/plain", _content("text", letter.text)),
        text_part("text/html", _content("html", letter.html)),
    ]
    mark = hashlib.sha256(letter.message_id.encode()).hexdigest()[:24]
    kind, body = multipart("alternative", f"=_a_{mark}", parts)
    if not letter.attachments:
        return kind, body
    inner = f"{fold('Content-Type', kind)}{CRLF}{CRLF}{body}"
    return multipart("mixed", f"=_m_{mark}", [inner, *map(attachment_part, letter.attachments)])


def _content(which: str, text: str) -> str:
    cleaned = clean_body(text)
    if not cleaned.strip():
        raise refused(which, "part is empty.", "A letter has a plain part and an HTML part.")
    return cleaned
