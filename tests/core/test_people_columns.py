"""What columns mean: said, remembered, named or guessed; cells that were made harmless; and on what basis people are taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.mistyped import meant_domain
from newsletter.core.people_file import Basis, Matching, Taking, read_people
from newsletter.core.people_file.csv_rows import csv_rows
from newsletter.core.people_file.formulas import as_it_was, defused
from newsletter.core.refusal import ContentRefused
from newsletter.core.segment.fields import parse_fields

FIELDS = parse_fields(
    """
fields:
  organisation: {type: text, label: {en: Organisation, fr: Structure}}
topics:
  erasmus: {label: {en: Erasmus+}}
""",
    "fields.yaml",
)
BASIS = Basis("form", "2021-03-03", "Yes")


def read(text, matching=None, taking=None):
    rows = csv_rows(text.splitlines(keepends=True))
    return read_people(rows, "people.csv", FIELDS, taking or Taking(BASIS), matching or Matching())


def taken_as(header, **matching):
    found, _ = read(header + "\n", Matching(**matching))
    return {meaning.header: (meaning.column, meaning.how.value) for meaning in found}


def refusal(text, matching=None, taking=None):
    with pytest.raises(ContentRefused) as caught:
        read(text, matching, taking)
    return str(caught.value)


@pytest.mark.parametrize(
    "header", ["E-mail", "Courriel", "ADRESSE E-MAIL", "Email address", "adresse électronique"]
)
def test_an_address_is_known_by_its_many_names(header):
    assert taken_as(header) == {header: ("email", "guessed")}


def test_names_in_english_and_french_are_guessed():
    header = "Courriel;Prénom;Langue;Pays;Fuseau horaire;Thématiques;Date d'inscription;Statut;Structure"
    columns = [
        "email",
        "given_name",
        "language",
        "country",
        "zone",
        "topics",
        "joined",
        "status",
        "organisation",
    ]
    assert [column for column, _ in taken_as(header).values()] == columns


def test_a_name_of_ours_comes_before_a_guess_and_the_guess_is_left_out():
    assert taken_as("Courriel,email") == {"Courriel": ("", "left out"), "email": ("email", "named")}


def test_what_is_said_comes_before_what_is_remembered_and_that_before_names():
    saved = {"email": "", "Contact": "email", "Who": "given_name", "Notes": ""}
    found = taken_as("email,Contact,Who,Notes", given={"Who": "organisation"}, saved=saved)
    assert found == {
        "email": ("", "left out"),
        "Contact": ("email", "saved"),
        "Who": ("organisation", "given"),
        "Notes": ("", "left out"),
    }


def test_what_is_remembered_of_a_field_that_is_gone_is_forgotten():
    assert taken_as("email", saved={"email": "no_more"}) == {"email": ("email", "named")}


def test_all_that_nobody_knows_can_be_left_out():
    assert taken_as("email,Shoe size,", given={"*": ""})["Shoe size"] == ("", "left out")


@pytest.mark.parametrize(
    ("text", "given_", "words"),
    [
        ("email,Shoe size", {}, "--map 'Shoe size=' leaves it out"),
        ("email,mail", {"mail": "email"}, "named twice: 'email', 'mail'"),
        ("email", {"Mail": "email"}, "The file has no column 'Mail'. Did you mean 'email'?"),
        ("email,x", {"x": "given_nam"}, "'given_nam' is not a column of ours. Did you mean 'given_name'?"),
        ("x", {}, "--map 'NAME IN THE FILE=email'"),
    ],
)
def test_columns_that_cannot_be_used_are_told_with_the_way_out(text, given_, words):
    assert words in refusal(f"{text}\n", Matching(given_))


@pytest.mark.parametrize(
    ("basis", "words"),
    [
        (Basis("", "2021-03-03", "Yes"), "--consent-source"),
        (Basis("form", "", "Yes"), "--consent-date 2021-03-03"),
        (Basis("form", "2021-03-03", ""), "to which words they agreed"),
        (Basis("form", "March", "Yes"), "--consent-date: 'March' is not a date"),
        (Basis("a\0b", "2021-03-03", "Yes"), "--consent-source: The text has"),
    ],
)
def test_nobody_is_taken_without_a_basis(basis, words):
    assert words in refusal("email\nada@example.org\n", taking=Taking(basis))


def test_a_row_that_says_its_basis_is_believed_before_what_is_said_for_all():
    header = "email,consent_source,consent_wording"
    ada, ben = read(f"{header}\nada@example.org,fair,\nben@example.org,,Send it\n")[1]
    assert (ada.consent_source, ada.consent_wording) == ("fair", "Yes")
    assert (ben.consent_source, ben.consent_wording) == ("form", "Send it")


def test_words_that_are_not_known_any_more_are_an_empty_cell():
    header = "email,consent_source,consent_date,consent_wording"
    (ada,) = read(f"{header}\nada@example.org,fair,2021-03-03,\n", taking=Taking())[1]
    assert ada.consent_wording == ""


@pytest.mark.parametrize("cell", ["=1+1", "+33", "-5", "@sum", "\tx", "\rx", "'=1", "''=1"])
def test_a_cell_that_would_be_computed_is_made_harmless(cell):
    assert defused(cell) == f"'{cell}"


@given(st.text(st.sampled_from("'=+-@\t\rab"), max_size=6))
def test_what_was_made_harmless_comes_back_and_nothing_else_is_touched(cell):
    assert as_it_was(defused(cell)) == cell
    assert defused(cell)[:1] not in {"=", "+", "-", "@", "\t", "\r"}


def test_a_cell_that_was_made_harmless_is_read_as_it_was():
    assert [one.address for one in read("email\n'=a@example.org\n'-b@example.org\no'neil@example.org\n")[1]] == [
        "=a@example.org", "-b@example.org", "o'neil@example.org",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("gmial.com", "gmail.com"), ("gmai.com", "gmail.com"), ("gmaill.com", "gmail.com"), ("gnail.com", "gmail.com"),
        ("gmail.con", "gmail.com"), ("gmail.co", "gmail.com"), ("hotmial.fr", "hotmail.fr"), ("yaho.fr", "yahoo.fr"),
        ("outlok.cm", "outlook.com"), ("wandoo.fr", "wanadoo.fr"),
    ],
)  # fmt: skip
def test_a_slip_is_seen(written, meant):
    assert meant_domain(written) == meant


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "mail.com",
        "email.com",
        "ymail.com",
        "gmx.fr",
        "free.fr",
        "example.org",
        "orange.be",
        "",
        "com",
    ],
)
def test_what_may_be_meant_as_written_is_left(domain):
    assert meant_domain(domain) == ""


def test_a_mistyped_address_waits_with_a_suggestion_unless_it_is_meant():
    (held,) = read("email\nada@gmial.com\n")[1]
    assert (held.kind, held.problem.line) == ("mistyped", 2)
    assert "Did you mean 'ada@gmail.com'?" in held.problem.what
    (taken,) = read("email\nada@gmial.com\n", taking=Taking(BASIS, mistyped=True))[1]
    assert taken.address == "ada@gmial.com"
