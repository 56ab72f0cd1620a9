"""DKIM: dkimpy, an independent verifier, takes every signature, and none after a change."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.core.dkim import (
    load_key,
    public_record,
    record_problems,
    relaxed_body,
    sign,
    signature_of,
    zone_line,
)
from newsletter.core.mailbox import Mailbox
from newsletter.core.mime import Attachment, Letter, ListHeaders, serialise
from newsletter.core.refusal import ConfigurationRefused, ContentRefused

NOW = datetime(2025, 3, 30, 12, 30, tzinfo=UTC)  # dkimpy refuses signatures of the future


def pem(private, lock=None):
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock or NoEncryption())


RSA_PRIVATE = rsa.generate_private_key(65537, 2048)
ED_PRIVATE = ed25519.Ed25519PrivateKey.generate()
RSA = load_key(pem(RSA_PRIVATE), "example.org", "rsa2027", "@example.org")
ED = load_key(pem(ED_PRIVATE), "example.org", "ed2027")
BOTH = (RSA, ED)
RECORDS = {f"{key.record_name}.".encode(): public_record(key).encode() for key in BOTH}

LETTER = Letter(
    sender=Mailbox("The office", "office@example.org"),
    recipient=Mailbox("Ada", "ada@example.net"),
    reply_to=None,
    subject="Two calls close this month",
    date=NOW,
    message_id="abcdefghijklmnopqrstuvwxyz@example.org",
    text="Hello  Ada,\n\n\tTwo calls close. \n\n\n",
    html="<p>Hello Ada,</p>\n    <p>  Two calls close.</p>\n \n",
    language="en",
    list_headers=ListHeaders(
        ("News", "news.example.org"), "https://news.example.org/u/abc", "mailto:leave@example.org"
    ),
    attachments=(Attachment("a  b.ics", 'text/calendar; x="a  b"', b"BEGIN:VCALENDAR\r\n"),),
    extra=(("Feedback-ID", "campaign:issue:newsexample"),),
)
MESSAGE = serialise(LETTER)
SIGNED = sign(MESSAGE, BOTH, NOW)
PLAIN = (
    b"From: office@example.org\r\nTo: ada@example.net\r\nSubject:  spaced \t out \r\nDate: Sun, 30 Mar 2025 12:30:00 +0000\r\n"
    b"\r\n"
)


def verifies(message, at=0, records=RECORDS):
    """What dkimpy says of the signature that stands `at` that place."""

    def dns(name, timeout=5):
        return records.get(name)

    try:
        return dkim.DKIM(message).verify(idx=at, dnsfunc=dns)
    except (dkim.DKIMException, ValueError):  # the latter from PyNaCl, about the length of a signature
        return False


def is_refused(message):
    return not verifies(message, 0) and not verifies(message, 1)


def test_an_independent_verifier_takes_both_signatures():
    assert verifies(SIGNED, 0)
    assert verifies(SIGNED, 1)
    assert verifies(sign(MESSAGE, [ED], NOW))


HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from(' \t\r\n.=é日👩‍🔬\0\x7f;:<>"@\u202e')), max_size=120
)


@settings(deadline=None, max_examples=100)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE, st.binary(max_size=80))
@example("=?utf-8?q?x=0D=0ABcc:_b?=", "a" * 200, "From \n.\n  \t\n", "\n" * 9 + "x", b"\r\n \r\n")
def test_every_letter_that_can_be_sent_verifies(name, subject, text, html, octets):
    letter = replace(
        LETTER,
        recipient=Mailbox(name, "ada@example.net"),
        subject=f"{subject}.",
        text=f"{text}.",
        html=f"{html}<p>",
        attachments=(Attachment("a.ics", "text/calendar", octets),),
    )
    try:
        message = serialise(letter)
    except ContentRefused:
        return
    assert relaxed_body(message.partition(b"\r\n\r\n")[2]) == message.partition(b"\r\n\r\n")[2]
    signed = sign(message, BOTH, NOW)
    assert verifies(signed, 0)
    assert verifies(signed, 1)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b". ", b"=20", b"\xc3\xa9"]), max_size=30).map(
        b"".join
    )
)
@example(b"")
@example(b"\r\n")
@example(b" \r\n \t\r\n\r\n")
@example(b"white space at the end ")
def test_any_body_verifies_and_its_relaxed_form_stays_as_it_is(body):
    relaxed = relaxed_body(body)
    assert relaxed_body(relaxed) == relaxed
    signed = sign(PLAIN + body + b"\r\n", BOTH, NOW)
    assert verifies(signed, 0)
    assert verifies(signed, 1)


def test_a_field_that_is_there_twice_is_signed_twice():
    twice = PLAIN.replace(b"To: ", b"Feedback-ID: a\r\nReply-To: ben@example.org\r\nFeedback-ID: b\r\nTo: ")
    signed = sign(twice.replace(b"To: ", b"Reply-To: ada@example.org\r\nTo: ", 1) + b"Hello\r\n", BOTH, NOW)
    assert verifies(signed, 0)
    assert verifies(signed, 1)


def test_what_our_serialiser_writes_is_in_relaxed_form_so_that_nothing_need_look():
    head, empty_line, body = MESSAGE.partition(b"\r\n\r\n")
    assert relaxed_body(body) == body
    assert signature_of((head + empty_line,), (body[:9], body[9:]), BOTH, NOW) + MESSAGE == SIGNED


VALUE = st.lists(
    st.sampled_from([b"a", b" ", b"  ", b"\t", b"\r\n ", b"=?x?=", b"\xc3\xa9", b":"]), max_size=8
)


@settings(deadline=None, max_examples=100)
@given(VALUE, VALUE)
@example([b"Ada", b"\r\n ", b"<ada@example.net>"], [b"x"])
def test_a_head_in_pieces_is_signed_as_the_whole_is(to, campaign):
    values = [b"x%bx" % b"".join(value) for value in (to, campaign)]
    head = (
        b"From: office@example.org\r\nTo: ", values[0], b"\r\nX-Campaign: 1\r\nSubject:  two \t words\r\nFeedback-ID: ", values[1], b"\r\n\r\n",
    )  # fmt: skip
    message = b"".join(head) + b"Hello\r\n"
    signed = sign(message, BOTH, NOW)
    assert signature_of(head, (b"Hel", b"lo\r\n"), BOTH, NOW) + message == signed
    assert verifies(signed, 0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Two calls close this month", b"Two calls close this week"),
        (b"Hello =20Ada", b"Hello =20Ben"),
        (b"ada@example.net", b"ben@example.net"),
        (b"/u/abc>", b"/u/abd>"),
        (b"One-Click", b"Two-Click"),
        (b"campaign:issue", b"campaigm:issue"),
        (b"<abcdef", b"<bbcdef"),
        (b"Content-Language: en", b"Content-Language: fr"),
        (b"news.example.org>\r\n", b"news.example.com>\r\n"),
        (b"MIME-Version: 1.0\r\n", b""),
        (b"\r\nFrom: ", b"\r\nFrom: ben@example.com\r\nFrom: "),
        (b"\r\nFrom: ", b"\r\nReply-To: ben@example.com\r\nFrom: "),
        (b"\r\nFrom: ", b"\r\nSubject: another\r\nFrom: "),
        (b"\r\nFrom: ", b"\r\nTo: ben@example.com\r\nFrom: "),
        (b"\r\nFrom: ", b"\r\nDate: Sun, 30 Mar 2025 12:31:00 +0000\r\nFrom: "),
        (b"\r\nFrom: ", b"\r\nList-Unsubscribe: <https://example.com/>\r\nFrom: "),
        (b"\r\nFrom: ", b"\r\nList-Unsubscribe-Post: x\r\nFrom: "),
        (b"t=1743337800", b"t=1743337801"),
        (b"--\r\n", b"--\r\nmore\r\n"),
    ],
)
def test_a_change_breaks_every_signature(old, new):
    assert SIGNED.count(old) >= 1
    assert is_refused(SIGNED.replace(old, new))


BODY_AT = SIGNED.index(b"\r\n\r\n") + 4


@settings(deadline=None, max_examples=60)
@given(st.integers(BODY_AT, len(SIGNED) - 1), st.sampled_from(b"xyzXYZ0189 "))
def test_no_octet_of_the_body_can_be_changed(at, octet):
    changed = bytearray(SIGNED)
    if changed[at] in b"\r\n":
        return  # dkimpy takes a bare LF for a line end; no server of ours lets one pass
    changed[at] = octet
    if relaxed_body(bytes(changed[BODY_AT:])) != SIGNED[BODY_AT:]:
        assert is_refused(bytes(changed))


def test_a_record_of_another_key_or_none_refuses():
    swapped = dict(zip(RECORDS, reversed(RECORDS.values()), strict=True))
    for records in (swapped, {}):
        assert not verifies(SIGNED, 0, records)
        assert not verifies(SIGNED, 1, records)


def test_ed25519_signs_the_digest_of_the_headers_and_not_the_headers(monkeypatch):
    """RFC 8463 section 3; over the headers themselves the signature looks well and verifies nowhere."""
    monkeypatch.setattr("newsletter.core.dkim._signed", lambda key, data: key.private.sign(data))
    assert not verifies(sign(MESSAGE, [ED], NOW))


def test_the_field_is_folded_and_names_what_it_signs():
    text = SIGNED[: SIGNED.index(b"\r\nDKIM-Signature")].decode("ascii")
    assert max(map(len, text.split("\r\n"))) <= 78
    tags = dict(tag.strip().split("=", 1) for tag in re.sub(r"\s", "", text.partition(": ")[2]).split(";"))
    names = tags.pop("h").split(":")
    assert names == [
        "from", "from", "to", "to", "subject", "subject", "date", "date", "reply-to", "list-unsubscribe",
        "list-unsubscribe", "list-unsubscribe-post", "list-unsubscribe-post", "message-id", "mime-version",
        "content-type", "content-language", "list-id", "feedback-id",
    ]  # fmt: skip
    del tags["b"], tags["bh"]
    assert tags == {
        "v": "1", "a": "rsa-sha256", "c": "relaxed/relaxed", "d": "example.org", "s": "rsa2027", "i": "@example.org",
        "t": str(int(NOW.timestamp())),
    }  # fmt: skip
    assert b"i=" not in sign(MESSAGE, [ED], NOW).split(b"h=")[0]


def test_the_same_letter_at_the_same_time_is_signed_the_same():
    assert sign(MESSAGE, BOTH, NOW) == SIGNED
    assert sign(MESSAGE, [], NOW) == MESSAGE


def test_what_cannot_be_signed_is_an_error():
    with pytest.raises(ValueError, match="empty line"):
        sign(b"From: ada@example.org\r\n", BOTH, NOW)
    with pytest.raises(ValueError, match="From"):
        sign(b"To: ada@example.org\r\n\r\nHello\r\n", BOTH, NOW)
    with pytest.raises(ValueError, match="zone"):
        sign(MESSAGE, BOTH, NOW.replace(tzinfo=None))


# Made for this test; openssl makes such keys, cryptography does not.
TOO_SHORT = b"""-----BEGIN PRIVATE KEY-----
MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEAvbHlOvr8roYqNpWK
zfhiXjvjW5lzcareclsgP0JY4p03IYvYe7C7KudseUT/RqF1tbeiUZ8/a0qaAQtA
cbUKLwIDAQABAkAFeq75XiiQTfXIL9ebjXIh8K7nhW4tOVdFjFZJHXx9xyoAbrK/
Xl38lD2J5m0whwcDv6jxJ+EO3BbGWhDNhubJAiEA6jMnvgvwYU9lOOAJ/Q5rssQm
1Ypkv8owAzc6pddly/UCIQDPWjbGck4qIHKiM6x1cjJOq/ase2LFCkv/zm82uBnr
EwIgU4ghYbCCcULPOKT4CxEsqps5uqpc2uczjsIRIfucrE0CIQCFLy4Fsz/voR3g
f45jdbFIhP4RdcNQSrfcHE2k+QV0zwIhAIht2gymF6wqS0nv0aG5ouI3b4kDGBj4
YJLfOnlvCv5t
-----END PRIVATE KEY-----
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "not a private key"),
        (b"-----BEGIN PRIVATE KEY-----\nbm8=\n-----END PRIVATE KEY-----\n", "not a private key"),
        (pem(RSA_PRIVATE)[:200], "not a private key"),
        (TOO_SHORT, "512 bits"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "RSA and Ed25519"),
        (pem(ed448.Ed448PrivateKey.generate()), "RSA and Ed25519"),
        (pem(ED_PRIVATE, BestAvailableEncryption(b"secret")), "password"),
        (
            ED_PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "public half",
        ),
    ],
)
def test_a_key_that_cannot_sign_is_refused_with_the_way_out(text, words):
    with pytest.raises(ConfigurationRefused, match=words) as refusal:
        load_key(text, "example.org", "key")
    assert refusal.value.problems[0].remedy


@pytest.mark.parametrize(
    "wrong",
    [
        {"domain": "example"},
        {"domain": "example.org; h=x"},
        {"selector": "a b"},
        {"selector": ""},
        {"identity": "@example.com"},
        {"identity": "@badexample.org"},
        {"identity": "example.org"},
        {"identity": "a;b@example.org"},
    ],
)
def test_names_that_would_break_the_signature_are_refused(wrong):
    with pytest.raises(ConfigurationRefused):
        load_key(pem(ED_PRIVATE), **{"domain": "example.org", "selector": "key", **wrong})


def test_a_short_key_signs_and_is_warned_of():
    key = load_key(
        pem(rsa.generate_private_key(65537, 1024)), "bücher.example.", "K1", "news@mail.xn--bcher-kva.example"
    )
    assert "1024 bits" in key.warnings[0].what
    assert key.record_name == "k1._domainkey.xn--bcher-kva.example"
    records = {f"{key.record_name}.".encode(): public_record(key).encode()}
    assert verifies(sign(MESSAGE, [key], NOW), 0, records)
    assert RSA.warnings == ED.warnings == ()
    assert "PRIVATE" not in repr(key)


def test_the_record_is_what_dns_can_hold():
    assert public_record(ED).startswith("v=DKIM1; k=ed25519; p=")
    assert len(base64.b64decode(public_record(ED).rpartition("p=")[2])) == 32
    strings = re.findall(r'"([^"]*)"', zone_line(RSA))
    assert "".join(strings) == public_record(RSA)
    assert len(strings) == 2
    assert max(map(len, strings)) <= 255
    assert zone_line(RSA).startswith("rsa2027._domainkey.example.org. IN TXT ( ")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text, ""),
        (lambda text: text.replace("v=DKIM1; ", "").replace("; ", " ;\t"), ""),
        (lambda text: text.replace("p=", "h=sha1:sha256; s=email; n=made 2027; p="), ""),
        (lambda _: "", "has no record"),
        (lambda _: public_record(ED), "not for rsa"),
        (lambda text: text.partition("p=")[0] + "p=", "withdrawn"),
        (lambda text: text.replace("p=MIIB", "p=MIIC"), "another key"),
        (lambda text: text.replace("p=", "h=sha1; p="), "sha256"),
        (lambda text: text.replace("p=", "s=other; p="), "not for mail"),
        (lambda text: text.replace("p=", "t=y:s; p="), "t=y"),
        (lambda _: "v=spf1 -all", "no DKIM record"),
    ],
)
def test_a_published_record_is_checked(change, words):
    problems = record_problems(RSA, change(public_record(RSA)))
    assert bool(problems) == bool(words)
    assert words in " ".join(problem.what for problem in problems)
