"""What every format of a file of people comes to: rows of cells, of which the first names the columns."""

from __future__ import annotations

from typing import NamedTuple


class FileRow(NamedTuple):
    """A row that is not blank.

    Attributes:
        line: where it begins, from 1: a line of a text, a row of a sheet.
        text: the row as it stood, for people.
        cells: as many as there are columns, else the row is rejected.
        wrong: why it has no cells, "" when it has.
    """

    line: int
    text: str
    cells: list[str]
    wrong: str = ""
