"""`newsletter scheduler` and `newsletter worker`: what runs day and night."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.place import workspace
from newsletter.daemon import run_daemon
from newsletter.wiring import open_office
from newsletter.worker import run_worker

Health = Annotated[
    str, typer.Option(help="Host and port on which the scheduler says how it goes, such as 127.0.0.1:8026.")
]


def add_commands(app: typer.Typer) -> None:
    """Put the commands of this module into `app`."""
    app.command("scheduler")(scheduler)
    app.command("worker")(worker)


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
