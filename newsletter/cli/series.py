"""`newsletter series`: mails that follow each person's own moment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, local_text, out, print_json, print_problems, print_table
from newsletter.core.refusal import Level
from newsletter.flows import series as verbs

app = typer.Typer(
    name="series",
    help="Series: welcome mails, anniversaries, mails about a person's own dates.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help="Name of the series: of articles/NAME.series.yaml.")]


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List every series and whether it runs."""
    with office() as here:
        standings = verbs.list_standings(here)
    if as_json:
        print_json({"series": [one.as_dict() for one in standings]})
        return
    rows = [
        (
            one.name,
            one.state,
            _starts(one),
            one.series.segment if one.series else "",
            len(one.series.steps) if one.series else "",
            sum(one.sent.values()),
        )
        for one in standings
    ]
    empty = "No series yet. Write one as articles/NAME.series.yaml."
    print_table("Series", ["series", "state", "starts", "segment", "steps#", "mails#"], rows, empty)


@app.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a series: its steps, how many people have had each, and what is wrong in its file."""
    with office() as here:
        one, zone = verbs.standing_of(here, name), here.settings.zone
    errors = sum(problem.level is Level.ERROR for problem in one.problems)
    if as_json:
        print_json(one.as_dict())
    else:
        _print_standing(one, zone)
        print_problems(one.problems)
    if errors:
        raise typer.Exit(1)


def _print_standing(one: verbs.SeriesStanding, zone: str) -> None:
    since = f", since {local_text(one.known.since, zone)}" if one.known and one.state == "running" else ""
    rows = [
        (step.name, _when(step.days), f"{step.at:%H:%M}", step.content.template, one.sent.get(step.name, 0))
        for step in (one.series.steps if one.series else ())
    ]
    title = f"{one.name}: {one.state}{since}"
    print_table(
        title, ["step", "days", "at", "template", "people#"], rows, f"{title}. The file cannot be read."
    )
    if one.series:
        where = "each person's own zone" if one.series.zone == "reader" else one.series.zone
        out.print(
            f"Counted from: {_starts(one)}. Segment: {one.series.segment}. Time: {where}.", highlight=False
        )
    if one.state == "changed":
        out.print(
            f"The file is not the one that was approved, so nothing goes. `newsletter series approve {one.name}`.",
            highlight=False,
        )


def _starts(one: verbs.SeriesStanding) -> str:
    if one.series is None:
        return ""
    return f"{one.series.starts}, every year" if one.series.yearly else one.series.starts


def _when(days: int) -> str:
    count = "1 day" if abs(days) == 1 else f"{abs(days)} days"
    return "the day itself" if days == 0 else f"{count} {'before' if days < 0 else 'after'}"


@app.command("approve")
def approve(
    name: Name, by: Annotated[str, typer.Option(help="Who approves.")] = "officer", as_json: AsJson = False
) -> None:
    """Check a series as its file is now and let it run from this moment on."""
    with office() as here:
        problems = verbs.approve_series(here, name, by, here.clock())
    if as_json:
        print_json({"series": name, "state": "running", "problems": [each.as_dict() for each in problems]})
        return
    print_problems(problems)
    out.print(
        f"Series '{name}' runs. Whoever's moment has passed gets what is still to come. `newsletter plan` shows it.",
        highlight=False,
    )


@app.command("pause")
def pause(name: Name, as_json: AsJson = False) -> None:
    """Let a series rest; what falls into the pause is skipped."""
    with office() as here:
        verbs.pause_series(here, name)
    if as_json:
        print_json({"series": name, "state": "paused"})
        return
    out.print(f"Series '{name}' rests. `newsletter series resume {name}` goes on.", highlight=False)


@app.command("resume")
def resume(name: Name, as_json: AsJson = False) -> None:
    """Let a paused series go on from now."""
    with office() as here:
        verbs.resume_series(here, name, here.clock())
    if as_json:
        print_json({"series": name, "state": "running"})
        return
    out.print(f"Series '{name}' goes on.", highlight=False)


@app.command("preview")
def preview(
    name: Name,
    moment: Annotated[
        str,
        typer.Option(
            help="When the person joined, or their date: 2026-11-25 or 2026-11-25T15:00; now when not given."
        ),
    ] = "",
    zone: Annotated[str, typer.Option(help="The person's zone; the office's when not given.")] = "",
    to: Annotated[
        Path | None,
        typer.Option(help="Folder: also write every mail there, HTML and text, in each language."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show when each mail of a series would come to one person; nothing is stored or sent."""
    with office() as here:
        now = here.clock()
        ladder = verbs.ladder_for(here, name, moment, zone, now)
        files = [] if to is None else verbs.build_steps(here, name, to, now)
        language = here.settings.languages[0]
    if as_json:
        steps = [
            {
                "step": day.step.name,
                "local": day.local.isoformat(timespec="minutes"),
                "zone": day.zone,
                "utc": day.instant.isoformat(),
                "subjects": dict(day.step.content.subjects),
            }
            for day in ladder
        ]
        print_json({"series": name, "steps": steps, "files": [str(path) for path in files]})
        return
    rows = [
        (day.step.name, local_text(day.instant, day.zone), day.step.content.subjects.get(language, ""))
        for day in ladder
    ]
    print_table(f"{name}, for one person", ["step", "when", "subject"], rows, "No steps.")
    for path in files:
        out.print(str(path), highlight=False)
