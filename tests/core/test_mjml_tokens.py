"""The tokeniser: it loses nothing, and reads a tag in one way only."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.core.mjml.tokens import Kind, attributes, line_of, tokens

MARKUP = st.lists(
    st.sampled_from(
        [
            "<",
            ">",
            "</",
            "/>",
            "<!--",
            "-->",
            "<!",
            "<?",
            "a",
            "mj-text",
            "style",
            " ",
            "\n",
            '"',
            "'",
            "=",
            "é",
            "<b>",
            "</b>",
        ],
    ),
    max_size=40,
).map("".join)


@settings(deadline=None, max_examples=300)
@given(MARKUP)
def test_the_tokens_joined_are_the_source(source):
    assert "".join(token.text for token in tokens(source)) == source


@settings(deadline=None, max_examples=200)
@given(MARKUP)
def test_every_token_knows_where_it_starts(source):
    assert all(source.startswith(token.text, token.start) for token in tokens(source))


def test_attributes_keep_their_quotes_and_places():
    source = """<a href='x"y' title = "b>c" hidden n=1>"""
    (token,) = tokens(source)
    found = attributes(token)
    assert [(a.name, a.value, a.quote) for a in found] == [
        ("href", 'x"y', "'"),
        ("title", "b>c", '"'),
        ("hidden", None, ""),
        ("n", "1", ""),
    ]
    assert all(source.startswith(a.name, a.start) for a in found)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ('<a b="1"c="2">', Kind.BROKEN),
        ('<a b="1>', Kind.BROKEN),
        ("<br/ >", Kind.BROKEN),
        ("</ b>", Kind.BROKEN),
        ("<!-- never ends", Kind.BROKEN),
        ("<!--> x -->", Kind.BROKEN),
        ("<!-- a --!> b -->", Kind.BROKEN),
        ("<!--[if !mso]><!-->", Kind.COMMENT),
        ("<!--<![endif]-->", Kind.COMMENT),
        ("<![endif]>", Kind.DECLARATION),
        ("< 3", Kind.BARE),
    ],
)
def test_what_html_could_read_otherwise_is_broken(source, kind):
    assert next(tokens(source)).kind is kind


def test_styles_are_not_read_as_markup():
    kinds = [(t.kind, t.text) for t in tokens("<style>a > b{} <b></style>x")]
    assert kinds == [
        (Kind.OPEN, "<style>"),
        (Kind.TEXT, "a > b{} <b>"),
        (Kind.CLOSE, "</style>"),
        (Kind.TEXT, "x"),
    ]


def test_lines_count_from_one():
    assert [line_of("a\nb\nc", i) for i in (0, 2, 4)] == [1, 2, 3]
