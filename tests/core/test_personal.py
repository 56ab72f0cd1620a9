"""Slots: a recipient's values arrive literally, and can never become markup, links, headers or template code."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined

from newsletter.core.mjml.compile import compile_mjml
from newsletter.core.personal import (
    Context,
    Gate,
    GateEnd,
    Markers,
    Slot,
    cut_html,
    cut_plain,
    fill,
    pieces_from_json,
    pieces_to_json,
    slots_of,
)
from newsletter.core.refusal import ContentRefused, Refusal

NONCE = "0123456789"
NOBODY: frozenset[str] = frozenset()

TEMPLATE = """<mjml lang="en" dir="ltr"><mj-head><mj-title>For {{ name() }}: {{ title }}</mj-title></mj-head><mj-body>
<mj-raw>{{ when("member") }}</mj-raw>
<mj-section background-color="#eeeeee" full-width="full-width"><mj-column><mj-text>Members only</mj-text></mj-column></mj-section>
<mj-raw>{{ end() }}</mj-raw>
<mj-wrapper><mj-raw>{{ when("paused") }}</mj-raw>
<mj-section><mj-column><mj-text>Welcome back</mj-text></mj-column></mj-section>
<mj-raw>{{ end() }}</mj-raw><mj-section><mj-column><mj-text>Always</mj-text></mj-column></mj-section></mj-wrapper>
<mj-section><mj-column><mj-text>
<p>Dear {{ name() }}, {{ title }}</p><a href="{{ link() }}#top" title="{{ name() }}">{{ name() }}</a>
<a href="https://example.org/?to={{ name() }}&amp;z=1">b</a> {{ unless("member") }}<b>Join {{ name() }}!</b>{{ end() }}
</mj-text><mj-raw>{{ when("member") }}</mj-raw><mj-text>In the column</mj-text><mj-raw>{{ end() }}</mj-raw>
</mj-column><mj-raw>{{ unless("paused") }}</mj-raw><mj-column><mj-text>Second</mj-text></mj-column><mj-raw>{{ end() }}</mj-raw>
</mj-section></mj-body></mjml>"""

VALUES = st.text(
    st.one_of(
        st.sampled_from("\"'<>&={}%\\/;:#\r\n\t\x00\x1b\x85\u2028\u202e\u200d é"),
        st.sampled_from("👨‍👩 שלום مرحبا नमस्ते"),
        st.characters(),
    ),
    max_size=40,
)


def compiled(title="{{7*7}} zq00v0000z") -> tuple:
    markers = Markers(NONCE)
    jinja = Environment(autoescape=True, undefined=StrictUndefined)
    source = jinja.from_string(TEMPLATE).render(
        name=lambda: markers.slot("name"),
        link=lambda: markers.slot("link"),
        when=markers.when,
        unless=markers.unless,
        end=markers.end,
        title=title,
    )
    return cut_html(compile_mjml(source), markers)


PIECES = compiled()


def cut(template: str, *, html=True) -> tuple:
    """Cut a template in which «x» is a slot, «?x» and «!x» open a block and «/» ends it."""
    markers = Markers(NONCE)
    source = "".join(
        part
        if index % 2 == 0
        else markers.end()
        if part == "/"
        else markers.when(part[1:])
        if part[0] == "?"
        else markers.unless(part[1:])
        if part[0] == "!"
        else markers.slot(part)
        for index, part in enumerate(template.replace("»", "«").split("«"))
    )
    return cut_html(source, markers) if html else cut_plain(source, markers)


class Reading(HTMLParser):
    """The tags as a mail client sees them, and every text and attribute value."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.values, self.links = [], [""], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, [name for name, _ in attrs]))
        self.values += [value for name, value in attrs if name not in {"href", "src"}]
        self.links += [value for name, value in attrs if name == "href"]
        self.texts.append("")

    def handle_endtag(self, tag):
        self.tags.append(("/", tag))
        self.texts.append("")

    def handle_comment(self, data):
        self.tags.append(("comment", data))

    def handle_decl(self, decl):
        self.tags.append(("declaration", decl))

    def handle_data(self, data):
        self.texts[-1] += data


def readable(value: str) -> str:
    """The value without what has no place in HTML: control characters and halves of pairs."""
    kept = []
    for character in value.replace("\r\n", "\n").replace("\r", "\n"):
        code = ord(character)
        if 0xD800 <= code < 0xE000:
            kept.append("\ufffd")
        elif character in "\n\t" or not (code < 0x20 or 0x7F <= code < 0xA0 or code in {0xFFFE, 0xFFFF}):
            kept.append(character)
    return "".join(kept)


@settings(deadline=None, max_examples=200)
@given(VALUES, st.frozensets(st.sampled_from(["member", "paused"])))
@example("</a><script>alert(1)</script>", NOBODY)
@example('" onmouseover="x', NOBODY)
@example("{{7*7}}{% for %}{#", NOBODY)
@example("a\r\nBcc: x\x00", NOBODY)
@example(f"zq{NONCE}v0000z", NOBODY)
@example("<!--", frozenset({"member"}))
def test_no_value_changes_the_markup_and_each_comes_back_literally(value, flags):
    harmless = Reading(fill(PIECES, {"name": "Ada", "link": "https://example.org/"}, flags))
    hostile = Reading(fill(PIECES, {"name": value, "link": value}, flags))
    expected = readable(value)
    assert hostile.tags == harmless.tags
    assert hostile.texts == [text.replace("Ada", expected) for text in harmless.texts]
    assert hostile.values == [v if v is None else v.replace("Ada", expected) for v in harmless.values]
    assert sum(text == expected for text in hostile.texts) >= 1


@settings(deadline=None, max_examples=200)
@given(
    st.one_of(
        VALUES,
        st.sampled_from(["javascript:", "JAVAscript:", "data:", " https:", "https://"]).flatmap(
            lambda s: VALUES.map(s.__add__)
        ),
    )
)
@example("java\nscript:alert(1)")
@example("\x01javascript:alert(1)")
@example("//example.org/")
@example("https:javascript")
def test_a_link_leads_to_the_web_a_mailbox_a_telephone_or_nowhere(value):
    link, part = Reading(fill(PIECES, {"name": value, "link": value}, NOBODY)).links
    assert link == "##top" or link.lower().startswith(("https://", "http://", "mailto:", "tel:"))
    assert not any(character in link for character in " \r\n\t\x00\u2028")
    start, end = "https://example.org/?to=", "&z=1"
    assert part.startswith(start)
    assert part.endswith(end)
    assert not set(part[len(start) : -len(end)]) & set("&=#/?:\"'<> ")


@settings(deadline=None, max_examples=200)
@given(VALUES)
def test_a_plain_value_stays_on_one_line_without_controls(value):
    text = fill(cut("Dear «name»,\nhello", html=False), {"name": value}, NOBODY)
    assert len(text.splitlines()) == 2
    assert text.encode()
    assert not any(ord(character) < 0x20 for character in text.replace("\n", ""))


def test_each_slot_gets_the_escaping_of_its_place():
    slots = [piece for piece in PIECES if isinstance(piece, Slot)]
    assert [(slot.name, slot.context) for slot in slots] == [
        ("name", Context.TEXT),
        ("name", Context.ATTRIBUTE),
        ("name", Context.TEXT),
        ("link", Context.URL),
        ("name", Context.ATTRIBUTE),
        ("name", Context.TEXT),
        ("name", Context.URL_PART),
        ("name", Context.TEXT),
    ]
    assert slots_of(PIECES) == {"name", "link"}


@pytest.mark.parametrize(
    ("template", "values", "html"),
    [
        ("<p>«a»</p>", {"a": "<b>&'\""}, "<p>&lt;b&gt;&amp;&#x27;&quot;</p>"),
        ("<p>«a»«b»</p>", {"a": "&", "b": "lt;"}, "<p>&amp;lt;</p>"),
        ('<p title="«a» x">', {"a": '"><b>'}, '<p title="&quot;&gt;&lt;b&gt; x">'),
        ("<p title='«a»'>", {"a": "'"}, "<p title='&#x27;'>"),
        (
            '<a href=" «a»">',
            {"a": "https://example.org/?a=1&b=é x"},
            '<a href=" https://example.org/?a=1&amp;b=é%20x">',
        ),
        ('<a href="«a»">', {"a": "javascript:alert(1)"}, '<a href="#">'),
        (
            '<a href="«a»/«b»">',
            {"a": "https://example.org", "b": "../é"},
            '<a href="https://example.org/..%2F%C3%A9">',
        ),
        (
            '<a href="mailto:«a»">',
            {"a": "ada@example.org?bcc=x"},
            '<a href="mailto:ada%40example.org%3Fbcc%3Dx">',
        ),
        (
            '<img src="«a»" alt="">',
            {"a": "mailto:ada@example.org"},
            '<img src="mailto:ada@example.org" alt="">',
        ),
        ("<title>«a»</title>", {"a": "</title>"}, "<title>&lt;/title&gt;</title>"),
        ("1 < 2 «a»", {"a": "3"}, "1 < 2 3"),
    ],
)
def test_html_is_filled(template, values, html):
    assert fill(cut(template), values, NOBODY) == html


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("<style>.x{color:«a»}</style>", "stands in <style>"),
        ("<script>«a»</script>", "stands in <script>"),
        ("<!-- «a» -->", "stands in a comment"),
        ("<!--[if mso]><p>«a»</p><![endif]-->", "stands in a comment"),
        ("<p «a»>", "name of a tag or attribute"),
        ('<p data-«a»="x">', "name of a tag or attribute"),
        ("<x«a»>", "name of a tag or attribute"),
        ("<p></«a»>", "stands in a closing tag"),
        ("<p title=«a»>", "without quotes"),
        ('<p onclick="«a»">', "event handler"),
        ('<p style="color:«a»">', "a style attribute"),
        ('<img srcset="«a» 2x">', "srcdoc or srcset"),
        ('<meta http-equiv="refresh" content="0;url=«a»">', "a tag that redirects"),
        ('<base href="«a»">', "a tag that loads"),
        ('<a href="javascript:f(«a»)">', "begins with javascript:"),
        ('<a href="java\nscript&#58;f(«a»)">', "begins with javascript:"),
        ('<a href="page«a»">', "open where the address"),
        ('<p title="x>«a»', "cannot be read"),
        ("<style/>«a»", "cannot be read"),
        ("<p>&«a»</p>", "right after an ampersand"),
        ("<p>&#«a»</p>", "right after an ampersand"),
        ('<p title="«?a»x«/»">', "stands in an attribute"),
        ("«/»", "closes no block"),
        ("«?a»x", "is not closed"),
        ("«?a»<p>«/»</p>", "opens in one element and ends in another"),
        ("<p>«?a»</p>«/»", "opens in one element and ends in another"),
        ("<p>«?a»</p><p>x«/»</p></div>«!b»", "is not closed"),
    ],
)
def test_a_place_that_cannot_be_safe_is_refused(template, words):
    with pytest.raises(ContentRefused) as refused:
        cut(template)
    assert words in str(refused.value)


def test_a_block_may_open_and_end_in_comments_for_word_but_not_across_them():
    markers = Markers(NONCE)
    w, e = markers.when("a"), markers.end()
    head, tail = "<!--[if mso | IE]>", "<!«endif»-->"
    html = f"{head}<table>{w}<tr><td>{tail}<p>x</p>{head}</td></tr>{e}</table>{tail}"
    pieces = cut_html(html, markers)
    assert fill(pieces, {}, NOBODY) == f"{head}<table></table>{tail}"
    assert (
        fill(pieces, {}, frozenset({"a"}))
        == f"{head}<table><tr><td>{tail}<p>x</p>{head}</td></tr></table>{tail}"
    )
    for broken in (f"{head}{w}{tail}<p>x</p>{e}", f"{w}{head}<td>{tail}{e}{head}</td>{tail}"):
        with pytest.raises(ContentRefused, match="ends in another"):
            cut_html(broken, markers)


def test_blocks_follow_the_flags_and_nest():
    pieces = cut("a«?x»b«!y»c«/»d«/»e")
    assert pieces == (
        "a",
        Gate("x", present=True),
        "b",
        Gate("y", present=False),
        "c",
        GateEnd(),
        "d",
        GateEnd(),
        "e",
    )
    assert fill(pieces, {}, NOBODY) == "ae"
    assert fill(pieces, {}, frozenset("x")) == "abcde"
    assert fill(pieces, {}, frozenset("xy")) == "abde"
    assert fill(pieces, {}, {"x": True, "y": True}) == "abde"
    assert fill(pieces, {}, {"x": False}) == "ae"
    with pytest.raises(Refusal, match="'y'"):
        fill(pieces, {}, {"x": True})


@pytest.mark.parametrize(
    "flags", [NOBODY, frozenset({"member"}), frozenset({"paused"}), frozenset({"member", "paused"})]
)
def test_taking_blocks_out_leaves_balanced_html_for_word_and_for_all_others(flags):
    html = fill(PIECES, {"name": "Ada", "link": "https://example.org/"}, flags)
    assert ("Members only" in html) is ("member" in flags)
    assert ("Welcome back" in html) is ("paused" in flags)
    assert ("Second" in html) is ("paused" not in flags)
    for reading in (html, html.replace("<!--[if mso | IE]>", "").replace("<!«endif»-->", "")):
        assert unbalanced(reading) == []


def unbalanced(html: str) -> list[str]:
    void = {"meta", "br", "img", "hr", "input", "link"}
    stack, wrong = [], []
    for kind, name in Reading(html).tags:
        if (kind == "/" and name in void) or kind in void | {"comment", "declaration"}:
            continue
        if kind != "/":
            stack.append(kind)
        elif not stack or stack.pop() != name:
            wrong.append(name)
    return wrong + stack


def test_a_missing_value_is_named_and_one_in_a_closed_block_is_not_needed():
    pieces = cut("<p>«a»«?x»«b»«/»</p>")
    assert fill(pieces, {"a": "1"}, NOBODY) == "<p>1</p>"
    with pytest.raises(Refusal, match="'b'") as refused:
        fill(pieces, {"a": "1"}, frozenset("x"))
    assert refused.value.problems[0].field == "b"


def test_template_code_and_foreign_markers_in_content_stay_literal():
    html = fill(PIECES, {"name": "Ada", "link": "https://example.org/"}, NOBODY)
    assert "{{7*7}} zq00v0000z" in html
    assert "49" not in html


def test_a_block_alone_on_its_line_leaves_no_empty_line_in_plain_text():
    pieces = cut("a\n«?x»\nb «v»\n  «/» \r\nc «?y»d«/»\n", html=False)
    assert fill(pieces, {"v": "1"}, frozenset("x")) == "a\nb 1\nc \n"
    assert fill(pieces, {}, frozenset("y")) == "a\nc d\n"


def test_a_header_stays_one_line_whatever_the_name():
    pieces = cut("Hello «name»", html=False)
    assert (
        fill(pieces, {"name": "Ada\r\nBcc: ben@example.org\x00"}, NOBODY) == "Hello Ada Bcc: ben@example.org"
    )


def test_pieces_survive_json():
    data = json.loads(json.dumps(pieces_to_json(PIECES)))
    assert pieces_from_json(data) == PIECES


@pytest.mark.parametrize(
    "item",
    [None, 7, {}, {"slot": "a"}, {"slot": "a", "context": "x"}, {"gate": "a", "present": 1}, {"end": 0}],
)
def test_json_that_is_no_piece_is_refused(item):
    with pytest.raises(ContentRefused, match="no piece"):
        pieces_from_json([item])
