"""The commands that do not belong to a noun: init, demo, serve, web, scheduler, worker, plan, doctor."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.demo import run_demo
from newsletter.cli.place import office, workspace
from newsletter.cli.serving import run_everything, run_web
from newsletter.cli.show import AsJson, counted, local_text, out, print_json, print_problems, print_table
from newsletter.core.refusal import Level
from newsletter.core.wallclock import parse_local, to_instant
from newsletter.daemon import run_daemon
from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.doctor import examine
from newsletter.flows.plan import forecast
from newsletter.starter import lay_out
from newsletter.wiring import open_office
from newsletter.worker import run_worker

_MONTH = timedelta(days=30)
Port = Annotated[int, typer.Option(help="Port of the readers' pages.", min=0, max=65535)]
Host = Annotated[str, typer.Option(help="Address to listen on.")]


def add_commands(app: typer.Typer) -> None:
    """Put the commands of this module into `app`."""
    app.command("init")(init)
    app.command("demo")(demo)
    app.command("plan")(plan)
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


def plan(
    start: Annotated[
        str, typer.Option("--from", help="Wall-clock time in the office's zone; now when not given.")
    ] = "",
    end: Annotated[
        str, typer.Option("--to", help="Wall-clock time; 30 days after the start when not given.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Forecast what will go to how many and when; nothing is sent."""
    with office() as here:
        now, zone = here.clock(), here.settings.zone
        sync_deadlines(here, now)
        begin = _moment(start, zone) or now
        planned = forecast(here, begin, _moment(end, zone) or begin + _MONTH, now)
    if as_json:
        rows = [
            {
                "at": one.instant.isoformat(),
                "local": local_text(one.instant, one.campaign.zone),
                "zone": one.campaign.zone,
                "kind": one.campaign.kind.value,
                "campaign": one.campaign.name,
                "recipients": one.recipients,
                "withheld": one.withheld(),
                "waits": one.waits or None,
            }
            for one in planned
        ]
        print_json({"plan": rows})
        return
    shown = [
        (
            local_text(one.instant, one.campaign.zone),
            one.campaign.kind,
            f"{one.campaign.name} (waits for {one.waits})" if one.waits else one.campaign.name,
            one.recipients,
            counted(one.withheld()),
        )
        for one in planned
    ]
    print_table(
        "Planned",
        ["when", "kind", "campaign", "people#", "withheld"],
        shown,
        "Nothing is planned in this time.",
    )


def _moment(text: str, zone: str) -> datetime | None:
    if not text:
        return None
    return to_instant(parse_local(text if "T" in text.upper() else f"{text}T00:00"), zone)


def scheduler() -> None:
    """Run the scheduler daemon: launch what is due and, with the local engine, hand it over. SIGTERM finishes the mail in hand."""
    here = open_office(workspace())
    try:
        run_daemon(here, workspace())
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


def serve(host: Host = "127.0.0.1", port: Port = 8025) -> None:
    """Run everything: the scheduler, its workers and the readers' pages."""
    here = open_office(workspace())
    try:
        run_everything(here, workspace(), host, port)
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
