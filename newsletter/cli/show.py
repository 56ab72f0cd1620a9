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

_STYLES = {Level.ERROR: "red", Level.WARNING: "yellow", Level.ADVICE: "cyan"}

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
    """Print each problem as a paragraph: the place, what is wrong, why it matters, the way out."""
    console = to or out
    for problem in problems:
        style = _STYLES[problem.level]
        paragraph = Text()
        if problem.place:
            paragraph.append(f"{problem.place}: ", style="bold")
        paragraph.append(problem.what, style=style)
        paragraph.append("".join(f" {more}" for more in (problem.why, problem.remedy) if more))
        console.print(paragraph, soft_wrap=True)


def print_findings(about: dict[str, Any], problems: Sequence[Problem], ready: str, *, as_json: bool) -> None:
    """Print what a check found, heaviest first, and how many of each weight; ends with status 1 if anything blocks.

    Args:
        about: what was checked; a JSON document begins with it.
        problems: what was found.
        ready: the sentence for nothing at all.
        as_json: print one JSON document.
    """
    counts = {level: sum(problem.level is level for problem in problems) for level in Level}
    if as_json:
        numbers = {f"{level.value}s": count for level, count in counts.items() if level is not Level.ADVICE}
        more = {"advice": counts[Level.ADVICE], "problems": [problem.as_dict() for problem in problems]}
        print_json(about | numbers | more)
    elif problems:
        print_problems(problems)
        advice = f", {counts[Level.ADVICE]} pieces of advice" if counts[Level.ADVICE] else ""
        out.print(f"{counts[Level.ERROR]} errors, {counts[Level.WARNING]} warnings{advice}.")
    else:
        out.print(ready)
    if counts[Level.ERROR]:
        raise typer.Exit(1)


def local_text(instant: datetime | None, zone: str) -> str:
    """An instant as the wall in `zone` shows it, with the zone; "" for none."""
    return "" if instant is None else f"{to_local(instant, zone):%a %Y-%m-%d %H:%M} {zone}"


def counted(counts: dict[str, int]) -> str:
    """`4 unsubscribed, 2 paused`."""
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
