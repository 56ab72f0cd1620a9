"""A mail of the inbox with everything that the contact sheet shows of it, and its HTML made fit to look at in place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import unquote

from newsletter.core.wallclock import to_local
from newsletter.demo.story import ZONE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from email.message import EmailMessage

    from newsletter.demo.readers import InboxMail

SHOWN_HEADERS = (
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-ID", "List-Unsubscribe", "List-Unsubscribe-Post",
)  # fmt: skip
_FOR_PEOPLE = frozenset({"From", "To", "Reply-To", "Subject", "List-ID"})
_FOLD = re.compile(r"\r?\n[ \t]*")
_PREHEADER = re.compile(r'<div style="display:none[^"]*"[^>]*>(.*?)</div>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ICS_FOLD = re.compile(r"\r?\n[ \t]")  # RFC 5545 section 3.1
_EVENT = re.compile(r"^BEGIN:VEVENT\r?$(.*?)^END:VEVENT\r?$", re.DOTALL | re.MULTILINE)
_DTSTART = re.compile(r"^DTSTART[^\r\n]*", re.MULTILINE)

# A picture is fetched where one of these stands before its address; elsewhere the address is a link, which stays.
_FETCHED = ('src="', "src='", 'background="', "background='", "url(", 'url("', "url('")
# Whatever else a mail asks for stays unfetched: looking at the sheet tells nobody.
_NO_NETWORK = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class File:
    """An attachment; `starts` are the DTSTART lines of a calendar's events, as they stand in it."""

    name: str
    content_type: str
    octets: int
    starts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is shown.

    Attributes:
        number: four digits, its place in the inbox; its pages are called by it.
        name: of the recipient, "" when the mail has none.
        at: when it was sent, wall-clock time in the story's zone.
        headers: those that are shown, by name, in their order.
    """

    number: str
    campaign: str
    language: str
    subject: str
    preheader: str
    sender: str
    name: str
    address: str
    at: datetime
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]
    files: tuple[File, ...]

    @property
    def person(self) -> str:
        """What to call the recipient."""
        return self.name or self.address


def read_letter(number: str, mail: InboxMail) -> Letter:
    """Read a mail once: each look at a header of the standard library parses that header again."""
    shown, html, to = _shown_headers(mail.message), mail.html, mail.message["To"].addresses[0]
    headers = dict(shown)
    return Letter(
        number=number,
        campaign=mail.campaign,
        language=mail.language,
        subject=headers.get("Subject", ""),
        preheader=_preheader(html),
        sender=headers.get("From", ""),
        name=to.display_name,
        address=to.addr_spec,
        at=to_local(mail.sent, ZONE),
        text=mail.text,
        html=html,
        headers=shown,
        files=tuple(_file(part) for part in mail.message.iter_attachments()),
    )


def with_own_pictures(html: str, base: str, data_uri: Callable[[str], str]) -> str:
    """The mail with every picture that would be fetched from `base` inside it.

    Inside it, because a frame without an origin may not read files, not even those beside it.

    Args:
        base: address without a slash at its end.
        data_uri: the picture at a path under `base`.
    """

    def swap(found: re.Match[str]) -> str:
        fetched = html.endswith(_FETCHED, 0, found.start())
        return data_uri(unquote(unescape(found[1]))) if fetched else found[0]

    return re.sub(rf"{re.escape(base)}/([^\s\"'<>()]+)", swap, html)


def without_network(html: str) -> str:
    """The mail under a policy (CSP) by which nothing is fetched at all."""
    found = _HEAD.search(html)
    at = found.end() if found else 0
    return f"{html[:at]}{_NO_NETWORK}{html[at:]}"


def _shown_headers(message: EmailMessage) -> tuple[tuple[str, str], ...]:
    """Headers for people are decoded; those for machines are shown as they were sent, on one line."""
    raw = {name.lower(): _FOLD.sub(" ", str(value)).strip() for name, value in message.raw_items()}
    return tuple(
        (name, str(message[name]) if name in _FOR_PEOPLE else raw[name.lower()])
        for name in SHOWN_HEADERS
        if name.lower() in raw
    )


def _preheader(html: str) -> str:
    found = _PREHEADER.search(html)
    return unescape(_TAG.sub("", found[1])).strip() if found else ""


def _file(part: EmailMessage) -> File:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    starts: list[str] = []
    if part.get_content_type() == "text/calendar":
        text = _ICS_FOLD.sub("", data.decode("utf-8", "replace"))
        starts = [line for event in _EVENT.findall(text) for line in _DTSTART.findall(event)]
    return File(part.get_filename() or "unnamed", part.get_content_type(), len(data), tuple(starts))
