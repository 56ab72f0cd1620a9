"""Our own feeds: what stands in them, for whom, and that readers of feeds can read them."""

from __future__ import annotations

import io
import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

import feedparser
import pytest
from public_issue import send

from newsletter.flows import approve
from newsletter.flows.issues import read_issue


def titles(site, path):
    answer = site.get(path)
    assert answer.status_code == 200, answer.text
    return [entry.title for entry in feedparser.parse(io.BytesIO(answer.content)).entries]


def test_nothing_is_told_before_it_was_sent(site, people, clock):
    assert titles(site, "/feed/en.xml") == []
    approve.create_campaign(people, read_issue(people, "september-2021"), clock())
    assert titles(site, "/feed/en.xml") == []
    send(people, clock)
    assert len(titles(site, "/feed/en.xml")) == 2


def test_rss_is_what_readers_of_feeds_expect(site, people, clock):
    send(people, clock)
    answer = site.get("/feed/fr.xml")
    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    found = feedparser.parse(io.BytesIO(answer.content))
    assert (found.bozo, found.version, found.feed.language) == (False, "rss20", "fr")
    assert found.feed.title == "Fil commun"
    assert [link.href for link in found.feed.links if link.rel == "self"] == [
        "https://news.example.org/feed/fr.xml"
    ]
    entry = found.entries[0]
    assert entry.id == "urn:uuid:" + str(
        uuid5(NAMESPACE_URL, "https://letter.news.example.org/sse-global-action/fr")
    )
    assert entry.link == "https://news.example.org/articles/sse-global-action/fr"
    assert parsedate_to_datetime(entry.published) == clock.now
    assert entry.tags[0].term == "Économie sociale"
    assert 'src="images' not in answer.text
    channel = ET.fromstring(answer.content).find("channel")
    order = [child.tag for child in channel]
    assert order[:4] == ["title", "link", "description", "language"]
    for item in channel.iter("item"):
        assert item.find("guid").get("isPermaLink") == "false"
        assert item.find("pubDate").text.endswith("+0000")


def test_json_feed_has_what_its_version_asks_for(site, people, clock):
    send(people, clock)
    answer = site.get("/feed/en.json")
    assert answer.headers["content-type"] == "application/feed+json; charset=utf-8"
    feed = json.loads(answer.content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://news.example.org/feed/en.json"
    assert {type(feed[key]) for key in ("title", "home_page_url", "description", "language")} == {str}
    for item in feed["items"]:
        assert set(item) <= {
            *("id", "url", "title", "summary", "content_html", "image", "date_published", "tags"),
        }
        assert item["id"].startswith("urn:uuid:")
        assert datetime.fromisoformat(item["date_published"]).tzinfo is not None
        assert item["image"].startswith("https://news.example.org/images/")
        for word in ("<script", "style=", "class=", "javascript:"):
            assert word not in item["content_html"]
        assert "<p>" in item["content_html"]


def test_a_feed_of_one_topic(site, people, clock):
    send(people, clock)
    assert titles(site, "/feed/en/social-economy.xml") == titles(site, "/feed/en.xml")[:1]
    assert titles(site, "/feed/en/events.xml") == []
    assert json.loads(site.get("/feed/fr/erasmus.json").content)["title"] == "Fil commun\u00a0: Erasmus+"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/feed/de.xml",
            "/feed/en.atom",
            "/feed/en",
            "/feed/en/nothing.xml",
            "/feed/en/.xml",
            "/feed/..%2fen.xml",
        ),
        *("/feed/en/a/b.xml", "/feed/.xml", "/feed/EN.xml"),
    ],
)
def test_what_there_is_not_is_not_found(site, path):
    assert site.get(path).status_code == 404


def test_whoever_has_it_already_is_told_so(site, people, clock):
    send(people, clock)
    for path in ("/feed/en.xml", "/feed/en.json"):
        first = site.get(path)
        assert first.headers["cache-control"] == "public, max-age=900"
        again = site.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert site.head(path).status_code == 200
    clock.set(clock.now.replace(hour=20))
    assert site.get("/feed/en.xml").headers["etag"] == site.get("/feed/en.xml").headers["etag"]


def test_an_article_keeps_its_identity_and_its_first_moment_when_it_is_sent_again(site, people, clock):
    send(people, clock)
    before = json.loads(site.get("/feed/en.json").content)["items"]
    clock.set(clock.now.replace(hour=20))
    send(people, clock, "october", ("kitchen-partners", "working-across-borders"))
    after = json.loads(site.get("/feed/en.json").content)["items"]
    assert after[0] not in before
    assert after[1:] == before


def test_drafts_private_issues_and_those_called_off_are_left_out(site, people, clock, workspace):
    send(people, clock, public=False)
    assert titles(site, "/feed/en.xml") == []
    send(people, clock, "october", ("kitchen-partners",))
    assert len(titles(site, "/feed/en.xml")) == 1
    file = workspace / "articles" / "kitchen-partners" / "en.md"
    file.write_text(
        file.read_text(encoding="utf-8").replace("---\n", "---\ndraft: true\n", 1), encoding="utf-8"
    )
    assert titles(site, "/feed/en.xml") == []
    assert len(titles(site, "/feed/fr.xml")) == 1
    approve.cancel_campaign(people, "october", clock())
    assert titles(site, "/feed/fr.xml") == []


def test_pages_say_where_the_feeds_are(site):
    page = site.get("/nothing-here?language=fr").text
    assert '<link rel="alternate" type="application/rss+xml" title="Fil commun" href="/feed/fr.xml">' in page
    assert 'href="/feed/fr.json"' in page
