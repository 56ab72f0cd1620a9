"""A campaign's letters in one language at speed: what is the same for all is written once, what is personal is spliced.

People are filled many at a time, column by column. `fill_mail` and `serialise` are the plain path to the same letter; both give
the same headers, octet for octet, and parts that are the same once decoded (the soft line breaks differ). The functions that
escape, encode and fold are the same in both, and what is unusual or cannot be sent is left to the plain path.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from newsletter.core.mailbox import Mailbox
from newsletter.core.mime import Attachment, Letter, ListHeaders, boundary_mark, serialise
from newsletter.core.mime_bodies import letter_body
from newsletter.core.personal import Slot, fill, gates_of
from newsletter.core.refusal import ContentRefused, Refusal
from newsletter.core.render import CompiledEmail, fill_mail
from newsletter.core.stencil_columns import Columns
from newsletter.core.stencil_heads import Heads
from newsletter.core.stencil_plan import Plan, plan_body

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

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
class Window:
    """People whose letters are made together: columns with one entry for each, at least one.

    Attributes:
        names: display names, "" for none; with `addresses` they are the recipients.
        message_ids: without angle brackets.
        unsubscribe_urls: not asked for when the masthead has no list.
        values: by slot name; those of closed blocks are not needed.
        flags: the flags that are on for each.
        date: instant of sending, aware.
    """

    names: Sequence[str]
    addresses: Sequence[str]
    message_ids: Sequence[str]
    unsubscribe_urls: Sequence[str]
    values: Mapping[str, Sequence[str]]
    flags: Sequence[frozenset[str]]
    date: datetime

    def some(self, places: Sequence[int]) -> Window:
        """The people at these places, for their headers: without the values."""
        columns = self.names, self.addresses, self.message_ids, self.unsubscribe_urls
        names, addresses, message_ids, urls = (
            [column[place] for place in places] if column else column for column in columns
        )
        flags = [self.flags[place] for place in places]
        return Window(names, addresses, message_ids, urls, {}, flags, self.date)


class Message(NamedTuple):
    """A finished message in pieces, most of which many messages share: joining them would be one more copy.

    Attributes:
        head: the header fields and the empty line after them; pieces at odd places are this person's own.
        body: what follows.
    """

    head: tuple[bytes, ...]
    body: tuple[bytes, ...]

    def whole(self) -> bytes:
        """The message as it goes on the wire."""
        return b"".join(self.head + self.body)


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
        self._gates = gates_of((*mail.html, *mail.text))
        self._plans: dict[frozenset[str], Plan] = {}
        # All letters of an edition share the mark of their boundaries: RFC 2046 asks only that no part holds it.
        self._mark = boundary_mark(mail.to_json().encode("ascii", "backslashreplace").decode("ascii"))
        self._kind, _ = letter_body(self._mark, "", "", masthead.attachments)
        # A subject is an author's words. Should one ever have slots, the plain path writes those letters.
        self._has_own_subject = any(isinstance(piece, Slot) for piece in mail.subject)
        # Conditions are usual where reminders are merged: readers with the same subject share their headers.
        self._subject_gates = frozenset() if self._has_own_subject else gates_of(mail.subject)
        self._heads: dict[str, Heads] = {}
        if not self._subject_gates:
            self._heads_for(frozenset())

    def fill(self, window: Window) -> list[Message | Refusal]:
        """Everybody's message, or why it cannot be made."""
        odd = set(range(len(window.names))) if self._has_own_subject else set()
        heads, bodies = self._written(window, odd), self._bodies(window, odd)
        made: list[Message | Refusal] = list(map(Message, heads, bodies))
        for place in odd:
            made[place] = self._plainly(window, place)
        return made

    def letter(self, window: Window, place: int) -> Letter:
        """One person's letter on the plain path, for `serialise`.

        Raises:
            Refusal: a value is missing.
        """
        values = {name: column[place] for name, column in window.values.items()}
        filled, masthead = fill_mail(self._mail, values, window.flags[place]), self._masthead
        listed = masthead.list_headers
        own = replace(listed, unsubscribe_url=window.unsubscribe_urls[place]) if listed else None
        return Letter(
            sender=masthead.sender,
            recipient=Mailbox(window.names[place], window.addresses[place]),
            reply_to=masthead.reply_to,
            subject=filled.subject,
            date=window.date,
            message_id=window.message_ids[place],
            text=filled.text,
            html=filled.html,
            language=masthead.language,
            list_headers=own,
            attachments=masthead.attachments,
            extra=masthead.extra,
            mark=self._mark,
        )

    def _plainly(self, window: Window, place: int) -> Message | Refusal:
        try:
            head, empty_line, body = serialise(self.letter(window, place)).partition(b"\r\n\r\n")
        except Refusal as refusal:
            return refusal
        return Message((head + empty_line,), (body,))

    def _written(self, window: Window, odd: set[int]) -> list[tuple[bytes, ...]]:
        if not self._subject_gates:
            return self._heads_for(frozenset()).written(window, odd)
        heads: list[tuple[bytes, ...]] = [()] * len(window.names)
        for on, members in _grouped(window, self._subject_gates).items():
            strange: set[int] = set()
            try:
                written = self._heads_for(on).written(window.some(members), strange)
            except ContentRefused:  # nothing is left of this subject: the plain path says so
                odd.update(members)
                continue
            odd.update(members[place] for place in strange)
            for place, head in zip(members, written, strict=True):
                heads[place] = head
        return heads

    def _heads_for(self, on: frozenset[str]) -> Heads:
        subject = "…" if self._has_own_subject else fill(self._mail.subject, {}, on)
        heads = self._heads.get(subject)
        if heads is None:
            if len(self._heads) >= _PLANS:
                self._heads.pop(next(iter(self._heads)))
            heads = self._heads[subject] = Heads(self._masthead, subject, self._kind)
        return heads

    def _bodies(self, window: Window, odd: set[int]) -> list[tuple[bytes, ...]]:
        columns = Columns(window.values, len(window.names))
        groups = _grouped(window, self._gates)
        bodies: list[tuple[bytes, ...]] = [()] * len(window.names)
        for on, members in groups.items():
            plan = self._plan(on)
            try:
                spliced = columns.spliced(plan, members)
            except KeyError:  # the plain path knows what is missing
                odd.update(members)
                continue
            if not plan.is_sure:
                odd.update(members)
            for place, body in zip(members, spliced, strict=True):
                bodies[place] = body
        return bodies

    def _plan(self, on: frozenset[str]) -> Plan:
        plan = self._plans.get(on)
        if plan is None:
            if len(self._plans) >= _PLANS:
                self._plans.pop(next(iter(self._plans)))
            mail = self._mail
            plan = plan_body(mail.html, mail.text, on, self._masthead.attachments, self._mark)
            self._plans[on] = plan
        return plan


def _grouped(window: Window, gates: frozenset[str]) -> dict[frozenset[str], list[int]]:
    """The places of the people, by those of these flags that are on for them."""
    groups: dict[frozenset[str], list[int]] = {}
    for place, flags in enumerate(window.flags):
        groups.setdefault(flags & gates, []).append(place)
    return groups
