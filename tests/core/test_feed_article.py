"""An item of a feed as a draft: a file that the front matter's own reader takes without a word."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.article import Article
from newsletter.core.article_check import check_article
from newsletter.core.feed import Feed, FeedItem, newest_first
from newsletter.core.feed_article import draft_source, host_of, slug_of
from newsletter.core.front_matter import parse_article
from newsletter.core.refusal import Level


def item(title="A title", html="<p>Words</p>", summary="Short.", link="https://city.example.org/1", **more):
    return FeedItem("1", title, summary, html, link, datetime(2021, 9, 13, tzinfo=UTC), **more)


def draft(found, language="en"):
    source = draft_source(
        found,
        language=language,
        topics=["erasmus"],
        day=date(2021, 9, 13),
        read_on="Read it",
        feed="City news",
    )
    text, problems = parse_article(source, f"articles/x/{language}.md", "x")
    assert problems == []
    return text


def test_a_draft_says_that_it_is_one_and_where_it_is_from():
    text = draft(item())
    assert text.draft
    assert (text.title, text.summary, text.topics) == ("A title", "Short.", ("erasmus",))
    assert text.source == "https://city.example.org/1"
    assert (text.link.label, text.link.url) == ("Read it", "https://city.example.org/1")
    assert text.published == date(2021, 9, 13)
    assert text.credits == ("City news",)


def test_an_address_without_tls_is_a_source_and_no_button():
    text = draft(item(link="http://city.example.org/1"))
    assert (text.source, text.link) == ("http://city.example.org/1", None)


def test_html_becomes_markdown_with_headings_in_order():
    html = "<h1>One</h1><p>a <b>b</b> <a href='https://example.org/'>c</a></p><h4>Deep</h4><ul><li>x</li></ul><h1>Two</h1><hr>"
    body = draft(item(html=html)).body
    assert body.splitlines() == [
        *(
            "## One",
            "",
            "a **b** [c](https://example.org/)",
            "",
            "### Deep",
            "",
            "- x",
            "",
            "## Two",
            "",
            "* * *",
        ),
    ]


@pytest.mark.parametrize(
    "title", ['Yes: "no" # {x} [y]', "NO", "2021", "- a", "1.10", "null", "«\u00a0à\u00a0»", "é" * 300]
)
def test_titles_that_yaml_could_take_for_something_else(title):
    assert draft(item(title=title)).title == title


_LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp", "Cs")), max_size=80
).map(lambda text: " ".join(text.split()))


@given(_LINE, _LINE, st.text(max_size=200))
def test_any_item_makes_a_file_that_can_be_read(title, summary, html):
    clean = "".join(c for c in html if c.isprintable() or c == "\n")
    text = draft(item(title=title, summary=summary, html=clean.replace("<", "&lt;")))
    assert text.draft
    assert text.title


def test_a_draft_has_warnings_and_no_errors():
    text = draft(item(html="<p><a href='http://example.org/'>plain http</a></p>"))
    found = check_article(
        _article(text),
        languages=("en",),
        segments=frozenset(),
        topics=frozenset(),
        files=frozenset(),
        today=None,
    )
    assert {problem.level for problem in found} == {Level.WARNING}
    assert any("draft" in problem.what for problem in found)
    assert len(found) == 3  # that it is a draft, the topic, the link


def _article(text):
    return Article("x", {text.language: text})


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Économie sociale : l’œuvre", "economie-sociale-l-oeuvre"),
        ("../../etc/passwd", "etc-passwd"),
        ("word " * 40, "-".join(["word"] * 12)),
        ("x" * 200, "x" * 60),
    ],
)
def test_the_folder_is_named_by_the_title(title, slug):
    assert slug_of(item(title=title), "city-news") == slug


@pytest.mark.parametrize("title", ["", "…", "Новости", "新闻"])
def test_a_title_without_latin_letters_gives_the_feed_and_a_number(title):
    assert slug_of(item(title=title), "city-news").startswith("city-news-")


def test_another_wording_is_another_digest_and_the_same_item():
    one, two = item(title="A"), item(title="B")
    assert one.key == two.key
    assert one.digest != two.digest
    assert host_of("https://www.example.org/x") == "example.org"
    assert Feed("x", newest_first([one, two])).items == (one, two)
