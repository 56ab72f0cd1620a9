"""What anybody may read: letters that went out, their articles, and nothing of anybody who got them."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from public_issue import send

from newsletter.core.campaign import CampaignState
from newsletter.flows import approve
from newsletter.flows.deadlines import cancel_deadline
from newsletter.flows.deliver import deliver_due
from newsletter.flows.issues import read_issue
from newsletter.store.campaigns import find_campaign, move_campaign

ROOT = "https://news.example.org"
HOSTILE = [
    "'; DROP TABLE campaigns; --",
    '"><script>alert(1)</script>',
    "(((((((((((((((",
    "%00",
    "\x00\x01",
    " " * 300,
    "a" * 5000,
    "{{ 7*7 }}",
]


@pytest.fixture
def told(people, clock):
    """One public letter with two articles has gone out."""
    send(people, clock)
    return people


def _linked(page):
    return json.loads(
        re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)[1]
    )


def _meta(page, name):
    return re.findall(rf'<meta (?:property|name)="{re.escape(name)}" content="([^"]*)">', page.text)


def test_an_empty_archive_says_what_will_stand_there(site):
    page = site.get("/archive")
    assert page.status_code == 200
    assert "No letter yet" in page.text
    assert 'href="/subscribe?language=en"' in page.text


def test_a_letter_stands_there_once_it_has_gone_out(site, people, clock):
    approve.create_campaign(people, read_issue(people, "september-2021"), clock())
    approve.approve_campaign(people, "september-2021", "officer", clock())
    assert "No letter yet" in site.get("/archive").text
    for path in ("/archive/september-2021", "/articles/sse-global-action", "/articles/sse-global-action/en"):
        assert site.get(path).status_code == 404
    send(people, clock, "another")
    page = site.get("/archive").text
    assert "Every letter since 2021" in page
    assert "thirty countries compare notes" in page
    assert page.count('href="/archive/another?language=en"') == 1
    for path in ("/archive/another", "/articles/sse-global-action", "/articles/sse-global-action/en"):
        for method in ("GET", "HEAD"):
            assert site.request(method, path).status_code == 200


@pytest.mark.parametrize("why", ["not public", "called off", "a draft", "in no letter"])
def test_what_is_not_for_everybody_is_not_there(site, people, clock, workspace, why):
    send(people, clock, public=why != "not public")
    slug = "erasmus-accreditation" if why == "in no letter" else "sse-global-action"
    if why == "called off":
        with people.database.write() as connection:
            campaign = find_campaign(connection, "september-2021")
            move_campaign(connection, campaign.id, CampaignState.SENDING, CampaignState.CANCELLED)
    if why == "a draft":
        for path in (workspace / "articles" / slug).glob("*.md"):
            path.write_text(path.read_text("utf-8").replace("---\n", "---\ndraft: true\n", 1), "utf-8")
    nothing = site.get("/nothing").content
    for path in (f"/articles/{slug}", f"/articles/{slug}/en", f"/articles/{slug}/fr"):
        answer = site.get(path)
        assert (answer.status_code, answer.content) == (404, nothing)
    assert f"/articles/{slug}" not in site.get("/archive?q=e").text
    assert f"/articles/{slug}" not in site.get("/sitemap.xml").text


def test_addresses_that_never_were_are_all_the_same(site, told):
    nothing = site.get("/nothing").content
    for path in (
        "/archive/other", "/articles/other", "/articles/sse-global-action/de", "/articles/..%2f..%2fconfig/en",
        "/articles/.git/en", "/archive/%00", "/articles/sse-global-action/en/more",
    ):  # fmt: skip
        assert (site.get(path).status_code, site.get(path).content) == (404, nothing), path


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=peer+learning", True),
        ("q=PEER", True),
        ("q=countr", True),
        ("q=peer+zebra", False),
        ("q=ountr", False),
        ("topic=social-economy", True),
        ("topic=events", False),
        ("topic=nonsense", False),
        ("q=économie+mondiale&language=fr", True),
        ("q=ECONOMIE&language=fr", True),
        ("q=countries&language=fr", False),
    ],
)
def test_words_and_topics_find_articles(site, told, asked, found):
    page = site.get(f"/archive?{asked}")
    assert page.status_code == 200
    assert ("/articles/sse-global-action/" in page.text) is found


@pytest.mark.parametrize("query", HOSTILE)
def test_a_hostile_query_is_only_a_query(site, told, query):
    page = site.get(
        "/archive", params={"q": query.encode("utf-8", "replace"), "year": query[:9], "topic": query[:9]}
    )
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert len(page.content) < 20_000
    assert site.get("/archive?q=%ED%A0%80%FF").status_code == 200


def test_a_search_is_not_for_search_engines_and_its_page_is(site, told):
    assert _meta(site.get("/archive?q=peer"), "robots") == ["noindex, follow"]
    page = site.get("/archive")
    assert _meta(page, "robots") == ["index, follow"]
    assert page.headers["x-robots-tag"] == "all"


def test_an_article_tells_search_engines_and_messengers_what_it_is(site, told, clock):
    page = site.get("/articles/sse-global-action/fr")
    assert f'<link rel="canonical" href="{ROOT}/articles/sse-global-action/fr">' in page.text
    assert f'<link rel="alternate" hreflang="en" href="{ROOT}/articles/sse-global-action/en">' in page.text
    assert _meta(page, "og:type") == ["article"]
    assert _meta(page, "og:locale") == ["fr_FR"]
    assert _meta(page, "og:url") == [f"{ROOT}/articles/sse-global-action/fr"]
    assert _meta(page, "og:image")[0].startswith(f"{ROOT}/images/sse-global-action/")
    linked = _linked(page)
    assert (linked["@type"], linked["inLanguage"]) == ("NewsArticle", "fr")
    assert datetime.fromisoformat(linked["datePublished"]) == clock.now
    assert linked["headline"] in page.text.replace("&#39;", "'").replace("&#34;", '"')
    assert '<html lang="fr" dir="ltr">' in page.text
    assert site.get(linked["image"][0].removeprefix(ROOT)).status_code == 200


def test_hostile_words_in_an_article_stay_words(site, people, clock, workspace):
    path = workspace / "articles" / "sse-global-action" / "en.md"
    wrong = "A </script><script>alert(1)</script> & <!-- title {{ 7*7 }}"
    source = re.sub(r"(?m)^title: .*$", lambda _: f"title: '{wrong}'", path.read_text("utf-8"))
    path.write_text(source + "\n<script>alert(2)</script> [x](javascript:alert(3))\n", "utf-8")
    send(people, clock)
    page = site.get("/articles/sse-global-action/en")
    assert _linked(page)["headline"] == wrong
    assert (page.text.count("<script"), page.text.count("</script")) == (1, 1)
    assert 'href="javascript' not in page.text
    assert "{{ 7*7 }}" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_nothing_of_a_reader_is_in_what_everybody_reads(site, told):
    deliver_due(told)
    for path in ("/archive", "/archive/september-2021", "/articles/kitchen-partners/en", "/sitemap.xml"):
        page = site.get(path)
        assert "ada@example.org" not in page.text
        assert not re.search(r"/[upvaslk]/[a-z0-9]{16,}", page.text)
        assert "set-cookie" not in page.headers


def test_a_page_may_be_kept_and_asked_for_again(site, told):
    for path in ("/archive", "/archive/september-2021", "/articles/sse-global-action"):
        page = site.get(path)
        assert page.headers["cache-control"] == "public, max-age=300"
        assert page.headers["vary"] == "Accept-Language"
        again = site.get(path, headers={"if-none-match": page.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_the_language_is_the_readers_and_else_the_one_that_there_is(site, told, workspace):
    french = {"accept-language": "fr"}
    assert site.get("/articles/sse-global-action", headers=french).headers["content-language"] == "fr"
    assert (
        site.get("/articles/sse-global-action?language=en", headers=french).headers["content-language"]
        == "en"
    )
    (workspace / "articles" / "sse-global-action" / "fr.md").unlink()
    page = site.get("/articles/sse-global-action", headers=french)
    assert page.headers["content-language"] == "en"
    assert "hreflang" not in page.text.split("</head>")[0]
    letter = site.get("/archive/september-2021", headers=french).text
    assert '/articles/sse-global-action/en" lang="en" hreflang="en"' in letter


def test_deadlines_stand_as_they_are_now(site, people, clock):
    send(people, clock, articles=("erasmus-accreditation",))
    key = "erasmus-accreditation/accreditation"
    for path in ("/articles/erasmus-accreditation/en", "/archive"):
        page = site.get(path).text
        assert "12:00\u00a0noon, Brussels\u00a0time" in page
        assert "7 days left" in page
    assert f'href="/calendar/{key}?language=en"' in site.get("/articles/erasmus-accreditation/en").text
    cancel_deadline(people, key, clock(), silent=True)
    page = site.get("/articles/erasmus-accreditation/en").text
    assert "Called off" in page
    assert f"/calendar/{key}" not in page
    assert "Closing soon" not in site.get("/archive").text


def test_years_are_pages_of_their_own(site, people, clock):
    send(people, clock, "old")
    clock.now += timedelta(days=366)
    send(people, clock, "new")
    page = site.get("/archive").text
    assert "Every letter since 2021" in page
    assert '/archive/new?language=en"' in page
    assert '/archive/old?language=en"' not in page
    assert 'href="/archive?year=2021&amp;language=en"' in page
    assert '/archive/old?language=en"' in site.get("/archive?year=2021").text


def test_the_map_of_the_site_names_every_page(site, told):
    answer = site.get("/sitemap.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    found = [
        each.text
        for each in ET.fromstring(answer.content).iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    ]
    assert found[:2] == [f"{ROOT}/archive", f"{ROOT}/archive/september-2021"]
    assert len(found) == 2 + 2 * 2
    for address in found:
        assert site.get(address.removeprefix(ROOT)).status_code == 200


def test_an_article_of_others_names_where_it_was_first_told(site, people, clock, workspace):
    path = workspace / "articles" / "sse-global-action" / "en.md"
    path.write_text(
        path.read_text("utf-8").replace("---\n", "---\nsource: https://example.net/first\n", 1), "utf-8"
    )
    send(people, clock)
    page = site.get("/articles/sse-global-action/en").text
    assert '<link rel="canonical" href="https://example.net/first">' in page
