"""The canonical form: what the compiler would misread is rewritten, and nothing else."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mjml import mjml2html

from newsletter.core.mjml.canonical import canonical_with_lines, canonicalise

HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\"'\\<>&= \t\r\n\f{}%#/;\u00a0\u200d\u0301\u202e\ufe0fé€नमस्ते👨"),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
    ),
    max_size=30,
)
MARKUP = st.lists(
    st.sampled_from(
        [
            *("<mjml>", "</mjml>", "<mj-text>", "</mj-text>", "<mj-title>", "</mj-title>", "<mj-attributes>"),
            *(
                '<mj-image mj-class="a b" padding="0 1px">',
                "<mj-style>",
                "</mj-style>",
                "<img src=x/>",
                "<BR>",
                "<b>",
            ),
            *("</b>", "<p class='a\n\"b' class=c>", "<!-- \r\n -->", "<!--", "<", ">", "\ufeff", "<?xml?>"),
            *("<!doctype mjml>", " ", "\n", "\r\n", "\t", "é", "a", '"', "'"),
        ],
    ),
    max_size=40,
).map("".join)


def mail(body: str, head: str = "") -> str:
    defaults = (
        '<mj-attributes><mj-all font-family="Arial" /><mj-class name="a" color="#aaaaaa" />'
        '<mj-class name="b" color="#bbbbbb" /></mj-attributes>'
    )
    section = f"<mj-section><mj-column>{body}</mj-column></mj-section>"
    return f"<mjml><mj-head>{defaults}{head}</mj-head><mj-body>{section}</mj-body></mjml>"


def compiled(source: str) -> str:
    return mjml2html(canonicalise(source), fonts={})


class Attributes(HTMLParser):
    """All attributes of all tags, as a mail client reads them."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@settings(deadline=None, max_examples=400)
@given(MARKUP)
@example("\n<mjml>\n</mjml>\n")
@example("<mj-title><!-- x --> é\n\n</mj-title>")
def test_canonicalising_twice_changes_nothing_more(source):
    once = canonicalise(source)
    assert canonicalise(once) == once


@settings(deadline=None, max_examples=150)
@given(HOSTILE)
@example("a\u00a0b\n\tc\\n\u0301")
@example('x" onmouseover="y')
@example("--><script>")
def test_a_hostile_attribute_value_comes_out_as_it_went_in(value):
    quote = "'" if '"' in value else '"'
    written = value.replace("&", "&amp;").replace(quote, "&#39;" if quote == "'" else "&#34;")
    html = compiled(
        mail(
            f"<mj-image src='x' alt={quote}{written}{quote} /><mj-text><a title={quote}{written}{quote}>l</a></mj-text>"
        )
    )
    assert "\\" not in html
    expected = "".join(" " if c in "\t\r\n\f" else c for c in value.replace("\r\n", "\n"))
    found = Attributes(html).found
    assert [a["alt"] for tag, a in found if tag == "img"] == [expected]
    assert [a for tag, a in found if tag == "a"] == [{"title": expected}]


@settings(deadline=None, max_examples=100)
@given(st.text(st.sampled_from("ab \u00a0\u0301\"'\\\n\u200d&é"), max_size=20))
def test_a_title_comes_out_in_both_its_places(title):
    html = compiled(mail("", f"<mj-title>x{title.replace('&', '&amp;')}y</mj-title>"))
    expected = "x" + " ".join(part for part in f"{title}|".replace("\n", " ").split(" ") if part)[:-1] + "y"
    label = next(a["aria-label"] for _, a in Attributes(html).found if a.get("aria-label"))
    assert "\\u{" not in html
    assert label.replace(" ", "") == expected.replace(" ", "")


@pytest.mark.parametrize(
    ("source", "canonical"),
    [
        ("\ufeff<?xml version='1.0'?>\n<!DOCTYPE mjml>\n<mjml></mjml>", "<mjml></mjml>"),
        ("<mjml>\r\n\t<mj-head>  </mj-head></mjml>", "<mjml>\n<mj-head>\n</mj-head></mjml>"),
        ("<mj-text><i>a</i>\r\n  <b>c</b></mj-text>", "<mj-text><i>a</i> <b>c</b></mj-text>"),
        ("<mj-text><p>a</p>\n\n<p>c</p></mj-text>", "<mj-text><p>a</p>\n<p>c</p></mj-text>"),
        ("<mj-text><i>a</i>\u00a0\n<b>c</b></mj-text>", "<mj-text><i>a</i>\u00a0\n<b>c</b></mj-text>"),
        ("<mj-text  a = 'b\"c'  d=e ></mj-text >", '<mj-text a="b&#34;c" d="e"></mj-text>'),
        ("<a href='1' HREF='2'>", '<a href="1">'),
        ('<mj-text mj-class="a b">', '<mj-text mj-class="b a ~reversed">'),
        ('<mj-text mj-class=" a ">', '<mj-text mj-class="a">'),
        (
            '<mj-section padding="0 25px 0 -0.0" width="0">',
            '<mj-section padding="0px 25px 0px 0px" width="0">',
        ),
        ('<mj-text padding-left="0">', '<mj-text padding-left="0px">'),
        ('<td padding="0" style="padding:0">', '<td padding="0" style="padding:0">'),
        ("<mj-image src='x'/>", '<mj-image src="x" alt="" />'),
        ("<img src='x'>", '<img src="x" alt="" />'),
        (
            "<mj-attributes><mj-image padding='1px'/></mj-attributes>",
            '<mj-attributes><mj-image padding="1px" /></mj-attributes>',
        ),
        ("<mj-text>a<br>b<hr/></mj-text>", "<mj-text>a<br />b<hr /></mj-text>"),
        ("<td nowrap>", "<td nowrap>"),
    ],
)
def test_each_fault_of_the_compiler_is_answered(source, canonical):
    assert canonicalise(source) == canonical


@pytest.mark.parametrize(
    "kept",
    [
        '<!--[if mso]><v:rect style="a\u00a0b"\n><![endif]-->',
        "<!--[if !mso]><!--><i>x</i><!--<![endif]-->",
        '<mj-style>a > b{content:"\\\u00a0"}\n\n.x{}</mj-style>',
        'text "quoted" with \\ and \u00a0 and नमस्ते &nbsp; 👨‍👩',
        "zq0123456789v0000z",
        "{{ 7*7 }} {% x %}",
    ],
)
def test_text_comments_and_styles_are_not_touched(kept):
    source = f"<mj-raw>{kept}</mj-raw>"
    assert canonicalise(source) == source


def test_the_last_class_wins_as_in_mjml():
    assert "#bbbbbb" in compiled(mail('<mj-text mj-class="a b">x</mj-text>'))
    assert "#aaaaaa" in compiled(mail('<mj-text mj-class="b a">x</mj-text>'))


def test_the_first_of_two_attributes_wins_as_in_mjml():
    html = compiled(mail('<mj-text color="#111111" color="#222222">x</mj-text>'))
    assert "#111111" in html
    assert "#222222" not in html


def test_unitless_paddings_are_reckoned_with():
    assert 'width="550"' in compiled(mail('<mj-image src="x" padding="0 25px" />'))


def test_a_space_stays_between_inline_tags():
    assert "<i>b</i> <u>c</u>" in compiled(mail("<mj-text><i>b</i>\n<u>c</u></mj-text>"))


def test_windows_line_ends_and_tabs_compile():
    source = mail("\r\n\t<mj-text>\r\n\tx\r\n</mj-text>\r\n").replace("><mj-a", ">\r\n\t<mj-a")
    assert "<!doctype html>" in compiled(source)


def test_a_value_cannot_leave_a_comment_for_word():
    html = compiled(
        '<mjml><mj-body><mj-section background-url="https://example.org/--><script>x</script>"><mj-column>'
        "<mj-text>x</mj-text></mj-column></mj-section></mj-body></mjml>",
    )
    assert "<script" not in html


def test_every_stretch_knows_its_line():
    source = "\ufeff\n<mjml>\r\n\r\n<mj-text\n a='1'>x</mj-text>\n</mjml>"
    canonical, origins = canonical_with_lines(source)
    assert canonical == canonicalise(source)
    lines = {
        canonical[start:].split(">")[0].split(" ")[0]: line
        for start, line in origins
        if canonical[start:].startswith("<")
    }
    assert lines == {"<mjml": 2, "<mj-text": 4, "</mj-text": 5, "</mjml": 6}
