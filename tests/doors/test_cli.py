"""The command line as scripts use it: one document, an exit status, and a way out of every error."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from datetime import timedelta

import pytest

from newsletter import __version__
from newsletter.core.lane import held
from newsletter.store.lanes import locked_pace, set_pace
from newsletter.wiring import open_office

ISSUE = "september-2021"
KEY = "erasmus-accreditation/accreditation"
FUTURE = "2096-09-16T09:30"


@pytest.fixture
def peopled(workspace, run):
    """An office with people and a draft whose deadline is still to come."""
    for language in ("en", "fr"):
        _rewrite(
            workspace / f"articles/erasmus-accreditation/{language}.md",
            "at: 2021-10-19T12:00",
            "at: 2096-10-19T12:00",
        )
        _rewrite(
            workspace / f"articles/kitchen-partners/{language}.md",
            "at: 2021-11-30T18:00",
            "at: 2096-11-30T18:00",
        )
    run("subscribers", "import", str(workspace / "subscribers/sample.csv"))
    assert run("campaigns", "create", ISSUE)[0] == 0
    return workspace


def _rewrite(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _document(printed):
    status, out, _ = printed
    return status, json.loads(out)


REPORTS = [
    ("articles", "list"),
    ("articles", "show", "sse-global-action"),
    ("articles", "check"),
    ("campaigns", "list"),
    ("campaigns", "show", ISSUE),
    ("campaigns", "check", ISSUE),
    ("campaigns", "build", ISSUE),
    ("campaigns", "test", ISSUE, "--to", "ada@example.org"),
    ("campaigns", "report", ISSUE),
    ("segments", "list"),
    ("segments", "count"),
    ("segments", "count", "press", "--language", "fr"),
    ("segments", "explain", "press", "ada@example.org"),
    ("segments", "sample", "erasmus-interested", "--size", "2"),
    ("subscribers", "list", "--search", "ada", "--limit", "3"),
    ("subscribers", "show", "ada@example.org"),
    ("deadlines", "list"),
    ("deadlines", "show", KEY),
    ("deadlines", "preview", KEY),
    ("deliveries", "list"),
    ("suppressions", "list"),
    ("suppressions", "add", "ben@example.org"),
    ("suppressions", "remove", "ben@example.org"),
    ("db", "show"),
    ("db", "upgrade"),
    ("plan", "--from", "2096-09-01", "--to", "2096-12-31"),
    ("doctor",),
]


def test_every_report_is_one_document_for_scripts_and_words_for_people(peopled, run):
    run("deadlines", "list")
    for words in REPORTS:
        status, document = _document(run(*words, "--json"))
        assert isinstance(document, dict), words
        assert status == 0, words
        status, out, err = run(*words)
        assert (status, err) == (0, ""), words
        assert out.strip(), words
        with pytest.raises(json.JSONDecodeError):
            json.loads(out)


def test_the_steps_of_a_campaign_are_documents_too(peopled, run):
    campaigns = ("campaigns",)
    assert _document(run(*campaigns, "create", ISSUE, "--json"))[1]["state"] == "draft"
    assert set(_document(run(*campaigns, "approve", ISSUE, "--json"))[1]["editions"]) == {"en", "fr"}
    scheduled = _document(run(*campaigns, "schedule", ISSUE, "--at", FUTURE, "--json"))[1]
    assert scheduled["instant"] == "2096-09-16T07:30:00+00:00"
    assert _document(run(*campaigns, "reopen", ISSUE, "--json"))[1]["state"] == "draft"
    assert _document(run(*campaigns, "cancel", ISSUE, "--json"))[1] == {
        "campaign": ISSUE,
        "state": "cancelled",
        "withheld": 0,
    }


def test_the_plan_tells_the_reminders_with_zone_and_people(peopled, run):
    plan = _document(run("plan", "--from", "2096-09-01", "--to", "2096-10-19", "--json"))[1]["plan"]
    assert [(line["at"], line["zone"], line["kind"]) for line in plan] == [
        ("2096-09-19T07:00:00+00:00", "Europe/Brussels", "reminder"),
        ("2096-10-12T07:00:00+00:00", "Europe/Brussels", "reminder"),
        ("2096-10-18T07:00:00+00:00", "Europe/Brussels", "reminder"),
    ]
    # Forty years on nobody's pause is left.
    assert {line["recipients"] for line in plan} == {101}


def test_a_deadline_moves_by_the_command_line(peopled, run):
    run("deadlines", "list")
    moved = _document(run("deadlines", "move", KEY, "--at", "2096-10-27T12:00", "--json"))[1]
    assert moved["change"]["at"] == "2096-10-27T12:00"
    assert "at: 2096-10-27T12:00" in (peopled / "articles/erasmus-accreditation/fr.md").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("no-such-command",),
        ("campaigns", "show"),
        ("campaigns", "test", ISSUE),
        ("deliveries", "list", "--state", "lost"),
        ("deliveries", "send-again"),
        ("subscribers", "list", "--limit", "0"),
    ],
)
def test_wrong_usage_ends_with_2(run, words):
    status, _, err = run(*words)
    assert status == 2
    assert err or not words


@pytest.mark.parametrize(
    "words",
    [
        ("campaigns", "show", "none"),
        ("campaigns", "create", "none"),
        ("articles", "show", "none"),
        ("articles", "check", "none"),
        ("segments", "count", "none"),
        ("subscribers", "show", "nobody@example.org"),
        ("subscribers", "import", "none.csv"),
        ("deadlines", "show", "none/none"),
        ("plan", "--from", "yesterday"),
    ],
)
def test_what_is_refused_ends_with_1_and_says_why(run, words):
    status, out, err = run(*words)
    assert status == 1
    assert len((out + err).strip().splitlines()) in {1, 2}
    status, out, err = run(*words, "--json")
    assert status == 1
    assert not out or json.loads(out)


BAD = {
    "unknown config key": (
        ("config.yaml", "lateness:", "latenes:"),
        ("campaigns", "approve", ISSUE),
        "latenes: The key 'latenes' is not known here. Did you mean 'lateness'?",
    ),
    "bad YAML": (
        ("config.yaml", "languages: [en, fr]", "languages: [en, fr"),
        ("campaigns", "approve", ISSUE),
        "config.yaml:",
    ),
    "bad YAML in front matter": (
        ("articles/sse-global-action/en.md", "topics: [", "topics: [["),
        ("campaigns", "approve", ISSUE),
        "articles/sse-global-action/en.md:",
    ),
    "missing alt text": (
        ("articles/sse-global-action/en.md", "  alt:", "  # alt:"),
        ("campaigns", "approve", ISSUE),
        "articles/sse-global-action/en.md:",
    ),
    "unknown MJML tag": (
        ("templates/email/parts/footer.mjml.j2", "<mj-text", "<mj-txet"),
        ("campaigns", "approve", ISSUE),
        "templates/email/parts/footer.mjml.j2:",
    ),
    "undefined variable": (
        ("templates/email/parts/footer.mjml.j2", "{{ me.reason }}", "{{ me.treason }}"),
        ("campaigns", "approve", ISSUE),
        "templates/email/parts/footer.mjml.j2:",
    ),
    "segment with an unknown field": (
        ("subscribers/segments.yaml", "attribute: employees", "attribute: employes"),
        ("campaigns", "approve", ISSUE),
        "subscribers/segments.yaml:",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_a_paragraph_with_file_and_line_and_changes_nothing(peopled, run, case):
    (path, old, new), words, told = BAD[case]
    good = (peopled / path).read_text(encoding="utf-8")
    _rewrite(peopled / path, old, new)
    status, out, err = run(*words)
    assert (status, out) == (1, "")
    paragraphs = err.strip().splitlines()
    assert [line for line in paragraphs if told in line], err
    for line in paragraphs:
        assert line.partition(":")[2].lstrip()[:1].isdigit() or "rendered):" in line, line
        assert line.count(". ") >= 1, f"no way out: {line}"
    assert "Traceback" not in err
    (peopled / path).write_text(good, encoding="utf-8")
    assert _document(run("campaigns", "show", ISSUE, "--json"))[1]["state"] == "draft"


def test_a_row_without_an_address_is_rejected_with_its_line_and_the_rest_goes_in(workspace, run):
    path = workspace / "new.csv"
    head = "email,topics,consent_source,consent_date,consent_wording\n"
    path.write_text(
        head + "ada@example.org,erasmus,form,2021-01-05,Yes\n,erasmus,form,2021-01-05,Yes\n", encoding="utf-8"
    )
    status, out, err = run("subscribers", "import", str(path))
    assert (status, out) == (1, "1 invalid, 1 new\n")
    assert "new.csv:3: email: The row has no email. Write the address, or remove the row." in err
    assert (workspace / "new.rejects.csv").is_file()
    status, document = _document(run("subscribers", "import", str(path), "--json"))
    assert (status, document["counts"]) == (1, {"invalid": 1, "unchanged": 1})
    assert document["rejects"][0]["line"] == 3


def test_init_does_not_touch_a_workspace(workspace, run):
    config = workspace / "config.yaml"
    config.write_text("mine", encoding="utf-8")
    status, out, err = run("init", str(workspace))
    assert (status, out) == (1, "")
    assert "already has config.yaml" in err
    assert config.read_text(encoding="utf-8") == "mine"


def test_init_lays_out_a_workspace_that_checks_out(tmp_path, run):
    made = _document(run("init", str(tmp_path / "office"), "--json"))[1]["made"]
    assert {"config.yaml", "articles", "templates", "subscribers"} <= set(made)
    assert run("--workspace", str(tmp_path / "office"), "articles", "check")[0] == 0


def test_a_folder_that_is_no_workspace_is_refused(tmp_path, run):
    (tmp_path / "empty").mkdir()
    status, _, err = run("--workspace", str(tmp_path / "empty"), "campaigns", "list")
    assert status == 1
    assert "newsletter init" in err
    assert not list((tmp_path / "empty").iterdir())


def test_names_are_never_cut_in_tables(peopled, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    out = run("plan", "--from", "2096-09-01", "--to", "2096-10-01")[1]
    assert "…" not in out


def _process(*words, **environment):
    return subprocess.run(
        words, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_module_runs_and_says_its_version():
    done = _process(sys.executable, "-m", "newsletter", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{__version__}\n", "")


def test_a_refusal_in_a_real_process_is_on_standard_error_alone(workspace):
    shutil.rmtree(workspace / "subscribers")
    done = _process(
        sys.executable, "-m", "newsletter", "segments", "list", "--json", NEWSLETTER_WORKSPACE=str(workspace)
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "subscribers/fields.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demonstration_does_not_play_in_somebody_elses_folder(workspace, run):
    (workspace / "mine" / "images").mkdir(parents=True)
    status, out, err = run("demo", "--to", "mine")
    assert (status, out) == (1, "") or (status == 1 and "Six weeks" in out)
    assert "is not empty" in err
    assert (workspace / "mine" / "images").is_dir()


def test_a_port_that_is_taken_ends_with_1(workspace):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = _process(sys.executable, "-m", "newsletter", "-w", str(workspace), "serve", "--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Nobody can listen on 127.0.0.1:{port}: Address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_lanes_are_listed_and_one_that_is_held_is_released(run, workspace):
    _rewrite(
        workspace / "config.yaml", "  groups: {}  ", "  per_hour: 3600\n  groups: {google: {connections: 2}}"
    )
    office = open_office(workspace)
    until = office.clock() + timedelta(hours=1)
    with closing(office.database), office.database.write() as connection:
        set_pace(connection, "google", held(locked_pace(connection, "google"), until, "On a list."))
    status, printed, _ = run("lanes", "list", "--json")
    lanes = {lane["name"]: lane for lane in json.loads(printed)["lanes"]}
    assert (status, list(lanes)) == (0, ["*", "google", "others"])
    assert (lanes["*"]["per_hour"], lanes["google"]["connections"]) == (3600, 2)
    assert (lanes["google"]["held_until"], lanes["google"]["note"]) == (until.isoformat(), "On a list.")
    assert "3,600" in run("lanes", "list")[1]
    assert run("doctor")[0] == 0
    assert run("lanes", "release", "google")[:2] == (0, "Mail to google goes on at its full pace.\n")
    lane = json.loads(run("lanes", "release", "*", "--json")[1])["lane"]
    assert (lane["name"], lane["held_until"]) == ("*", None)


def test_a_lane_that_nobody_knows_is_refused_with_the_known_ones(run):
    status, _, told = run("lanes", "release", "gogle")
    assert status == 1
    assert "There is no lane 'gogle'. Lanes: *, others." in told
