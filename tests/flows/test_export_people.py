"""People go out into a file and come in again: nothing has changed, whatever they are called."""

from __future__ import annotations

import csv
import json

import pytest
from openpyxl import load_workbook

from newsletter.core.people_file import Basis
from newsletter.core.refusal import ContentRefused
from newsletter.flows.export_people import export_people
from newsletter.flows.import_people import ImportWish, import_people
from newsletter.flows.people import suppress_address
from newsletter.store.people import find_by_key
from newsletter.store.people_sources import columns_of_source
from newsletter.store.person_records import records_of

ENDINGS = [".csv", ".xlsx", ".jsonl"]
HEAD = "email,given_name,organisation,employees,topics,consent_source,consent_date,consent_wording,status,language,country,joined\n"
PEOPLE = '''\
=ada@example.org,"=HYPERLINK(""http://x"")","=1+1",-5,erasmus;events,form,2021-01-05T10:15:00.000001+01:00,"+Yes, ""all""",confirmed,fr,BE,2020-02-29
ben@example.org,'=Ben,-,12,,@fair,2021-01-05,,pending,en,,
chiara@example.org,"{{7*7}} <b>, Ⓒhiara",''+x,,events,form,2021-01-05,Yes,unsubscribed,en,FR,
dora@example.org,Dora,,,events,form,2021-01-05,Yes,bounced,en,FR,
emil@example.org,Emil,,,events,form,2021-01-05,Yes,complained,en,FR,
'''


@pytest.fixture
def peopled(bench):
    path = bench.workspace / "in.csv"
    path.write_text(HEAD + PEOPLE.replace("'=Ben", "''=Ben").replace("''+x", "'''+x"), encoding="utf-8")
    report = import_people(bench.office, path, bench.now)
    assert report.counts == {"new": 2, "unsubscribed": 1, "suppressed": 2}, report.problems
    return bench


def _everything(bench):
    with bench.office.database.read() as connection:
        keys = [f"{name}@example.org" for name in ("=ada", "ben", "chiara", "dora", "emil")]
        return [records_of(connection, find_by_key(connection, key)) for key in keys]


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_import_of_an_export_changes_nothing(peopled, ending):
    before = _everything(peopled)
    path = peopled.workspace / f"out{ending}"
    assert export_people(peopled.office, path, peopled.now).people == 5
    report = import_people(peopled.office, path, peopled.now)
    assert report.problems == []
    assert report.counts == {"unchanged": 2, "unsubscribed": 1, "suppressed": 2}
    assert _everything(peopled) == before


def test_no_cell_of_an_export_is_a_formula(peopled):
    for ending in (".csv", ".xlsx"):
        export_people(peopled.office, peopled.workspace / f"out{ending}", peopled.now)
    with (peopled.workspace / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    book = load_workbook(peopled.workspace / "out.xlsx")
    typed = [cell for row in book.active.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in typed)
    texts = cells + [cell.value for cell in typed if isinstance(cell.value, str)]
    assert "'=1+1" in texts
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_segment_is_exported_alone(peopled):
    rules = peopled.workspace / "subscribers" / "segments.yaml"
    rules.write_text("segments: {mine: {title: {en: Mine}, where: {topic: events}}}\n", encoding="utf-8")
    path = peopled.workspace / "out.jsonl"
    assert export_people(peopled.office, path, peopled.now, "mine").people == 4
    told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(one["email"][0], one["status"]) for one in told] == [
        ("=", "confirmed"), ("c", "unsubscribed"), ("d", "bounced"), ("e", "complained"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "segment", "words"),
    [
        ("out.txt", "", "one of: .csv, .xlsx, .jsonl"),
        ("in.csv", "", "is there already"),
        ("no/out.csv", "", "cannot be written"),
        ("out.csv", "nobody", "no segment 'nobody'"),
    ],
)
def test_what_cannot_be_written_is_told(peopled, name, segment, words):
    with pytest.raises(ContentRefused, match=words):
        export_people(peopled.office, peopled.workspace / name, peopled.now, segment)


@pytest.mark.parametrize("status", ["confirmed", "pending"])
def test_no_import_revives_who_left_bounced_or_complained(peopled, status):
    suppress_address(peopled.office, "ben@example.org", "complaint", peopled.now)
    gone = ["ben@example.org", "chiara@example.org", "dora@example.org", "emil@example.org"]
    report = peopled.enrol(*gone, status=status, consent_date="2021-09-01")
    assert report.counts == {"unsubscribed": 1, "suppressed": 3}
    peopled.schedule()
    peopled.beat("2021-09-16T09:30")
    assert set(peopled.sent()) <= {"=ada@example.org"}


def test_what_columns_mean_is_remembered_by_where_the_file_comes_from(bench):
    path = bench.workspace / "theirs.csv"
    path.write_text("Who;Notes\nada@example.org;x\n", encoding="utf-8")
    basis = Basis("fair in Ghent", "2021-01-05", "Yes")
    wish = ImportWish(basis, {"Who": "email", "*": ""}, "fair")
    assert import_people(
        bench.office, path, bench.now, ImportWish(basis, wish.columns, "fair", dry_run=True)
    ).counts == {"new": 1}
    with pytest.raises(ContentRefused, match="'email' is missing"):
        import_people(bench.office, path, bench.now, ImportWish(basis, origin="fair"))
    assert import_people(bench.office, path, bench.now, wish).counts == {"new": 1}
    with bench.office.database.read() as connection:
        assert columns_of_source(connection, "fair") == {"Who": "email", "Notes": ""}
    again = import_people(bench.office, path, bench.now, ImportWish(basis, origin="fair"))
    assert (again.counts, again.columns[0].how) == ({"unchanged": 1}, "saved")
    with pytest.raises(ContentRefused, match="at most 64"):
        import_people(bench.office, path, bench.now, ImportWish(basis, origin="x" * 65))


def test_rejected_rows_are_mended_and_imported_with_their_basis(bench):
    path = bench.workspace / "theirs.csv"
    path.write_text(
        "Courriel\n=1+1\ninfo@example.org\nada@gmial.com\npostmaster@example.org\n", encoding="utf-8"
    )
    report = import_people(bench.office, path, bench.now, ImportWish(Basis("fair", "2021-01-05", "Yes")))
    assert report.counts == {"new": 1, "invalid": 1, "mistyped": 1, "role_address": 1}
    assert report.shared == 1
    text = report.rejects_file.read_text(encoding="utf-8")
    assert "'=1+1" in text
    report.rejects_file.write_text(text.replace("gmial.com,", "gmail.com,"), encoding="utf-8")
    assert import_people(bench.office, report.rejects_file, bench.now).counts["new"] == 1
