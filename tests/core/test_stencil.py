"""The fast path: what a stencil writes is what `fill_mail` and `serialise` write, whatever stands in the pieces and values."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from email import policy
from email.parser import BytesParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.core.mailbox import Mailbox
from newsletter.core.mime import Attachment, ListHeaders, serialise
from newsletter.core.personal import Context, Gate, GateEnd, Slot
from newsletter.core.refusal import ContentRefused, Refusal
from newsletter.core.render import CompiledEmail
from newsletter.core.stencil import Addressee, Masthead, Stencil

SOME = settings(deadline=None, max_examples=300)
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
ADA = Addressee(
    recipient=Mailbox("Ada", "ada@example.net"),
    message_id="abcdefghijklmnopqrstuvwxyz@example.org",
    date=datetime(2027, 3, 28, 12, 30, tzinfo=ZoneInfo("Europe/Brussels")),
    unsubscribe_url="https://news.example.org/u/abcdefghijklmnop",
)
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
VALUES = {"name": "Ada", "link": "https://news.example.org/p/abc?x=1"}
NOBODY: frozenset[str] = frozenset()

# A literal holds no CR: `compile_mail` takes them out before it cuts.
SIGNS = " \t\n.=?_<>&\"'éß日👩‍🔬F\u00a0\u2028\x0b\x7f\ud800"
LITERAL = st.one_of(
    st.text(st.sampled_from(SIGNS), max_size=40),
    st.text(st.characters(exclude_characters="\r"), max_size=120),
    st.sampled_from(
        [
            "From ",
            ".",
            "\n.",
            "\n",
            " ",
            "x" * 74,
            "word " * 20,
            "é" * 40,
            "<p>",
            "\n| 1. word",
            "\n    code ",
        ]
    ),
)
VALUE = st.one_of(
    st.sampled_from(
        ["", " ", "Ada", "Ben\r\nBcc: ada@example.org", "\r\n.\r\n", "From Chiara", ".", "=?utf-8?q?x=0D=0AB:_c?=", "é" * 60,
         "https://example.org/" + "a=b&" * 30, "javascript:alert(1)", "word " * 40, "{{7*7}}", "</p><script>", "a  b\t"]
    ),
    st.text(st.sampled_from(SIGNS + "\r"), max_size=80),
    st.text(st.characters(), max_size=120),
)  # fmt: skip
NAMES = st.sampled_from(["a", "b", "c"])
GATES = st.one_of(st.builds(Gate, st.sampled_from(["x", "y"]), present=st.booleans()), st.just(GateEnd()))


def pieces(contexts):
    slot = st.builds(Slot, NAMES, st.sampled_from(contexts))
    some = st.lists(st.one_of(LITERAL, LITERAL, slot, GATES), max_size=9)
    return st.one_of(
        some.map(tuple), some.map(lambda more: ("Hello", *more)), some.map(lambda more: ("<p>\n", *more))
    )


HTML, PLAIN = list(Context)[:4], [Context.PLAIN]
MAILS = st.builds(
    CompiledEmail,
    language=st.just("en"),
    preheader=st.just(""),
    subject=pieces(PLAIN).map(lambda more: ("About ", *more)),
    html=pieces(HTML),
    text=pieces(PLAIN),
)
ALL = {"a": VALUE, "b": VALUE, "c": VALUE}
PEOPLE = st.one_of(*[st.fixed_dictionaries(ALL)] * 4, st.dictionaries(NAMES, VALUE))
FLAGS = st.one_of(
    st.frozensets(st.sampled_from(["x", "y", "z"])),
    st.fixed_dictionaries({"x": st.booleans(), "y": st.booleans()}),
    st.dictionaries(st.sampled_from(["x", "y", "z"]), st.booleans()),
)
NEIGHBOURS = replace(
    MAIL, html=("<p>", *[Slot("a", Context.TEXT)] * 3), text=("x", *[Slot("a", Context.PLAIN)] * 3)
)
MASTHEADS = st.sampled_from(
    [
        MASTHEAD,
        replace(MASTHEAD, list_headers=None, reply_to=None, extra=()),
        replace(MASTHEAD, attachments=(CALENDAR, Attachment("a.pdf", "application/pdf", b"%PDF" * 40))),
    ]
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


@SOME
@given(MAILS, MASTHEADS, PEOPLE, FLAGS, VALUE)
@example(MAIL, MASTHEAD, {"name": "A\r\n.\r\nB", "link": "https://example.org/"}, NOBODY, "Ada")
@example(NEIGHBOURS, MASTHEAD, {"a": "x" * 60}, NOBODY, "Ada")
@example(NEIGHBOURS, MASTHEAD, {"a": ". "}, NOBODY, "Ada")
def test_the_fast_path_writes_what_the_plain_path_writes(mail, masthead, values, flags, name):
    addressee = replace(ADA, recipient=Mailbox(name, "ada@example.net"))
    try:
        stencil = Stencil(mail, masthead)
    except ContentRefused:
        assert all(isinstance(piece, str) for piece in mail.subject)
        return
    fast = outcome(lambda: stencil.fill(values, flags, addressee))
    plain = outcome(lambda: serialise(stencil.letter(values, flags, addressee)))
    if isinstance(plain, list) or isinstance(fast, list):
        assert fast == plain
        return
    assert_same(fast.whole(), plain)
    assert_sound(fast.body)


@SOME
@given(st.lists(st.tuples(PEOPLE, FLAGS), min_size=2, max_size=5), MAILS)
def test_a_person_gets_the_same_letter_whoever_came_before(people, mail):
    stencil = Stencil(mail, MASTHEAD)
    together = [outcome(lambda: stencil.fill(*person, ADA)) for person in people]  # noqa: B023 - called at once
    alone = [outcome(lambda: Stencil(mail, MASTHEAD).fill(*person, ADA)) for person in people]  # noqa: B023
    assert together == alone


def test_a_whole_letter_looks_like_this():
    message = Stencil(MAIL, MASTHEAD).fill(VALUES, frozenset({"member"}), ADA)
    text = re.sub(r"=_a_\w{24}", "=_a_mark", message.whole().decode("ascii"))
    assert text.split("\r\n") == [
        "From: The office <office@example.org>",
        "To: Ada <ada@example.net>",
        "Reply-To: ben@example.org",
        "Subject: Two calls close",
        "Date: Sun, 28 Mar 2027 12:30:00 +0200",
        "Message-ID: <abcdefghijklmnopqrstuvwxyz@example.org>",
        "List-ID: News of the office <news.example.org>",
        "List-Unsubscribe: <https://news.example.org/u/abcdefghijklmnop>,",
        " <mailto:leave@example.org>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "List-Archive: <https://example.org/>",
        "Feedback-ID: campaign:issue:newsexample",
        "MIME-Version: 1.0",
        "Content-Language: en",
        'Content-Type: multipart/alternative; boundary="=_a_mark"',
        "",
        "--=_a_mark",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "Hello Ada,",
        "",
        "the same for all.",
        "https://news.example.org/p/abc?x=3D1",
        "",
        "--=_a_mark",
        'Content-Type: text/html; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "<p>=",
        "Ada=",
        "</p>",
        '<a href=3D"=',
        "https://news.example.org/p/abc?x=3D1=",
        '">Your page</a>',
        "<p>=3D =20The same for all.</p>",
        "=2E",
        "",
        "--=_a_mark--",
        "",
    ]


def test_a_block_is_for_those_whose_flag_is_on():
    stencil = Stencil(MAIL, MASTHEAD)
    assert b"Your page" in stencil.fill(VALUES, frozenset({"member", "other"}), ADA).body
    assert b"Your page" not in stencil.fill(VALUES, frozenset(), ADA).body
    assert b"Your page" in stencil.fill(VALUES, {"member": True}, ADA).body
    assert b"Your page" not in stencil.fill(VALUES, {"member": False}, ADA).body


def test_more_conditions_than_can_be_kept_are_worked_out_again():
    flags = [f"f{number}" for number in range(80)]
    gated = tuple(
        piece for flag in flags for piece in (Gate(flag, present=True), f"<p>{flag}.</p>\n", GateEnd())
    )
    stencil = Stencil(replace(MAIL, html=(*gated, "<p>all</p>")), MASTHEAD)
    for flag in flags + flags:
        body = stencil.fill(VALUES, frozenset({flag}), ADA).body
        assert re.findall(rb"f\d+(?=\.)", body) == [flag.encode()]


def test_what_is_missing_is_named():
    stencil = Stencil(MAIL, MASTHEAD)
    with pytest.raises(Refusal, match="no value for 'link'"):
        stencil.fill({"name": "Ada"}, NOBODY, ADA)
    with pytest.raises(Refusal, match="'member'"):
        stencil.fill(VALUES, {}, ADA)


@pytest.mark.parametrize("part", ["text", "html"])
def test_a_part_that_says_nothing_with_these_values_is_refused(part):
    stencil = Stencil(replace(MAIL, **{part: (" \n", Slot("name", Context.PLAIN), "\t")}), MASTHEAD)
    assert stencil.fill(VALUES, NOBODY, ADA).body
    with pytest.raises(ContentRefused, match=part):
        stencil.fill({"name": " ", "link": ""}, NOBODY, ADA)


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": Mailbox("Ada", "ada@example.org>\r\nBcc: ben@example.org")},
        {"message_id": "no angle brackets"},
        {"unsubscribe_url": "https://example.org/a b"},
    ],
)
def test_a_header_that_cannot_be_sent_is_refused(wrong):
    with pytest.raises(ContentRefused):
        Stencil(MAIL, MASTHEAD).fill(VALUES, NOBODY, replace(ADA, **wrong))


def test_a_masthead_that_cannot_be_sent_is_refused_once_and_for_all():
    twice = (("X-Campaign", "a"), ("x-campaign", "b"))
    for wrong in ({"extra": twice}, {"sender": Mailbox("", "nobody")}, {"language": "no code"}):
        with pytest.raises(ContentRefused):
            Stencil(MAIL, replace(MASTHEAD, **wrong))
    with pytest.raises(ContentRefused, match="Subject"):
        Stencil(replace(MAIL, subject=(" ",)), MASTHEAD)


def test_the_date_is_each_letters_own():
    stencil = Stencil(MAIL, MASTHEAD)
    later = replace(ADA, date=ADA.date.astimezone(ZoneInfo("Europe/Lisbon")))
    assert b"12:30:00 +0200" in stencil.fill(VALUES, NOBODY, ADA).head
    assert b"11:30:00 +0100" in stencil.fill(VALUES, NOBODY, later).head


@pytest.mark.parametrize("end", ["x", ".", "é", " ", "..", "x é"])
@pytest.mark.parametrize("length", range(68, 82))
def test_a_value_that_fills_its_line_to_the_brim_leaves_room_for_the_soft_break(end, length):
    values = {"a": "x" * (length - len(end)) + end}
    stencil = Stencil(NEIGHBOURS, MASTHEAD)
    fast = stencil.fill(values, NOBODY, ADA)
    assert_sound(fast.body)
    assert_same(fast.whole(), serialise(stencil.letter(values, NOBODY, ADA)))
