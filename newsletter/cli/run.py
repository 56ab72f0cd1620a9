"""The commands that do not belong to a noun: init, demo, serve, web, scheduler, worker, plan, simulate, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.demo import run_demo
from newsletter.cli.period import Begin, End, InZone, period
from newsletter.cli.place import office, workspace
from newsletter.cli.serving import run_everything, run_web
from newsletter.cli.show import AsJson, counted, local_text, out, print_json, print_problems, print_table
from newsletter.cli.simulate import simulate_plan
from newsletter.cli.timing import going_row, moved, when
from newsletter.core.refusal import Level
from newsletter.daemon import run_daemon
from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.doctor import examine
from newsletter.flows.plan import Forecast, forecast
from newsletter.starter import lay_out
from newsletter.wiring import open_office
from newsletter.worker import run_worker

Port = Annotated[int, typer.Option(help="Port of the readers' pages.", min=0, max=65535)]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Health = Annotated[
    str, typer.Option(help="Host and port on which the scheduler says how it goes, such as 127.0.0.1:8026.")
]


def add_commands(app: typer.Typer) -> None:
    """Put the commands of this module into `app`."""
    app.command("init")(init)
    app.command("demo")(demo)
    app.command("plan")(plan)
    app.command("simulate")(simulate_plan)
    app.command("scheduler")(scheduler)
    app.command("worker")(worker)
    app.command("web")(web)
    app.command("serve")(serve)
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


def demo(
    folder: Annotated[Path, typer.Option("--to", help="Folder that is played in.")] = Path("var/demo"),
    as_json: AsJson = False,
) -> None:
    """Play six weeks of an office on the real flows with a simulated clock, into a local Maildir."""
    run_demo(workspace() / folder, as_json)


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


def scheduler(health: Health = "") -> None:
    """Run the scheduler daemon: launch what is due and, with the local engine, hand it over. SIGTERM finishes the mail in hand."""
    here = open_office(workspace())
    try:
        run_daemon(here, workspace(), health)
    finally:
        here.database.close()


def worker() -> None:
    """Run a worker beside the scheduler, here or on another machine. SIGTERM finishes the mail in hand.

    On another machine it needs no workspace: start it in an empty folder with NEWSLETTER_DATABASE and the secrets
    (NEWSLETTER_SECRET, NEWSLETTER_TRANSPORT__PASSWORD); the rest is in the database, where the scheduler has put it.
    """
    run_worker(workspace())


def web(host: Host = "127.0.0.1", port: Port = 8025) -> None:
    """Serve the readers' pages: unsubscribe, preferences, "I have applied", calendars."""
    here = open_office(workspace())
    try:
        run_web(here, host, port)
    finally:
        here.database.close()


def serve(host: Host = "127.0.0.1", port: Port = 8025, health: Health = "") -> None:
    """Run everything: the scheduler, its workers and the readers' pages."""
    here = open_office(workspace())
    try:
        run_everything(here, workspace(), host, port, health)
    finally:
        here.database.close()


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
