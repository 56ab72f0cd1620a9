"""A fresh database of each kind, and the CPU time that PostgreSQL's processes have used."""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from throwaway_postgresql import binaries, fresh_database, throwaway_server

if TYPE_CHECKING:
    from collections.abc import Iterator

_TICKS = os.sysconf("SC_CLK_TCK")


class Databases:
    """Gives databases; the server of PostgreSQL starts when it is first needed."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._server = ""
        self._postmaster = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @staticmethod
    def has(kind: str) -> bool:
        """Whether a database of this kind can be had on this machine."""
        return kind == "sqlite" or binaries() is not None

    @contextmanager
    def fresh(self, kind: str) -> Iterator[str]:
        """An empty database; gives its address."""
        if kind == "sqlite":
            yield "sqlite:///var/bench.sqlite"
            return
        with fresh_database(self._started()) as url:
            yield url

    def cpu_seconds(self) -> float:
        """What all processes of the server have used so far, those that have ended too; 0 when there is none."""
        if not self._postmaster:
            return 0.0
        own = _stat(self._postmaster)
        ticks = sum(own[11:15])  # its own, and those of its children that have ended
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                found = _stat(int(entry.name))
                ticks += sum(found[11:13]) if found and found[1] == self._postmaster else 0
        return ticks / _TICKS

    def _started(self) -> str:
        if not self._server:
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="newsletter-bench-")))
            self._server = self._stack.enter_context(throwaway_server(folder))
            with psycopg.connect(self._server) as connection:
                row = connection.execute("SELECT pg_read_file('postmaster.pid', 0, 20)").fetchone()
            self._postmaster = int(row[0].split()[0]) if row else 0
        return self._server


def _stat(pid: int) -> list[int]:
    """The fields of /proc/PID/stat behind the name: state (as 0), parent and so on; none for a process that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
    return [0, *map(int, fields[1:])]
