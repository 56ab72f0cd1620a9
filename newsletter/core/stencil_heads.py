"""The header fields of a campaign's letters in one language, in pieces: what all share, and what is each person's own, by turns.

Only what is usual is written here, many at a time. A person with anything else is named in `odd`, and `serialise` has the word.
"""

from __future__ import annotations

import re
from itertools import repeat
from typing import TYPE_CHECKING

from newsletter.core.mailbox import Mailbox, wire_address
from newsletter.core.mime_fields import (
    Field,
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
from newsletter.core.mime_headers import CRLF, LINE, fold, header_block, one_line, phrase
from newsletter.core.refusal import ContentRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from newsletter.core.stencil import Masthead, Window

_REMEMBERED = 4_096
_ATOM = r"[A-Za-z0-9_+'-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# In these `wire_address`, `message_id_field` and `unsubscribe_fields` have nothing to change or to refuse.
_ADDRESSES = re.compile(rf"(?:{_ATOM}(?:\.{_ATOM})*+@{_LABEL}(?:\.{_LABEL})*\n)*+")
_IDENTITIES = re.compile(r"(?:[a-z0-9]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,120}[a-z0-9])?\n)*+")
_WAYS_OUT = re.compile(r"(?:https?://[!#-+\--;=?-~]{1,400}\n)*+")


class Heads:
    """Makes the headers of one edition. Not to be shared between threads.

    Args:
        masthead: what all have in common.
        subject: that all share.
        content_type: tokens of the last field.

    Raises:
        ContentRefused: something that is the same for all cannot be sent.
    """

    def __init__(self, masthead: Masthead, subject: str, content_type: list[str]) -> None:
        listed = masthead.list_headers
        self._mailto = None if listed is None else listed.unsubscribe_mailto
        answers = [mailbox_field("Reply-To", masthead.reply_to)] if masthead.reply_to else []
        rest: list[Field] = [
            *(other_list_fields(listed) if listed else ()),
            *map(extra_field, masthead.extra),
            ("MIME-Version", ["1.0"]),
            language_field(masthead.language),
            ("Content-Type", content_type),
        ]
        top = f"{header_block([mailbox_field('From', masthead.sender)])}To: "
        self._top = top.encode()
        self._before_date = f"{CRLF}{header_block([*answers, subject_field(subject)])}"
        self._list_id = header_block([list_id_field(listed.list_id)]) if listed else ""
        self._rest = f"{header_block(rest)}{CRLF}"
        self._names: dict[str, tuple[str, str]] = {}
        self._endings: dict[tuple[int, str], bytes] = {}

    def written(self, window: Window, odd: set[int]) -> list[tuple[bytes, ...]]:
        """Everybody's head with the empty line after it: pieces at even places are shared, those at odd places their own.

        Args:
            window: the people.
            odd: where the places of those are noted whose head is not this one.

        Raises:
            ValueError: the date is naive.
        """
        dated = f"{self._before_date}{header_block([date_field(window.date)])}Message-ID: <"
        shared = f">{CRLF}{self._list_id}"
        columns: list[Iterable[bytes]] = [
            repeat(self._top), self._to(window, odd), repeat(dated.encode()), self._identities(window, odd)
        ]  # fmt: skip
        if self._mailto is None:
            columns.append(repeat(f"{shared}{self._rest}".encode()))
        else:
            columns.append(repeat(f"{shared}List-Unsubscribe: <".encode()))
            columns += self._ways_out(window.unsubscribe_urls, odd)
        return list(zip(*columns, strict=False))  # what is shared has no end

    def _to(self, window: Window, odd: set[int]) -> list[bytes]:
        addresses: Sequence[str] = window.addresses
        if not _all_match(_ADDRESSES, addresses):
            addresses = _each(addresses, wire_address, odd)
        room, names, known = LINE - len("To: "), window.names, self._names
        if len(known) > _REMEMBERED:  # beginning again costs less than to know what is stale
            known.clear()
        lines = []
        for name, address in zip(names, addresses, strict=True):
            before, after = known.get(name) or self._name(name)
            line = f"{before}{address}{after}"
            if len(line) > room or not line.isascii():
                line = _to_line(name, address, line)
            lines.append(line.encode())
        return lines

    def _name(self, name: str) -> tuple[str, str]:
        words = " ".join(phrase("To", one_line(name)))
        around = (f"{words} <", ">") if words else ("", "")
        self._names[name] = around
        return around

    def _identities(self, window: Window, odd: set[int]) -> list[bytes]:
        if _all_match(_IDENTITIES, window.message_ids):
            return [text.encode() for text in window.message_ids]
        checked = _each(window.message_ids, lambda text: message_id_field(text)[1][0][1:-1], odd)
        return [text.encode() for text in checked]

    def _ways_out(self, urls: Sequence[str], odd: set[int]) -> tuple[list[bytes], list[bytes]]:
        """Everybody's address to leave, and what comes after it: it decides where the field is folded."""
        endings = self._endings
        if not _all_match(_WAYS_OUT, urls):
            odd.update(place for place, url in enumerate(urls) if not _all_match(_WAYS_OUT, (url,)))
        after = []
        for place, url in enumerate(urls):
            ending = endings.get((len(url), url[:6]))
            if ending is None:
                if place in odd:
                    after.append(b"")
                    continue
                ending = endings[len(url), url[:6]] = self._ending(url)
            after.append(ending)
        return [url.encode("ascii", "replace") for url in urls], after

    def _ending(self, url: str) -> bytes:
        fields = header_block(unsubscribe_fields(url, self._mailto or ""))
        return f"{fields.removeprefix(f'List-Unsubscribe: <{url}')}{self._rest}".encode()


def _to_line(name: str, address: str, otherwise: str) -> str:
    try:
        return fold(*mailbox_field("To", Mailbox(name, address))).removeprefix("To: ")
    except ContentRefused:  # of somebody who is odd already
        return otherwise


def _each(texts: Sequence[str], write: Callable[[str], str], odd: set[int]) -> list[str]:
    """Everybody's piece by the function that knows all cases; whoever is refused is odd."""
    made = []
    for place, text in enumerate(texts):
        try:
            made.append(write(text))
        except ContentRefused:
            odd.add(place)
            made.append("")
    return made


def _all_match(shape: re.Pattern[str], texts: Sequence[str]) -> bool:
    """Whether each text has the shape of one line of `shape`; a line feed within a text must not pass for the end of one."""
    joined = "\n".join(texts)
    return joined.count("\n") == len(texts) - 1 and shape.fullmatch(f"{joined}\n") is not None
