"""Replies of a server, from whatever comes in whatever portions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.transports.smtp.envelope import offers
from newsletter.transports.smtp.replies import CAP, Reply, ReplyReader


def read(stream, cap=CAP):
    return ReplyReader(cap).feed(stream)


@pytest.mark.parametrize(
    ("stream", "code", "enhanced", "text"),
    [
        (b"250 2.0.0 Ok\r\n", 250, "2.0.0", "2.0.0 Ok"),
        (b"250 Ok\n", 250, "", "Ok"),
        (b"250\r\n", 250, "", ""),
        (b"250 \r\n", 250, "", ""),
        (b"550-5.1.1 no such\r\n550 5.1.1 person.\r\n", 550, "5.1.1", "5.1.1 no such person"),
        (b"550-5.1.1 no such\r\nperson, sorry\r\n550 5.1.1\r\n", 550, "5.1.1", "5.1.1 no such person, sorry"),
        (b"250-first\r\n550 last\r\n", 550, "", "first last"),
        (b"550 5.1.1000 not one\r\n", 550, "", "5.1.1000 not one"),
        (b"550 bo\xeete aux lettres\x07\r\n", 550, "", "boîte aux lettres"),
        ("550 boîte\r\n".encode(), 550, "", "boîte"),
        (b"hello there\r\n", None, "", "hello there"),
        (b"\r\n", None, "", ""),
        (b"2500 what\r\n", None, "", "2500 what"),
        (b"150 no\r\n", None, "", "150 no"),
        (b"\xd9\xa2\xd9\xa5\xd9\xa0 x\r\n", None, "", "٢٥٠ x"),
        (b"hello-there\r\n", None, "", "hello-there"),
        (b"250_Ok\r\n", None, "", "250_Ok"),
    ],
)
def test_a_reply_is_read_as_it_was_meant(stream, code, enhanced, text):
    (reply,) = read(stream)
    assert (reply.code, reply.enhanced, reply.text) == (code, enhanced, text)


def test_many_replies_in_one_go_keep_their_order():
    assert [reply.code for reply in read(b"250 a\r\n251-b\r\n251 c\r\n354 d\r\n45")] == [250, 251, 354]


def test_a_reply_cannot_be_changed():
    (reply,) = read(b"250 a\r\n")
    with pytest.raises(AttributeError):
        reply.code = 550


def test_what_is_shown_of_a_long_reply_is_short_and_printable():
    (reply,) = read(b"550 " + b"\x1b[2J" * 5000 + b"\r\n")
    assert reply.code == 550
    assert len(reply.text) <= 500
    assert reply.text.isprintable()


@pytest.mark.parametrize(
    "stream",
    [b"x" * 8_000_000, b"250-x\r\n" * 20_000, b"250 " + b"x" * CAP + b"\r\n"],
    ids=["line", "lines", "whole"],
)
def test_a_reply_without_an_end_is_cut_off_and_nothing_more_is_read(stream):
    reader = ReplyReader()
    replies = [
        reply
        for start in range(0, len(stream), 60_000)
        for reply in reader.feed(stream[start : start + 60_000])
    ]
    assert [reply.code for reply in replies] == [None]
    assert reader.overlong
    assert reader.feed(b"\r\n250 Ok\r\n") == []


def test_a_reply_as_long_as_allowed_is_read():
    whole = b"250 " + b"x" * 94 + b"\r\n"
    assert read(whole, len(whole))[0].code == 250
    assert read(whole, len(whole) - 1)[0].code is None


lines = st.one_of(
    st.sampled_from(
        [b"250 Ok\r\n", b"250-more\r\n", b"354 go\r\n", b"421 4.3.2 bye\r\n", b"nonsense\r\n", b"\n", b"\r"]
    ),
    st.binary(max_size=40),
)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(lines, max_size=12).map(b"".join),
    st.lists(st.integers(1, 30), min_size=1, max_size=8),
    st.integers(8, 120),
)
def test_however_the_stream_is_cut_the_replies_are_the_same(stream, sizes, cap):
    reader, replies, at, turn = ReplyReader(cap), [], 0, 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        replies += reader.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert replies == read(stream, cap)
    assert all(isinstance(reply, Reply) and reply.text.isprintable() for reply in replies)


def test_offers_are_read_whatever_their_case():
    offered = offers(
        (
            "mx.example.org",
            "Pipelining",
            "size 1000",
            "8bitmime",
            "STARTTLS",
            "auth Plain XOAUTH2",
            "AUTH=LOGIN",
        )
    )
    assert (offered.pipelining, offered.size, offered.largest, offered.eight_bit) == (True, True, 1000, True)
    assert (offered.starttls, offered.smtputf8) == (True, False)
    assert offered.logins == {"PLAIN", "LOGIN", "XOAUTH2"}


@pytest.mark.parametrize(
    ("line", "largest"), [("SIZE", None), ("SIZE 0", None), ("SIZE a", None), ("SIZE ٣", None), ("SIZE 5", 5)]
)
def test_a_limit_of_size_is_a_number_or_none(line, largest):
    assert offers(("mx", line)).largest == largest
    assert offers(("mx", line)).size


def test_the_greeting_line_offers_nothing():
    assert not offers(("PIPELINING",)).pipelining
    assert not offers(()).pipelining
