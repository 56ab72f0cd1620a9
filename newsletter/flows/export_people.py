"""People go out into a file: CSV, a workbook or JSON lines, one after the other, in a form that an import takes back."""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook

from newsletter.core.people_file.formulas import defused
from newsletter.core.people_file.written import as_text, written_columns, written_values
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.flows.workspace import read_people
from newsletter.store.people_export import written_people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from newsletter.flows.office import Office

_TOLD = 1000  # rows between two words of progress
_MOST_IN_A_SHEET = 1_048_575  # rows below the names


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written, and how many people are in it."""

    path: Path
    people: int

    def as_dict(self) -> dict[str, Any]:
        """The outcome for scripts."""
        return {"file": str(self.path), "people": self.people}


def export_people(
    office: Office,
    path: Path,
    now: datetime,
    segment: str = "",
    progress: Callable[[int], None] = lambda _done: None,
) -> Exported:
    """Write everybody who is known, or who is in a segment now; those who left too, with their status.

    Cells that a spreadsheet would take for a formula get an apostrophe, which an import takes off again.

    Args:
        path: the file; its ending says how: .csv, .xlsx or .jsonl.
        segment: its name; "" is everybody.
        progress: told every now and then how many people have been written.

    Raises:
        ContentRefused: there is no such segment, the file is there already or cannot be written, or its ending is none of these.
    """
    known = read_people(office)
    wanted = known.segment(segment) if segment else None
    opened = _FORMATS.get(path.suffix.lower())
    if opened is None:
        what = f"'{path.suffix or path.name}' is no ending that tells what to write."
        raise ContentRefused(Problem(what, f"Name the file with one of: {', '.join(_FORMATS)}.", path.name))
    columns, done = written_columns(known.fields), 0
    try:
        with office.database.read() as connection, opened(path, columns) as write:
            for done, person in enumerate(written_people(connection, wanted, known.segments, now), start=1):
                write(written_values(person, known.fields))
                if done % _TOLD == 0:
                    progress(done)
    except FileExistsError:
        what = "The file is there already."
        raise ContentRefused(Problem(what, "Name another, or remove it.", path.name)) from None
    except OSError as error:
        what = f"The file cannot be written: {error.strerror}."
        raise ContentRefused(Problem(what, "Name a folder that can be written to.", path.name)) from None
    progress(done)
    return Exported(path, done)


@contextmanager
def _csv(path: Path, columns: Sequence[str]) -> Iterator[Callable[[Sequence[Any]], None]]:
    """With a byte order mark, without which spreadsheets spoil accents."""
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        yield lambda values: rows.writerow([defused(as_text(value)) for value in values]) and None


@contextmanager
def _json_lines(path: Path, columns: Sequence[str]) -> Iterator[Callable[[Sequence[Any]], None]]:
    """No spreadsheet opens it, so that its texts stay as they are."""
    with path.open("x", encoding="utf-8", newline="\n") as file:

        def write(values: Sequence[Any]) -> None:
            told = {name: value for name, value in zip(columns, values, strict=True) if value is not None}
            file.write(json.dumps(told, ensure_ascii=False) + "\n")

        yield write


@contextmanager
def _workbook(path: Path, columns: Sequence[str]) -> Iterator[Callable[[Sequence[Any]], None]]:
    path.touch(exist_ok=False)
    book = Workbook(write_only=True)
    sheet, left = book.create_sheet("people"), _MOST_IN_A_SHEET
    sheet.append(list(columns))

    def write(values: Sequence[Any]) -> None:
        nonlocal left
        if not left:
            what = f"A sheet holds {_MOST_IN_A_SHEET:,} people, and there are more."
            raise ContentRefused(
                Problem(what, "Write .csv or .jsonl, or one segment after the other.", path.name)
            )
        left -= 1
        sheet.append(
            [value if type(value) in {int, float, bool} else defused(as_text(value)) for value in values]
        )

    yield write
    book.save(path)


_FORMATS = {".csv": _csv, ".xlsx": _workbook, ".jsonl": _json_lines}
