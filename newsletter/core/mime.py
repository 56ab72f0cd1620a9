"""One letter to one person, and its octets.

An own serialiser because the standard library's has faults that a newsletter cannot live with (Python 3.11: encoded
List-Unsubscribe, lost quotes round display names, a header injected by an encoded word). Every header here is made from
checked tokens and folded between them only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.core.keyed_letters import keyed_letters
from newsletter.core.mailbox import Mailbox, ascii_domain
from newsletter.core.mime_bodies import Attachment, clean_body, letter_body, quoted_printable
from newsletter.core.mime_fields import (
    Field,
    ListHeaders,
    date_field,
    extra_field,
    language_field,
    list_id_field,
    mailbox_field,
    message_id_field,
    other_list_fields,
    subject_field,
    unsubscribe_fields,
)
from newsletter.core.mime_headers import CRLF, header_block, refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsletter.core.refusal import ContentRefused

__all__ = [
    "Attachment",
    "Letter",
    "ListHeaders",
    "boundary_mark",
    "message_id",
    "message_ids",
    "needs_smtputf8",
    "serialise",
]

_ID_LETTERS = 24  # 120 bits: two alike would be an accident in the world's mail


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one person.

    Attributes:
        date: instant of sending, aware; its offset is shown as it is.
        message_id: without angle brackets, see `message_id`.
        text: the plain part, written from the content, not scraped from `html`.
        language: BCP 47 code of both parts.
        list_headers: None for mail that is about no list, such as a confirmation.
        mark: what makes its boundaries its own, "" to take it from the Message-ID; letters of one edition may share one,
            as RFC 2046 asks only that no part holds it.
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
    mark: str = ""


def serialise(letter: Letter) -> bytes:
    """The letter as it goes on the wire, lines ended with CRLF; the same letter always gives the same octets.

    ASCII, unless `needs_smtputf8`. Lines of headers stay within 78 characters where they can be folded, lines of bodies
    within 76.

    Raises:
        ContentRefused: something in it is empty or cannot be sent; the problem names the header.
        ValueError: the date is naive.
    """
    parts = (_content("text", letter.text), _content("html", letter.html))
    text, html = map(quoted_printable, parts)
    mark = letter.mark or boundary_mark(letter.message_id)
    kind, body = letter_body(mark, text, html, letter.attachments)
    block = header_block([*_who(letter), *_what(letter), *_rest(letter), ("Content-Type", kind)])
    return f"{block}{CRLF}{body}".encode()


def boundary_mark(identifier: str) -> str:
    """The part of a letter's boundaries that makes them its own, from its Message-ID or from what its edition is known by."""
    return hashlib.sha256(identifier.encode()).hexdigest()[:24]


def needs_smtputf8(letter: Letter) -> bool:
    """Whether an address has a local part outside ASCII: then the whole way must offer SMTPUTF8 (RFC 6531)."""
    boxes = (letter.sender, letter.recipient, letter.reply_to)
    return any(not box.address.rpartition("@")[0].isascii() for box in boxes if box)


def message_ids(secret: bytes, campaign: str, subscribers: Sequence[int], domain: str) -> list[str]:
    """The Message-IDs of this campaign's letters to these people, without angle brackets.

    Always the same for the same pair, so that a deliberate re-send is recognised; it tells nothing without `secret`.

    Raises:
        ValueError: the secret is empty.
        ContentRefused: the domain has no A-label form.
    """
    letters = keyed_letters(secret, f"newsletter message-id\0{campaign}", subscribers, _ID_LETTERS)
    ending = f"@{ascii_domain(domain)}"
    return [f"{letters[at : at + _ID_LETTERS]}{ending}" for at in range(0, len(letters), _ID_LETTERS)]


def message_id(secret: bytes, campaign: str, subscriber_id: int, domain: str) -> str:
    """The Message-ID of this campaign's letter to this person, see `message_ids`."""
    return message_ids(secret, campaign, (subscriber_id,), domain)[0]


def _who(letter: Letter) -> list[Field]:
    boxes = (("From", letter.sender), ("To", letter.recipient), ("Reply-To", letter.reply_to))
    return [mailbox_field(field, box) for field, box in boxes if box]


def _what(letter: Letter) -> list[Field]:
    return [subject_field(letter.subject), date_field(letter.date), message_id_field(letter.message_id)]


def _rest(letter: Letter) -> list[Field]:
    return [
        *(_list_fields(letter.list_headers) if letter.list_headers else ()),
        *map(extra_field, letter.extra),
        ("MIME-Version", ["1.0"]),
        language_field(letter.language),
    ]


def _list_fields(of: ListHeaders) -> list[Field]:
    ways_out = unsubscribe_fields(of.unsubscribe_url, of.unsubscribe_mailto)
    return [list_id_field(of.list_id), *ways_out, *other_list_fields(of)]


def _content(which: str, text: str) -> str:
    cleaned = clean_body(text)
    if not cleaned.strip():
        raise empty_part(which)
    return cleaned


def empty_part(which: str) -> ContentRefused:
    """The refusal of a letter whose text or html says nothing."""
    return refused(which, "part is empty.", "A letter has a plain part and an HTML part.")
