"""A campaign's letters in one language at speed: what is the same for all is written once, what is personal is spliced.

`fill_mail` and `serialise` are the plain path to the same letter; both give the same headers, octet for octet, and parts that
are the same once decoded (the soft line breaks differ). The functions that escape, encode and fold are the same in both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from newsletter.core.mime import Attachment, Letter, ListHeaders, boundary_mark, empty_part
from newsletter.core.mime_bodies import clean_body, is_plain_line, quoted_printable
from newsletter.core.mime_fields import (
    ONE_CLICK,
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
from newsletter.core.mime_headers import CRLF, fold, header_block
from newsletter.core.personal import fill, missing_value
from newsletter.core.plain_text import WIDTH, wrapped
from newsletter.core.render import CompiledEmail, fill_mail
from newsletter.core.stencil_plan import WIDEST_LINE, Hole, Plan, gates_of, plan_body, with_room

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.core.mailbox import Mailbox

_REMEMBERED = 4_096
_PLANS = 64


@dataclass(frozen=True, slots=True)
class Masthead:
    """What the headers of a campaign's letters in one language have in common.

    Attributes:
        list_headers: None for mail that is about no list; its `unsubscribe_url` is each person's own and not used.
    """

    sender: Mailbox
    reply_to: Mailbox | None
    language: str
    list_headers: ListHeaders | None
    attachments: tuple[Attachment, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Addressee:
    """What one person's headers have of their own.

    Attributes:
        message_id: without angle brackets.
        date: instant of sending, aware; letters of one batch may share the very object, which is then written once.
        unsubscribe_url: not asked for when the masthead has no list.
    """

    recipient: Mailbox
    message_id: str
    date: datetime
    unsubscribe_url: str = ""


class Message(NamedTuple):
    """A finished message in two pieces: a signer needs them apart, and each is on its way without one more copy.

    Attributes:
        head: the header fields, each ended with CRLF.
        body: what follows the empty line.
    """

    head: bytes
    body: bytes

    def whole(self) -> bytes:
        """The message as it goes on the wire."""
        return b"%b\r\n%b" % self


class Stencil:
    """An edition and its headers, ready to be filled many thousand times. Not to be shared between threads.

    Args:
        mail: a frozen edition. Its literals hold no CR: `compile_mail` sees to it.
        masthead: the headers.

    Raises:
        ContentRefused: a header that is the same for all cannot be sent.
    """

    def __init__(self, mail: CompiledEmail, masthead: Masthead) -> None:
        self._mail, self._masthead = mail, masthead
        self._body_gates = gates_of((*mail.html, *mail.text))
        self._gates = self._body_gates | gates_of(mail.subject)
        self._plans: dict[frozenset[str], Plan] = {}
        self._known: dict[str, bytes] = {}
        self._date: tuple[datetime | None, str] = (None, "")
        literal = "".join(piece for piece in mail.subject if isinstance(piece, str))
        is_fixed = all(isinstance(piece, str) for piece in mail.subject)
        self._subject = _block(subject_field(literal)) if is_fixed else ""
        self._top = _block(mailbox_field("From", masthead.sender))
        self._after_to = _block(mailbox_field("Reply-To", masthead.reply_to)) if masthead.reply_to else ""
        listed = masthead.list_headers
        self._list_id = _block(list_id_field(listed.list_id)) if listed else ""
        self._one_click = _line_of(ONE_CLICK)
        self._mailto = listed.unsubscribe_mailto if listed else ""
        self._end = _block(
            *(other_list_fields(listed) if listed else ()),
            *map(extra_field, masthead.extra),
            ("MIME-Version", ["1.0"]),
            language_field(masthead.language),
        )

    def fill(
        self, values: Mapping[str, str], flags: frozenset[str] | Mapping[str, bool], addressee: Addressee
    ) -> Message:
        """One person's message.

        Args:
            values: by slot name; those of closed blocks are not needed.
            flags: the flags that are on, or every flag with whether it is on.
            addressee: their headers.

        Raises:
            Refusal: a value, or a flag of a mapping, is missing.
            ContentRefused: a header cannot be sent, or a part says nothing with these values.
        """
        on = self._on(values, flags)
        plan = self._plan(on)
        mark = boundary_mark(addressee.message_id)
        subject = self._subject or _block(subject_field(fill(self._mail.subject, values, on)))
        body = self._body(plan, values, mark)
        return Message(self._head(addressee, subject, mark.join(plan.content_type)), body)

    def letter(
        self, values: Mapping[str, str], flags: frozenset[str] | Mapping[str, bool], addressee: Addressee
    ) -> Letter:
        """The same person's letter on the plain path, for `serialise`."""
        filled, masthead = fill_mail(self._mail, values, flags), self._masthead
        listed = masthead.list_headers
        return Letter(
            sender=masthead.sender,
            recipient=addressee.recipient,
            reply_to=masthead.reply_to,
            subject=filled.subject,
            date=addressee.date,
            message_id=addressee.message_id,
            text=filled.text,
            html=filled.html,
            language=masthead.language,
            list_headers=replace(listed, unsubscribe_url=addressee.unsubscribe_url) if listed else None,
            attachments=masthead.attachments,
            extra=masthead.extra,
        )

    def _on(self, values: Mapping[str, str], flags: frozenset[str] | Mapping[str, bool]) -> frozenset[str]:
        if isinstance(flags, frozenset):
            return flags & self._gates
        if not self._gates <= flags.keys():
            fill_mail(
                self._mail, values, flags
            )  # it knows which flag is missing, and whether anybody asks for it
        return frozenset(name for name in self._gates if flags.get(name))

    def _plan(self, on: frozenset[str]) -> Plan:
        wanted = on & self._body_gates
        plan = self._plans.get(wanted)
        if plan is None:
            if len(self._plans) >= _PLANS:
                self._plans.pop(next(iter(self._plans)))
            plan = plan_body(self._mail.html, self._mail.text, wanted, self._masthead.attachments)
            self._plans[wanted] = plan
        return plan

    def _body(self, plan: Plan, values: Mapping[str, str], mark: str) -> bytes:
        chunks = list(plan.chunks)
        octets = mark.encode()
        for place in plan.marks:
            chunks[place] = octets
        try:
            self._fill(plan, values, chunks)
            if plan.silent:
                _refuse_silence(plan, values)
        except KeyError as error:
            raise missing_value(error.args[0]) from None
        return b"".join(chunks)

    def _fill(self, plan: Plan, values: Mapping[str, str], chunks: list[bytes]) -> None:
        coded = self._coded
        for (name, write), places in plan.values:
            octets = coded(write(values[name]))
            if len(octets) >= WIDEST_LINE:
                octets = with_room(octets.decode("ascii")).encode("ascii")
            for place in places:
                chunks[place] = octets
        for words, end, place in plan.lines:
            text = "".join(
                [word if isinstance(word, str) else word.write(values[word.name]) for word in words]
            )
            if len(text) > WIDTH:
                chunks[place] = b"\r\n".join(map(coded, wrapped(text))) + end
            else:
                chunks[place] = coded(text) + end

    def _coded(self, text: str) -> bytes:
        """In quoted-printable; what takes long, as an accent does, is remembered, because many people share it."""
        if is_plain_line(text):
            return text.encode("ascii")
        coded = self._known.get(text)
        if coded is None:
            coded = quoted_printable(clean_body(text)).encode("ascii")
            if len(self._known) >= _REMEMBERED:  # beginning again costs less than to know what is stale
                self._known.clear()
            self._known[text] = coded
        return coded

    def _head(self, addressee: Addressee, subject: str, content_type: str) -> bytes:
        is_listed = self._masthead.list_headers is not None
        ways_out = unsubscribe_fields(addressee.unsubscribe_url, self._mailto) if is_listed else ()
        head = "".join(
            (
                self._top,
                _line_of(mailbox_field("To", addressee.recipient)),
                self._after_to,
                subject,
                self._dated(addressee.date),
                _line_of(message_id_field(addressee.message_id)),
                self._list_id,
                *map(_line_of, ways_out[:1]),
                self._one_click if ways_out[1:] else "",
                self._end,
                content_type,
            )
        )
        return head.encode()

    def _dated(self, date: datetime) -> str:
        known, text = self._date
        if known is not date:
            text = _line_of(date_field(date))
            self._date = (date, text)
        return text


def _block(*fields: Field) -> str:
    return header_block(list(fields))


def _line_of(field: Field) -> str:
    return f"{fold(*field)}{CRLF}"


def _refuse_silence(plan: Plan, values: Mapping[str, str]) -> None:
    holes = {
        "text": [word for line in plan.lines for word in line.words if isinstance(word, Hole)],
        "html": [hole for hole, _ in plan.values],
    }
    for part in ("text", "html"):
        said = (clean_body(hole.write(values[hole.name])).strip() for hole in holes[part])
        if part in plan.silent and not any(said):
            raise empty_part(part)
