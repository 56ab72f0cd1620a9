"""The fast path writes what `fill_mail` and `serialise` write, whatever stands in the pieces and values, and whoever is beside."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stencil_house import ADA, CALENDAR, MAIL, MASTHEAD, NEIGHBOURS, assert_filled, assert_same, window

from newsletter.core.content_links import READER_SLOT, content_links, with_picture, with_redirects
from newsletter.core.flags import TRACKED
from newsletter.core.mime import Attachment
from newsletter.core.personal import Context, Gate, GateEnd, Slot
from newsletter.core.refusal import ContentRefused
from newsletter.core.render import CompiledEmail
from newsletter.core.stencil import Message, Stencil

SOME = settings(deadline=None, max_examples=300)
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
    # Nearly always a line that all share, as only those are made together.
    subject=st.one_of(
        *[LITERAL.map(lambda more: ("About ", more))] * 5, pieces(PLAIN).map(lambda more: ("About ", *more))
    ),
    html=pieces(HTML),
    text=pieces(PLAIN),
)
ALL = {"a": VALUE, "b": VALUE, "c": VALUE}
PEOPLE = st.one_of(*[st.fixed_dictionaries(ALL)] * 4, st.dictionaries(NAMES, VALUE))
FLAGS = st.frozensets(st.sampled_from(["x", "y", "z"]))


MASTHEADS = st.sampled_from(
    [
        MASTHEAD,
        replace(MASTHEAD, list_headers=None, reply_to=None, extra=()),
        replace(MASTHEAD, attachments=(CALENDAR, Attachment("a.pdf", "application/pdf", b"%PDF" * 40))),
    ]
)


LINKS = st.one_of(
    st.from_regex(r"https://news\.example\.org/p/[a-z2-7=.&]{20}", fullmatch=True),
    st.from_regex(r"http://[a-z]{60,90}", fullmatch=True),
)
USUAL = st.one_of(st.sampled_from(["Ada", "Ben", "Chiara", "Chloé", "Zoë Élise"]), LINKS)
WHO = st.fixed_dictionaries(
    {"values": PEOPLE | st.fixed_dictionaries(dict.fromkeys("abc", USUAL)), "flags": FLAGS},
    optional={
        "name": st.one_of(VALUE, st.sampled_from(["Ada Lovelace", "O'Brien", "x" * 70, "Ada, Ben", "Chloé"])),
        "address": st.sampled_from(
            ["ben@example.org", "BEN@Example.ORG", "élise@example.org", "a@bücher.example", "nobody", '"a b"@example.org',
             "ben@example.org\nada@example.org", "ben@example.org\r\nBcc: ada@example.org", f"{'b' * 60}@example.org", "a=?b@example.org"]
        ),
        "message_id": st.sampled_from(["a@example.org", "a.b@Example.org", "a b@example.org", "@", "a@example.org\nb", "a" * 300]),
        "unsubscribe_url": st.sampled_from(
            ["https://example.org/u/a", "http://localhost:8000/u/a", "", "https://example.org/a b", "https://", "https://é.example/",
             "https://example.org/u/" + "a" * 60, "https://example.org/u/a\nhttps://example.org/u/b"]
        ),
    },
)  # fmt: skip


@SOME
@given(MAILS, MASTHEADS, st.lists(WHO, min_size=1, max_size=4))
@example(MAIL, MASTHEAD, [{"values": {"name": "A\r\n.\r\nB", "link": "https://example.org/"}}])
@example(NEIGHBOURS, MASTHEAD, [{"values": {"a": "x" * 60}}])
@example(NEIGHBOURS, MASTHEAD, [{"values": {"a": ". "}}, {"values": {"a": "Ada"}}])
def test_the_fast_path_writes_what_the_plain_path_writes(mail, masthead, people):
    try:
        stencil = Stencil(mail, masthead)
    except ContentRefused:
        assert all(isinstance(piece, str) for piece in mail.subject)
        return
    assert_filled(stencil, window(*people))


SENTENCES = st.one_of(
    LITERAL.map(lambda more: more.replace("\n", " ")),
    st.sampled_from(
        ["Your page: ", "- ", "1. ", "| - ", "    ", "x" * 20 + " ", "é" * 12 + ": ", "From ", "= "]
    ),
)


@SOME
@given(
    SENTENCES, SENTENCES, st.integers(12, 80), st.lists(st.sampled_from("abc=.é &"), min_size=1, max_size=3)
)
def test_a_line_around_a_link_is_written_from_one_example(before, after, length, signs):
    """Links of one length, one of which may not be one."""
    text = ("Hello\n", before, Slot("a", Context.PLAIN), after, "\nBye\n")
    html = ("<p>", before.replace("\n", ""), Slot("a", Context.URL), Slot("a", Context.TEXT), "</p>")
    links = [("https://example.org/" + sign * length)[:length] for sign in signs]
    stencil = Stencil(replace(MAIL, html=html, text=text), MASTHEAD)
    assert_filled(stencil, window(*[{"values": {"a": link}} for link in links]))


@pytest.mark.parametrize("length", range(20, 60))
def test_a_way_out_of_any_length_is_folded_as_it_should(length):
    urls = [("https://example.org/u/" + "a" * 60)[:size] for size in (length, length + 1, length)]
    assert_filled(Stencil(MAIL, MASTHEAD), window(*[{"unsubscribe_url": url} for url in urls]))


@SOME
@given(st.lists(WHO, min_size=2, max_size=5), MAILS)
def test_a_person_gets_the_same_letter_whoever_is_made_together_with_them(people, mail):
    try:
        stencil = Stencil(mail, MASTHEAD)
    except ContentRefused:
        return
    everybody = window(*people)
    together = stencil.fill(everybody)
    for place, made in enumerate(together):
        person = (
            ADA
            | people[place]
            | {"values": {name: column[place] for name, column in everybody.values.items()}}
        )
        (alone,) = Stencil(mail, MASTHEAD).fill(window(person))
        if isinstance(made, Message) and isinstance(alone, Message):
            assert_same(made.whole(), alone.whole())
        else:
            assert str(made) == str(alone)


PRESSED = st.sampled_from(
    ["https://call.example.net/", "https://b.example/x?a=1&amp;b=2", "mailto:ada@example.org"]
)
ANCHORS = st.builds('{}<a href="{}">Open{}</a>'.format, LITERAL, PRESSED, SENTENCES)
LINKED = st.lists(
    st.tuples(
        st.one_of(ANCHORS, LITERAL, st.builds(Slot, NAMES, st.just(Context.TEXT))),
        st.builds(Gate, st.sampled_from(["x", "y"]), present=st.booleans()),
    ),
    max_size=6,
).map(lambda blocks: [piece for inside, gate in blocks for piece in (gate, inside, GateEnd(), inside)])
TOKENS = st.from_regex(r"[a-z]{3}z[a-z2-7]{18,24}", fullmatch=True)


@SOME
@given(LINKED, st.lists(st.one_of(st.none(), TOKENS), min_size=1, max_size=4), FLAGS)
def test_tracked_mails_are_written_as_the_plain_path_writes_them(html, tokens, flags):
    """Of the people in one window some allow tracking and some do not."""
    html = ("<body>Hello", *html, "</body>\n")
    counted = content_links(html, (), {})
    redirects = {
        link.url: f"https://news.example.org/r/{'a' * number}" for number, link in enumerate(counted, 8)
    }
    html = with_picture(with_redirects(html, redirects), "https://news.example.org/o/")
    stencil = Stencil(replace(MAIL, html=html, text=("Hello",)), MASTHEAD)
    people = [
        {
            "values": {**dict.fromkeys("abc", "Ada"), READER_SLOT: token or ""},
            "flags": flags | {TRACKED} if token else flags,
        }
        for token in tokens
    ]
    assert_filled(stencil, window(*people))
    for token, made in zip(tokens, stencil.fill(window(*people)), strict=True):
        body = b"".join(made.body).replace(b"=\r\n", b"")
        assert (b"/o/" in body) is bool(token)
        assert token is None or body.count(token.encode()) >= 1
