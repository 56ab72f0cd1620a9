"""Markdown to mail HTML and to plain text: well-formed, harmless, and the same links in both."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import mjml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.core.markup import BodyStyle, links, to_html, to_plain


def style(**changes):
    return BodyStyle(image_url=lambda src: f"https://news.example.org/call/{src}", prefix="call", **changes)


def html(markdown, **changes):
    return to_html(markdown, style(**changes))


def elements(markdown, **changes):
    return ET.fromstring(f"<x>{html(markdown, **changes)}</x>")


def the(tag, markdown, **changes):
    (found,) = elements(markdown, **changes).iter(tag)
    return found


def test_the_first_paragraph_has_no_margin_and_the_next_have_sixteen():
    assert html("a\n\nb") == '<p style="margin:0;">a</p><p style="margin:16px 0 0;">b</p>'


def test_everything_is_on_one_line_and_a_break_between_inline_tags_becomes_a_space():
    written = html("*a*\n**b**\n\n- c\n\n```\nd\n  e\n```\n&#10;f")
    assert "\n" not in written
    assert "<em>a</em> <strong>b</strong>" in written
    assert "d<br />  e</pre>" in written


@pytest.mark.parametrize(
    ("markdown", "base", "tag"),
    [("## a", 1, "h2"), ("## a", 2, "h3"), ("### a", 1, "h3"), ("# a", 1, "h2"), ("###### a", 4, "h6")],
)
def test_headings_come_under_the_title_of_the_article(markdown, base, tag):
    assert the(tag, markdown, heading_base=base).text == "a"
    assert "<h1" not in html(markdown, heading_base=base)


def test_a_heading_of_the_text_has_the_look():
    written = html("a\n\n## b\n\nc")
    assert (
        '<h2 class="serif sm" style="margin:28px 0 0;font-family:Georgia,\'Times New Roman\',serif;'
        in written
    )
    assert '<p style="margin:8px 0 0;">c</p>' in written


def test_links_have_the_look_and_keep_their_address():
    link = the("a", "[report](https://example.org/a?b=1&c=2)")
    assert link.attrib == {
        "class": "lk",
        "href": "https://example.org/a?b=1&c=2",
        "style": "color:#0B6B5D;text-decoration:underline;",
    }


def test_a_table_is_a_data_table_with_its_headings():
    table = the("table", "| Grant | Days |\n|---|--:|\n| Short | 12 |\n")
    assert [cell.attrib["scope"] for cell in table.iter("th")] == ["col", "col"]
    assert "role" not in table.attrib
    assert [cell.attrib["align"] for cell in table.iter("td")] == ["left", "right"]
    assert all("border-top:1px solid #E3E0D8" in cell.attrib["style"] for cell in table.iter("td"))


def test_a_first_column_without_a_heading_names_the_rows():
    table = the("table", "| | Days |\n|---|---|\n| Short | 12 |\n")
    assert [(cell.attrib["scope"], cell.text) for cell in table.iter("th")] == [
        ("col", "Days"),
        ("row", "Short"),
    ]


def test_a_table_without_headings_has_no_empty_heading():
    assert "<thead>" not in html("| | |\n|---|---|\n| a | b |\n")


def test_a_picture_gets_its_absolute_address_its_alt_and_the_width_of_its_place():
    image = the("img", '![A "good" <arch>](images/à%20b.png "x")')
    assert image.attrib["src"] == "https://news.example.org/call/images/à b.png"
    assert (image.attrib["alt"], image.attrib["width"]) == ('A "good" <arch>', "560")
    assert "title" not in image.attrib
    assert the("img", "- ![a](b.png)").attrib["width"] == "538"


def test_a_decorative_picture_has_an_empty_alt_and_no_words_in_plain_text():
    assert the("img", '![](a.png "decorative")').attrib["alt"] == ""
    assert to_plain('![](a.png "decorative")') == ""


def test_footnotes_stand_at_the_end_with_ids_of_their_article():
    markdown = "a[^x] b[^x] c^[inline]\n\n[^x]: Note with [link](https://example.org/n)."
    root = elements(markdown)
    targets = [link.attrib["href"] for link in root.iter("a") if link.attrib["href"].startswith("#")]
    assert targets == ["#call-note-1", "#call-note-1", "#call-note-2"]
    assert [item.attrib["id"] for item in root.iter("li")] == ["call-note-1", "call-note-2"]
    assert links(markdown) == ("https://example.org/n",)


def test_notes_may_stand_on_lines_that_follow_each_other_but_not_inside_each_other():
    assert to_plain("a[^1] b[^2]\n\n[^1]: One.\n[^2]: Two.\n").endswith("[1] One.\n[2] Two.\n")
    assert to_plain("a[^1]\n\n[^1]: - x\n\n      [^2]: y\n").startswith("a[1]\n")


def test_a_list_may_begin_at_any_number():
    assert the("ol", "0. a\n1. b").attrib["start"] == "0"
    assert "start" not in the("ol", "1. a").attrib
    assert to_plain("9. a\n10. b") == "9. a\n10. b\n"


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](java&#10;script:alert(1))",
        "[x](data:text/html,x)",
        "![x](data:image/svg+xml,x)",
        '<img src=x onerror="alert(1)">',
        "</mj-text><mj-button>x</mj-button>",
        '![x" onload="alert(1)](a.png)',
    ],
)
def test_what_is_harmful_stays_text(markdown):
    root = elements(markdown)
    assert not list(root.iter("script"))
    assert not list(root.iter("a"))
    assert not list(root.iter("mj-button"))
    assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)


def test_braces_stay_literal():
    assert "{{ name }} {% if %}" in html("{{ name }} {% if %}")
    assert to_plain("{{ name }} {% if %}") == "{{ name }} {% if %}\n"


def test_the_compiler_leaves_the_body_as_it_is():
    body = html(
        "A & b < c\n*x* **y**\\\nz\u00a0! </mj-text>\n\n```\n<b>\n  x\n```\n\n| a |\n|---|\n| b |\n\n---\n\n![q](a.png)"
    )
    source = f"<mjml><mj-body><mj-section><mj-column><mj-text>{body}</mj-text></mj-column></mj-section></mj-body></mjml>"
    assert body in mjml.mjml2html(source)


def test_plain_text_is_pleasant_to_read():
    markdown = """\
Ask **ten** ministries what a *social enterprise* is and you will collect ten answers[^1], says [the report](https://example.org/r).

## Three things

- **One.** A thing that is long enough to go on over the edge of the line and come back.
- Two
  1. inner

![Arches](a.png)

| Grant | Days |
|---|--:|
| Short | 12 |

> Quoted
> words

    code  kept

---

Write to [Ada](mailto:ada@example.org) or <ben@example.org>,\\
or see <https://example.org/a>.

[^1]: Or eleven.
"""
    assert (
        to_plain(markdown)
        == """\
Ask ten ministries what a social enterprise is and you will collect ten
answers[1], says the report <https://example.org/r>.

Three things
------------

- One. A thing that is long enough to go on over the edge of the line
  and come back.
- Two
  1. inner

[Image: Arches]

Grant  Days
-----  ----
Short    12

> Quoted words

    code  kept

* * *

Write to Ada <ada@example.org> or ben@example.org,
or see <https://example.org/a>.

____________
[1] Or eleven.
"""
    )


def test_a_wide_table_becomes_lines_of_header_and_value():
    long = "a sentence that is long enough to fill the whole of the line by itself"
    plain = to_plain(f"| Name | What |\n|---|---|\n| Short | {long} |\n| Long | {long} |\n")
    assert plain.startswith("Name: Short\nWhat: a sentence")
    assert "\n\nName: Long\n" in plain
    assert max(map(len, plain.splitlines())) <= 72


def test_an_address_is_never_broken():
    address = "https://example.org/" + "very/long-path/" * 12
    assert f"<{address}>" in to_plain(f"word [text]({address}) word")


def test_the_word_for_pictures_is_given():
    assert to_plain("![Arcs](a.png)", image_word="Illustration") == "[Illustration: Arcs]\n"


def test_nothing_gives_nothing():
    assert html("") == ""
    assert to_plain("") == ""
    assert links("") == ()


PIECES = st.sampled_from(
    [
        *(
            "# ",
            "## ",
            "- ",
            "1. ",
            "0) ",
            "> ",
            "    ",
            "\t",
            "```\n",
            "~~~",
            "---\n",
            "| ",
            "|---|\n",
            "|:-:|\n",
            "\n",
            "\n\n",
        ),
        *(
            "*",
            "**",
            "_",
            "`",
            "[",
            "]",
            "(",
            ")",
            "![",
            "](",
            "<",
            ">",
            "\\",
            "&",
            "&lt;",
            "&#1;",
            "&#12;",
            "&nbsp;",
            "&#0;",
        ),
        *(
            "[^1]",
            "[^1]: ",
            "^[",
            "[^a]",
            "[^a]: ",
            "[x](https://example.org/?a=1&b=2)",
            "<https://example.net>",
            "https://",
        ),
        *(
            "[m](mailto:ada@example.org)",
            "<ben@example.org>",
            "(javascript:alert(1))",
            "[r]: https://example.com/r\n",
            "[r]",
        ),
        *(
            "<script>",
            "</p>",
            "<!--",
            "-->",
            "<img onerror=x>",
            "]]>",
            "<![CDATA[",
            "{{",
            "{%",
            '"',
            "'",
            "</mj-text>",
            ' "t")',
        ),
        *(
            "a",
            "word ",
            "é",
            "😀",
            "\u00a0",
            "\u202e",
            "\x00",
            "\x01",
            "\x0c",
            "\x85",
            "\u2028",
            "\ud800",
            "\ufffe",
            "\r",
        ),
    ]
)
HOSTILE = st.lists(PIECES, max_size=40).map("".join)


@settings(deadline=None, max_examples=400)
@given(HOSTILE)
def test_html_of_anything_is_well_formed_and_harmless(markdown):
    written = html(markdown)
    assert not re.search(r"[\n\r]|&[a-z]+;(?<!&lt;)(?<!&gt;)(?<!&amp;)(?<!&quot;)", written)
    for element in ET.fromstring(f"<x>{written}</x>").iter():
        assert element.tag not in {"script", "style", "iframe", "form", "mj-text"}
        assert not any(name.startswith("on") for name in element.attrib)
        for name in ("href", "src"):
            assert re.match(r"https?:|mailto:|tel:|#call-note-", element.attrib.get(name, "https:"))


@settings(deadline=None, max_examples=400)
@given(HOSTILE)
def test_both_renderings_of_anything_have_the_same_links(markdown):
    root = ET.fromstring(f"<x>{html(markdown)}</x>")
    hrefs = {link.attrib["href"] for link in root.iter("a") if not link.attrib["href"].startswith("#")}
    plain = to_plain(markdown)
    assert hrefs == set(links(markdown))
    assert all(href.removeprefix("mailto:") in plain for href in hrefs)


@settings(deadline=None, max_examples=200)
@given(HOSTILE)
def test_no_link_inside_a_link_and_no_id_twice(markdown):
    root = ET.fromstring(f"<x>{html(markdown)}</x>")
    assert not any(len(list(link.iter("a"))) > 1 for link in root.iter("a"))
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.sampled_from(["word", "a", "longer-word", "[link](https://example.org/p)", "**b**"]), max_size=60
    )
)
def test_plain_lines_are_at_most_72_characters(words):
    assert all(len(line) <= 72 for line in to_plain(" ".join(words)).splitlines())
