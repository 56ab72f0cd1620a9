"""The letter as octets, case by case: the faults of the standard library must be impossible here."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.parser import BytesParser
from zoneinfo import ZoneInfo

import pytest

from newsletter.core.mailbox import Mailbox
from newsletter.core.mime import (
    Attachment,
    Letter,
    ListHeaders,
    message_id,
    message_ids,
    needs_smtputf8,
    serialise,
)
from newsletter.core.mime_headers import one_line
from newsletter.core.refusal import ContentRefused

URL = "https://news.example.org/leave/abcdefghijklmnop"
LISTED = ListHeaders(
    ("News of the office", "news.example.org"), URL, "mailto:leave@news.example.org?subject=abc"
)
LETTER = Letter(
    sender=Mailbox("The office", "office@example.org"),
    recipient=Mailbox("Ada", "ada@example.net"),
    reply_to=None,
    subject="Two calls close this month",
    date=datetime(2027, 3, 28, 12, 30, tzinfo=ZoneInfo("Europe/Brussels")),
    message_id="abcdefghijklmnopqrstuvwxyz@example.org",
    text="Hello Ada,\n\nTwo calls close.\n",
    html="<p>Hello Ada,</p>\n",
    language="en",
    list_headers=LISTED,
)


def block(letter):
    return serialise(letter).split(b"\r\n\r\n", 1)[0].decode("ascii")


def field(letter, name):
    """The unfolded value of the one field with this name."""
    lines = re.sub(r"\r\n(?= )", "", block(letter)).split("\r\n")
    (value,) = [line.partition(": ")[2] for line in lines if line.startswith(f"{name}:")]
    return value


def test_a_whole_letter_looks_like_this():
    mark = hashlib.sha256(LETTER.message_id.encode()).hexdigest()[:24]
    assert serialise(LETTER).decode("ascii").split("\r\n") == [
        "From: The office <office@example.org>",
        "To: Ada <ada@example.net>",
        "Subject: Two calls close this month",
        "Date: Sun, 28 Mar 2027 12:30:00 +0200",
        "Message-ID: <abcdefghijklmnopqrstuvwxyz@example.org>",
        "List-ID: News of the office <news.example.org>",
        f"List-Unsubscribe: <{URL}>,",
        " <mailto:leave@news.example.org?subject=abc>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
        "Content-Language: en",
        f'Content-Type: multipart/alternative; boundary="=_a_{mark}"',
        "",
        f"--=_a_{mark}",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "Hello Ada,",
        "",
        "Two calls close.",
        "",
        f"--=_a_{mark}",
        'Content-Type: text/html; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "<p>Hello Ada,</p>",
        "",
        f"--=_a_{mark}--",
        "",
    ]


@pytest.mark.parametrize("length", [60, 74, 75, 77, 78, 79, 200, 900])
def test_the_unsubscribe_link_is_never_encoded_nor_cut(length):
    url = "https://news.example.org/".ljust(length, "a")
    lines = block(replace(LETTER, list_headers=replace(LISTED, unsubscribe_url=url))).split("\r\n")
    at = lines.index(f"List-Unsubscribe: <{url}>,")
    assert lines[at + 1] == " <mailto:leave@news.example.org?subject=abc>"
    assert lines[at + 2] == "List-Unsubscribe-Post: List-Unsubscribe=One-Click"


def test_one_click_needs_https():
    only_mail = replace(LETTER, list_headers=replace(LISTED, unsubscribe_url=""))
    assert field(only_mail, "List-Unsubscribe") == "<mailto:leave@news.example.org?subject=abc>"
    assert "Post" not in block(only_mail)
    plain_http = replace(
        LETTER, list_headers=replace(LISTED, unsubscribe_url="http://localhost:8000/leave/a")
    )
    assert "Post" not in block(plain_http)
    assert "List-" not in block(replace(LETTER, list_headers=None))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"unsubscribe_url": "", "unsubscribe_mailto": ""}, "List-Unsubscribe"),
        ({"unsubscribe_url": "https://example.org/a b"}, "List-Unsubscribe"),
        ({"unsubscribe_url": "https://example.org/a>,<mailto:ben@example.com"}, "List-Unsubscribe"),
        ({"unsubscribe_url": "https://example.org/a,b"}, "List-Unsubscribe"),
        ({"unsubscribe_url": "https://example.org/é"}, "List-Unsubscribe"),
        ({"unsubscribe_url": "https://example.org/a\r\nBcc: ben@example.com"}, "List-Unsubscribe"),
        ({"unsubscribe_url": "javascript:alert(1)"}, "List-Unsubscribe"),
        ({"unsubscribe_mailto": "https://example.org/b"}, "List-Unsubscribe"),
        ({"unsubscribe_url": "https://example.org/" + "a" * 1000}, "List-Unsubscribe"),
        ({"list_id": ("News", "news example.org")}, "List-ID"),
        ({"list_id": ("News", "news")}, "List-ID"),
        ({"help_url": "ftp://example.org/"}, "List-Help"),
    ],
)
def test_list_headers_that_cannot_work_are_refused_by_name(change, name):
    with pytest.raises(ContentRefused) as caught:
        serialise(replace(LETTER, list_headers=replace(LISTED, **change)))
    assert caught.value.problems[0].field == name


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"subject": ""}, "Subject"),
        ({"subject": " \r\n\u200b\u202e\0 "}, "Subject"),
        ({"text": " \n\t\n"}, "text"),
        ({"html": "\0\r\n"}, "html"),
        ({"language": "fr FR"}, "Content-Language"),
        ({"language": ""}, "Content-Language"),
        ({"message_id": "<a@example.org>"}, "Message-ID"),
        ({"message_id": "a@example.org\r\nBcc: ben@example.com"}, "Message-ID"),
        ({"message_id": "no-domain"}, "Message-ID"),
        ({"message_id": "a@" + "b" * 300}, "Message-ID"),
        ({"extra": (("Bcc", "ben@example.com"),)}, "Bcc"),
        ({"extra": (("from", "ben@example.com"),)}, "from"),
        ({"extra": (("Content-Type", "text/html"),)}, "Content-Type"),
        ({"extra": (("Precedence", "bulk"), ("precedence", "list"))}, "precedence"),
        ({"extra": (("X-A", "b\r\nBcc: ben@example.com"),)}, "X-A"),
        ({"extra": (("X-A", "b\n c"),)}, "X-A"),
        ({"extra": (("X-A", "é"),)}, "X-A"),
        ({"extra": (("X-A", "=?utf-8?q?a?="),)}, "X-A"),
        ({"extra": (("X-A", "  "),)}, "X-A"),
        ({"extra": (("X-A", "a" * 999),)}, "X-A"),
        ({"extra": (("X A", "b"),)}, "header"),
        ({"extra": (("X-A: b\r\nBcc", "ben@example.com"),)}, "header"),
        ({"attachments": (Attachment(" ", "text/calendar", b""),)}, "Content-Disposition"),
        ({"attachments": (Attachment("../..", "text/calendar", b""),)}, "Content-Disposition"),
        ({"attachments": (Attachment("a.ics", "calendar", b""),)}, "Content-Type"),
        (
            {"attachments": (Attachment("a.ics", "text/calendar\r\nBcc: ben@example.com", b""),)},
            "Content-Type",
        ),
        ({"attachments": (Attachment("a.ics", "text/calendar; name=b.exe", b""),)}, "Content-Type"),
        ({"attachments": (Attachment("a.ics", "text/calendar; a=1; A=2", b""),)}, "Content-Type"),
        ({"attachments": (Attachment("a.eml", "message/rfc822", b""),)}, "Content-Type"),
        ({"attachments": (Attachment("a", "multipart/mixed; boundary=a", b""),)}, "Content-Type"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_field_and_a_remedy(change, name):
    with pytest.raises(ContentRefused) as caught:
        serialise(replace(LETTER, **change))
    (problem,) = caught.value.problems
    assert problem.field == name
    assert problem.what.endswith(".")
    assert problem.remedy.endswith(".")


@pytest.mark.parametrize(
    "address",
    ["ada", "ada@", "@example.org", "ada@@example.org", "ada@example.org\r\nBcc: ben@example.com", "ada ben@example.org",
     "ada@example.org>, <ben@example.com", "a,b@example.org", "=?utf-8?q?=0D=0ABcc?=@example.org", "ada\0@example.org",
     "ada@exa mple.org", "ada@-example.org", "ada@example..org", "\u202eada@example.org"],
)  # fmt: skip
def test_an_address_that_is_none_never_reaches_a_header(address):
    with pytest.raises(ContentRefused):
        serialise(replace(LETTER, recipient=Mailbox("Ada", address)))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", "ada@example.net"),
        ("Ada", "Ada <ada@example.net>"),
        ("Ada L.", '"Ada L." <ada@example.net>'),
        ('Ada "the first" \\ L', '"Ada \\"the first\\" \\\\ L" <ada@example.net>'),
        ("ceo@bank.example.com", '"ceo@bank.example.com" <ada@example.net>'),
        ("Zoé", "=?utf-8?q?Zo=C3=A9?= <ada@example.net>"),
        ("=?utf-8?q?Ada?=", "=?utf-8?q?=3D=3Futf-8=3Fq=3FAda=3F=3D?= <ada@example.net>"),
        ("A\u202eda\r\nBcc: b", '"Ada Bcc: b" <ada@example.net>'),
        ("\u200b\0", "ada@example.net"),
        ("أدا", "=?utf-8?b?2KPYr9in?= <ada@example.net>"),
    ],
)
def test_a_display_name_is_atoms_a_quoted_string_or_an_encoded_word(name, shown):
    assert field(replace(LETTER, recipient=Mailbox(name, "ada@example.net")), "To") == shown


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a  b\t\r\nc ", "a b c"),
        ("a\0b\x07c\x7fd", "abcd"),
        ("midi\u00a0: 12\u202f000", "midi\u00a0: 12\u202f000"),
        ("pay\u200dpal\u200c\u00ad", "paypal"),
        ("👩\u200d🔬 ❤\ufe0f\u200d🔥 👩🏽\u200d💻", "👩\u200d🔬 ❤\ufe0f\u200d🔥 👩🏽\u200d💻"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a \u200b b", "a b"),
        ("a\ud800b", "a\ufffdb"),
        ("\u202eabc\u202c", "abc"),
        ("مرحبا", "مرحبا"),
    ],
)
def test_a_line_loses_what_hides_and_keeps_what_is_spelled(text, line):
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        (datetime(2027, 1, 5, 9, 5, 7, tzinfo=UTC), "Tue, 05 Jan 2027 09:05:07 +0000"),
        (datetime(2027, 7, 5, 9, 5, 7, tzinfo=ZoneInfo("America/New_York")), "Mon, 05 Jul 2027 09:05:07 -0400"),
        (datetime(2027, 7, 5, 9, 5, 7, tzinfo=ZoneInfo("Asia/Kathmandu")), "Mon, 05 Jul 2027 09:05:07 +0545"),
        (datetime(2027, 7, 5, 9, 5, 7, tzinfo=timezone(timedelta(hours=-3, minutes=-30))), "Mon, 05 Jul 2027 09:05:07 -0330"),
        (datetime(1880, 7, 5, 9, 5, 7, tzinfo=ZoneInfo("Europe/Paris")), "Mon, 05 Jul 1880 08:55:46 +0000"),
    ],
)  # fmt: skip
def test_the_date_shows_the_offset_it_was_given(date, shown):
    assert field(replace(LETTER, date=date), "Date") == shown


def test_a_naive_date_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="offset"):
        serialise(replace(LETTER, date=datetime(2027, 1, 1)))  # noqa: DTZ001 - this is what is refused


def test_a_domain_goes_out_in_a_labels_also_when_the_mailbox_was_made_by_hand():
    assert field(replace(LETTER, sender=Mailbox("", "info@exämple.org")), "From") == "info@xn--exmple-cua.org"


def test_a_local_part_outside_ascii_is_flagged_and_stays_as_it_is():
    letter = replace(LETTER, recipient=Mailbox("Zoé", "zoé@example.org"))
    assert needs_smtputf8(letter)
    assert not needs_smtputf8(LETTER)
    octets = serialise(letter)
    assert "To: =?utf-8?q?Zo=C3=A9?= <zoé@example.org>\r\n".encode() in octets
    assert octets.replace("zoé".encode(), b"").isascii()
    assert needs_smtputf8(replace(LETTER, reply_to=Mailbox("", "zoé@example.org")))


def test_the_calendar_file_stands_beside_the_text_and_not_among_its_alternatives():
    letter = replace(
        LETTER, attachments=(Attachment("call.ics", "text/calendar; method=PUBLISH", b"BEGIN:VCALENDAR"),)
    )
    message = BytesParser(policy=policy.default).parsebytes(serialise(letter))
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "multipart/alternative",
        "text/calendar",
    ]
    alternative, calendar = message.iter_parts()
    assert [part.get_content_type() for part in alternative.iter_parts()] == ["text/plain", "text/html"]
    assert calendar["Content-Type"] == 'text/calendar; method="PUBLISH"; name="call.ics"'
    assert calendar["Content-Disposition"] == 'attachment; filename="call.ics"'
    assert b"Content-Type: text/calendar; method=PUBLISH; name=" in serialise(letter)


def test_lines_of_quoted_printable_protect_dots_from_and_trailing_spaces():
    body = serialise(replace(LETTER, text=".\n..a\nFrom me\nFromage\nend \nend\t\n= é\n")).split(b"\r\n\r\n")[
        2
    ]
    assert body.split(b"\r\n")[:7] == [
        b"=2E", b"=2E.a", b"=46rom me", b"Fromage", b"end=20", b"end=09", b"=3D =C3=A9",
    ]  # fmt: skip


def test_no_payload_can_end_the_data_of_smtp():
    octets = serialise(replace(LETTER, text="a\r\n.\r\nMAIL FROM:<x>\n.\nb\r.\rc"))
    assert b"\r\n." not in octets
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", octets)


def test_the_same_letter_gives_the_same_octets():
    assert serialise(LETTER) == serialise(replace(LETTER))


def test_a_message_id_is_stable_for_a_person_and_a_campaign_and_tells_nothing():
    made = message_id(b"secret", "spring-2027", 7, "Exämple.org")
    assert made == message_id(b"secret", "spring-2027", 7, "xn--exmple-cua.org")
    assert re.fullmatch(r"[a-z2-7]{24}@xn--exmple-cua\.org", made)
    others = [
        message_id(b"secret", "spring-2027", 8, "example.org"),
        message_id(b"secret", "spring-202", 77, "example.org"),
        message_id(b"secret", "spring-2027\x007", 7, "example.org"),
        message_id(b"other", "spring-2027", 7, "example.org"),
    ]
    assert len({made, *others}) == 5
    serialise(replace(LETTER, message_id=made))
    with pytest.raises(ValueError, match="key"):
        message_id(b"", "spring-2027", 7, "example.org")


def test_many_message_ids_are_those_of_each():
    people = [1, 12, 10**7, 0]
    alone = [message_id(b"secret", "spring-2027", person, "example.org") for person in people]
    assert message_ids(b"secret", "spring-2027", people, "example.org") == alone
    assert message_ids(b"secret", "spring-2027", [], "example.org") == []
