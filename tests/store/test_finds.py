"""Rejected finds are remembered, once each."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter.store.finds import reject_find, rejected_digests

NOW = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)


def test_a_find_is_rejected_once_however_often_it_is_said(database):
    for _ in range(2):
        with database.write() as connection:
            reject_find(connection, "abc", "an-article", "en", "19 October", NOW)
    with database.read() as connection:
        assert rejected_digests(connection) == {"abc"}
