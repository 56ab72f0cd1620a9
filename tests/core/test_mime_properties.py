"""Whatever is put into a letter, it reads back as that letter: parsed by the standard library, an independent reader."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.header import decode_header, make_header
from email.parser import BytesParser

from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.core.mailbox import Mailbox
from newsletter.core.mime import Attachment, Letter, ListHeaders, serialise
from newsletter.core.mime_bodies import clean_body, quoted_printable
from newsletter.core.mime_headers import encoded_words, one_line

LISTED = ListHeaders(
    ("News of the office", "news.example.org"),
    "https://news.example.org/u/abcdefghijklmnopqrstuvwxyz234567/abcdefghijklmnopqrstuvwxyz234567",
    "mailto:leave@news.example.org?subject=leave-abcdefghijklmnop",
    archive_url="https://news.example.org/archive",
)
LETTER = Letter(
    sender=Mailbox("The office", "office@example.org"),
    recipient=Mailbox("Ada", "ada@example.net"),
    reply_to=Mailbox("Ben", "ben@example.org"),
    subject="Two calls close this month",
    date=datetime(2027, 3, 28, 2, 30, tzinfo=UTC),
    message_id="abcdefghijklmnopqrstuvwxyz@example.org",
    text="Hello Ada,\n\nTwo calls close.\n",
    html="<p>Hello Ada,</p>\n<p>Two calls close.</p>\n",
    language="en",
    list_headers=LISTED,
    extra=(("Precedence", "bulk"), ("Feedback-ID", "campaign:news:issue:office")),
)
FIELDS = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-ID", "List-Unsubscribe", "List-Unsubscribe-Post",
    "List-Archive", "Precedence", "Feedback-ID", "MIME-Version", "Content-Language", "Content-Type",
]  # fmt: skip

SPECIALS = (
    '"\\,;:@<>()[]=?_. \t\r\n\0\x0b\x1c\x7f\x85\u200b\u200d\u200c\u202e\u2066\ufeff\u2028éß日本語مرحبا👩‍🔬🇧🇪F'
)
HOSTILE = st.one_of(
    st.text(st.characters(), max_size=200),
    st.text(st.sampled_from(SPECIALS), max_size=120),
    st.lists(
        st.sampled_from(
            [
                "=?utf-8?q?x=0D=0ABcc=3A_ben=40example.com?=", "\r\nBcc: ben@example.com\r\n", "\r\n.\r\n", "From ", "\n.",
                '", ben@example.com, "', "Dept", "é", "x" * 90, "日本" * 30, "=?utf-8?b?", "?=", " ", "👩‍🔬", "\u202e", "--=_a_",
            ]
        ),
        max_size=12,
    ).map("".join),
)  # fmt: skip
BODY = st.one_of(
    HOSTILE,
    st.lists(HOSTILE, max_size=6).map("\n".join),
    st.text(st.sampled_from(" \t.=Fromé\n\r"), max_size=300),
)
SOME = settings(deadline=None, max_examples=200)


def parsed(octets):
    return BytesParser(policy=policy.default).parsebytes(octets)


def heads(octets):
    """Fields as (name, unfolded value), read without any library."""
    block = octets.split(b"\r\n\r\n", 1)[0].decode("ascii")
    return [tuple(field.split(": ", 1)) for field in re.sub(r"\r\n(?= )", "", block).split("\r\n")]


def decoded(value):
    return str(make_header(decode_header(value)))


def check_shape(octets, fields=FIELDS):
    """What holds for every letter: ASCII, CRLF, line lengths, these fields, no defect anywhere."""
    assert octets.isascii()
    assert b"\r" not in octets.replace(b"\r\n", b"")
    assert b"\n" not in octets.replace(b"\r\n", b"")
    block, body = octets.split(b"\r\n\r\n", 1)
    assert all(0 < len(line) <= 998 for line in block.split(b"\r\n"))
    for part_line in body.split(b"\r\n"):
        assert len(part_line) <= 78
        assert not part_line.startswith((b".", b"From "))
    message = parsed(octets)
    assert [name for name, _ in heads(octets)] == fields
    assert message.keys() == fields
    for part in message.walk():
        assert not part.defects
        assert all(not value.defects for value in part.values())
    return message


@SOME
@given(name=HOSTILE)
@example(
    name="A very long name of a department, attacker@evil.example.com, Department of long names and titles"
)
@example(name='"ceo@bank.example.com" <ceo@bank.example.com>')
@example(name="=?utf-8?q?hi=0D=0ABcc=3A_x=40y=2Ez?=")
@example(name="a" * 300)
@example(name="a, " * 700)
@example(name="é" * 100)
def test_whatever_the_name_each_address_field_holds_exactly_one_mailbox(name):
    octets = serialise(
        replace(
            LETTER,
            sender=Mailbox(name, "office@example.org"),
            recipient=Mailbox(name, "ada@example.net"),
            reply_to=Mailbox(name, "ben@example.org"),
        )
    )
    message = parsed(octets)
    raw = dict(heads(octets))
    assert all(len(line) <= 78 for line in octets.split(b"\r\nSubject:")[0].split(b"\r\n"))
    for field, address in (
        ("From", "office@example.org"),
        ("To", "ada@example.net"),
        ("Reply-To", "ben@example.org"),
    ):
        (box,) = message[field].addresses
        assert box.addr_spec == address
        shown = re.fullmatch(r"(?:(.*) )?<?([^<> ]+)>?", raw[field])
        assert shown[2] == address
        name_part = shown[1] or ""
        if name_part.startswith('"'):
            name_part = re.sub(r"\\(.)", r"\1", name_part[1:-1])
        assert decoded(name_part) == one_line(name) if "=?" in name_part else name_part == one_line(name)
    assert message.keys() == FIELDS
    assert not message.defects


@SOME
@given(subject=HOSTILE.filter(one_line))
@example(subject="=?utf-8?q?hi=0D=0ABcc=3A_x=40y=2Ez?=")
@example(subject="x" * 5000)
@example(subject="Réponse avant midi\u00a0: « 12 000 € »")
def test_whatever_the_subject_it_reads_back_and_adds_no_field(subject):
    octets = serialise(replace(LETTER, subject=subject))
    message = check_shape(octets)
    assert message["subject"] == one_line(subject)
    value = dict(heads(octets))["Subject"]
    assert decoded(value) == one_line(subject)
    assert all(len(line) <= 78 for line in octets.split(b"\r\nDate:")[0].split(b"Subject:")[1].split(b"\r\n"))


@SOME
@given(
    text=BODY.filter(lambda text: clean_body(text).strip()),
    html=BODY.filter(lambda text: clean_body(text).strip()),
)
@example(text="\r\n.\r\nMAIL FROM:<x>\n.\nFrom me\r.\r", html="." * 200)
@example(text="é" * 500 + " ", html="From " * 100 + "\t")
@example(text="x" * 75 + "é", html="x" * 76 + " ")
def test_whatever_the_bodies_they_read_back(text, html):
    message = check_shape(serialise(replace(LETTER, text=text, html=html)))
    assert message.get_content_type() == "multipart/alternative"
    plain, rich = message.iter_parts()
    assert (plain.get_content_type(), rich.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_payload(decode=True).decode().replace("\r\n", "\n") == clean_body(text)
    assert rich.get_payload(decode=True).decode().replace("\r\n", "\n") == clean_body(html)


@SOME
@given(text=BODY.map(clean_body))
def test_quoted_printable_lines_are_short_safe_and_cut_between_characters(text):
    for line in quoted_printable(text).split("\r\n"):
        assert len(line) <= 76
        assert not line.startswith((".", "From "))
        assert not line.endswith((" ", "\t"))
        octets = re.sub(
            rb"=([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), line.removesuffix("=").encode()
        )
        octets.decode("utf-8")


@SOME
@given(text=HOSTILE.map(one_line).filter(bool), room=st.integers(0, 78))
def test_encoded_words_are_short_and_each_decodes_on_its_own(text, room):
    words = encoded_words(text, room)
    assert all(len(word) <= 75 for word in words)
    assert len(words[0]) <= max(room, 24)
    assert "".join(decoded(word) for word in words) == text


@SOME
@given(text=HOSTILE)
def test_one_line_is_one_line_and_stays_as_it_is(text):
    line = one_line(text)
    assert one_line(line) == line == line.strip()
    assert not re.search(
        "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]", line
    )
    line.encode()


@SOME
@given(
    name=HOSTILE.filter(lambda name: re.sub(r'[/\\:*?"<>|]', "_", one_line(name)).strip("._ ")),
    content=st.binary(max_size=400),
)
@example(name="é\r\n.ics", content=b"BEGIN:VCALENDAR\r\n")
@example(name='../../"x"; filename=y.exe', content=b"\r\n--=_m_\r\n.\r\n")
@example(name="日本語の長い名前" * 20, content=b"")
def test_whatever_the_attachment_it_reads_back(name, content):
    attachment = Attachment(name, "text/calendar; method=PUBLISH; charset=utf-8", content)
    message = check_shape(serialise(replace(LETTER, attachments=(attachment,))))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
    ]  # fmt: skip
    (part,) = message.iter_attachments()
    assert part.get_payload(decode=True) == content
    assert part.get_filename() == re.sub(r'[/\\:*?"<>|]', "_", one_line(name))
    assert part.get_param("method") == "PUBLISH"


@SOME
@given(
    date=st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)),  # noqa: DTZ001 - hypothesis asks for naive bounds
    minutes=st.integers(-14 * 60, 14 * 60),
)
def test_the_date_reads_back_with_its_offset(date, minutes):
    aware = date.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    read = parsed(serialise(replace(LETTER, date=aware)))["date"].datetime
    assert read == aware
    assert read.utcoffset() == aware.utcoffset()
