"""A disk that is full in the middle of sending: the worker says so, sends nothing that it could not note, and goes on later."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager

import pytest
from engine_house import poll
from storm import CONNECTIONS, storm_in

pytestmark = pytest.mark.crash

COUNT = 300


@contextmanager
def _small_disk(place, size):
    """A file system of its own at `place`; needs root."""
    place.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        reason = "a small disk cannot be mounted (needs root)"
        if os.environ.get("NEWSLETTER_TEST_REQUIRE_ALL"):
            pytest.fail(reason)
        pytest.skip(reason)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _fill(path):
    """Take what room there is."""
    with path.open("ab", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            return


@pytest.mark.parametrize(("part", "size"), [("var", "6m"), ("var/journal", "64k")], ids=["all", "journal"])
def test_a_full_disk_loses_nobody_and_mails_nobody_twice(workspace, monkeypatch, part, size):
    monkeypatch.setenv("NEWSLETTER_SECRET", "a key for tests")
    place = workspace / part
    with (
        _small_disk(place, size),
        storm_in(
            workspace,
            f"full disk, {part}",
            kind="local",
            workers=1,
            database="sqlite:///var/newsletter.sqlite",
            count=COUNT,
        ) as storm,
    ):
        storm.begin()
        storm.wait_taken(COUNT // 4)

        def told():
            _fill(place / "ballast")
            logs = storm.house.logs()
            return "No space left" in logs or "is full" in logs

        poll(told, storm.house.logs)
        (place / "ballast").unlink()
        verdict = storm.finish()
    # What was on the wire when neither the journal nor the ledger could take its answer.
    verdict.hold(most_unsure=CONNECTIONS)
