"""Long-running commands: the readers' pages alone, or everything in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn

from newsletter.cli.show import err
from newsletter.daemon import Daemon, start_scheduler
from newsletter.public.app import create_public_app

if TYPE_CHECKING:
    from newsletter.flows.office import Office


def run_web(office: Office, host: str, port: int) -> None:
    """Serve the readers' pages until SIGTERM or SIGINT."""
    # Paths of these pages are keys to act for a reader: no access log keeps them.
    err.print(f"Readers' pages: http://{host}:{port}/", highlight=False)
    uvicorn.run(create_public_app(office), host=host, port=port, log_level="warning", access_log=False, server_header=False)


def run_everything(office: Office, host: str, port: int) -> None:
    """Run the scheduler in threads and the pages in front; on SIGTERM the mail in hand is finished."""
    daemon = Daemon(office)
    scheduler = start_scheduler(daemon)
    try:
        run_web(office, host, port)
    finally:
        daemon.stopping.set()
        scheduler.shutdown(wait=True)
