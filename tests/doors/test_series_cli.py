"""`newsletter series` as scripts and officers use it."""

from __future__ import annotations

import json

import pytest

FILE = "articles/welcome.series.yaml"


@pytest.fixture
def approvable(workspace):
    """The sample series without articles whose deadlines have passed."""
    path = workspace / FILE
    text = path.read_text(encoding="utf-8")
    for slug in ("erasmus-accreditation", "kitchen-partners"):
        text = text.replace(f"      - {slug}\n", "")
    path.write_text(text, encoding="utf-8")
    return path


def documents(run, *words):
    status, out, _ = run(*words, "--json")
    return status, json.loads(out)


def test_the_starter_workspace_has_a_series_that_is_not_approved(run):
    status, found = documents(run, "series", "list")
    assert status == 0
    assert [(one["series"], one["state"], one["starts"]) for one in found["series"]] == [
        ("welcome", "not approved", "confirmed")
    ]
    assert documents(run, "plan") == (0, {"plan": []})
    assert "not approved" in run("series", "list")[1]


def test_from_approval_to_pause_and_back(run, approvable):
    assert documents(run, "series", "approve", "welcome")[1]["state"] == "running"
    assert documents(run, "series", "show", "welcome")[1]["approved_by"] == "officer"
    assert documents(run, "series", "pause", "welcome") == (0, {"series": "welcome", "state": "paused"})
    assert run("series", "pause", "welcome")[0] == 1
    assert documents(run, "series", "resume", "welcome") == (0, {"series": "welcome", "state": "running"})
    approvable.write_text(approvable.read_text(encoding="utf-8") + "\n# a thought\n", encoding="utf-8")
    status, out, _ = run("series", "show", "welcome")
    assert status == 0
    assert "not the one that was approved" in " ".join(out.split())
    assert run("series", "approve", "welcome")[0] == 0
    assert "rests" in run("series", "pause", "welcome")[1]
    assert "goes on" in run("series", "resume", "welcome")[1]


def test_a_preview_for_one_person(run, workspace):
    words = ("series", "preview", "welcome", "--moment", "2027-03-27T22:00", "--zone", "America/New_York")
    status, found = documents(run, *words, "--to", str(workspace / "out"))
    assert status == 0
    assert [(one["step"], one["local"], one["utc"]) for one in found["steps"]] == [
        ("welcome", "2027-03-28T09:00", "2027-03-28T13:00:00+00:00"),
        ("how-we-write", "2027-04-04T09:00", "2027-04-04T13:00:00+00:00"),
    ]
    assert len(found["files"]) == 8
    assert "how-we-write" in run(*words)[1]


def test_what_is_wrong_is_told_with_its_line_and_nothing_is_approved(run, workspace):
    path = workspace / FILE
    path.write_text(
        path.read_text(encoding="utf-8").replace("starts: confirmed", "starts: birthday"), encoding="utf-8"
    )
    status, out, err = run("series", "approve", "welcome")
    assert (status, out) == (1, "")
    assert f"{FILE}:4: starts: 'birthday' is no moment" in " ".join(err.split())
    status, found = documents(run, "series", "show", "welcome")
    assert (status, found["state"], found["problems"][0]["line"]) == (1, "not approved", 4)
    assert run("series", "show", "nobody")[0] == 1
    assert run("series", "resume", "welcome")[0] == 1
