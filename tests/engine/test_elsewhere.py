"""A machine with nothing but the address of the database and the secrets hands over mails like any other."""

from __future__ import annotations

import subprocess
import sys

import pytest
from engine_house import PEOPLE

from newsletter.core.refusal import ConfigurationRefused
from newsletter.flows.elsewhere import publish_workspace
from newsletter.store.worker_files import read_files
from newsletter.wiring import borrow_workspace, open_office
from newsletter.worker import keep_to_the_secret

DATABASE = "NEWSLETTER_DATABASE"


@pytest.fixture
def published(machines):
    """An office that has shown workers what they need."""
    assert publish_workspace(machines, machines.clock())
    assert not publish_workspace(machines, machines.clock())
    return machines


def test_a_worker_in_an_empty_folder_does_its_share(lay_house, tmp_path, monkeypatch):
    elsewhere = tmp_path / "another-machine"
    elsewhere.mkdir()
    with lay_house("procrastinate", 1, "postgresql") as house:
        with house.office() as office:
            monkeypatch.setenv(DATABASE, office.settings.database)
            publish_workspace(office, office.clock())
        house.start("scheduler")
        house.schedule()
        with (house.workspace / "elsewhere.log").open("wb") as log:
            command = [sys.executable, "-m", "newsletter", "worker"]
            house.processes.append(subprocess.Popen(command, cwd=elsewhere, stdout=log, stderr=log))
        house.wait_settled()
        assert house.sink.deliveries == dict.fromkeys(PEOPLE, 1)
    assert sorted(path.name for path in (elsewhere / "subscribers").iterdir()) == [
        "fields.yaml",
        "segments.yaml",
    ]
    assert (elsewhere / "config.yaml").stat().st_mode & 0o077 == 0


def test_what_is_published_holds_no_secret(published, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_TRANSPORT__PASSWORD", "open sesame")
    with published.database.read() as connection:
        files = read_files(connection)
    assert {"config.yaml", "subscribers/fields.yaml", "templates/locale/fr.po"} <= files.keys()
    assert not any(word in text for text in files.values() for word in ("a key for tests", "open sesame"))


def test_a_borrowed_workspace_is_laid_out_anew_and_one_of_your_own_is_left_alone(published, tmp_path):
    borrow_workspace(tmp_path)
    first = (tmp_path / "config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(f"{first}# stale\n", encoding="utf-8")
    borrow_workspace(tmp_path)
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == first
    own = (published.library.workspace / "config.yaml").read_text(encoding="utf-8")
    borrow_workspace(published.library.workspace)
    assert (published.library.workspace / "config.yaml").read_text(encoding="utf-8") == own


def test_before_a_scheduler_has_run_a_worker_elsewhere_says_so(machines, tmp_path):
    with pytest.raises(ConfigurationRefused, match="says nothing about a workspace"):
        borrow_workspace(tmp_path)
    assert not (tmp_path / "config.yaml").exists()
    assert machines.database.kind == "postgresql"


def test_a_worker_without_a_workspace_needs_postgresql(tmp_path, monkeypatch):
    monkeypatch.setenv(DATABASE, "sqlite:///var/newsletter.sqlite")
    with pytest.raises(ConfigurationRefused, match="needs a PostgreSQL database"):
        borrow_workspace(tmp_path)


def test_a_worker_with_another_secret_is_refused(published, monkeypatch):
    keep_to_the_secret(published)
    monkeypatch.setenv("NEWSLETTER_SECRET", "another key")
    other = open_office(published.library.workspace)
    try:
        with pytest.raises(ConfigurationRefused, match="not the one that the scheduler has"):
            keep_to_the_secret(other)
    finally:
        other.database.close()
