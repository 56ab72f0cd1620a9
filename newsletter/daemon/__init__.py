"""The scheduler daemon: APScheduler is the heartbeat and the alarm clock, the table of occurrences is the truth.

Nothing is kept in the daemon's memory that would be lost with it. Any number of daemons may run on one database: a due
instant belongs to whoever inserts its row, a row of the ledger to whoever leases it, a chore to whoever moves its row.
"""

from __future__ import annotations

from newsletter.daemon.clockwork import start_scheduler
from newsletter.daemon.jobs import Daemon
from newsletter.daemon.run import run_daemon, running

__all__ = ["Daemon", "run_daemon", "running", "start_scheduler"]
