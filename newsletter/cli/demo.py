"""`newsletter demo`: the six weeks on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from newsletter.cli.place import workspace
from newsletter.cli.show import AsJson, counted, err, out, print_json
from newsletter.demo.play import Performance, play

if TYPE_CHECKING:
    from newsletter.demo.timeline import Moment


def add_commands(app: typer.Typer) -> None:
    """Put the command of this module into `app`."""
    app.command("demo")(demo)


def demo(
    folder: Annotated[Path, typer.Option("--to", help="Folder that is played in.")] = Path("var/demo"),
    as_json: AsJson = False,
) -> None:
    """Play six weeks of an office on the real flows with a simulated clock, into a local Maildir."""
    run_demo(workspace() / folder, as_json)


def run_demo(folder: Path, as_json: bool) -> None:
    """Play the demonstration and show it: a timeline as it happens, then a table and where to look."""
    if as_json:
        performance = play(folder, lambda _moment: None)
        print_json(performance.as_dict())
    else:
        performance = perform_and_show(folder)
    if performance.duplicates:
        err.print(f"{performance.duplicates} duplicates: this must not happen.", style="red")
        raise typer.Exit(1)


def perform_and_show(folder: Path) -> Performance:
    """Play, printing each moment as it happens, and the summary at the end."""
    title = "Six weeks at Common Thread, 15 September to 20 October 2021, Brussels time"
    out.print(Text(title, style="bold"))
    out.print()
    performance = play(folder, _show)
    _summary(performance)
    return performance


def _show(moment: Moment) -> None:
    line = Text()
    line.append(f"{moment.at:%a %d %b  %H:%M}  ", style="dim")
    if moment.what:
        line.append(moment.what)
    else:
        line.append(moment.title, style="bold green")
        line.append(": ")
        line.append(_sent(moment), style="bold")
        if moment.withheld:
            line.append(f"; {sum(moment.withheld.values())} withheld", style="yellow")
    out.print(line, soft_wrap=True)


def _sent(moment: Moment) -> str:
    languages = ", ".join(f"{count} {language}" for language, count in moment.sent.items())
    return f"{sum(moment.sent.values())} sent ({languages})" if moment.sent else "0 sent"


def _summary(performance: Performance) -> None:
    table = Table(
        title="What went to whom, and what was withheld",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
    )
    for column, justify in (
        ("when", "left"),
        ("mail", "left"),
        ("en", "right"),
        ("fr", "right"),
        ("withheld", "left"),
    ):
        wide = column == "withheld"
        table.add_column(column, justify=justify, header_style="bold", no_wrap=not wide)  # type: ignore[arg-type]
    for moment in performance.moments:
        if not moment.what:
            _row(table, moment, "")
    for moment in performance.ahead:
        _row(table, moment, "dim")
    out.print()
    out.print(table)
    out.print(Text("Dim lines are planned for after the curtain.", style="dim"))
    out.print()
    out.print(f"{len(performance.mails)} mails, {performance.duplicates} duplicates.", highlight=False)
    out.print(f"Inbox (Maildir):  {performance.inbox}", highlight=False, soft_wrap=True)
    out.print(f"Contact sheet:    {performance.index}", highlight=False, soft_wrap=True)


def _row(table: Table, moment: Moment, style: str) -> None:
    counts = [str(moment.sent.get(language, 0)) for language in ("en", "fr")]
    when = f"{moment.at:%a %d %b %H:%M}"
    table.add_row(when, moment.title, *counts, counted(moment.withheld), style=style)
