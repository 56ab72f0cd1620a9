"""Every format of a file of people comes to the same rows, and what is wrong in one costs nobody else."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime

import pytest
from openpyxl import Workbook

from newsletter.core.people_file import Basis, Matching, PersonEntry, Reject, Taking, read_people
from newsletter.core.refusal import ContentRefused
from newsletter.core.segment.fields import parse_fields
from newsletter.sources.people_files import open_people_file

FIELDS = parse_fields(
    "fields: {organisation: {type: text, label: {en: Organisation}}}\ntopics: {erasmus: {label: {en: E}}}",
    "f",
)
BASIS = Taking(Basis("sign-up form", "2021-03-03", "Yes"))
ADA = {"email": "Ada@example.org", "given_name": "Ada", "country": "BE", "organisation": "Élan; & fils"}
BEN = {"email": "ben@example.net", "given_name": "Benoît", "country": "FR", "organisation": ""}
SPOILT = {"email": "nobody", "given_name": "", "country": "", "organisation": ""}


def _csv(path, people, encoding="utf-8", delimiter=","):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(ADA), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(people)
    path.write_bytes(out.getvalue().encode(encoding))


def _xlsx(path, people):
    book = Workbook()
    for row in (list(ADA), *(list(one.values()) for one in people)):
        book.active.append(row)
    book.save(path)


def _jsonl(path, people):
    path.write_text("".join(json.dumps(one) + "\n" for one in people), encoding="utf-8")


def _vcf(path, people):
    cards = (
        "BEGIN:VCARD\r\nVERSION:4.0\r\n"
        f"EMAIL;TYPE=work:{one['email']}\r\nN:Family;{one['given_name']};;;\r\n"
        f"ADR:;;;;;;{one['country']}\r\nORG:{one['organisation'].replace(';', chr(92) + ';')}\r\n"
        "X-SHOE-SIZE:44\r\nEND:VCARD\r\n"
        for one in people
    )
    path.write_text("".join(cards), encoding="utf-8", newline="")


FORMATS = {
    "people.csv": _csv,
    "semicolons.csv": lambda path, people: _csv(path, people, delimiter=";"),
    "tabs.tsv": lambda path, people: _csv(path, people, delimiter="\t"),
    "bars.txt": lambda path, people: _csv(path, people, delimiter="|"),
    "mark.csv": lambda path, people: _csv(path, people, "utf-8-sig"),
    "windows.csv": lambda path, people: _csv(path, people, "cp1252", ";"),
    "utf16.csv": lambda path, people: _csv(path, people, "utf-16", "\t"),
    "people.xlsx": _xlsx,
    "people.jsonl": _jsonl,
    "people.vcf": _vcf,
}


def read(path, taking=BASIS):
    with open_people_file(path, path.name) as file:
        matching = Matching(leave_rest=file.is_card)
        found, entries = read_people(file.rows, path.name, FIELDS, taking, matching)
        return found, list(entries)


@pytest.fixture(params=FORMATS)
def written(request, tmp_path):
    def write(*people):
        path = tmp_path / request.param
        FORMATS[request.param](path, people)
        return path

    return write


def test_every_format_tells_the_same_people(written):
    _, (ada, ben) = read(written(ADA, BEN))
    for one, row in ((ada, ADA), (ben, BEN)):
        assert (one.address, one.given_name, one.country) == (row["email"], row["given_name"], row["country"])
        assert one.attributes == ({"organisation": row["organisation"]} if row["organisation"] else {})
    assert ada.line < ben.line


def test_what_is_wrong_with_one_costs_nobody_else(written):
    _, (ada, spoilt, again, ben) = read(written(ADA, SPOILT, ADA, BEN))
    assert [type(one) for one in (ada, spoilt, again, ben)] == [PersonEntry, Reject, Reject, PersonEntry]
    assert (spoilt.problem.line, spoilt.kind, again.kind) == (spoilt.line, "invalid", "duplicate")
    assert spoilt.row["email"] == "nobody"
    assert spoilt.row["consent_source"] == "sign-up form"


def test_every_format_may_hold_nobody(written):
    if "json" not in written(ADA).name:
        assert read(written())[1] == []


def test_no_format_takes_people_without_a_basis(written):
    with pytest.raises(ContentRefused, match="does not say where and how they agreed"):
        read(written(ADA), Taking())


def test_a_line_that_names_what_parts_the_cells_is_believed(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("sep=;\nemail;given_name\nada@example.org;A,d,a\n", encoding="utf-8")
    assert [(one.line, one.given_name) for one in read(path)[1]] == [(3, "A,d,a")]


def test_octets_that_are_no_text_cost_their_own_row(tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes("email,given_name\nada@example.org,Zoé\nben@example.org,".encode() + b"\xff\n")
    ada, ben = read(path)[1]
    assert (ada.given_name, ben.problem.line) == ("Zoé", 3)


def test_cells_of_a_sheet_are_written_as_a_text_file_would(tmp_path):
    book = Workbook()
    book.active.append(["email", "joined", "paused_until", "organisation", None])
    book.active.append([])
    book.active.append(["ada@example.org", date(2021, 3, 3), datetime(2021, 12, 1, 9), 12.0])  # noqa: DTZ001 - sheets have no zones
    book.active.append(["ben@example.org", None, None, True])
    book.active.append(["chiara@example.org", None, None, None, "too many"])
    book.save(tmp_path / "people.xlsx")
    ada, ben, chiara = read(tmp_path / "people.xlsx")[1]
    assert (ada.line, ada.joined, ada.paused_until) == (
        3, datetime(2021, 3, 3, tzinfo=UTC), datetime(2021, 12, 1, 9, tzinfo=UTC),
    )  # fmt: skip
    assert (ada.attributes["organisation"], ben.attributes["organisation"]) == ("12", "true")
    assert "5 cells" in chiara.problem.what


@pytest.mark.parametrize(
    "line",
    [
        "[1]",
        '"ada"',
        "{",
        "{" + '"a":[' * 5000,
        '{"email": {"of": "ada"}}',
        '{"email": "a\\ud800@example.org"}',
        "nul",
    ],
)
def test_a_line_that_is_no_person_costs_itself(tmp_path, line):
    path = tmp_path / "people.jsonl"
    path.write_text(f'{line}\n{{"email": "ada@example.org", "topics": ["erasmus"]}}\n', encoding="utf-8")
    spoilt, ada = read(path)[1]
    assert (spoilt.line, ada.line, ada.topics) == (1, 2, ("erasmus",))


def test_cards_of_all_ages_are_understood(tmp_path):
    path = tmp_path / "people.vcf"
    path.write_text(
        "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Doe;Chlo=C3=\n=A9\nEMAIL;INTERNET:ada@example.org\n"
        "EMAIL;INTERNET;PREF:chloe@example.org\nEND:VCARD\n"
        "begin:vcard\nversion:3.0\nFN:Ben\nitem1.EMAIL;TYPE=INTERNET;TYPE=pref:ben@exam\n ple.org\n"
        "item1.ADR:;;Rue;Bruxelles;;1000;Belgique\nLANG:fr\nend:vcard\n"
        "BEGIN:VCARD\nEMAIL:chiara@example.org\n",
        encoding="utf-8",
    )
    chloe, ben, lost = read(path)[1]
    assert (chloe.address, chloe.given_name) == ("chloe@example.org", "Chloé")
    assert (ben.line, ben.address, ben.given_name, ben.country, ben.language) == (
        8,
        "ben@example.org",
        "Ben",
        "BE",
        "fr",
    )
    assert "does not end" in lost.problem.what


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 not really", b"\xd0\xcf\x11\xe0 an old workbook"])
def test_a_workbook_that_is_none_is_refused(tmp_path, data):
    (tmp_path / "people.xlsx").write_bytes(data)
    with pytest.raises(ContentRefused, match=r"people\.xlsx: The workbook cannot be read"):
        read(tmp_path / "people.xlsx")


def test_an_archive_that_is_no_workbook_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "people.xlsx", "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(ContentRefused, match="cannot be read"):
        read(tmp_path / "people.xlsx")


def test_a_workbook_that_would_fill_the_memory_is_refused(tmp_path):
    with (
        zipfile.ZipFile(tmp_path / "people.xlsx", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w") as texts,
    ):
        for _ in range(257):
            texts.write(bytes(1 << 20))
    with pytest.raises(ContentRefused, match="too large to be unpacked"):
        read(tmp_path / "people.xlsx")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ContentRefused, match="There is no file"):
        read(tmp_path / "gone.csv")
    with pytest.raises(ContentRefused, match="cannot be read"):
        read(tmp_path)
