"""Officers confirm or reject what was found; only what is confirmed has reminders."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.core.refusal import ContentRefused, Level
from newsletter.flows.deadlines import all_deadlines, sync_deadlines
from newsletter.flows.finds import Confirmation, confirm_find, find_advice, open_finds, reject_one
from newsletter.flows.workspace import check_articles

SLUG = "sse-global-action"
NOW = datetime(2021, 9, 17, 6, 0, tzinfo=UTC)
AUDIENCE = "erasmus-interested"


@pytest.fixture
def called(workspace, office):
    """An office in which an article without deadlines names one in its text."""
    for language, words in {
        "en": "Apply by 5 November at 17:00.",
        "fr": "Candidatez avant le 5 novembre à 17 h.",
    }.items():
        path = workspace / f"articles/{SLUG}/{language}.md"
        path.write_text(path.read_text(encoding="utf-8") + f"\n{words}\n", encoding="utf-8")
    return office


def the_find(office, quote="5 November at 17:00"):
    return next(found for found in open_finds(office, SLUG) if found.find.quote == quote)


def test_what_the_front_matter_names_is_no_open_find(office):
    assert open_finds(office, "erasmus-accreditation") == []
    assert open_finds(office, "working-across-borders") == []


def test_a_find_knows_its_line_in_the_file(called, workspace):
    found = the_find(called)
    lines = (workspace / found.path).read_text(encoding="utf-8").splitlines()
    assert found.find.quote in lines[found.find.line - 1]


def test_nothing_is_planned_from_a_find(called):
    sync_deadlines(called, NOW)
    assert all(key.split("/")[0] != SLUG for key in all_deadlines(called))


def test_a_confirmed_find_is_a_deadline_in_every_language(called, workspace):
    before = {
        language: (workspace / f"articles/{SLUG}/{language}.md").read_text(encoding="utf-8")
        for language in ("en", "fr")
    }
    entry = confirm_find(
        called, SLUG, the_find(called).id, Confirmation("call", AUDIENCE, label='The "call": 1'), NOW
    )
    assert (entry.at, entry.zone) == (datetime.fromisoformat("2021-11-05T17:00"), "Europe/Brussels")
    assert all_deadlines(called)[f"{SLUG}/call"].at == entry.at
    assert [found.find.kind for found in open_finds(called, SLUG)] == ["event", "event"]
    assert not [one for one in check_articles(called, (SLUG,)) if one.level is Level.ERROR]
    for language, text in before.items():
        after = (workspace / f"articles/{SLUG}/{language}.md").read_text(encoding="utf-8")
        assert [line for line in after.splitlines() if line in text.splitlines()] == text.splitlines()


def test_a_second_deadline_goes_behind_the_first(office, workspace):
    path = workspace / "articles/erasmus-accreditation/en.md"
    path.write_text(path.read_text(encoding="utf-8") + "\nSend by 2 December.\n", encoding="utf-8")
    [found] = open_finds(office, "erasmus-accreditation")
    confirm_find(office, "erasmus-accreditation", found.id, Confirmation("second", AUDIENCE), NOW)
    texts = office.library.articles()[0]["erasmus-accreditation"].texts
    for text in texts.values():
        assert [entry.id for entry in text.deadlines] == ["accreditation", "second"]
        assert text.deadlines[1].at == datetime.fromisoformat("2021-12-02T23:59")
        assert text.deadlines[1].text.label == text.title


def test_a_rejected_find_stays_away_when_the_text_around_it_changes(called, workspace):
    reject_one(called, SLUG, the_find(called).id, NOW)
    path = workspace / f"articles/{SLUG}/en.md"
    path.write_text(
        path.read_text(encoding="utf-8").replace("Apply by", "A new line.\n\nApply by"), encoding="utf-8"
    )
    assert "5 November at 17:00" not in [found.find.quote for found in open_finds(called, SLUG)]
    path.write_text(
        path.read_text(encoding="utf-8").replace("5 November at 17:00", "5 November at 18:00"),
        encoding="utf-8",
    )
    assert the_find(called, "5 November at 18:00")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Confirmation("No Name", AUDIENCE), "cannot be used as a name"),
        (Confirmation("call", "nobody"), "no segment 'nobody'"),
        (Confirmation("call", AUDIENCE, zone="Mars/Base"), "not the name of a time zone"),
        (Confirmation("call", AUDIENCE, at=datetime.fromisoformat("2020-01-01T12:00")), "has passed"),
        (Confirmation("call", AUDIENCE, url="ftp://example.org/"), "cannot be added here by itself"),
    ],
)
def test_a_confirmation_that_cannot_be_is_refused_and_changes_nothing(called, workspace, said, words):
    before = {path: path.read_bytes() for path in (workspace / "articles").rglob("*.md")}
    with pytest.raises(ContentRefused, match=words):
        confirm_find(called, SLUG, the_find(called).id, said, NOW)
    assert {path: path.read_bytes() for path in (workspace / "articles").rglob("*.md")} == before


def test_a_day_that_does_not_exist_needs_a_time_from_somebody(called, workspace):
    path = workspace / f"articles/{SLUG}/en.md"
    path.write_text(path.read_text(encoding="utf-8") + "\nThe deadline is 31 November.\n", encoding="utf-8")
    found = the_find(called, "31 November")
    with pytest.raises(ContentRefused, match="names no day that exists"):
        confirm_find(called, SLUG, found.id, Confirmation("call", AUDIENCE), NOW)
    said = Confirmation("call", AUDIENCE, at=datetime.fromisoformat("2021-11-30T12:00"))
    assert confirm_find(called, SLUG, found.id, said, NOW).at == said.at


def test_an_unknown_find_or_article_is_refused_with_those_there_are(called):
    with pytest.raises(ContentRefused, match="5 November at 17:00"):
        reject_one(called, SLUG, "ffffffffff", NOW)
    with pytest.raises(ContentRefused, match="no article 'nowhere'"):
        open_finds(called, "nowhere")


def test_a_deadline_still_to_come_is_advised_and_one_gone_by_is_not(called):
    assert [one.level for one in find_advice(called, (SLUG,), NOW)] == [Level.WARNING, Level.WARNING]
    assert find_advice(called, (SLUG,), datetime(2022, 1, 1, tzinfo=UTC)) == []
