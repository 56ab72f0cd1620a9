"""Entries for calendars and addresses of feeds, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.core.calendar import CalendarEntry
from newsletter.core.deadline import Deadline, DeadlineMark
from newsletter.store import calendars as rows
from newsletter.store.deadlines import add_deadline
from newsletter.store.people import PersonRow, add_person, clear_deadline_marks, mark_deadline

NOW = datetime(2021, 9, 15, 6, tzinfo=UTC)
CALL = CalendarEntry(
    "a/call",
    "news.example.org",
    "Call; “closes”, é😀",
    NOW + timedelta(days=40),
    "hello@example.org",
    language="en",
)


def row(entry=CALL, topics=("erasmus",), days=60):
    return rows.CalendarRow(entry, topics, "digest", NOW, NOW + timedelta(days=days), f"BEGIN {entry.key}")


@pytest.fixture
def ada(database):
    with database.write() as connection:
        return add_person(
            connection,
            PersonRow("ada@example.org", "ada@example.org", "hash", "Ada", "en", "", "", NOW, "form"),
        )


def test_an_entry_is_kept_as_it_was_and_overwritten_whole(database):
    with database.write() as connection:
        rows.save_entries(connection, [])
        rows.save_entries(connection, [row(), row(replace(CALL, language="de"))])
        rows.forget_languages(connection, ["en"])
        assert rows.find_entry(connection, "a/call", "en") == row()
        assert rows.find_entry(connection, "a/call", "fr") is None
        moved = row(replace(CALL, sequence=1, cancelled=True, end=NOW + timedelta(days=41)), ("events", "x"))
        rows.save_entries(connection, [moved])
        assert rows.find_entry(connection, "a/call", "en") == moved
        assert rows.known_entries(connection) == {("a/call", "en"): rows.Known("digest", 1, cancelled=True)}


def test_a_feed_shows_its_language_and_topics_until_they_are_too_old(database):
    entries = [
        row(replace(CALL, key="b/late", start=NOW + timedelta(days=50))),
        row(replace(CALL, key="c/soon", start=NOW + timedelta(days=2)), ("events", "erasmus"), days=30),
        row(replace(CALL, key="d/other"), ("events",)),
        row(replace(CALL, key="e/none"), ()),
        row(replace(CALL, key="b/late", language="fr")),
    ]
    with database.write() as connection:
        rows.save_entries(connection, entries)

        def shown(topics, days=0):
            found = rows.shown_entries(connection, "en", NOW + timedelta(days=days), topics)
            return [each.key for each in found]

        assert shown({"erasmus"}) == ["c/soon", "b/late"]
        assert shown({"erasmus"}, days=30) == ["b/late"]
        assert shown([]) == []
        assert shown(None) == ["c/soon", "d/other", "e/none", "b/late"]
        rows.forget_languages(connection, ["fr"])
        assert shown(None) == []
        assert rows.find_entry(connection, "b/late", "fr") is not None


def test_an_address_is_made_anew_once_for_each_time_it_was_seen(database, ada):
    with database.write() as connection:
        assert rows.address_edition(connection, ada) == 0
        assert rows.renew_address(connection, ada, 0, NOW)
        assert not rows.renew_address(connection, ada, 0, NOW)
        assert rows.address_edition(connection, ada) == 1
        assert rows.renew_address(connection, ada, 1, NOW)
        assert rows.address_edition(connection, ada) == 2


def test_deadlines_whose_reminders_a_person_has_ended(database, ada):
    with database.write() as connection:
        for name, mark in (("call", DeadlineMark.APPLIED), ("form", DeadlineMark.STOPPED), ("else", None)):
            at = datetime(2021, 10, 19, 12)  # noqa: DTZ001 - wall-clock time
            add_deadline(
                connection,
                Deadline(f"a/{name}", at, "Europe/Brussels", "", "all", (7,), planned_at=NOW),
            )
            if mark:
                mark_deadline(connection, f"a/{name}", ada, mark, NOW)
        assert rows.ended_deadlines(connection, ada) == {"a/call", "a/form"}
        clear_deadline_marks(connection, "a/call", ada)
        assert rows.ended_deadlines(connection, ada) == {"a/form"}
        assert rows.ended_deadlines(connection, ada + 1) == set()
