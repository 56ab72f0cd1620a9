"""What the command line says of hours, waves and windows."""

from __future__ import annotations

import json
import sys
from contextlib import suppress

import pytest
import structlog

from newsletter.cli.main import main

ISSUE = "september-2021"


@pytest.fixture
def run(workspace, monkeypatch, capsys):
    def command(*words):
        monkeypatch.setattr(sys, "argv", ["newsletter", "--workspace", str(workspace), *words])
        capsys.readouterr()
        with suppress(SystemExit):
            main()
        return capsys.readouterr().out

    yield command
    structlog.reset_defaults()


@pytest.fixture
def with_keys(workspace):
    def change(*keys):
        file = workspace / f"articles/{ISSUE}.issue.yaml"
        text = file.read_text(encoding="utf-8").replace("zone: Europe/Brussels", "")
        file.write_text("\n".join([text, *keys, ""]), encoding="utf-8")

    return change


@pytest.fixture
def scheduled(workspace, run):
    def go():
        for language in ("en", "fr"):
            for slug, day in (("erasmus-accreditation", "10-19"), ("kitchen-partners", "11-30")):
                file = workspace / f"articles/{slug}/{language}.md"
                text = file.read_text(encoding="utf-8").replace(f"at: 2021-{day}", f"at: 2096-{day}")
                file.write_text(text, encoding="utf-8")
        run("subscribers", "import", str(workspace / "subscribers/sample.csv"))
        run("campaigns", "create", ISSUE)
        run("campaigns", "approve", ISSUE)
        return run("campaigns", "schedule", ISSUE, "--at", "2096-09-16T09:30")

    return go


def test_each_readers_hour_is_told_as_waves(run, with_keys, scheduled):
    with_keys("zone: reader")
    said = " ".join(scheduled().split())
    assert "Sun 2096-09-16 09:30 in each reader's time zone:" in said
    shown = json.loads(run("campaigns", "show", ISSUE, "--json"))
    assert shown["each_reader"]
    assert sum(wave["recipients"] for wave in shown["waves"]) == sum(shown["would_get_it"].values())
    plan = json.loads(run("plan", "--from", "2096-09-14", "--to", "2096-09-18", "--json"))["plan"]
    (line,) = [line for line in plan if line["campaign"] == ISSUE]
    assert line["waves"] == shown["waves"]
    table = " ".join(run("plan", "--from", "2096-09-14", "--to", "2096-09-18").split())
    assert "waves, first" in table


def test_a_window_that_is_closed_then_is_told(run, with_keys, scheduled):
    with_keys("window: 10:00-18:00", "days: weekdays")
    said = " ".join(scheduled().split())
    assert "It waits for its window until Mon 2096-09-17 10:00 Europe/Brussels." in said
    assert "10:00-18:00, weekdays" in run("campaigns", "show", ISSUE)
