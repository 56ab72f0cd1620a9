"""Files of people as other programs write them: CSV, spreadsheets (XLSX), JSON lines and contact cards, row by row."""

from __future__ import annotations

import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from newsletter.core.people_file.csv_rows import csv_rows
from newsletter.core.people_file.json_rows import json_names, json_rows
from newsletter.core.people_file.rows import FileRow
from newsletter.core.people_file.vcard_rows import vcard_rows
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.text_encoding import guess_encoding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_BLOCK = 1 << 20
_LONGEST_SHEET = 4 << 30  # octets, unpacked: a million rows come to less than one
_LONGEST_TEXTS = 256 << 20  # octets of the texts that a book shares: they are held in memory
_TEXTS = "xl/sharedStrings.xml"


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """A file that is open.

    Attributes:
        rows: the names of the columns, then everybody.
        share: how much has been read, from 0 to 1; of a sheet that cannot be told, and it is 0.
        is_card: columns that nobody knows are passed over: a card holds what nobody asked for.
        is_table: cells may have been made harmless for spreadsheets.
    """

    rows: Iterator[FileRow]
    share: Callable[[], float]
    is_card: bool = False
    is_table: bool = True


@contextmanager
def open_people_file(path: Path, shown: str) -> Iterator[PeopleFile]:
    """Open a file by the ending of its name: .xlsx, .jsonl, .ndjson, .json, .vcf; all others are CSV.

    UTF-16 and Windows text are told from UTF-8. Octets that are not UTF-8 become lone surrogates, so that one bad row does
    not cost the others.

    Args:
        path: where it lies.
        shown: its name, for problems.

    Raises:
        ContentRefused: it cannot be read.
    """
    try:
        if path.suffix.lower() in {".xlsx", ".xlsm"}:
            with _book(path, shown) as rows:
                yield PeopleFile(rows, lambda: 0.0)
        else:
            with _lines(path) as (lines, share):
                yield _text_file(path, lines, share)
    except FileNotFoundError:
        what = f"There is no file '{shown}'."
        raise ContentRefused(Problem(what, "Put it there, or correct the name.", shown)) from None
    except OSError as error:
        what = f"The file cannot be read: {error.strerror}."
        raise ContentRefused(Problem(what, "Check its permissions.", shown)) from None


def _text_file(path: Path, lines: Iterable[str], share: Callable[[], float]) -> PeopleFile:
    match path.suffix.lower():
        case ".jsonl" | ".ndjson" | ".json":
            with _lines(path) as (all_lines, _):
                names = json_names(all_lines)
            return PeopleFile(json_rows(lines, names), share, is_table=False)
        case ".vcf" | ".vcard":
            return PeopleFile(vcard_rows(lines), share, is_card=True, is_table=False)
        case _:
            return PeopleFile(csv_rows(lines), share)


@contextmanager
def _lines(path: Path) -> Iterator[tuple[Iterable[str], Callable[[], float]]]:
    with path.open("rb") as file:
        guessed = guess_encoding(iter(partial(file.read, _BLOCK), b""))
        size = file.tell()
    errors = "strict" if guessed else "surrogateescape"
    encoding = guessed or "utf-8-sig"
    with path.open("rb") as file, TextIOWrapper(file, encoding=encoding, errors=errors, newline="") as lines:
        yield lines, lambda: file.tell() / max(size, 1)


@contextmanager
def _book(path: Path, shown: str) -> Iterator[Iterator[FileRow]]:
    remedy = "Save it as a workbook (.xlsx) without a password, or as CSV."
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
        if sum(sizes.values()) > _LONGEST_SHEET or sizes.get(_TEXTS, 0) > _LONGEST_TEXTS:
            what = "The workbook is too large to be unpacked."
            raise ContentRefused(Problem(what, "Save the sheet as CSV.", shown))
        book = load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError) as error:
        what = f"The workbook cannot be read: {type(error).__name__}."
        raise ContentRefused(Problem(what, remedy, shown)) from None
    try:
        yield _sheet_rows(book.worksheets[0].iter_rows(values_only=True) if book.worksheets else ())
    finally:
        book.close()


def _sheet_rows(rows: Iterable[tuple[Any, ...]]) -> Iterator[FileRow]:
    """The rows of the first sheet. What is empty at the right end of all rows is no column."""
    columns = 0
    for number, row in enumerate(rows, start=1):
        cells = [_cell(value) for value in row]
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = max(at for at, cell in enumerate(cells, start=1) if cell.strip())
        while len(cells) > columns and not cells[-1].strip():
            cells.pop()
        cells += [""] * (columns - len(cells))
        yield FileRow(number, " | ".join(cells), cells)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return value.isoformat() if value.time() != datetime.min.time() else value.date().isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value)
