"""Long-running commands: the readers' pages alone, or everything in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
import uvicorn

from newsletter.cli.show import err
from newsletter.daemon import Daemon, start_scheduler, stop_on_signals
from newsletter.public.app import create_public_app

if TYPE_CHECKING:
    from newsletter.flows.office import Office


def run_web(office: Office, host: str, port: int) -> None:
    """Serve the readers' pages until SIGTERM or SIGINT.

    The server raises such a signal once more when it has stopped. Without a handler of our own that would end the
    process there, before anybody can finish the mail in hand.
    """
    # Paths of these pages are keys to act for a reader: no access log keeps them.
    err.print(f"Readers' pages: http://{host}:{port}/", highlight=False)
    app = create_public_app(office)
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, server_header=False
    )
    server = uvicorn.Server(config)

    def stop() -> None:
        server.should_exit = True

    stop_on_signals(stop)
    server.run()
    if not server.started:
        raise typer.Exit(1)


def run_everything(office: Office, host: str, port: int) -> None:
    """Run the scheduler in threads and the pages in front; on SIGTERM the mail in hand is finished."""
    daemon = Daemon(office)
    scheduler = start_scheduler(daemon)
    try:
        run_web(office, host, port)
    finally:
        daemon.stopping.set()
        scheduler.shutdown(wait=True)
