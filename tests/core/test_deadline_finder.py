"""The finder of deadlines: a table of sentences, and what holds for every text."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, format_time
from deadline_corpus import PUBLISHED, ZONE, measure, sentences
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.deadline_finder.find import FindKind, Source
from newsletter.core.deadline_finder.finder import find_deadlines
from newsletter.core.deadline_finder.visible import visible
from newsletter.core.refusal import ContentRefused

PIECES = [
    *(
        "19 October",
        "1er décembre",
        "Sept 13th – 16th",
        "2027-02-29",
        "03/04/2027",
        "31/12",
        "mai",
        "May",
        "12:00 p.m.",
        "à midi",
    ),
    *(
        "minuit",
        "noon on",
        "Brussels time",
        "heure de Paris",
        "UTC+2",
        "AoE",
        "CET",
        "from",
        "to",
        "du",
        "au",
        "and",
        "et",
        "le",
    ),
    *(
        "by",
        "deadline",
        "since",
        "|",
        "\n",
        "\n\n",
        "- ",
        "# ",
        "*",
        "_",
        "`",
        "[",
        "](",
        ")",
        "(",
        ",",
        ".",
        ";",
        "99",
        "2026",
        "'27",
    ),
    *(
        "```\n",
        "---\n",
        "<!--",
        "-->",
        "~~",
        "&nbsp;",
        "\u00a0",
        "\u2019",
        "\ufeff",
        "\x00",
        "\u0301",
        "Friday",
        "mardi",
        "12h30",
        "25:61",
    ),
]
JUMBLE = st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join)
DAYS = st.dates(min_value=PUBLISHED, max_value=date(2199, 12, 31))
CLOCKS = st.times().map(lambda at: at.replace(second=0, microsecond=0)).filter(lambda at: at != time())


def only(text, published=PUBLISHED, zone=ZONE):
    [find] = find_deadlines(text, published, zone)
    return find


@pytest.mark.parametrize("name", ["corpus", "held_out"])
def test_whole_finds_are_right_in_the_sentences(name):
    precision, recall, wrong = measure(sentences(name))
    assert min(precision, recall) >= 0.95, wrong


def test_there_are_enough_sentences_and_half_of_them_have_no_find():
    rows = sentences("corpus")
    assert len(rows) >= 150
    assert 0.45 <= sum(not row.expected for row in rows) / len(rows) <= 0.55
    assert len(sentences("held_out")) == 60


@given(st.text() | JUMBLE, st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_no_text_is_too_strange_and_every_quote_is_where_it_is_said_to_be(text, published):
    for find in find_deadlines(text, published, ZONE):
        assert text[find.start : find.end] == find.quote
        assert text.split("\n")[find.line - 1][find.column - 1 :].startswith(find.quote.split("\n")[0])
        assert 0 <= find.confidence <= 1
        assert (find.utc is None) == (find.local is None)
        if isinstance(find.local, datetime):
            assert find.utc == find.local.replace(tzinfo=ZoneInfo(find.zone)).astimezone(UTC)
        if find.year_source is Source.PUBLISHED and find.moment is not None:
            assert find.moment.date() >= published


@given(st.text() | JUMBLE)
def test_what_is_seen_of_a_text_is_as_long_as_the_text(text):
    assert len(visible(text)) == len(text)


@given(DAYS, CLOCKS, st.sampled_from(["full", "long", "medium"]))
def test_what_cldr_writes_in_english_is_found(day, at, width):
    written = f"{format_date(day, width, 'en_GB')}, {format_time(at, 'short', locale='en_GB')}"
    find = only(f"The deadline is {written}, and not later.")
    assert (find.local, find.kind) == (datetime.combine(day, at), FindKind.DEADLINE)


@given(DAYS, CLOCKS, st.sampled_from(["full", "long", "medium"]))
def test_what_cldr_writes_in_french_is_found(day, at, width):
    written = f"{format_date(day, width, 'fr')} à {format_time(at, 'short', locale='fr')}"
    find = only(f"La date limite est le {written}, sans exception.")
    assert (find.local, find.kind) == (datetime.combine(day, at), FindKind.DEADLINE)


@given(DAYS.filter(lambda day: (day.month, day.day) != (2, 29)))
def test_a_year_is_never_guessed_to_be_past(day):
    find = only(f"Apply by {day.day} {format_date(day, 'MMMM', 'en_GB')} at 17:00.", published=day)
    assert find.local == datetime.combine(day, time(17))
    before = only(
        f"Apply by {day.day} {format_date(day, 'MMMM', 'en_GB')} at 17:00.", published=day + timedelta(days=1)
    )
    assert before.moment is None or before.moment.date() > day
    assert "no year in text" in before.needs


def test_front_matter_is_left_out_and_lines_count_from_its_beginning():
    text = "---\ntitle: Deadline 1 October 2026\n---\nText.\n\nThe deadline is **19 October 2026 at noon**.\n"
    find = only(text)
    assert (find.quote, find.line, find.column) == ("19 October 2026 at noon", 6, 19)


def test_a_deadline_is_kept_to_its_zone_and_told_in_utc():
    find = only("Deadline: 19 October 2021, 12:00 noon, Brussels time.", date(2021, 9, 14), "Europe/Lisbon")
    assert (find.zone, find.zone_source) == ("Europe/Brussels", Source.TEXT)
    assert find.utc == datetime(2021, 10, 19, 10, tzinfo=UTC)


def test_accents_may_be_written_apart_and_spaces_may_be_fixed():
    assert only("Date limite : le 12 fe\u0301vrier\u00a02027 a\u0300 12\u202fh.").quote.startswith(
        "12 fe\u0301vrier"
    )


def test_an_unknown_zone_is_refused():
    with pytest.raises(ContentRefused, match="not the name of a time zone"):
        find_deadlines("Deadline: 19 October 2026, 12:00", PUBLISHED, "Mars/Base")
