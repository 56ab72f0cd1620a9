"""`newsletter feeds` and `newsletter digests` at the command line: one JSON document, and an exit status."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner
from web_server import web_server

from newsletter.cli.main import make_app

RSS = (
    b'<rss version="2.0"><channel><title>City</title><item><guid>1</guid><title>First</title>'
    b"<link>https://city.example.org/1</link></item></channel></rss>"
)
DIGEST = """\
every: every Monday at 09:30
begins: 2021-09-01
segment: erasmus-interested
subject: {en: "New: {lead}", fr: "{lead}"}
preheader: {en: x, fr: x}
"""


@pytest.fixture
def run(workspace):
    def command(*words, status=0):
        result = CliRunner().invoke(make_app(), ["-w", str(workspace), *words])
        assert result.exit_code == status, result.output + repr(result.exception)
        return json.loads(result.stdout) if "--json" in words else result.stdout

    return command


@pytest.fixture
def server(workspace):
    with web_server() as script:
        script.page("/f", RSS, Content_Type="application/rss+xml")
        config = workspace / "config.yaml"
        text = config.read_text(encoding="utf-8").replace("allow: []", "allow: [127.0.0.1]")
        feed = json.dumps({"city": {"url": script.url("/f"), "language": "en"}})
        config.write_text(text.replace("feeds: {}", f"feeds: {feed}"), encoding="utf-8")
        yield script


def test_feeds(run, server):
    assert run("feeds", "list", "--json")["feeds"][0]["read_at"] is None
    assert "now" in run("feeds", "list")
    assert run("feeds", "poll", "--json")["polls"][0]["new"] == ["first"]
    assert "No feed is due" in run("feeds", "poll")
    assert run("feeds", "show", "city", "--json")["items"][0]["article"] == "first"
    assert "First" in run("feeds", "show", "city")
    server.page("/f", b"", 404)
    assert "answered 404" in run("feeds", "poll", "city", "--json", status=1)["polls"][0]["trouble"]
    assert run("feeds", "list", "--json")["feeds"][0]["failures"] == 1


def test_no_feeds(run):
    assert "names no feeds yet" in run("feeds", "list")
    assert run("feeds", "poll", "--json") == {"polls": []}


def test_digests(run, workspace):
    assert "No digests yet" in run("digests", "list")
    (workspace / "articles" / "weekly.digest.yaml").write_text(DIGEST, encoding="utf-8")
    listed = run("digests", "list", "--json")["digests"][0]
    assert (listed["digest"], listed["approval"], listed["issues"]) == ("weekly", "required", [])
    assert "weekly" in run("digests", "list")
    preview = run("digests", "preview", "weekly", "--json")
    assert preview["next"] == listed["next"]
    assert len(preview["articles"]) == 4
    assert "sse-global-action" in run("digests", "preview", "weekly")
    assert run("digests", "skip", "weekly", "--json")["skipped"] == listed["next"]
    assert run("digests", "preview", "weekly", "--json")["next"] > listed["next"]
    assert run("digests", "list", "--json")["digests"][0]["issues"][0]["outcome"] == "skipped"


def test_a_wrong_digest_ends_with_one(run, workspace):
    (workspace / "articles" / "weekly.digest.yaml").write_text(
        DIGEST + "topics: [nothing]\n", encoding="utf-8"
    )
    assert "There is no topic 'nothing'" in str(run("digests", "list", "--json", status=1)["problems"])
