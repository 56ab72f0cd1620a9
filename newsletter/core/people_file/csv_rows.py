"""The rows of a CSV file, one after the other: one that cannot be read costs nobody else."""

from __future__ import annotations

import csv
from collections import deque
from typing import TYPE_CHECKING

from newsletter.core.people_file.rows import FileRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DELIMITERS = ",;\t|^~:"  # the earlier one where two would part the names into as many


def csv_rows(lines: Iterable[str]) -> Iterator[FileRow]:
    """Rows as RFC 4180 has them. After one that cannot be read, reading goes on with the next line.

    What parts the cells is told from the first line, or by a line `sep=;` before it, as spreadsheets write it. A quote
    that is never closed would otherwise swallow everybody who stands below it. No more is held in memory than the row
    that is being read.

    Args:
        lines: with their ends, CR LF, LF or CR.
    """
    source = _Lines(lines)
    delimiter, read = source.begin()  # how many lines lie before the row that is being read
    while True:
        try:
            for cells in csv.reader(source, delimiter=delimiter, strict=True):
                taken = source.taken
                text = taken[0] if len(taken) == 1 else "".join(taken)
                if "".join(cells).strip():
                    yield FileRow(read + 1, text.rstrip("\r\n"), cells)
                read += len(taken)
                taken.clear()
        except csv.Error as error:
            yield FileRow(read + 1, source.taken[0].rstrip("\r\n"), [], str(error))
            read += 1
            source.go_back()
        else:
            return


class _Lines:
    """Lines that can be read again from the second line of the present row on."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._source = iter(lines)
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._source)
        self.taken.append(line)
        return line

    def begin(self) -> tuple[str, int]:
        """What parts the cells, and how many lines are passed over: blank ones, and one that says just this."""
        passed = 0
        for line in self._source:
            said = line.rstrip("\r\n")
            if said[:4].lower() == "sep=" and len(said) <= 5:  # noqa: PLR2004 - one sign behind it
                return said[4:] or ",", passed + 1
            if said.strip(_DELIMITERS + " "):
                self._again.append(line)
                return max(_DELIMITERS, key=lambda sign: _cells(said, sign)), passed
            passed += 1
        return ",", passed

    def go_back(self) -> None:
        """The first line is done with; those after it come again."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.taken.clear()


def _cells(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter)))
    except csv.Error:
        return 0
