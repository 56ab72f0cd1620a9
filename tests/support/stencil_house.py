"""A campaign for tests of the stencil, people who differ from Ada, and the plain path to compare with."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from email import policy
from email.parser import BytesParser
from zoneinfo import ZoneInfo

from newsletter.core.mailbox import Mailbox
from newsletter.core.mime import Attachment, ListHeaders, serialise
from newsletter.core.personal import Context, Gate, GateEnd, Slot
from newsletter.core.refusal import Refusal
from newsletter.core.render import CompiledEmail
from newsletter.core.stencil import Masthead, Message, Window

CALENDAR = Attachment(
    "appel à projets.ics", "text/calendar; method=PUBLISH; charset=utf-8", b"BEGIN:VCALENDAR\r\n"
)
MASTHEAD = Masthead(
    sender=Mailbox("The office", "office@example.org"),
    reply_to=Mailbox("", "ben@example.org"),
    language="en",
    list_headers=ListHeaders(
        ("News of the office", "news.example.org"),
        "",
        "mailto:leave@example.org",
        archive_url="https://example.org/",
    ),
    extra=(("Feedback-ID", "campaign:issue:newsexample"),),
)
VALUES = {"name": "Ada", "link": "https://news.example.org/p/abc?x=1"}
NOBODY: frozenset[str] = frozenset()
ADA = {
    "name": "Ada",
    "address": "ada@example.net",
    "message_id": "abcdefghijklmnopqrstuvwxyz@example.org",
    "unsubscribe_url": "https://news.example.org/u/abcdefghijklmnop",
    "values": VALUES,
    "flags": NOBODY,
}
DATE = datetime(2027, 3, 28, 12, 30, tzinfo=ZoneInfo("Europe/Brussels"))


def window(*people, date=DATE):
    """People who differ from Ada; of the names of values, those that all of them have."""
    people = [ADA | person for person in people]
    known = set.intersection(*[set(person["values"]) for person in people])
    return Window(
        names=[person["name"] for person in people],
        addresses=[person["address"] for person in people],
        message_ids=[person["message_id"] for person in people],
        unsubscribe_urls=[person["unsubscribe_url"] for person in people],
        values={name: [person["values"][name] for person in people] for name in sorted(known)},
        flags=[person["flags"] for person in people],
        date=date,
    )


def fill_one(stencil, date=DATE, **person):
    """One person's message; raises what it was refused with."""
    (made,) = stencil.fill(window(person, date=date))
    if isinstance(made, Refusal):
        raise made
    return made


MAIL = CompiledEmail(
    language="en",
    preheader="Two calls",
    subject=("Two calls close",),
    html=(
        "<p>",
        Slot("name", Context.TEXT),
        "</p>\n",
        Gate("member", present=True),
        '<a href="',
        Slot("link", Context.URL),
        '">Your page</a>\n',
        GateEnd(),
        "<p>=  The same for all.</p>\n.\n",
    ),
    text=(
        "Hello ",
        Slot("name", Context.PLAIN),
        ",\n\nthe same for all.\n",
        Slot("link", Context.PLAIN),
        "\n",
    ),
)


NEIGHBOURS = replace(
    MAIL, html=("<p>", *[Slot("a", Context.TEXT)] * 3), text=("x", *[Slot("a", Context.PLAIN)] * 3)
)


def outcome(make):
    try:
        return make()
    except Refusal as refusal:
        return [problem.what for problem in refusal.problems]


def parts(octets):
    message = BytesParser(policy=policy.compat32).parsebytes(octets)
    leaves = [part for part in message.walk() if not part.is_multipart()]
    return [(part.items(), part.get_payload(decode=True)) for part in leaves]


def assert_same(octets, plain):
    assert octets.split(b"\r\n\r\n", 1)[0] == plain.split(b"\r\n\r\n", 1)[0]
    assert parts(octets) == parts(plain)


def assert_sound(body):
    for line in body.removesuffix(b"\r\n").split(b"\r\n"):
        assert len(line) <= (78 if line.startswith(b"Content-") else 76)
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert not re.search(rb"[\t\r\n]|  ", line)


def plainly(stencil, people, place):
    """What the plain path says: octets, or why not."""
    return outcome(lambda: serialise(stencil.letter(people, place)))


def assert_filled(stencil, people):
    for place, made in enumerate(stencil.fill(people)):
        plain = plainly(stencil, people, place)
        if isinstance(made, Message) and isinstance(plain, bytes):
            assert_same(made.whole(), plain)
            assert b"".join(made.head).endswith(b"\r\n\r\n")
            assert_sound(b"".join(made.body))
        else:
            assert [problem.what for problem in made.problems] == plain
