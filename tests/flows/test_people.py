"""People come in by a file, as often as it is imported; who left stays away."""

from __future__ import annotations

import csv

import pytest

from newsletter.core.refusal import ContentRefused
from newsletter.core.token import Purpose
from newsletter.flows.import_people import ImportWish, import_people
from newsletter.flows.people import known_person, lift_suppression, suppress_address, unsubscribe
from newsletter.store.people import (
    consents_of,
    count_people,
    note_choice,
    person_row,
    replace_topics,
    set_language,
    topics_of,
)

ADA, BEN = "ada@example.org", "ben@example.org"
SAMPLE = "subscribers/sample.csv"


def _import(bench, *wish):
    return import_people(bench.office, bench.workspace / SAMPLE, bench.now, *wish)


def _person(bench, address):
    identity = known_person(bench.office, address)
    with bench.office.database.read() as connection:
        return (
            person_row(connection, identity),
            topics_of(connection, identity),
            [event["action"] for event in consents_of(connection, identity)],
        )


def _counts(bench):
    with bench.office.database.read() as connection:
        return count_people(connection)


def test_importing_the_same_file_again_changes_nothing(bench):
    first = _import(bench)
    before = _counts(bench)
    again = _import(bench)
    assert first.counts["duplicate"] == again.counts["duplicate"] == 1
    assert set(again.counts) == {"unchanged", "unsubscribed", "suppressed", "duplicate"}
    assert sum(again.counts.values()) == sum(first.counts.values()) == sum(before.values()) + 1
    assert _counts(bench) == before


def test_rejected_rows_are_kept_with_line_and_reason_and_the_rest_goes_in(bench):
    path = bench.workspace / "new.csv"
    lines = [
        "email,topics,consent_source,consent_date,consent_wording",
        f"{ADA},erasmus,form,2021-01-05,Yes",
        ",erasmus,form,2021-01-05,Yes",
    ]
    path.write_text("\n".join([*lines, f"{BEN},cooking,form,2021-01-05,Yes"]) + "\n", encoding="utf-8")
    report = import_people(bench.office, path, bench.now)
    assert report.counts == {"new": 1, "invalid": 2}
    assert [problem.place for problem in report.problems] == ["new.csv:3: email", "new.csv:4: topics"]
    with report.rejects_file.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["email"]) for row in rows] == [("3", ""), ("4", BEN)]
    assert all(row["reason"] for row in rows)


def test_a_wrong_header_takes_nobody(bench):
    path = bench.workspace / "new.csv"
    path.write_text(f"email,favourite_colour\n{ADA},blue\n", encoding="utf-8")
    with pytest.raises(ContentRefused, match=r"new\.csv:1: favourite_colour"):
        import_people(bench.office, path, bench.now)
    assert _counts(bench) == {}
    assert not path.with_suffix(".rejects.csv").exists()


def test_a_dry_run_says_what_would_be_stores_nobody_and_writes_no_file(bench):
    report = _import(bench, ImportWish(dry_run=True))
    assert report.counts == {"new": 194, "suppressed": 5, "unsubscribed": 4, "duplicate": 1}
    assert _counts(bench) == {}
    assert report.rejects_file is None


def test_an_import_brings_what_is_new_about_a_person(bench):
    bench.enrol(ADA)
    assert bench.enrol(ADA.upper(), topics="erasmus;events", given_name="Ada").counts == {"changed": 1}
    person, topics, consents = _person(bench, ADA)
    assert (person["address"], topics, consents) == (ADA, ["erasmus", "events"], ["granted"])


def test_a_file_that_does_not_say_the_language_leaves_it(bench):
    bench.enrol(ADA, language="fr")
    assert bench.enrol(ADA, language="").counts == {"unchanged": 1}
    assert _person(bench, ADA)[0]["language"] == "fr"


def test_an_import_leaves_what_a_reader_has_chosen(bench):
    _import(bench)
    identity = known_person(bench.office, ADA)
    with bench.office.database.write() as connection:
        note_choice(connection, identity, bench.now)
        replace_topics(connection, identity, ["events"])
        set_language(connection, identity, "fr")
    _import(bench)
    person, topics, _ = _person(bench, ADA)
    assert (person["language"], topics) == ("fr", ["events"])


def test_an_import_does_not_revive_who_has_left(bench):
    bench.enrol(ADA)
    bench.leaves(ADA)
    bench.enrol(ADA)
    person, _, consents = _person(bench, ADA)
    assert (person["standing"], consents) == ("unsubscribed", ["granted", "withdrawn"])


def test_a_file_that_says_somebody_has_left_is_believed_once(bench):
    bench.enrol(ADA)
    assert bench.enrol(ADA, status="unsubscribed").counts == {"unsubscribed": 1}
    assert bench.enrol(ADA, status="unsubscribed").counts == {"unsubscribed": 1}
    person, _, consents = _person(bench, ADA)
    assert (person["standing"], consents) == ("unsubscribed", ["granted", "withdrawn"])


def test_a_file_with_an_old_word_does_not_undo_a_newer_consent(bench):
    bench.enrol(ADA, consent_date="2021-06-01")
    assert bench.enrol(ADA, status="unsubscribed", consent_date="2021-01-05").counts == {"unchanged": 1}
    assert _person(bench, ADA)[0]["standing"] == "confirmed"


def test_a_file_that_brings_the_consent_confirms_who_was_pending(bench):
    bench.enrol(ADA, status="pending")
    assert bench.enrol(ADA).counts == {"changed": 1}
    assert bench.enrol(ADA, status="pending").counts == {"unchanged": 1}
    assert _person(bench, ADA)[0]["standing"] == "confirmed"


def test_a_file_that_says_an_address_bounced_keeps_it_out(bench):
    bench.enrol(ADA, BEN)
    assert bench.enrol(ADA, status="bounced").counts == {"suppressed": 1}
    bench.schedule()
    bench.beat("2021-09-16T09:30")
    assert bench.sent() == [BEN]


def test_a_suppressed_address_is_stored_but_kept_out_of_every_mail(bench):
    assert suppress_address(bench.office, ADA, "complaint", bench.now)
    assert not suppress_address(bench.office, ADA, "complaint", bench.now)
    assert bench.enrol(ADA, BEN).counts == {"suppressed": 1, "new": 1}
    bench.schedule()
    bench.beat("2021-09-16T09:30")
    assert bench.sent() == [BEN]
    assert lift_suppression(bench.office, ADA)
    assert not lift_suppression(bench.office, ADA)


def test_leaving_twice_is_leaving_once(bench):
    bench.enrol(ADA)
    bench.leaves(ADA)
    bench.leaves(ADA)
    assert _person(bench, ADA)[2] == ["granted", "withdrawn"]


@pytest.mark.parametrize("purpose", [Purpose.PREFERENCES, Purpose.VIEW, Purpose.APPLIED])
def test_only_a_token_for_leaving_makes_somebody_leave(bench, purpose):
    bench.enrol(ADA)
    assert not unsubscribe(bench.office, bench.token(ADA, purpose), bench.now)
    assert not unsubscribe(bench.office, "nonsense", bench.now)
    assert _person(bench, ADA)[0]["standing"] == "confirmed"


def test_having_applied_to_one_deadline_says_nothing_about_another(bench):
    bench.enrol(ADA, BEN)
    bench.sync()
    bench.applies(ADA, "erasmus-accreditation/accreditation")
    bench.beat("2021-09-19T09:00")
    bench.beat("2021-11-23T10:00")
    assert bench.sent("accreditation-reminder-30") == [BEN]
    assert bench.sent("partners-call-reminder-7") == [ADA, BEN]
