"""The fast path to the letters of a campaign: what they look like, and what is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from stencil_house import DATE, MAIL, MASTHEAD, NEIGHBOURS, NOBODY, assert_filled, fill_one, window

from newsletter.core.mailbox import Mailbox
from newsletter.core.personal import Context, Gate, GateEnd, Slot
from newsletter.core.refusal import ContentRefused, Refusal
from newsletter.core.stencil import Stencil


def test_a_whole_letter_looks_like_this():
    message = fill_one(Stencil(MAIL, MASTHEAD), flags=frozenset({"member"}))
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
    member = frozenset({"member", "other"})
    people = [{"flags": flags} for flags in (member, NOBODY, member)]
    shown = [b"Your page" in made.whole() for made in Stencil(MAIL, MASTHEAD).fill(window(*people))]
    assert shown == [True, False, True]


def test_more_conditions_than_can_be_kept_are_worked_out_again():
    flags = [f"f{number}" for number in range(80)]
    gated = tuple(
        piece for flag in flags for piece in (Gate(flag, present=True), f"<p>{flag}.</p>\n", GateEnd())
    )
    stencil = Stencil(replace(MAIL, html=(*gated, "<p>all</p>")), MASTHEAD)
    for flag in flags + flags:
        body = b"".join(fill_one(stencil, flags=frozenset({flag})).body)
        assert re.findall(rb"f\d+(?=\.)", body) == [flag.encode()]


def test_what_is_missing_is_named():
    stencil = Stencil(MAIL, MASTHEAD)
    with pytest.raises(Refusal, match="no value for 'link'"):
        fill_one(stencil, values={"name": "Ada"})


@pytest.mark.parametrize("part", ["text", "html"])
def test_a_part_that_says_nothing_with_these_values_is_refused(part):
    stencil = Stencil(replace(MAIL, **{part: (" \n", Slot("name", Context.PLAIN), "\t")}), MASTHEAD)
    assert fill_one(stencil).body
    with pytest.raises(ContentRefused, match=part):
        fill_one(stencil, values={"name": " ", "link": ""})


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "ada@example.org>\r\nBcc: ben@example.org"},
        {"message_id": "no angle brackets"},
        {"unsubscribe_url": "https://example.org/a b"},
    ],
)
def test_a_header_that_cannot_be_sent_is_refused(wrong):
    with pytest.raises(ContentRefused):
        fill_one(Stencil(MAIL, MASTHEAD), **wrong)


def test_a_masthead_that_cannot_be_sent_is_refused_once_and_for_all():
    twice = (("X-Campaign", "a"), ("x-campaign", "b"))
    for wrong in ({"extra": twice}, {"sender": Mailbox("", "nobody")}, {"language": "no code"}):
        with pytest.raises(ContentRefused):
            Stencil(MAIL, replace(MASTHEAD, **wrong))
    with pytest.raises(ContentRefused, match="Subject"):
        Stencil(replace(MAIL, subject=(" ",)), MASTHEAD)


def test_the_date_is_each_letters_own():
    stencil = Stencil(MAIL, MASTHEAD)
    assert b"12:30:00 +0200" in fill_one(stencil).whole()
    assert b"11:30:00 +0100" in fill_one(stencil, DATE.astimezone(ZoneInfo("Europe/Lisbon"))).whole()


@pytest.mark.parametrize("end", ["x", ".", "é", " ", "..", "x é"])
@pytest.mark.parametrize("length", range(68, 82))
def test_a_value_that_fills_its_line_to_the_brim_leaves_room_for_the_soft_break(end, length):
    value = "x" * (length - len(end)) + end
    assert_filled(Stencil(NEIGHBOURS, MASTHEAD), window({"values": {"a": value}}, {"values": {"a": "Ada"}}))


def test_readers_with_the_same_subject_share_their_headers_and_each_gets_their_own_words():
    subject = (
        "One week",
        Gate("a", present=True),
        ", and 1 more",
        GateEnd(),
        Gate("b", present=True),
        "!",
        GateEnd(),
    )
    stencil = Stencil(replace(MAIL, subject=subject), MASTHEAD)
    flags = [frozenset(), frozenset("a"), frozenset("ab"), frozenset("a")]
    people = window(*({"flags": each} for each in flags))
    assert_filled(stencil, people)
    subjects = [re.search(rb"Subject: ([^\r]*)", made.whole())[1] for made in stencil.fill(people)]
    assert subjects == [
        b"One week",
        b"One week, and 1 more",
        b"One week, and 1 more!",
        b"One week, and 1 more",
    ]
    # The fast path: what is shared is one object for all of them.
    made = stencil.fill(people)
    assert made[1].head[2] is made[3].head[2]


def test_a_subject_of_which_nothing_is_left_is_refused_for_those_people_alone():
    subject = (Gate("a", present=True), "Two calls", GateEnd())
    stencil = Stencil(replace(MAIL, subject=subject), MASTHEAD)
    nothing, something = stencil.fill(window({"flags": frozenset()}, {"flags": frozenset("a")}))
    assert isinstance(nothing, Refusal)
    assert b"Subject: Two calls" in something.whole()
