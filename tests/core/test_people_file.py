"""A CSV file of people: each row goes in or is told with its line, its column and the way out."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.people_file import (
    Basis,
    Matching,
    PersonEntry,
    Reject,
    Roles,
    Status,
    Taking,
    read_people,
)
from newsletter.core.people_file.csv_rows import csv_rows
from newsletter.core.refusal import ContentRefused
from newsletter.core.segment.fields import parse_fields

FIELDS = parse_fields(
    """
fields:
  organisation: {type: text, label: {en: Organisation}}
  kind:
    type: choice
    label: {en: Kind}
    choices: {association: {en: Association}, press: {en: Press}}
  employees: {type: integer, label: {en: Employees}}
  member: {type: boolean, label: {en: Member}}
  founded: {type: date, label: {en: Founded}}
topics:
  social-economy: {label: {en: Social economy}}
  erasmus: {label: {en: Erasmus+}}
""",
    "fields.yaml",
)
NO_MATCHING = Matching()
HEADER = "email,given_name,consent_source,consent_date"
ADA = "ada@example.org,Ada,sign-up form,2021-03-03"
NEEDED = {"email": "ada@example.org", "consent_source": "sign-up form", "consent_date": "2021-03-03"}


WORDS = Basis(wording="Yes, write to me.")


def read(text, matching=NO_MATCHING, **more):
    rows = csv_rows(io.StringIO(text, newline=""))
    return list(read_people(rows, "people.csv", FIELDS, Taking(WORDS, **more), matching)[1])


def row(**cells):
    """What becomes of a file with one row."""
    cells = NEEDED | cells
    out = io.StringIO()
    csv.writer(out).writerows([cells, cells.values()])
    (one,) = read(out.getvalue())
    return one


def rejected(**cells):
    one = row(**cells)
    assert isinstance(one, Reject), one
    return one.problem


def refused(text):
    with pytest.raises(ContentRefused) as caught:
        read(text)
    return caught.value.problems


def test_a_full_row_becomes_a_person():
    assert row(
        email="Ada@EXAMPLE.org",
        given_name=" Ada ",
        language="fr-BE",
        country="be",
        zone="Europe/Brussels",
        topics="erasmus; social-economy;erasmus;",
        joined="2021-03-01T10:15:00+01:00",
        status="confirmed",
        paused_until="2021-12-01",
        organisation="Atelier, Lyon",
        kind="press",
        employees="12",
        member="yes",
        founded="1999-01-02",
    ) == PersonEntry(
        line=2,
        address="Ada@example.org",
        key="ada@example.org",
        given_name="Ada",
        language="fr-BE",
        country="BE",
        zone="Europe/Brussels",
        topics=("erasmus", "social-economy"),
        joined=datetime(2021, 3, 1, 9, 15, tzinfo=UTC),
        consent_source="sign-up form",
        consent_wording="Yes, write to me.",
        consented=datetime(2021, 3, 3, tzinfo=UTC),
        status=Status.CONFIRMED,
        paused_until=datetime(2021, 12, 1, tzinfo=UTC),
        attributes={
            "organisation": "Atelier, Lyon",
            "kind": "press",
            "employees": 12,
            "member": True,
            "founded": "1999-01-02",
        },
    )


def test_empty_cells_say_nothing():
    one = row(language="", country="", zone="", topics="", joined="", status="", kind="", employees="")
    assert (one.language, one.country, one.zone, one.topics, one.joined) == ("", "", "", (), None)
    assert one.status is Status.CONFIRMED
    assert one.attributes == {}


@pytest.mark.parametrize(
    ("cells", "field", "what", "remedy"),
    [
        ({"email": ""}, "email", "has no email", "Write the address"),
        ({"email": "ada"}, "email", "'ada' is not an address", "ada@example.org"),
        ({"email": "ada@example.org, ben@example.org"}, "email", "more than one address", "a row of its own"),
        ({"email": "a\0da@example.org"}, "email", "U+0000", "one address"),
        ({"email": "postmaster@example.org"}, "email", "is held", "--allow-roles"),
        ({"consent_source": ""}, "consent_source", "has no consent_source", "how the person agreed"),
        ({"consent_source": "a\0b"}, "consent_source", "control character", "on one line"),
        ({"consent_source": "x" * 201}, "consent_source", "longer than 200", "Shorten"),
        ({"consent_date": ""}, "consent_date", "has no consent_date", "no mail may be sent"),
        ({"consent_date": "3 March"}, "consent_date", "'3 March' is not a date", "2021-03-03"),
        ({"consent_date": "2021-02-29"}, "consent_date", "is not a date", "2021-03-03"),
        ({"consent_date": "0001-01-01T00:00+14:00"}, "consent_date", "is not a date", "2021-03-03"),
        ({"joined": "yesterday"}, "joined", "is not a date", "2021-03-03"),
        ({"paused_until": "31.12.2021"}, "paused_until", "is not a date", "2021-03-03"),
        ({"language": "Klingonish"}, "language", "is not a language code", "en or fr"),
        ({"language": "fr-aaaaaaaa-bbbbbbbb-cc"}, "language", "is not a language code", "en or fr"),
        ({"country": "Belgica"}, "country", "is not a country code", "BE or FR"),
        ({"country": "ß"}, "country", "'ß' is not a country code", "BE or FR"),
        ({"zone": "Brussels"}, "zone", "is not the name of a time zone", "Europe/Brussels"),
        ({"topics": "erasmus;erasmsu"}, "topics", "'erasmsu' is not known", "Did you mean 'erasmus'?"),
        ({"topics": "erasmus,events"}, "topics", "is not known", "semicolons"),
        ({"status": "confirmd"}, "status", "is not a status", "Did you mean 'confirmed'?"),
        ({"kind": "asociation"}, "kind", "is not one of the choices", "Did you mean 'association'?"),
        ({"kind": "Bakery"}, "kind", "'Bakery' is not one of", "Known here: association, press."),
        ({"employees": "a dozen"}, "employees", "is not a whole number", "digits"),
        ({"employees": "9" * 16}, "employees", "is not a whole number", "digits"),
        ({"member": "perhaps"}, "member", "neither true nor false", "true or false"),
        ({"founded": "1999"}, "founded", "is not a date", "2021-10-19"),
        ({"given_name": "A\nda"}, "given_name", "line break", "on one line"),
        ({"given_name": "A\0da"}, "given_name", "control character", "on one line"),
        ({"given_name": "A\u2028da"}, "given_name", "line break", "on one line"),
        ({"given_name": "A" * 201}, "given_name", "longer than 200", "Shorten"),
        ({"organisation": "x" * 201}, "organisation", "longer than 200", "Shorten"),
        ({"organisation": "a\x85b"}, "organisation", "control character", "on one line"),
        ({"given_name": "\udcff"}, "", "not UTF-8", "UTF-8"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_told_with_its_column_and_the_way_out(cells, field, what, remedy):
    problem = rejected(**cells)
    assert (problem.path, problem.line, problem.field) == ("people.csv", 2, field)
    assert what in problem.what
    assert remedy in problem.remedy
    assert problem.what.isprintable()
    assert len(problem.what) <= 200


def test_what_a_problem_shows_of_a_cell_is_short_and_printable():
    problem = rejected(status="\x1b[31m" + "x" * 5000)
    assert problem.what.isprintable()
    assert len(problem.what) <= 200


def test_a_role_address_is_held_and_goes_in_where_it_is_allowed():
    text = f"{HEADER}\npostmaster@example.org,,form,2021-03-03\ninfo@example.org,,form,2021-03-03\n"
    held, info = read(text)
    assert isinstance(held, Reject)
    assert isinstance(info, PersonEntry)
    assert [one.address for one in read(text, held=Roles.NONE)] == [
        "postmaster@example.org",
        "info@example.org",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada@example.org", "Ada@Example.ORG"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "Ada@bücher.example"),
        ("andr\u00e9@example.org", "andre\u0301@example.org"),
    ],
)
def test_an_address_that_stands_there_already_is_told_with_the_line_of_the_first(first, second):
    one, two = read(f"{HEADER}\n{first},Ada,form,2021-03-03\n{second},Ada,form,2021-03-03\n")
    assert isinstance(one, PersonEntry)
    assert isinstance(two, Reject)
    assert two.problem.field == "email"
    assert "stands on line 2 already" in two.problem.what


def test_a_row_that_was_rejected_does_not_stand_in_the_way_of_the_next_with_its_address():
    one, two = read(f"{HEADER}\nada@example.org,Ada,form,soon\n{ADA}\n")
    assert isinstance(one, Reject)
    assert isinstance(two, PersonEntry)


@pytest.mark.parametrize("cells", ["ada@example.org,Ada,form", f"{ADA},more", "ada@example.org"])
def test_a_row_with_another_number_of_cells_is_rejected_and_kept_as_it_stood(cells):
    one, two = read(f"{HEADER}\n{cells}\nben@example.org,Ben,form,2021-03-03\n")
    assert "cells, and the first line names 4 columns" in one.problem.what
    assert one.row["row"] == cells
    assert one.row["email"] == "ada@example.org"
    assert two.address == "ben@example.org"


def test_blank_rows_are_no_rows():
    people = read(f"\n{HEADER}\n\n{ADA}\n,,,\n  \nben@example.org,Ben,form,2021-03-03\n\n")
    assert [(one.line, one.address) for one in people] == [(4, "ada@example.org"), (7, "ben@example.org")]


def test_a_row_with_line_breaks_in_quotes_is_told_by_the_line_on_which_it_begins():
    text = f'{HEADER}\nada@example.org,"A\nd\na",form,2021-03-03\nben@example.org,Ben,form,2021-03-03\n'
    ada, ben = read(text)
    assert (ada.line, ada.problem.line, ada.problem.field) == (2, 2, "given_name")
    assert (ben.line, ben.address) == (5, "ben@example.org")


@pytest.mark.parametrize(
    "bad", ['ada@example.org,"Ada,form,2021-03-03', 'ada@example.org,"A"da,form,2021-03-03']
)
def test_a_quote_that_is_never_closed_costs_its_own_row_and_no_other(bad):
    text = (
        f"{HEADER}\n{bad}\nben@example.org,Ben,form,2021-03-03\nchiara@example.org,Chiara,form,2021-03-03\n"
    )
    one, two, three = read(text)
    assert (one.line, one.row) == (2, {"row": bad})
    assert "quote" in one.problem.remedy
    assert (two.line, two.address, three.address) == (3, "ben@example.org", "chiara@example.org")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_end_of_line_is_taken_and_the_last_may_be_missing(end):
    people = read(end.join([HEADER, ADA, "ben@example.org,Ben,form,2021-03-03"]))
    assert [one.line for one in people] == [2, 3]


@pytest.mark.parametrize(
    ("text", "field", "what", "remedy"),
    [
        ("", "", "'email' is missing", "first line"),
        ("\n\n", "", "'email' is missing", "first line"),
        ("given_name\nAda\n", "", "'email' is missing", "first line"),
        ("email,given_nam\n", "given_nam", "is not known", "Did you mean 'given_name'?"),
        ("email,shoe_size\n", "shoe_size", "is not known", "fields.yaml"),
        ("email,\n", "", "The column '' is not known", "fields.yaml"),
        ("email,kind,kind\n", "kind", "named twice", "Keep one"),
        ('email,"kind\nada@example.org,press\n', "", "cannot be read", "quotes"),
        ("email,\ud800\n", "\ufffd", "is not known", "fields.yaml"),
    ],
)
def test_a_header_that_cannot_be_used_refuses_the_file(text, field, what, remedy):
    problem = next(problem for problem in refused(text) if what in problem.what)
    assert problem.path == "people.csv"
    assert problem.field == field
    assert remedy in problem.remedy
    str(problem).encode()


def test_a_header_alone_is_a_list_of_nobody():
    assert read(f"{HEADER}\n") == []


def test_a_rejects_file_can_be_mended_and_imported_as_it_is():
    header = f"line,reason,row,{HEADER}"
    (one,) = read(f"{header}\n2,The row has no email.,as it stood,{ADA}\n")
    assert one.address == "ada@example.org"
    assert one.attributes == {}


CELLS = st.text(st.characters() | st.sampled_from('",;\r\n\0é@'), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=5))
def test_whatever_stands_in_the_rows_nothing_is_lost(rows):
    """Each row of the file goes in, is rejected, or is blank; and no cell makes a traceback."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([HEADER.split(","), *rows])
    entries = read(out.getvalue())
    assert len(entries) == sum(1 for one in rows if any(cell.strip() for cell in one))
    assert all(one.line >= 2 for one in entries)


@given(st.text(st.sampled_from('",;\r\na@b.example 0\ud800\0'), max_size=60))
def test_whatever_stands_in_the_file_every_line_is_accounted_for(text):
    entries = read(f"{HEADER}\n{text}")
    lines = [one.line for one in entries]
    assert lines == sorted(set(lines))
