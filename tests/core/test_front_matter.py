"""Front matter: everything wrong is told at once, with its line and the way out."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.core.article import Contact, Event, Fact, Image, Link
from newsletter.core.front_matter import parse_article
from newsletter.core.front_matter_edit import with_deadline_at
from newsletter.core.refusal import ContentRefused, Level

PATH = "articles/accreditation/en.md"
GOOD = """\
---
title: Accreditation opens
kicker: Mobility
summary: One application, then seven years.
language: en
published: 2021-09-14
topics: [erasmus]
image:
  src: images/lead.png
  alt: Seven arches in a row
  credit: © Ada
credits:
  - "Text: Ben"
contacts:
  - name: Projects office
    role: For partners
    email: projects@example.org
deadlines:
  - id: call
    label: Accreditation 2021
    at: 2021-10-19T12:00
    zone: Europe/Brussels
    url: https://example.org/call
    audience: erasmus-interested
    action: Open the call
    steps: [Check, Write, Submit]
    reminders:
      30:
        title: A month left
        steps: [Agree]
      1:
        opening: Tomorrow
event:
  at: 2021-11-04T09:30
  until: 2021-11-04T12:30
  zone: Europe/Brussels
  url: https://example.org/seat
facts:
  - label: Working in
    value: English
link:
  label: Write to us
  url: mailto:partners@example.org
---

The text.
"""


def read(source, path=PATH):
    return parse_article(source, path, "accreditation")


def problems_of(old, new):
    assert GOOD.count(old) == 1, "the replacement must be unambiguous"
    text, problems = read(GOOD.replace(old, new))
    return text, [(problem.line, problem.field) for problem in problems], problems


def test_a_whole_article_is_read():
    text, problems = read(GOOD)
    assert problems == []
    assert (text.slug, text.language, text.published) == ("accreditation", "en", date(2021, 9, 14))
    assert (text.body, text.body_line) == ("The text.\n", 46)
    assert text.image == Image("images/lead.png", "Seven arches in a row", "© Ada")
    assert text.contacts == (Contact("Projects office", "projects@example.org", "For partners"),)
    assert text.facts == (Fact("Working in", "English"),)
    assert text.link == Link("Write to us", "mailto:partners@example.org")
    assert text.event == Event(
        datetime(2021, 11, 4, 9, 30),  # noqa: DTZ001 - wall-clock
        datetime(2021, 11, 4, 12, 30),  # noqa: DTZ001 - wall-clock
        "Europe/Brussels",
        url="https://example.org/seat",
    )
    (deadline,) = text.deadlines
    assert deadline.at == datetime(2021, 10, 19, 12)  # noqa: DTZ001 - wall-clock
    assert deadline.text.steps == ("Check", "Write", "Submit")
    assert deadline.text.reminders[30].title == "A month left"
    assert deadline.text.reminders[1].opening == "Tomorrow"
    assert text.lines["deadlines[1].at"] == 21


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_and_a_byte_order_mark_do_not_matter(ending):
    text, problems = read("\ufeff" + GOOD.replace("\n", ending))
    assert problems == []
    assert text == read(GOOD)[0]


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "word"),
    [
        ("title: Accreditation opens", "titel: Accreditation opens", 2, "titel", "Did you mean 'title'?"),
        ("title: Accreditation opens", "title: ''", 2, "title", "empty"),
        ("summary: One application, then seven years.", "summary:", 4, "summary", "missing"),
        ("title: Accreditation opens", "title: 2021", 2, "title", "quotes"),
        ("title: Accreditation opens", "title: [a, b]", 2, "title", "text"),
        ("title: Accreditation opens", 'title: "a\\u202eb"', 2, "title", "U+202E"),
        ("title: Accreditation opens", 'title: "a\\u0000b"', 2, "title", "U+0000"),
        ("published: 2021-09-14", "published: 2021-02-29", 6, "published", "not a day that exists"),
        ("published: 2021-09-14", "published: 14/09/2021", 6, "published", "2021-09-16"),
        ("language: en", "language: fr", 5, "language", "fr.md"),
        ("language: en", "language: English", 5, "language", "code"),
        ("topics: [erasmus]", "topics: erasmus", 7, "topics", "list"),
        ("topics: [erasmus]", "topics: [Eras mus]", 7, "topics[1]", "small letters"),
        ("  alt: Seven arches in a row\n", "", 8, "image.alt", 'alt: ""'),
        ("  alt: Seven arches in a row\n", "  alt:\n", 10, "image.alt", 'alt: ""'),
        ("src: images/lead.png", "src: ../../config.yaml", 9, "image.src", "inside"),
        ("src: images/lead.png", "src: /etc/passwd", 9, "image.src", "inside"),
        ("src: images/lead.png", "src: https://example.org/a.png", 9, "image.src", "inside"),
        ("email: projects@example.org", "email: projects at example", 17, "contacts[1].email", "address"),
        (
            "email: projects@example.org",
            "email: a@example.org, b@example.org",
            17,
            "contacts[1].email",
            "one",
        ),
        ("at: 2021-10-19T12:00", "at: 2021-10-19", 21, "deadlines[1].at", "time of day"),
        ("at: 2021-10-19T12:00", "at: 2021-10-19T12:00Z", 21, "deadlines[1].at", "offset"),
        ("at: 2021-10-19T12:00", "at: the 19th", 21, "deadlines[1].at", "2021-10-19T12:00"),
        (
            "    zone: Europe/Brussels\n    url",
            "    zone: Brussels\n    url",
            22,
            "deadlines[1].zone",
            "Europe",
        ),
        ("https://example.org/call", "http://example.org/call", 23, "deadlines[1].url", "https://"),
        ("https://example.org/call", "javascript:alert(1)", 23, "deadlines[1].url", "https://"),
        ("https://example.org/call", "https://ada@example.org/", 23, "deadlines[1].url", "https://"),
        ("https://example.org/call", "'https://[::1'", 23, "deadlines[1].url", "https://"),
        ("steps: [Check, Write, Submit]", "steps: [a, b, c, d]", 26, "deadlines[1].steps", "at most 3"),
        ("steps: [Check, Write, Submit]", "steps: [a, '']", 26, "deadlines[1].steps[2]", "empty"),
        ("      30:\n", "      soon:\n", 28, "deadlines[1].reminders.soon", "days"),
        (
            "        opening: Tomorrow",
            "        openning: Tomorrow",
            32,
            "deadlines[1].reminders.1.openning",
            "opening",
        ),
        ("until: 2021-11-04T12:30", "until: 2021-11-04T08:30", 35, "event.until", "before it begins"),
        ("mailto:partners@example.org", "mailto:nobody", 43, "link.url", "mailto:"),
        ("\nThe text.\n", "\n \n", 45, "", "no text"),
    ],
)
def test_each_mistake_is_told_with_its_line_and_the_way_out(old, new, line, field, word):
    text, places, problems = problems_of(old, new)
    assert text is None
    assert (line, field) in places
    assert any(word in f"{problem.what} {problem.remedy}" for problem in problems)
    assert all(problem.path == PATH and problem.remedy for problem in problems)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines():
    source = GOOD.replace("2021-09-14", "soon").replace("Europe/Brussels\n    url", "Mars\n    url")
    text, problems = read(source.replace("title: Accreditation opens\n", ""))
    assert text is None
    assert [problem.field for problem in problems] == ["title", "published", "deadlines[1].zone"]


def test_a_file_without_front_matter_says_what_to_write():
    for source in ("", "Just text\n", "--\ntitle: x\n--\n"):
        text, (problem,) = read(source)
        assert (text, problem.line) == (None, 1)
        assert "---" in problem.remedy


def test_front_matter_that_never_ends_is_told():
    text, (problem,) = read("---\ntitle: x\n\nText\n")
    assert text is None
    assert "no end" in problem.what


def test_broken_yaml_is_told_with_the_line_of_the_file():
    _, (problem,) = read(GOOD.replace("kicker: Mobility", "kicker: Mobility: now"))
    assert problem.line == 3


def test_front_matter_that_is_a_list_is_refused():
    _, (problem,) = read("---\n- a\n---\nText\n")
    assert "title:" in problem.remedy


def test_two_deadlines_with_one_id_are_refused():
    block = GOOD[GOOD.index("  - id: call") : GOOD.index("event:")]
    _, (problem,) = read(GOOD.replace("event:", block + "event:"))
    assert problem.field == "deadlines[2].id"


def test_a_decorative_picture_is_written_with_an_empty_alt():
    text, _, problems = problems_of("alt: Seven arches in a row", 'alt: ""')
    assert problems == []
    assert text.image.alt == ""


def test_the_fixed_spaces_of_french_stay_and_folded_lines_are_joined():
    text, _, _ = problems_of("title: Accreditation opens", "title: >\n  Qui\u00a0?\n  Vous")
    assert text.title == "Qui\u00a0? Vous"


@pytest.mark.parametrize(
    "value",
    [
        "&a [*a]",
        "1" * 5000,
        "!!int abc",
        "!!timestamp soon",
        "[" * 3000,
        "!!python/object:os.system x",
        "*b",
        "\0",
    ],
)
def test_hostile_yaml_is_refused_and_never_a_crash(value):
    text, problems = read(f"---\ntitle: {value}\n---\nText\n")
    assert text is None
    assert problems


ALPHABET = "abc:-#[]{}&*!|>'\"%@`,?\n \t\r\x00\u2028é😀0189.T+\\"
KEYS = (
    "title",
    "summary",
    "language",
    "published",
    "topics",
    "image",
    "deadlines",
    "event",
    "facts",
    "link",
    "x",
)


@settings(deadline=None, max_examples=300)
@given(st.text(ALPHABET, max_size=120))
def test_any_front_matter_gives_an_answer(source):
    text, problems = read(f"---\n{source}\n---\nText\n")
    assert text is not None or any(problem.level is Level.ERROR for problem in problems)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(KEYS), st.text(ALPHABET, max_size=30)), max_size=6))
def test_any_value_under_a_known_key_gives_an_answer(pairs):
    source = "\n".join(f"{key}: {value}" for key, value in pairs)
    text, problems = read(f"---\n{source}\n---\nText\n")
    assert text is None
    assert all(problem.line is not None and problem.path == PATH for problem in problems)


NEW_TIME = datetime(2021, 10, 26, 17)  # noqa: DTZ001 - wall-clock


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_moving_a_deadline_changes_one_value_and_nothing_else(ending):
    source = "\ufeff" + GOOD.replace("12:00\n", "12:00  # noon\n", 1).replace("\n", ending)
    changed = with_deadline_at(source, PATH, "accreditation", "call", NEW_TIME)
    assert changed == source.replace("2021-10-19T12:00  #", "2021-10-26T17:00  #")


def test_moving_a_deadline_works_in_a_mapping_on_one_line():
    block = GOOD[GOOD.index("  - id: call") : GOOD.index("event:")]
    short = (
        "  - {id: call, label: L, at: 2021-10-19T12:00, zone: UTC, url: https://example.org/, audience: a}\n"
    )
    changed = with_deadline_at(GOOD.replace(block, short), PATH, "accreditation", "call", NEW_TIME)
    assert "at: 2021-10-26T17:00, zone" in changed


@pytest.mark.parametrize(
    ("source", "deadline", "word"),
    [
        (GOOD, "other", "There is no deadline"),
        (GOOD.replace("at: 2021-10-19T12:00", "at: >\n      2021-10-19T12:00"), "call", "cannot be changed"),
        (GOOD.replace("title: Accreditation opens\n", ""), "call", "missing"),
    ],
)
def test_a_deadline_that_cannot_be_moved_is_refused(source, deadline, word):
    with pytest.raises(ContentRefused, match=word):
        with_deadline_at(source, PATH, "accreditation", deadline, NEW_TIME)
