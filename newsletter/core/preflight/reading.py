"""A file that somebody wants checked: a message or a page, read as the rules of the preflight get it."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from newsletter.core.preflight.mail import CheckedMail
from newsletter.core.preflight.page import HtmlPage, value_of
from newsletter.core.preflight.structure import is_hidden
from newsletter.core.refusal import ContentRefused, Problem

if TYPE_CHECKING:
    from datetime import date
    from email.message import EmailMessage

_NO_WORDS = "\u034f\u200b\u200c\u200d\u00ad\ufeff\xa0 \n\t\r"


def read_mail_file(data: bytes, name: str, today: date, language: str = "") -> CheckedMail:
    """A message (`.eml`) or a page (`.html`), told by how it begins.

    Args:
        data: the file.
        name: of the file, as a person knows it.
        today: calendar day, for deadlines.
        language: BCP 47 code that it should be in; "" takes what it says of itself.

    Raises:
        ContentRefused: it is neither.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return read_page(data.decode("utf-8-sig", errors="replace"), name, today, language)
    return read_message(data, name, today, language)


def read_page(html: str, name: str, today: date, language: str = "") -> CheckedMail:
    """A page as it stands in a file; what it says of itself is believed, and its title is its subject."""
    page = HtmlPage(html)
    title = page.soup.title.get_text(" ", strip=True) if page.soup.title else ""
    return CheckedMail(name, language or _language(page), today, title, preheader_of(page), html)


def read_message(raw: bytes, name: str, today: date, language: str = "") -> CheckedMail:
    """A message with its headers and parts.

    Raises:
        ContentRefused: it has no header, or no part that can be read.
    """
    message: EmailMessage = message_from_bytes(raw, policy=policy.default)
    bodies = {kind: _content(message, kind) for kind in ("html", "plain")}
    if not message.keys() or bodies == {"html": None, "plain": None}:
        what = "This is neither a message nor a page."
        raise ContentRefused(Problem(what, "Give a file that ends in .eml or .html.", name))
    html = bodies["html"] or ""
    page = HtmlPage(html)
    headers = {field.lower(): " ".join(str(value).split()) for field, value in message.items()}
    return CheckedMail(
        place=name,
        language=language or _language(page),
        today=today,
        subject=headers.get("subject", ""),
        preheader=preheader_of(page),
        html=html,
        text=bodies["plain"],
        headers=headers,
        raw=raw,
    )


def preheader_of(page: HtmlPage) -> str:
    """The words that are hidden before anything is seen; "" when there are none."""
    for tag in page.named("div", "span", "td", "p"):
        words = tag.get_text(" ", strip=True)
        if not words:
            continue
        own = (value_of(tag, "style") or "").replace(" ", "").lower()
        if "display:none" in own or "mso-hide:all" in own or is_hidden(tag):
            return " ".join(words.strip(_NO_WORDS).split())
        if not any(is_hidden(inner) for inner in tag.find_all(["div", "span", "p"])):
            return ""
    return ""


def _content(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    if part is None:
        return None
    try:
        return str(part.get_content())
    except (LookupError, ValueError, KeyError):
        data = part.get_payload(decode=True)
        return data.decode("utf-8", errors="replace") if isinstance(data, bytes) else None


def _language(page: HtmlPage) -> str:
    return (value_of(page.soup.html, "lang") or "") if page.soup.html else ""
