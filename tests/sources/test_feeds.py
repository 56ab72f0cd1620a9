"""Feeds as others write them, good and bad: what is made of them, and what is refused."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web_server import web_server

from newsletter.core.web import Allowed, WebRefused
from newsletter.sources.feeds import fetch_feed, parse_feed
from newsletter.sources.web import Page, Web

URL = "https://city.example.org/news/feed.xml"
RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>City news</title>
<language>fr</language>{items}</channel></rss>"""
ATOM = """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<title>City news</title><id>urn:x</id><updated>2021-09-14T09:00:00Z</updated>{items}</feed>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/"><channel rdf:about="https://city.example.org/"><title>City news</title>
<link>https://city.example.org/</link><description>x</description></channel>{items}</rdf:RDF>"""


def read(text, content_type="application/xml"):
    data = text if isinstance(text, bytes) else text.encode()
    return parse_feed(Page(URL, data, "application/xml", content_type))


def rss(*items):
    return read(RSS.format(items="".join(f"<item>{item}</item>" for item in items)))


def refused(text):
    with pytest.raises(WebRefused) as caught:
        read(text)
    assert caught.value.problems[0].remedy
    return caught.value.reason


def test_an_item_of_rss():
    feed = rss(
        "<guid isPermaLink='false'>x-1</guid><title>A &amp;amp; B</title><link>/1</link>"
        "<pubDate>Mon, 13 Sep 2021 09:00:00 +0200</pubDate>"
        "<description>&lt;p&gt;Short.&lt;/p&gt;&lt;p&gt;And more.&lt;/p&gt;</description>"
        "<enclosure url='https://city.example.org/a.png' type='image/png' length='1'/>"
    )
    item = feed.items[0]
    assert feed.title == "City news"
    assert (item.title, item.link, item.language) == ("A & B", "https://city.example.org/1", "fr")
    assert item.published == datetime(2021, 9, 13, 7, tzinfo=UTC)
    assert item.summary == "Short. And more."
    assert item.html == "<p>Short.</p><p>And more.</p>"
    assert item.image == "https://city.example.org/a.png"


def test_an_item_of_atom_and_one_of_rdf():
    atom = read(
        ATOM.format(
            items="<entry><id>tag:city.example.org,2021:1</id><title type='html'>&lt;b&gt;One&lt;/b&gt;</title>"
            "<link href='https://city.example.org/1'/><updated>2021-09-14T09:00:00Z</updated>"
            "<summary>Short</summary><content type='html'>&lt;p&gt;Long and whole.&lt;/p&gt;</content></entry>"
        )
    ).items[0]
    assert (atom.identity, atom.title) == ("tag:city.example.org,2021:1", "One")
    assert (atom.summary, atom.html, atom.language) == ("Short", "<p>Long and whole.</p>", "en")
    rdf = read(
        RDF.format(
            items="<item rdf:about='https://city.example.org/1'><title>One</title>"
            "<link>https://city.example.org/1</link><description>Words</description></item>"
        )
    ).items[0]
    assert (rdf.title, rdf.link, rdf.published) == ("One", "https://city.example.org/1", None)


def test_scripts_handlers_and_their_addresses_do_not_come_in():
    bad = (
        "<p onclick='x()'>Words</p><script>alert(1)</script><img src=x onerror=alert(1)><iframe src='//x'></iframe>"
        "<a href='javascript:alert(1)'>a</a><a href='data:text/html,x'>b</a><a href='vbscript:x'>c</a>"
        "<style>p{}</style><svg><script>alert(1)</script></svg><form action='https://x'><input></form>"
        "<a href='https://example.org/'>good</a>"
    )
    item = rss(
        f"<title>&lt;script&gt;alert(1)&lt;/script&gt;A title</title><link>javascript:alert(1)</link>"
        f"<guid>1</guid><description>{escape(bad)}</description>"
    ).items[0]
    assert item.title == "A title"
    assert item.link == ""
    for word in ("script", "alert", "onclick", "onerror", "iframe", "img", "svg", "form", "data:", "style"):
        assert word not in item.html
    assert '<a href="https://example.org/">good</a>' in item.html


@settings(max_examples=60)
@given(st.text(max_size=200), st.text(max_size=200))
def test_whatever_is_written_no_element_is_left_that_runs(title, words):
    feed = rss(
        f"<guid>1</guid><title>{_xml(title)}</title><description>{_xml(f'<script>{words}')}</description>",
        f"<guid>2</guid><title>{_xml(f'<b {words}>{title}')}</title><description>{_xml(words)}</description>",
    )
    for item in feed.items:
        assert "<script" not in item.html.lower()
        assert "\n" not in item.title + item.summary


def _xml(text):
    plain = "".join(c for c in text if c in "\t\n" or " " <= c < "\ud800" or "\ue000" <= c <= "\ufffd")
    return escape(plain)


def test_entities_in_entities_are_refused_at_once():
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{levels}]>' + RSS[
        RSS.index("<rss") :
    ].format(items="<item><title>&l9;</title></item>")
    started = time.monotonic()
    assert "grow without end" in refused(bomb)
    assert "grow without end" in refused(bomb.encode("utf-16"))
    assert time.monotonic() - started < 1


def test_a_file_of_this_machine_is_not_read(tmp_path):
    (tmp_path / "secret").write_text("SECRET", encoding="utf-8")
    text = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    feed = read(
        text + RSS[RSS.index("<rss") :].format(items="<item><title>a&x;b</title><guid>1</guid></item>")
    )
    assert "SECRET" not in str(feed)
    assert "is no feed" in refused(str(tmp_path / "secret"))


@pytest.mark.parametrize(
    "text",
    [
        *("", "hello", "{}", "<html><body>words</body></html>", '<?xml version="1.0"?><svg/>', "\x00" * 500),
        *(b"\xff\xfe\x00\xd8" * 100, b"PK\x03\x04" + b"\x00" * 200, b"\x89PNG\r\n\x1a\n" * 20, "<" * 10_000),
    ],
)
def test_what_is_no_feed_is_refused(text):
    assert "feed" in refused(text)


@settings(max_examples=100)
@given(st.binary(max_size=400))
def test_any_octets_are_a_feed_or_are_refused(data):
    for content in (data, b"<rss version='2.0'><channel><item>" + data):
        with suppress(WebRefused):
            read(content)


@pytest.mark.parametrize(
    ("encoded", "content_type"),
    [
        (RSS.format(items="<item><title>Économie</title></item>").encode("cp1252"), "application/rss+xml"),
        (RSS.format(items="<item><title>Économie</title></item>").encode(), "text/xml; charset=iso-8859-1"),
        (
            RSS.format(items="<item><title>Économie</title></item>").encode(),
            "text/xml; charset=no-such-thing",
        ),
        (
            RSS.replace("utf-8", "utf-16")
            .format(items="<item><title>Économie</title></item>")
            .encode("utf-16"),
            "application/xml",
        ),
    ],
)
def test_a_wrong_encoding_costs_letters_at_most(encoded, content_type):
    title = read(encoded, content_type).items[0].title
    assert title.endswith("conomie")
    assert "\n" not in title


@pytest.mark.parametrize(
    "when", ["yesterday", "Mon, 45 Foo 2021", "", "0000-00-00", "9999999-01-01T00:00:00Z", "\u0662"]
)
def test_a_moment_that_does_not_exist_is_none(when):
    assert rss(f"<title>A</title><guid>1</guid><pubDate>{when}</pubDate>").items[0].published is None


def test_items_are_one_by_guid_else_by_link_else_by_words():
    feed = rss(
        "<guid isPermaLink='false'>1</guid><title>A</title>",
        "<guid isPermaLink='false'>1</guid><title>A again</title>",
        "<link>https://city.example.org/b</link><title>B</title>",
        "<title>C</title><description>Words</description>",
        "<title>C</title><description>Other words</description>",
    )
    assert [item.title for item in feed.items] == ["A", "B", "C", "C"]
    assert len({item.key for item in feed.items}) == 4


def test_the_newest_stand_first():
    feed = rss(
        *(
            f"<guid>{day}</guid><title>{day}</title><pubDate>{day} Sep 2021 09:00:00 +0000</pubDate>"
            for day in (13, 15, 14)
        )
    )
    assert [item.title for item in feed.items] == ["15", "14", "13"]


def test_words_without_end_are_cut():
    item = rss(
        f"<guid>1</guid><title>{'word ' * 5000}</title><description>{'more ' * 90_000}</description>"
    ).items[0]
    assert len(item.title) <= 301
    assert len(item.summary) <= 601
    assert len(item.html) <= 200_000


def test_a_feed_is_fetched_and_asked_for_again():
    with web_server() as server:
        body = RSS.format(items="<item><title>A</title></item>").encode()
        server.page("/f", body, Content_Type="text/xml", ETag='"7"')
        web = Web(Allowed.of(["127.0.0.1"]), timedelta(seconds=5))
        page, feed = fetch_feed(web, server.url("/f"))
        assert (page.etag, feed.items[0].title) == ('"7"', "A")
        server.page("/f", b"", 304)
        assert fetch_feed(web, server.url("/f"), etag='"7"')[1] is None
        server.page("/f", b"<html>", Content_Type="text/html; charset=utf-8")
        with pytest.raises(WebRefused, match="text/html"):
            fetch_feed(web, server.url("/f"))
