"""`newsletter web` and `newsletter serve`: the readers' pages alone, or everything in one process."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn

from newsletter.cli.daemons import Health
from newsletter.cli.place import workspace
from newsletter.cli.show import err
from newsletter.core.refusal import ConfigurationRefused, Problem
from newsletter.daemon import Daemon, running
from newsletter.public.app import create_public_app
from newsletter.wiring import open_office
from newsletter.worker import stop_on_signals

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.flows.office import Office

_LAST_ANSWERS_SECONDS = 5
Port = Annotated[int, typer.Option(help="Port of the readers' pages.", min=0, max=65535)]
Host = Annotated[str, typer.Option(help="Address to listen on.")]


def add_commands(app: typer.Typer) -> None:
    """Put the commands of this module into `app`."""
    app.command("web")(web)
    app.command("serve")(serve)


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


def run_web(office: Office, host: str, port: int) -> None:
    """Serve the readers' pages until SIGTERM or SIGINT.

    Raises:
        ConfigurationRefused: nobody can listen there.
    """
    with _listen(host, port) as door:
        _serve(office, door)


def run_everything(office: Office, workspace: Path, host: str, port: int, health: str = "") -> None:
    """Run scheduler and workers beside the pages; on SIGTERM the mail in hand is finished.

    Raises:
        ConfigurationRefused: nobody can listen there; the scheduler has not been started then.
    """
    with (
        _listen(host, port) as door,
        running(Daemon(office), workspace, with_workers=True, health=health),
    ):
        _serve(office, door)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        what = f"Nobody can listen on {host}:{port}: {error.strerror or error}."
        raise ConfigurationRefused(
            Problem(what, "Choose another --port, or stop what listens there.")
        ) from None


def _serve(office: Office, door: socket.socket) -> None:
    """Answer until a signal says stop.

    The server raises that signal once more when it has stopped. Without a handler of our own that would end the process
    there, before anybody can finish the mail in hand.
    """
    host, port = door.getsockname()[:2]
    # Paths of these pages are keys to act for a reader: no access log keeps them.
    config = uvicorn.Config(
        create_public_app(office),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
    )
    server = uvicorn.Server(config)

    def stop() -> None:
        server.should_exit = True

    stop_on_signals(stop)
    err.print(f"Readers' pages: http://{host}:{port}/", highlight=False)
    server.run(sockets=[door])
