"""The command line in this process, and the readers' pages of an office in which the sample people got their mail."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from newsletter.cli.main import main
from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.import_people import import_people
from newsletter.public.app import create_public_app

NOW = datetime(2021, 10, 12, 7, 2, tzinfo=UTC)


@pytest.fixture
def run(workspace, monkeypatch, capsys):
    """Run the command in this process, in the test's workspace; gives status, standard output, standard error."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["newsletter", "--workspace", str(workspace), *words])
        capsys.readouterr()
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = ended.code or 0
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return command


@pytest.fixture
def people(office, clock, workspace):
    clock.now = NOW - timedelta(days=30)
    import_people(office, workspace / "subscribers" / "sample.csv", clock())
    sync_deadlines(office, clock())
    clock.now = NOW
    return office


@pytest.fixture
def site(people):
    with TestClient(
        create_public_app(people), raise_server_exceptions=False, follow_redirects=False
    ) as client:
        yield client
