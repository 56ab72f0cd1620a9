"""`newsletter deadlines suggest | finds | confirm | reject` as scripts use them."""

from __future__ import annotations

import json
import sys

import pytest
import structlog

from newsletter.cli.main import main

TEXT = "The next application deadline is 19 October at 12:00 p.m.\n"
SLUG = "kitchen-partners"


@pytest.fixture
def run(workspace, monkeypatch, capsys):
    """Run the command in this process; gives status, standard output, standard error."""

    def command(*words, at=workspace):
        monkeypatch.setattr(sys, "argv", ["newsletter", "--workspace", str(at), *map(str, words)])
        capsys.readouterr()
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = ended.code or 0
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    yield command
    structlog.reset_defaults()


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_suggest_prints_one_document_outside_of_a_workspace(run, page, tmp_path):
    words = ("--published", "2021-09-14", "--zone", "Europe/Brussels", "--json")
    status, out, _ = run("deadlines", "suggest", page, *words, at=tmp_path)
    [find] = json.loads(out)["deadlines"]
    assert status == 0
    assert TEXT[find["start"] : find["end"]] == find["quote"] == "19 October at 12:00 p.m."
    assert find["local"] == "2021-10-19T12:00"
    assert find["utc"] == "2021-10-19T10:00:00+00:00"
    assert (find["zone"], find["kind"], find["needs"]) == ("Europe/Brussels", "deadline", ["no year in text"])
    assert 0 < find["confidence"] <= 1


def test_suggest_takes_the_day_of_the_front_matter_and_the_zone_of_the_office(run, workspace):
    status, out, _ = run("deadlines", "suggest", workspace / "articles/erasmus-accreditation/fr.md", "--json")
    assert status == 0
    assert [find["local"] for find in json.loads(out)["deadlines"]] == ["2021-10-19T12:00"]
    status, out, _ = run("deadlines", "suggest", workspace / "articles/erasmus-accreditation/en.md")
    assert status == 0
    assert "no year" in out


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (None, (), "There is no file"),
        (b"", (), "empty"),
        (b"\xef\xbb\xbf \n", (), "empty"),
        (b"Deadline: 19 octobre \xe9\n", (), "not UTF-8"),
        (TEXT.encode(), ("--zone", "Mars/Base"), "not the name of a time zone"),
        (TEXT.encode(), ("--published", "2021-02-30"), "not a day of publication"),
        (TEXT.encode(), ("--published", "0001-01-01"), "not a day of publication"),
        (b"---\npublished: 2021-13-01\n---\n" + TEXT.encode(), (), "not a day of publication"),
    ],
)
def test_suggest_refuses_what_cannot_be(run, tmp_path, content, words, said):
    path = tmp_path / "page.md"
    if content is not None:
        path.write_bytes(content)
    status, out, err = run("deadlines", "suggest", path, *words, "--json")
    assert (status, out) == (1, "")
    assert said in " ".join(err.split())


def test_suggest_without_any_zone_says_how_to_give_one(run, page, tmp_path):
    status, _, err = run("deadlines", "suggest", page, at=tmp_path)
    assert status == 1
    assert "--zone" in err


def test_finds_are_listed_confirmed_and_rejected(run, workspace):
    for language in ("en", "fr"):
        path = workspace / f"articles/{SLUG}/{language}.md"
        path.write_text(
            path.read_text(encoding="utf-8") + "\n5 May 2096, 12:00. 6 May 2096, 12:00.\n", encoding="utf-8"
        )
    listed = json.loads(run("deadlines", "finds", SLUG, "--json")[1])["finds"]
    assert len(listed) == 4
    first = next(one for one in listed if one["local"] == "2096-05-05T12:00")
    words = ("--id", "late-call", "--audience", "erasmus-interested", "--json")
    status, out, err = run("deadlines", "confirm", SLUG, first["find"], *words)
    assert (status, err) == (0, "")
    assert json.loads(out)["deadline"] == f"{SLUG}/late-call"
    assert run("articles", "check")[0] == 0
    for other in json.loads(run("deadlines", "finds", SLUG, "--json")[1])["finds"]:
        assert other["local"] == "2096-05-06T12:00"
        assert run("deadlines", "reject", SLUG, other["find"])[0] == 0
    assert run("deadlines", "finds", SLUG)[1].startswith("No finds")
    assert run("deadlines", "reject", SLUG, first["find"])[0] == 1
