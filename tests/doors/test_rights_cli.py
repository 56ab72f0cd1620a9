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


def test_people_who_were_told_come_in_by_a_basis_and_are_asked_by_a_re_permission_campaign(
    run, run_json, workspace
):
    people = workspace / "contacts.csv"
    told = "We write to you about grants; you may object at any time."
    people.write_text(
        f"email,topics,consent_source,consent_date,consent_wording\n{ADA},erasmus,letter,2021-01-05,{told}\n",
        encoding="utf-8",
    )
    imported = run_json("subscribers", "import", str(people), "--basis", "legitimate-interest")
    assert imported["counts"]["new"] == 1
    (person,) = run_json("subscribers", "list")["people"]
    assert person["standing"] == "informed"
    draft = run_json("campaigns", "re-permission", "erasmus-interested")
    assert (draft["state"], draft["basis"], draft["would_get_it"]) == ("draft", "legitimate-interest", 1)
    assert draft["campaign"].startswith("stay-erasmus-interested-")
    status, printed, _ = run("campaigns", "re-permission", "erasmus-interested")
    assert status == 0
    assert "It would ask 1 person; who has not answered 30 days after is set aside." in " ".join(
        printed.split()
    )
    assert run_json("campaigns", "check", draft["campaign"])["errors"] == 0
    assert run_json("subscribers", "retention") == {"inactive_months": 0, "to_ask": 0, "to_set_aside": 0}
    assert "to be set aside" in run("subscribers", "retention")[1]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("campaigns", "re-permission", "nobody"), "There is no segment 'nobody'"),
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
