"""Feeds: how quick they are, and the file that an office's own website hosts."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

import pytest
from calendar_reader import read_calendar

from newsletter.cli.main import main
from newsletter.core.calendar import CalendarEntry, calendar_event
from newsletter.core.consent import ConsentAction
from newsletter.core.refusal import ContentRefused
from newsletter.core.token import Purpose, Token, make_token
from newsletter.flows.calendar_feeds import own_feed, written_feed
from newsletter.flows.calendars import note_calendars
from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.workspace import read_articles, read_catalogues
from newsletter.store.calendars import CalendarRow, find_entry, known_entries, save_entries
from newsletter.store.people import PersonRow, add_person, record_consent

NOW = datetime(2021, 9, 15, 6, tzinfo=UTC)
KEY = "erasmus-accreditation/accreditation"
MANY = 1000
FASTEST_ASKED = 0.1  # seconds


@pytest.fixture
def many(office):
    """An office with very many deadlines, and the token of Ada's calendar."""
    told = "Closes Tuesday 19 October 2021, 12:00 noon, Brussels time\n- Check your organisation ID.\n" * 3
    entry = CalendarEntry(
        "x/y", "news.example.org", "A call", NOW, "hello@example.org", description=told, language="en"
    )
    text = calendar_event(entry, stamp=NOW)
    entries = []
    for number in range(MANY):
        one = replace(entry, key=f"call-{number}/end", start=NOW + timedelta(days=1, minutes=number))
        uid = text.replace("UID:x/y@", f"UID:{one.key}@")
        entries.append(CalendarRow(one, ("erasmus",), "", NOW, NOW + timedelta(days=99), uid))
    row = PersonRow(
        "ada@example.org", "ada@example.org", "hash", "Ada", "en", "", "", NOW, "form", ("erasmus",)
    )
    with office.database.write() as connection:
        save_entries(connection, entries)
        ada = add_person(connection, row)
        record_consent(connection, ada, ConsentAction.GRANTED, NOW, source="form")
    return make_token(office.secret, Token(Purpose.CALENDAR, 0, ada))


def test_a_feed_of_a_thousand_deadlines_takes_a_tenth_of_a_second_at_most(office, many):
    catalogues, taken = read_catalogues(office), []
    for _ in range(3):
        begun = process_time()
        feed = own_feed(office, many, catalogues, NOW)
        taken.append(process_time() - begun)
    assert feed.entries == MANY
    assert min(taken) < FASTEST_ASKED
    assert len(read_calendar(feed.content).of("VEVENT")) == MANY


def test_an_event_that_changes_in_one_language_gets_the_next_sequence_in_all(office, workspace):
    sync_deadlines(office, NOW)
    path = workspace / "articles" / "working-across-borders" / "fr.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("place: En ligne", "place: Liège"), encoding="utf-8")
    note_calendars(office, read_articles(office), NOW + timedelta(days=1))
    with office.database.read() as connection:
        for language, place in (("en", "Online"), ("fr", "Liège")):
            entry = find_entry(connection, "working-across-borders/event", language).entry
            assert (entry.sequence, entry.location) == (1, place)


def test_what_has_not_changed_is_not_written_again(office):
    sync_deadlines(office, NOW)
    with office.database.read() as connection:
        before = known_entries(connection), find_entry(connection, KEY, "fr")
    sync_deadlines(office, NOW + timedelta(days=1))
    with office.database.read() as connection:
        assert (known_entries(connection), find_entry(connection, KEY, "fr")) == before


def test_a_look_at_one_deadline_takes_no_other_out(office):
    sync_deadlines(office, NOW)
    note_calendars(office, {}, NOW, only=KEY)
    with office.database.read() as connection:
        called_off = {key for (key, _), known in known_entries(connection).items() if known.cancelled}
    assert called_off == {KEY}


def test_an_article_without_a_translation_is_told_in_the_words_that_there_are(office, workspace):
    (workspace / "articles" / "erasmus-accreditation" / "fr.md").unlink()
    sync_deadlines(office, NOW)
    with office.database.read() as connection:
        entry = find_entry(connection, KEY, "fr").entry
    assert entry.summary == "Erasmus+ accreditation 2021"
    assert entry.description.startswith("Clôture mardi 19")


def test_a_file_is_written_whole_or_not_at_all(office, workspace):
    sync_deadlines(office, NOW)
    feed = written_feed(office, "erasmus", "fr", Path("dates.ics"), NOW)
    assert (workspace / "dates.ics").read_bytes() == feed.content
    assert len(read_calendar(feed.content).of("VEVENT")) == feed.entries > 0
    with pytest.raises(ContentRefused, match="cannot be written"):
        written_feed(office, "", "", Path("no-folder/dates.ics"), NOW)
    assert [path.name for path in workspace.glob("*dates*")] == ["dates.ics"]


@pytest.mark.parametrize(
    ("topic", "language", "says"),
    [("sports", "en", "Known topics: erasmus"), ("", "de", "Known languages: en, fr")],
)
def test_an_unknown_topic_or_language_is_refused_with_those_there_are(office, topic, language, says):
    with pytest.raises(ContentRefused, match=says):
        written_feed(office, topic, language, None, NOW)


def test_the_command_prints_the_feed_or_one_document(workspace, monkeypatch, capfdbinary):
    for language in ("en", "fr"):
        path = workspace / "articles" / "erasmus-accreditation" / f"{language}.md"
        text = path.read_text(encoding="utf-8").replace("at: 2021-10-19T12:00", "at: 2096-10-19T12:00")
        path.write_text(text, encoding="utf-8")

    def run(*words):
        monkeypatch.setattr(
            sys, "argv", ["newsletter", "--workspace", str(workspace), "deadlines", "calendar", *words]
        )
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, capfdbinary.readouterr().out

    status, printed = run("--topic", "erasmus")
    assert status == 0
    assert [event.words("SUMMARY") for event in read_calendar(printed).of("VEVENT")] == [
        "Erasmus+ accreditation 2021"
    ]
    status, document = run("--topic", "erasmus", "--json")
    told = json.loads(document)
    assert (status, told["entries"], told["calendar"]) == (0, 1, printed.decode())
    status, document = run("--language", "fr", "--out", "dates.ics", "--json")
    assert json.loads(document)["file"] == "dates.ics"
    assert "Accréditation" in (workspace / "dates.ics").read_text(encoding="utf-8")
    assert run("--topic", "sports", "--json")[0] == 1
