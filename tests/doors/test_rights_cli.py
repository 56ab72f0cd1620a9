"""Rights on the command line: from the request to the erasure, with an answer a script can read at each step."""

from __future__ import annotations

import json
import zipfile

import pytest

ADA = "ada@example.org"


@pytest.fixture
def run_json(run):
    def command(*words, status=0):
        ended, printed, complaint = run(*words, "--json")
        assert ended == status, complaint
        return json.loads(printed)

    return command


def test_a_request_is_noted_answered_and_closed(run, run_json, workspace, tmp_path):
    people = workspace / "people.csv"
    people.write_text(
        f"email,consent_source,consent_date,consent_wording\n{ADA},form,2021-01-05,Yes\n", encoding="utf-8"
    )
    run_json("subscribers", "import", str(people))
    noted = run_json("requests", "add", "access", ADA, "--received", "2021-01-31")
    assert noted["due"] == "2021-02-28"
    status, printed, _ = run("doctor")
    assert status == 1
    assert "must be answered by 2021-02-28" in printed
    made = run_json("subscribers", "person-file", ADA, "--out", str(tmp_path / "ada.zip"))
    assert made["records"]["consents"] == 1
    with zipfile.ZipFile(tmp_path / "ada.zip") as archive:
        assert archive.testzip() is None
    assert run_json("requests", "list") == {"requests": []}
    assert run_json("subscribers", "proof", ADA, "--out", str(tmp_path / "proof.zip"))["sha256"].keys() == {
        "index.html",
        "data.json",
    }
    assert run_json("subscribers", "rectify", ADA, "ada@example.net")["address"] == "ada@example.net"
    forgotten = run_json("subscribers", "forget", "ada@example.net")
    assert forgotten["erased"]
    closed = run_json("requests", "list", "--all")["requests"]
    assert [(one["kind"], one["address"]) for one in closed] == [("access", None), ("erasure", None)]
    assert run_json("subscribers", "list")["people"] == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("subscribers", "forget", "nobody@example.org"), "Nobody here has the address"),
        (("subscribers", "forget", "no address"), "no address"),
        (("requests", "add", "access", ADA, "--received", "2021-02-30"), "is no day"),
        (("requests", "add", "access", ADA, "--received", "2999-01-01"), "has not come yet"),
        (("requests", "close", "7"), "There is no request 7"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(run, words, complaint):
    status, printed, said = run(*words)
    assert status == 1
    assert complaint in said
    assert not printed
    assert run("requests", "list", "--all", "--json")[1].split() == ["{", '"requests":', "[]", "}"]
