"""The header fields of a letter, each made from checked values into tokens that `mime_headers.fold` writes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from newsletter.core.mailbox import Mailbox, wire_address
from newsletter.core.mime_headers import one_line, phrase, refused, unstructured

Field = tuple[str, list[str]]
"""The name of a field, and its tokens, between which alone it may be folded."""

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

ONE_CLICK: Field = ("List-Unsubscribe-Post", ["List-Unsubscribe=One-Click"])
"""RFC 8058 section 3.1."""


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


def mailbox_field(field: str, box: Mailbox) -> Field:
    """From, To or Reply-To with one mailbox.

    Raises:
        ContentRefused: the address cannot be sent to.
    """
    address = wire_address(box.address)
    name = phrase(field, one_line(box.name))
    return field, [*name, f"<{address}>"] if name else [address]


def subject_field(text: str) -> Field:
    """The subject as one harmless line.

    Raises:
        ContentRefused: nothing is left of it.
    """
    subject = one_line(text)
    if not subject:
        raise refused("Subject", "is empty.", "Write a subject.")
    return "Subject", unstructured("Subject", subject)


def message_id_field(identifier: str) -> Field:
    """Message-ID; `identifier` comes without angle brackets.

    Raises:
        ContentRefused: it is none (RFC 5322 section 3.6.4), or too long.
    """
    if len(identifier) > _ID_OCTETS:
        raise refused("Message-ID", "is too long.", "Use a shorter domain.")
    return "Message-ID", [f"<{matching('Message-ID', _ID, identifier)}>"]


def date_field(date: datetime) -> Field:
    """RFC 5322 section 3.3; an offset that is no whole number of minutes (before zones) is shown in UTC.

    Raises:
        ValueError: the date is naive.
    """
    offset = date.utcoffset()
    if offset is None:
        raise ValueError("the date of a letter needs an offset")
    if offset % timedelta(minutes=1):
        date, offset = date.astimezone(UTC), timedelta()
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "-" if offset < timedelta() else "+"
    day = f"{_DAYS[date.weekday()]}, {date.day:02d} {_MONTHS[date.month - 1]} {date.year:04d}"
    return "Date", [f"{day} {date:%H:%M:%S} {sign}{minutes // 60:02d}{minutes % 60:02d}"]


def language_field(language: str) -> Field:
    """Content-Language with one BCP 47 code."""
    return "Content-Language", [matching("Content-Language", _LANGUAGE, language)]


def list_id_field(list_id: tuple[str, str]) -> Field:
    """List-ID of a label and a stable name (RFC 2919)."""
    label, name = list_id
    return "List-ID", [*phrase("List-ID", one_line(label)), f"<{matching('List-ID', _LIST_ID, name)}>"]


def unsubscribe_fields(url: str, mailto: str) -> list[Field]:
    """List-Unsubscribe, and List-Unsubscribe-Post where one click can work (RFC 8058 section 3.1: https only).

    Raises:
        ContentRefused: there is no way out, or a link that a reader of RFC 2369 would cut in the wrong place.
    """
    field = "List-Unsubscribe"
    ways = ((_WEB_LINK, url), (_MAIL_LINK, mailto))
    tokens = [f"<{matching(field, shape, link)}>" for shape, link in ways if link]
    if not tokens:
        raise refused(field, "has neither a web link nor a mailto.", "Give at least one.")
    fields: list[Field] = [(field, [*(f"{token}," for token in tokens[:-1]), tokens[-1]])]
    if url.startswith("https:"):
        fields.append(ONE_CLICK)
    return fields


def other_list_fields(of: ListHeaders) -> list[Field]:
    """List-Help, List-Archive and List-Owner, those that are given."""
    more = (("List-Help", of.help_url), ("List-Archive", of.archive_url), ("List-Owner", of.owner_url))
    return [(field, [f"<{matching(field, _LINK, link)}>"]) for field, link in more if link]


def extra_field(extra: tuple[str, str]) -> Field:
    """One more field of plain ASCII.

    Raises:
        ContentRefused: the letter makes that field itself, or the value would be decoded into something else.
    """
    field, value = extra
    if field.lower() in _OWN_FIELDS or field.lower().startswith("content-"):
        raise refused(field, "cannot be given beside the letter.", "Leave it out.")
    if "=?" in value:
        raise refused(field, "holds an encoded word.", "Write it in plain ASCII.")
    return field, [word for word in value.split(" ") if word]


def matching(field: str, shape: re.Pattern[str], value: str) -> str:
    """`value`, which must have this shape as a whole."""
    if not shape.fullmatch(value):
        raise refused(
            field, f"cannot be {one_line(value)!r}.", "Look for spaces, brackets and letters outside ASCII."
        )
    return value
