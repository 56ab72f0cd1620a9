"""Hostile and edge cases of people, from the file to the mail; each has its number in the research on e-mail, section 6.

Elsewhere: 10 (EAI and a server without SMTPUTF8) `transports/test_smtp_contract`; 22 (formulas, encodings) `sources/test_people_files` and
`flows/test_export_people`; 47 to 49 (tokens, prefetch, one click) `doors/test_public` and `doors/test_one_click`; 51 and 52 (machines)
`doors/test_clicks`.
"""

from __future__ import annotations

import csv
import email
from email import policy

import pytest

from newsletter.flows.erasure import forget_person
from newsletter.flows.import_people import ImportWish, import_people
from newsletter.flows.people import known_person, lift_suppression, suppress_address
from newsletter.settings.parts import People
from newsletter.store.people import person_row

HEAD = ("email", "given_name", "language", "topics", "consent_source", "consent_date", "consent_wording")
MAIL = "ada@example.org"


def bring(bench, *rows, wish=ImportWish(), raw=b""):  # noqa: B008 - frozen
    """Import rows of address and name, or a file as it stands."""
    path = bench.workspace / "people.csv"
    with path.open("w", encoding="utf-8", newline="", errors="surrogateescape") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows(
            (address, name, "en", "erasmus", "form", "2021-01-05", "Yes") for address, name in rows
        )
    if raw:
        path.write_bytes(path.read_bytes() + raw)
    return import_people(bench.office, path, bench.now, wish)


def kinds(report):
    return dict(report.counts)


def mails(bench):
    """Every mail of one letter to everybody, as a reader of RFC 5322 has it, by the address it was handed over for."""
    bench.schedule()
    bench.beat("2021-09-16T09:30")
    found = {
        one.recipient: email.message_from_bytes(one.content, policy=policy.default)
        for one in bench.transport.accepted
    }
    for message in found.values():
        assert len(message["To"].addresses) == 1
        for name in ("To", "From", "Subject", "Message-ID", "List-Unsubscribe", "Date"):
            assert len(message.get_all(name)) == 1, name
        assert not {"Bcc", "X-Evil"} & set(message.keys())
    return found


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("=?utf-8?q?x=0D=0ABcc:_ben@example.org?=", None, id="case-2"),
        pytest.param("Ada 👩\u200d🚀", None, id="case-5"),
        pytest.param('Lovelace, "Ada" <x@y> ' + "of London " * 12, None, id="case-7"),
        pytest.param("ben@example.org", "ben@example.org", id="case-8"),
        pytest.param("{{ 7*7 }}{% for x in y %}", "{{ 7*7 }}{% for x in y %}", id="case-30"),
        pytest.param("<script>alert(1)</script>", "<script>alert(1)</script>", id="case-31"),
        pytest.param("</mj-text><mj-button>", "</mj-text><mj-button>", id="case-32"),
        pytest.param("أدا", "أدا", id="case-6-letters-stay"),
    ],
)
def test_a_name_stays_a_name(bench, name, shown):
    assert kinds(bring(bench, (MAIL, name))) == {"new": 1}
    message = mails(bench)[MAIL]
    box = message["To"].addresses[0]
    assert box.addr_spec == MAIL
    if shown is not None:
        assert box.display_name == shown
    html = message.get_body(("html",)).get_content()
    assert "<script>alert" not in html
    assert "</mj-text>" not in html
    assert " 49" not in box.display_name


@pytest.mark.parametrize(
    "name",
    [pytest.param("Ada\r\nBcc: ben@example.org", id="case-1"), pytest.param("A\x00da\x7f", id="case-3")],
)
def test_a_name_with_line_ends_or_controls_is_told_and_nothing_is_sent_of_it(bench, name):
    report = bring(bench, (MAIL, name), ("ben@example.org", "Ben"))
    assert kinds(report) == {"invalid": 1, "new": 1}
    assert report.rejects[0].line == 2
    assert list(mails(bench)) == ["ben@example.org"]


def test_case_4_what_is_no_utf_8_costs_its_row_alone(bench):
    report = bring(bench, (MAIL, "Ada"), raw=b"ben@example.org,B\xff\xfen,en,erasmus,form,2021-01-05,Yes\r\n")
    assert report.counts["new"] >= 1
    assert all("\udcff" not in str(each.problem) for each in report.rejects)
    for message in mails(bench).values():
        assert "unknown-8bit" not in message.as_string()


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\u2066"])
def test_case_6_signs_that_turn_a_line_round_are_in_no_name(bench, sign):
    report = bring(bench, (MAIL, f"Ada{sign}gpj.exe"))
    assert sum(report.counts.values()) == 1
    for message in mails(bench).values():
        assert sign not in message["To"].addresses[0].display_name


def test_case_9_two_forms_of_one_domain_are_one_person(bench):
    report = bring(bench, ("ada@bücher.example", "Ada"), ("ADA@xn--bcher-kva.example", "Ada"))
    assert kinds(report) == {"new": 1, "duplicate": 1}
    assert list(mails(bench)) == ["ada@xn--bcher-kva.example"]


def test_case_10_a_local_part_beyond_ascii_is_taken_as_it_stands(bench):
    assert kinds(bring(bench, ("adélaïde@example.org", "Ada"))) == {"new": 1}
    assert known_person(bench.office, "ADÉLAÏDE@example.org") == known_person(
        bench.office, "ade\u0301lai\u0308de@example.org"
    )


def test_case_11_quotes_are_a_matter_of_configuration(bench):
    row = ('"ada lovelace"@example.org', "Ada")
    report = bring(bench, row)
    assert kinds(report) == {"invalid": 1}
    assert "people.quoted" in report.rejects[0].problem.what
    settings = bench.office.settings
    object.__setattr__(bench.office, "settings", settings.model_copy(update={"people": People(quoted=True)}))
    assert kinds(bring(bench, row)) == {"new": 1}
    (recipient,) = mails(bench)
    assert recipient == row[0]
    bench.leaves(row[0])
    assert kinds(bring(bench, row)) == {"unsubscribed": 1}


@pytest.mark.parametrize(
    "address", ["a" * 65 + "@example.org", "ada@" + "a" * 64 + ".org", "ada@" + ".".join(["abcdefgh"] * 30)]
)
def test_case_12_what_is_too_long_is_no_address(bench, address):
    assert kinds(bring(bench, (address, "Ada"))) == {"invalid": 1}


def test_cases_13_to_15_tags_and_dots_are_others_and_capitals_are_not(bench):
    report = bring(
        bench,
        ("Ada+news@Example.org", ""),
        ("ada+NEWS@example.ORG", ""),
        ("ada@example.org", ""),
        ("a.da@example.org", ""),
    )
    assert kinds(report) == {"new": 3, "duplicate": 1}
    assert sorted(mails(bench)) == ["Ada+news@example.org", "a.da@example.org", "ada@example.org"]


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("mailto:ada@example.org", MAIL),
        ("Ada <ada@example.org>", MAIL),
        (" ada@example.org. ", MAIL),
        ("ada@example.org;", MAIL),
        ("ada@example.org; ben@example.org", ""),
        ("ada@example.org,ben@example.org", ""),
        ("mailto:ada@example.org?bcc=ben@example.org", ""),
        ("ada@example.org\r\nBcc: ben@example.org", ""),
        ("ada\x00@example.org", ""),
        ("ada@", ""),
    ],
)
def test_case_16_a_cell_is_one_address_or_none(bench, cell, address):
    report = bring(bench, (cell, "Ada"))
    assert kinds(report) == ({"new": 1} if address else {"invalid": 1})
    assert list(mails(bench)) == ([address] if address else [])


def test_case_17_addresses_of_duties_wait_for_a_word(bench):
    rows = [(f"{name}@example.org", "") for name in ("postmaster", "abuse", "NoReply")]
    assert kinds(bring(bench, *rows)) == {"role_address": 3}
    assert kinds(bring(bench, *rows, wish=ImportWish(allow_roles=True))) == {"new": 3}


def test_case_18_twice_in_a_file_is_one_mail(bench):
    report = bring(bench, (MAIL, "Ada"), (MAIL.upper(), "Ada"))
    assert kinds(report) == {"new": 1, "duplicate": 1}
    assert "line 2" in report.rejects[0].problem.what
    assert len(mails(bench)) == 1


def test_case_19_nobody_is_revived_by_a_file(bench):
    people = [(f"{name}@example.org", "") for name in ("ada", "ben", "chiara", "dora")]
    bring(bench, *people)
    bench.leaves(people[0][0])
    suppress_address(bench.office, people[1][0], "bounced", bench.now)
    suppress_address(bench.office, people[2][0], "complained", bench.now)
    assert kinds(bring(bench, *people)) == {"unsubscribed": 1, "suppressed": 2, "unchanged": 1}
    assert list(mails(bench)) == [people[3][0]]


def test_cases_20_and_21_who_leaves_or_is_erased_while_mail_waits_gets_none(bench):
    people = [(f"{name}@example.org", "") for name in ("ada", "ben", "chiara")]
    bring(bench, *people)
    bench.schedule()
    bench.at("2021-09-16T09:30")
    bench.launch()
    bench.leaves(people[0][0])
    ben = known_person(bench.office, people[1][0])
    forget_person(bench.office, people[1][0], bench.now)
    bench.deliver()
    assert [one.recipient for one in bench.transport.accepted] == [people[2][0]]
    with bench.office.database.read() as connection:
        assert person_row(connection, ben) is None
    assert kinds(bring(bench, people[1])) == {"suppressed": 1}
    assert lift_suppression(bench.office, people[1][0])


def test_case_58_a_mistyped_provider_waits_with_what_was_meant(bench):
    report = bring(bench, ("ada@gmial.com", "Ada"))
    assert kinds(report) == {"mistyped": 1}
    assert "gmail.com" in report.rejects[0].problem.what
