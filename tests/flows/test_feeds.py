"""Feeds in an office: drafts are made once, followed while nobody has touched them, and never sent as they are."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import yaml
from web_server import web_server

from newsletter.core.refusal import ContentRefused, Level
from newsletter.flows import feeds as flow
from newsletter.flows.approve import approve_campaign, create_campaign
from newsletter.flows.feeds import items_of, list_feeds, poll_due_feeds, poll_feed
from newsletter.flows.issues import read_issue
from newsletter.flows.workspace import check_articles, read_articles
from newsletter.wiring import open_office

PAGE = '<?xml version="1.0"?><rss version="2.0"><channel><title>City news</title>{}</channel></rss>'


class City:
    """A feed on this machine, and the office that reads it."""

    def __init__(self, server, office, clock, workspace):
        self.server, self.office, self.clock, self.workspace = server, office, clock, workspace

    def says(self, *titles, words="Words", **headers):
        items = "".join(
            f"<item><guid>{title}</guid><title>{title}</title><link>https://city.example.org/{title}</link>"
            f"<description>&lt;p&gt;{words} of {title}&lt;/p&gt;</description>"
            f"<pubDate>Mon, 13 Sep 2021 {20 - at:02}:00:00 +0200</pubDate></item>"
            for at, title in enumerate(titles)
        )
        self.server.page(
            "/feed.xml", PAGE.format(items).encode(), Content_Type="application/rss+xml", **headers
        )

    def poll(self, name="city", **forward):
        self.clock.set(self.clock.now + timedelta(**forward))
        return poll_feed(self.office, name, self.clock.now)

    def file(self, slug):
        return self.workspace / "articles" / slug / "en.md"


@pytest.fixture
def city(workspace, clock):
    with web_server() as server:
        feed = {
            "language": "en",
            "topics": ["erasmus"],
            "most": 3,
            "every": "6h",
            "url": server.url("/feed.xml"),
        }
        config = workspace / "config.yaml"
        text = config.read_text(encoding="utf-8").replace("feeds: {}", "feeds: " + json.dumps({"city": feed}))
        text = text.replace("allow: []", "allow: [127.0.0.1]")
        config.write_text(text, encoding="utf-8")
        office = open_office(workspace, clock, {"secret": "a key for tests"})
        yield City(server, office, clock, workspace)
        office.database.close()


def test_what_is_new_becomes_a_draft_once(city):
    city.says("one", "two")
    assert city.poll().new == ["one", "two"]
    assert city.poll().new == []
    city.says("three", "one", "two")
    assert city.poll(hours=1).new == ["three"]
    text = read_articles(city.office)["three"].texts["en"]
    assert text.draft
    assert (text.source, text.topics) == ("https://city.example.org/three", ("erasmus",))
    assert text.link.label == "Read it at city.example.org"
    assert text.body == "Words of three\n"
    assert [item.slug for item in items_of(city.office, "city")] == ["three", "one", "two"]


def test_at_first_only_the_newest_are_taken_and_later_nothing_is_lost(city):
    city.says("e", "d", "c", "b", "a")
    assert city.poll().new == ["e", "d", "c"]
    assert city.poll().new == []
    city.says("i", "h", "g", "f", "e", "d", "c", ETag='"9"')
    poll = city.poll()
    assert (poll.new, poll.left) == (["i", "h", "g"], 1)
    assert city.poll().new == ["f"]
    assert "If-None-Match" not in city.server.asked[-1][1]
    assert city.poll().new == []
    assert city.server.asked[-1][1]["If-None-Match"] == '"9"'


def test_a_feed_is_read_when_it_is_due(city):
    city.says("one")
    assert [poll.feed for poll in poll_due_feeds(city.office, city.clock.now)] == ["city"]
    assert poll_due_feeds(city.office, city.clock.now + timedelta(hours=5)) == []
    assert len(poll_due_feeds(city.office, city.clock.now + timedelta(hours=6))) == 1


def test_failures_wait_longer_and_longer_and_are_shown(city):
    waits = []
    for _ in range(9):
        polls = poll_due_feeds(city.office, city.clock.now)
        assert "answered 404" in polls[0].trouble
        row = list_feeds(city.office)[0][2]
        waits.append(row.next_at - city.clock.now)
        city.clock.set(row.next_at)
    assert waits[:4] == [timedelta(minutes=15 * 2**n) for n in range(4)]
    assert waits[-1] == timedelta(days=1)
    assert (row.failures, "answered 404" in row.trouble) == (9, True)
    city.says("one")
    assert city.poll().new == ["one"]
    row = list_feeds(city.office)[0][2]
    assert (row.failures, row.trouble, row.title) == (0, "", "City news")


def test_a_bad_feed_plans_nothing_and_loses_nothing(city):
    city.says("one")
    city.poll()
    before = sorted(path.name for path in (city.workspace / "articles").iterdir())
    city.server.page("/feed.xml", b"<html>", Content_Type="text/html")
    assert "text/html" in city.poll().trouble
    city.server.redirect("/feed.xml", "http://169.254.169.254/latest/meta-data/")
    assert "169.254.169.254, which is not asked" in city.poll().trouble
    city.server.pour("/feed.xml", b"<rss>" + b"x" * 100_000, 500)
    assert "larger than 5 MB" in city.poll().trouble
    assert sorted(path.name for path in (city.workspace / "articles").iterdir()) == before
    city.says("one", "two")
    assert city.poll().new == ["two"]


def test_two_who_poll_at_once_make_one_article(city, monkeypatch):
    city.says("one")
    real = flow.fetch_feed

    def meanwhile(*args, **more):
        monkeypatch.setattr(flow, "fetch_feed", real)
        assert poll_due_feeds(city.office, city.clock.now) == []
        assert city.poll().new == ["one"]
        return real(*args, **more)

    monkeypatch.setattr(flow, "fetch_feed", meanwhile)
    assert poll_due_feeds(city.office, city.clock.now)[0].new == []
    assert len([path for path in (city.workspace / "articles").iterdir() if path.name.startswith("one")]) == 1


def test_whoever_is_stopped_before_the_file_is_there_finishes_it_the_next_time(city, monkeypatch):
    city.says("one")

    def stopped(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(city.office.library), "write_draft", stopped)
        with pytest.raises(KeyboardInterrupt):
            city.poll()
    assert not city.file("one").exists()
    assert city.poll().new == ["one"]
    assert city.file("one").exists()
    assert city.poll().new == []


def test_a_folder_that_is_there_already_is_left_alone(city):
    before = city.file("kitchen-partners").read_bytes()
    city.says("kitchen partners")
    slug = city.poll().new[0]
    assert slug.startswith("kitchen-partners-")
    assert city.file("kitchen-partners").read_bytes() == before


def test_a_change_is_followed_while_nobody_has_touched_the_draft(city):
    city.says("one", "two")
    city.poll()
    touched = city.file("two").read_text(encoding="utf-8") + "\nMy own words.\n"
    city.file("two").write_text(touched, encoding="utf-8")
    city.says("one", "two", words="Other words")
    poll = city.poll(hours=1)
    assert (poll.new, poll.updated, poll.told) == ([], ["one"], ["two"])
    assert "Other words of one" in city.file("one").read_text(encoding="utf-8")
    assert city.file("two").read_text(encoding="utf-8") == touched
    assert {item.slug: item.changed_at for item in items_of(city.office, "city")} == {
        "one": city.clock.now,
        "two": city.clock.now,
    }
    assert city.poll().told == []


def test_a_draft_that_was_thrown_away_does_not_come_again(city):
    city.says("one")
    city.poll()
    city.file("one").unlink()
    city.file("one").parent.rmdir()
    city.says("one", words="Other words")
    poll = city.poll()
    assert (poll.new, poll.updated) == ([], [])
    assert not city.file("one").exists()


def test_the_same_page_from_two_feeds_is_one_article(city):
    city.says("one")
    city.poll()
    twin = city.office.settings.feeds["city"]
    settings = city.office.settings.model_copy(update={"feeds": {"city": twin, "county": twin}})
    city.office = replace(city.office, settings=settings)
    assert city.poll("county").new == []
    assert [item.slug for item in items_of(city.office, "county")] == ["one"]


def test_a_draft_is_accepted_by_the_check_and_refused_by_a_campaign(city):
    city.says("one")
    city.poll()
    problems = check_articles(city.office, ("one",))
    assert {problem.level for problem in problems} == {Level.WARNING}
    issue = read_issue(city.office, "september-2021")
    issue = replace(issue, content=replace(issue.content, articles=("sse-global-action", "one")))
    create_campaign(city.office, issue, city.clock.now)
    with pytest.raises(ContentRefused, match=r"articles/one/en.md:\d+: draft: This article is a draft"):
        approve_campaign(city.office, issue.name, "Ada", city.clock.now)
    text = city.file("one").read_text(encoding="utf-8")
    city.file("one").write_text(text.replace("draft: true\n", ""), encoding="utf-8")
    approve_campaign(city.office, issue.name, "Ada", city.clock.now)


def test_a_draft_of_a_person_plans_no_reminder(bench):
    path = bench.workspace / "articles" / "erasmus-accreditation"
    for file in path.glob("*.md"):
        file.write_text(
            file.read_text(encoding="utf-8").replace("---\n", "---\ndraft: true\n", 1), encoding="utf-8"
        )
    assert bench.sync() == [("kitchen-partners/partners-call", "known")]
    for file in path.glob("*.md"):
        file.write_text(file.read_text(encoding="utf-8").replace("draft: true\n", ""), encoding="utf-8")
    assert bench.sync() == [("erasmus-accreditation/accreditation", "known")]
    for file in path.glob("*.md"):
        file.write_text(
            file.read_text(encoding="utf-8").replace("---\n", "---\ndraft: true\n", 1), encoding="utf-8"
        )
    assert bench.sync() == []


def test_an_unknown_feed_is_refused_with_those_there_are(city):
    with pytest.raises(ContentRefused, match=r"Feeds in config\.yaml: city"):
        poll_feed(city.office, "village", city.clock.now)


def test_the_sample_configuration_reads_no_feed(office, clock):
    assert poll_due_feeds(office, clock.now) == []
    assert (
        yaml.safe_load((office.library.workspace / "config.yaml").read_text(encoding="utf-8"))["feeds"] == {}
    )
