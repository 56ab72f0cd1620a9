"""The commands about the whole office: init, plan, simulate, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.period import Begin, End, InZone, period
from newsletter.cli.place import office
from newsletter.cli.show import AsJson, counted, local_text, out, print_json, print_problems, print_table
from newsletter.cli.simulate import simulate_plan
from newsletter.cli.timing import going_row, moved, when
from newsletter.core.refusal import Level
from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.doctor import examine
from newsletter.flows.plan import Forecast, forecast
from newsletter.starter import lay_out


def add_commands(app: typer.Typer) -> None:
    """Put the commands of this module into `app`."""
    app.command("init")(init)
    app.command("plan")(plan)
    app.command("simulate")(simulate_plan)
    app.command("doctor")(doctor)


def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the new workspace.")], as_json: AsJson = False
) -> None:
    """Lay out a workspace with sample articles, templates, people and a commented config.yaml."""
    made = lay_out(folder)
    if as_json:
        print_json({"workspace": str(folder), "made": [str(path) for path in made]})
        return
    out.print(f"A workspace is laid out in {folder}. Next:", highlight=False)
    out.print(
        f"  cd {folder}\n  newsletter articles check\n  newsletter subscribers import subscribers/sample.csv",
        highlight=False,
    )


def plan(start: Begin = "", end: End = "", zone: InZone = "", as_json: AsJson = False) -> None:
    """Forecast what will go to how many and when; nothing is sent."""
    with office() as here:
        now = here.clock()
        begin, until = period(start, end, zone or here.settings.zone, now)
        sync_deadlines(here, now)
        planned = forecast(here, begin, until, now)
    if as_json:
        rows = [
            one.as_dict()
            | {"each_reader": one.campaign.timing.each_reader, "moved": moved(one.occurrence)}
            | going_row(one.going)
            for one in planned
        ]
        print_json({"plan": rows})
        return
    shown = [
        (
            "; ".join(filter(None, (_when(one), moved(one.occurrence)))),
            one.campaign.kind,
            f"{one.campaign.name} (waits for {one.waits})" if one.waits else one.campaign.name,
            one.campaign.segment,
            one.recipients,
            counted(one.withheld()),
        )
        for one in planned
    ]
    columns = ["when", "kind", "campaign", "segment", "people#", "withheld"]
    print_table("Planned", columns, shown, "Nothing is planned in this time.")


def _when(one: Forecast) -> str:
    if one.campaign.timing.each_reader:
        return when(one.campaign, one.going)
    at = local_text(one.instant, one.campaign.zone)
    return "; ".join(filter(None, (at, when(one.campaign, one.going))))


def doctor(as_json: AsJson = False) -> None:
    """Examine the office: configuration, database, transport, articles, scheduler, rows that wait for a decision."""
    with office() as here:
        findings = examine(here, here.clock())
    errors = sum(problem.level is Level.ERROR for problem in findings.problems)
    if as_json:
        print_json(findings.as_dict())
    else:
        print_table("Examined", ["what", "state"], findings.facts.items(), "")
        print_problems(findings.problems)
        out.print(f"Errors: {errors}." if findings.problems else "Everything is in order.")
    if errors:
        raise typer.Exit(1)
