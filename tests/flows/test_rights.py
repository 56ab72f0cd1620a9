"""What people may ask for about their own data: all of it, a correction, to be forgotten; and the log of it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from newsletter.core.refusal import ContentRefused
from newsletter.core.rights_request import RequestKind, months_after
from newsletter.core.token import Purpose
from newsletter.flows.doctor import examine
from newsletter.flows.erasure import forget_person
from newsletter.flows.people import known_person, unsubscribe
from newsletter.flows.person_file import write_person_file, write_proof
from newsletter.flows.preferences import find_reader, undo_leaving
from newsletter.flows.rectify import change_address
from newsletter.flows.rights_requests import close_request, extend_request, list_requests, open_request
from newsletter.store.tables import consents, metadata

ADA, BEN = "ada@example.org", "ben@example.org"


@pytest.fixture
def told(bench):
    """Ada and Ben have had an issue, and Ada has said that she applied."""
    bench.enrol(ADA, BEN, given_name="Lovelace", topics="erasmus")
    bench.sync()
    bench.schedule()
    bench.at("2021-09-16 10:30")
    bench.launch()
    bench.deliver()
    return bench


def everything(office):
    """All rows of all tables, as text."""
    with office.database.read() as connection:
        return "\n".join(
            str(dict(row))
            for table in metadata.sorted_tables
            for row in connection.execute(select(table)).mappings()
        )


def test_nothing_that_names_an_erased_person_stays_in_the_database(told):
    identity = known_person(told.office, ADA)
    before = told.rows("september-2021")
    assert "ada" in everything(told.office).lower()
    forget_person(told.office, ADA, told.now)
    after = everything(told.office).lower()
    assert "ada@" not in after
    assert "lovelace" in after, "that is Ben's"
    assert after.count("lovelace") == 1
    with told.office.database.read() as connection:
        events = connection.execute(select(consents).where(consents.c.subscriber_id == identity)).all()
    assert [event.action for event in events] == ["granted", "withdrawn"]
    assert len(told.rows("september-2021")) == len(before), "the ledger still adds up"


def test_the_file_of_the_database_does_not_hold_them_either(told):
    forget_person(told.office, ADA, told.now)
    told.office.database.close()
    stored = (told.workspace / "var" / "newsletter.sqlite").read_bytes()
    assert ADA.encode() not in stored
    assert BEN.encode() in stored


def test_who_was_erased_is_unknown_and_no_import_brings_them_back(told):
    forget_person(told.office, ADA, told.now)
    with pytest.raises(ContentRefused, match="Nobody here"):
        known_person(told.office, ADA)
    report = told.enrol(ADA)
    assert report.counts == {"suppressed": 1}
    assert "ada@" not in everything(told.office).lower()
    with pytest.raises(ContentRefused, match="Nobody here"):
        forget_person(told.office, ADA, told.now)


def test_links_of_an_erased_person_do_no_harm_and_revive_nobody(told):
    leave = told.token(ADA, Purpose.UNSUBSCRIBE)
    forget_person(told.office, ADA, told.now)
    count = everything(told.office).count("'action'")
    assert unsubscribe(told.office, leave, told.now)
    assert not undo_leaving(told.office, leave, "Undo", told.now)
    assert find_reader(told.office, leave, Purpose.UNSUBSCRIBE, told.now).address == ""
    assert everything(told.office).count("'action'") == count


def test_mail_that_has_not_left_never_leaves(bench):
    bench.enrol(ADA, BEN)
    bench.schedule()
    bench.at("2021-09-16 10:30")
    bench.launch()
    forget_person(bench.office, ADA, bench.now)
    bench.deliver()
    assert [one.recipient for one in bench.transport.accepted] == [BEN]


def test_files_that_still_name_them_are_told_and_left_alone(told):
    lists = told.workspace / "subscribers" / "old.csv"
    lists.write_text(f"email\n{ADA.upper()}\n", encoding="utf-8")
    erasure = forget_person(told.office, ADA, told.now)
    assert "subscribers/old.csv" in erasure.files
    assert lists.exists()


def test_all_that_is_stored_is_handed_over_and_its_sums_are_right(told, tmp_path):
    request = open_request(told.office, RequestKind.ACCESS, ADA, told.now.date(), told.now)
    told.applies(ADA, "erasmus-accreditation/accreditation")
    written = write_person_file(told.office, ADA, tmp_path / "ada.zip", told.now)
    with zipfile.ZipFile(written.path) as archive:
        page, data = archive.read("index.html"), archive.read("data.json")
        assert archive.read("SHA256SUMS").decode().split()[::2] == list(written.sums.values())
    assert written.sums == {
        "index.html": hashlib.sha256(page).hexdigest(),
        "data.json": hashlib.sha256(data).hexdigest(),
    }
    records = json.loads(data)["records"]
    assert records["subscribers"][0]["address"] == ADA
    assert [row["action"] for row in records["consents"]] == ["granted"]
    assert records["deliveries"][0]["campaign"] == "september-2021"
    assert records["deadline_marks"][0]["deadline"] == "erasmus-accreditation/accreditation"
    assert BEN.encode() not in page + data
    assert ADA in page.decode()
    assert [one.closed for one in list_requests(told.office, with_closed=True) if one.id == request.id] == [
        told.now.date()
    ]


def test_nothing_of_anybody_else_is_in_it_and_it_is_never_written_over_a_file(told, tmp_path):
    (tmp_path / "there.zip").write_bytes(b"mine")
    with pytest.raises(ContentRefused, match="there already"):
        write_person_file(told.office, ADA, tmp_path / "there.zip", told.now)
    assert (tmp_path / "there.zip").read_bytes() == b"mine"


def test_the_proof_has_each_event_with_its_evidence_and_what_was_sent(told, tmp_path):
    written = write_proof(told.office, ADA, tmp_path / "proof.zip", told.now, "fr")
    with zipfile.ZipFile(written.path) as archive:
        page, records = archive.read("index.html").decode(), json.loads(archive.read("data.json"))["records"]
    assert 'lang="fr"' in page
    assert "Preuve du consentement" in page
    (event,) = records["consents"]
    assert event["source"]
    assert "file_line" in event["evidence"]
    assert set(records) == {"subscribers", "consents", "subscriber_topics", "deliveries"}
    assert "given_name" not in records["subscribers"][0]


def test_a_new_address_keeps_consent_and_history(told):
    identity = known_person(told.office, ADA)
    assert change_address(told.office, ADA, "Ada.New@EXAMPLE.net", told.now) == "Ada.New@example.net"
    assert known_person(told.office, "ada.new@example.net") == identity
    with pytest.raises(ContentRefused, match="already"):
        change_address(told.office, "ada.new@example.net", BEN, told.now)
    with pytest.raises(ContentRefused, match="Nobody here"):
        known_person(told.office, ADA)


@pytest.mark.parametrize(
    ("received", "months", "due"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 26), 1, date(2026, 12, 26)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
    ],
)
def test_an_answer_is_due_within_a_month_of_the_calendar(received, months, due):
    assert months_after(received, months) == due


def test_the_log_warns_in_its_last_week_and_forgets_whose_it_was(bench):
    bench.at("2021-09-16 10:30")
    asked = open_request(bench.office, RequestKind.ERASURE, " ADA@example.org ", date(2021, 9, 16), bench.now)
    assert (asked.address, asked.due) == (ADA, date(2021, 10, 16))
    assert not _about(bench)
    bench.at("2021-10-10 08:00")
    assert "must be answered by 2021-10-16" in _about(bench)
    extend_request(bench.office, asked.id, "many systems")
    assert not _about(bench)
    with pytest.raises(ContentRefused, match="already"):
        extend_request(bench.office, asked.id, "again")
    closed = close_request(bench.office, asked.id, "erased", bench.now)
    assert (closed.address, closed.closed) == ("", date(2021, 10, 10))
    with pytest.raises(ContentRefused, match="closed on"):
        close_request(bench.office, asked.id, "again", bench.now)
    with pytest.raises(ContentRefused, match="no request 99"):
        close_request(bench.office, 99, "", bench.now)


def test_a_request_from_tomorrow_is_refused(bench):
    with pytest.raises(ContentRefused, match="has not come yet"):
        open_request(bench.office, RequestKind.ACCESS, ADA, bench.now.date() + timedelta(days=2), bench.now)


def _about(bench):
    return "".join(
        problem.what for problem in examine(bench.office, bench.now).problems if "Request" in problem.what
    )
