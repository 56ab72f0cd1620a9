"""The readers' pages of an office in which the sample people got their mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.import_people import import_people
from newsletter.public.app import create_public_app

NOW = datetime(2021, 10, 12, 7, 2, tzinfo=UTC)


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
