"""The rows of a CSV file, one after the other: one that cannot be read costs nobody else."""

from __future__ import annotations

import csv
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class CsvRow(NamedTuple):
    """A row that is not blank, with the line on which it begins; `wrong` says why it has no cells."""

    line: int
    text: str
    cells: list[str]
    wrong: str = ""


def csv_rows(lines: Iterable[str]) -> Iterator[CsvRow]:
    """Rows as RFC 4180 has them. After one that cannot be read, reading goes on with the next line.

    A quote that is never closed would otherwise swallow everybody who stands below it. No more is held in memory than
    the row that is being read.

    Args:
        lines: with their ends, CR LF, LF or CR.
    """
    source = _Lines(lines)
    read = 0  # lines before the row that is being read
    while True:
        try:
            for cells in csv.reader(source, strict=True):
                taken = source.taken
                text = taken[0] if len(taken) == 1 else "".join(taken)
                if "".join(cells).strip():
                    yield CsvRow(read + 1, text.rstrip("\r\n"), cells)
                read += len(taken)
                taken.clear()
        except csv.Error as error:
            yield CsvRow(read + 1, source.taken[0].rstrip("\r\n"), [], str(error))
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

    def go_back(self) -> None:
        """The first line is done with; those after it come again."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.taken.clear()
