"""`newsletter plan`, `simulate` and the inbox of what was missed, as scripts and people use them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from email import message_from_bytes

import pytest
from sqlalchemy import select

from newsletter.flows.simulate import overrides_for
from newsletter.flows.simulated_clock import SimulatedClock
from newsletter.flows.tick import launch_due
from newsletter.store.tables import metadata
from newsletter.wiring import open_office

ISSUE = "september-2021"
STEM = "erasmus-accreditation-accreditation"
TIME = ("--from", "2096-09-01", "--to", "2096-12-31")


@pytest.fixture
def peopled(workspace, run):
    """An office with people, deadlines that are still to come, and an issue that is scheduled."""
    changes = {"erasmus-accreditation": "2021-10-19T12:00", "kitchen-partners": "2021-11-30T18:00"}
    for article, at in changes.items():
        for language in ("en", "fr"):
            path = workspace / "articles" / article / f"{language}.md"
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(f"at: {at}", f"at: 2096{at[4:]}"), encoding="utf-8")
    run("subscribers", "import", str(workspace / "subscribers/sample.csv"))
    for words in (("create", ISSUE), ("approve", ISSUE), ("schedule", ISSUE, "--at", "2096-09-16T09:30")):
        assert run("campaigns", *words)[0] == 0
    run("deadlines", "sync")
    return workspace


def _dump(workspace):
    office = open_office(workspace)
    with office.database.read() as connection:
        found = {
            t.name: sorted(map(repr, connection.execute(select(t)).all())) for t in metadata.sorted_tables
        }
    office.database.close()
    return found


def _files(workspace):
    kept = (path for path in workspace.rglob("*") if path.is_file() and "newsletter.sqlite" not in path.name)
    return {path: path.read_bytes() for path in kept if "simulated" not in path.parts}


def test_the_plan_comes_true_in_the_simulation_and_the_office_is_unchanged(peopled, run, tmp_path):
    status, out, _ = run("plan", *TIME, "--json")
    plan = json.loads(out)["plan"]
    assert status == 0
    assert len(plan) == 7
    before, files = _dump(peopled), _files(peopled)
    folder = tmp_path / "simulated"
    status, out, err = run("simulate", *TIME, "--into", str(folder), "--json")
    told = json.loads(out)
    assert (status, err, told["troubles"]) == (0, "", [])
    assert _dump(peopled) == before
    assert _files(peopled) == files
    same = (
        "at",
        "utc",
        "local",
        "zone",
        "kind",
        "campaign",
        "segment",
        "counts",
        "withheld",
        "deadline",
        "rung",
    )
    assert [{key: one[key] for key in same} for one in told["timeline"]] == [
        {key: one[key] for key in same} for one in plan
    ]
    mails = [message_from_bytes(path.read_bytes()) for path in (folder / "outbox" / "new").iterdir()]
    assert len(mails) == told["messages"] == sum(one["sent"] for one in told["timeline"]) > 500
    assert {mail["X-Campaign"] for mail in mails} == {one["campaign"] for one in plan}
    assert sorted(path.name for path in folder.iterdir()) == [".simulation", "outbox"]
    assert run("simulate", "--into", str(folder))[:2] == (
        0,
        f"Nothing happens in this time.\n0 mails lie in {folder}/outbox\n",
    )


def test_a_line_of_the_plan_has_what_a_script_needs(peopled, run):
    plan = json.loads(run("plan", *TIME, "--json")[1])["plan"]
    line = next(one for one in plan if one["campaign"] == f"{STEM}-reminder-7")
    assert line == {
        "at": "2096-10-12T07:00:00+00:00",
        "utc": "2096-10-12T07:00:00+00:00",
        "local": "2096-10-12T09:00",
        "zone": "Europe/Brussels",
        "kind": "reminder",
        "campaign": f"{STEM}-reminder-7",
        "segment": "erasmus-interested",
        "exclude": [],
        "recipients": 101,
        "counts": {"en": 47, "fr": 54},
        "withheld": {"not_confirmed": 4, "suppressed": 4, "unsubscribed": 1},
        "deadline": "erasmus-accreditation/accreditation",
        "rung": 7,
        "each_reader": False,
        "moved": "",
        "opens": None,
        "waits": None,
        "waves": [],
    }


def test_a_zone_of_ones_own_moves_the_period(peopled, run):
    hour = ("--from", "2096-10-12T03:00", "--to", "2096-10-12T04:00")
    assert len(json.loads(run("plan", *hour, "--zone", "America/New_York", "--json")[1])["plan"]) == 1
    assert json.loads(run("plan", *hour, "--json")[1])["plan"] == []


@pytest.mark.parametrize("command", [("plan",), ("simulate", "--into", "var/simulated")])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "2096-12-31", "--to", "2096-09-01"), "is not after"),
        (("--from", "2096-12-31", "--to", "2096-12-31"), "is not after"),
        (("--zone", "Europe/Bruxelles"), "is not the name of a time zone"),
        (("--from", "2096-02-30"), "is not a date"),
        (("--to", "2001-01-01"), "is not after"),
    ],
)
def test_a_period_that_is_none_is_refused(workspace, run, command, words, told):
    status, out, err = run(*command, *words, "--json")
    assert (status, out) == (1, "")
    assert told in err
    assert not (workspace / "var" / "simulated").exists()


def test_the_simulation_does_not_play_in_somebody_elses_folder(workspace, run):
    (workspace / "mine").mkdir()
    (workspace / "mine" / "letter.txt").write_text("mine", encoding="utf-8")
    status, out, err = run("simulate", "--into", "mine")
    assert (status, out) == (1, "")
    assert "is not empty, and no simulation has played there" in err
    assert os.listdir(workspace / "mine") == ["letter.txt"]  # noqa: PTH208 - the same


def test_no_way_out_of_the_office_is_left_in_the_simulation(workspace, tmp_path):
    config = workspace / "config.yaml"
    text = config.read_text(encoding="utf-8")
    smtp = "transport:\n  kind: smtp\n  host: mail.example.org\n  #"
    config.write_text(text.replace("transport:\n  kind: folder\n  path", smtp), encoding="utf-8")
    office = open_office(workspace)
    forced = overrides_for(office, tmp_path)
    office.database.close()
    assert (forced["transport"].kind, forced["dkim"]) == ("folder", ())
    assert forced["transport"].path == tmp_path / "outbox"
    assert forced["secret"] != office.secret.decode()


def test_missed_mails_are_listed_sent_and_skipped_by_the_command_line(peopled, run):
    clock = SimulatedClock(datetime(2096, 9, 20, 12, tzinfo=UTC))
    office = open_office(peopled, clock)
    launched, refused = launch_due(office, clock.now)
    office.database.close()
    assert [(one.campaign.name, one.state) for one in launched] == [
        (ISSUE, "missed"),
        (f"{STEM}-reminder-30", "missed"),
    ]
    assert refused == []
    told = json.loads(run("campaigns", "missed", "--json")[1])["missed"]
    assert [one["campaign"] for one in told] == [ISSUE, f"{STEM}-reminder-30"]
    assert sum(told[0]["would_get_it"].values()) > 100
    assert f"campaigns send-now {ISSUE}" in run("campaigns", "missed")[1]
    assert f"campaigns send-now {ISSUE}" in run("doctor")[1].replace("\n", " ")
    sent = json.loads(run("campaigns", "send-now", ISSUE, "--by", "Ada", "--json")[1])
    assert (sent["state"], sent["rows"] > 100) == ("sending", True)
    status, _, err = run("campaigns", "send-now", ISSUE)
    assert (status, f"Campaign '{ISSUE}' is sending: nobody is asked about it" in err) == (1, True)
    skipped = json.loads(run("campaigns", "skip", f"{STEM}-reminder-30", "--json")[1])
    assert skipped == {"skipped": [f"{STEM}-reminder-30"]}
    assert json.loads(run("campaigns", "missed", "--json")[1]) == {"missed": []}
    assert run("campaigns", "missed")[:2] == (0, "Nothing was missed.\n")


def test_what_was_not_missed_is_refused(run):
    assert "There is no campaign 'none'" in run("campaigns", "send-now", "none")[2]
    run("campaigns", "create", ISSUE)
    status, out, err = run("campaigns", "skip", ISSUE, "--json")
    assert (status, out) == (1, "")
    assert "is draft: nobody is asked about it" in err
    assert run("campaigns", "send-now")[0] == run("campaigns", "skip")[0] == 2
