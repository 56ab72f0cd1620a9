"""How the command line shows things: tables for people, one JSON document for scripts, problems for both."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from newsletter.core.refusal import Level, Problem
from newsletter.core.wallclock import to_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import JustifyMethod

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]

out = Console()
err = Console(stderr=True)


def print_json(data: Any) -> None:
    """Print one JSON document on standard output."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=_as_text) + "\n")


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Print a table, or the sentence `empty` when there are no rows. Columns whose name ends in "#" hold numbers."""
    table = Table(
        title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
    )
    for column in columns:
        # Folded, not cut: a name that is cut cannot be copied into the next command.
        justify: JustifyMethod = "right" if column.endswith("#") else "left"
        table.add_column(column.rstrip("#"), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    if table.row_count:
        out.print(table)
    else:
        out.print(Text(empty))


def print_problems(problems: Iterable[Problem], *, to: Console | None = None) -> None:
    """Print each problem as a paragraph: the place, what is wrong, the way out."""
    console = to or out
    for problem in problems:
        style = "red" if problem.level is Level.ERROR else "yellow"
        paragraph = Text()
        if problem.place:
            paragraph.append(f"{problem.place}: ", style="bold")
        paragraph.append(problem.what, style=style)
        if problem.remedy:
            paragraph.append(f" {problem.remedy}")
        console.print(paragraph, soft_wrap=True)


def local_text(instant: datetime | None, zone: str) -> str:
    """An instant as the wall in `zone` shows it, with the zone; "" for none."""
    return "" if instant is None else f"{to_local(instant, zone):%a %Y-%m-%d %H:%M} {zone}"


def counted(counts: dict[str, int]) -> str:
    """`4 unsubscribed, 2 paused`."""
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
