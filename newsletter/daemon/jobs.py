"""The jobs of the daemon, each of which may be run at any moment and any number of times."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import structlog

from newsletter.daemon.lookout import Lookout
from newsletter.daemon.pulse import Pulse
from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.elsewhere import publish_workspace
from newsletter.flows.housekeeping import do_chore
from newsletter.flows.send_off import wake_nobody
from newsletter.flows.tick import note_alive, waiting_campaigns
from newsletter.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from newsletter.engine.contract import Engine
    from newsletter.flows.housekeeping import Chore
    from newsletter.flows.office import Office

log = structlog.get_logger()


@dataclass(slots=True)
class Daemon:
    """What the daemon does, and what it knows between two beats: nothing that would be lost with it.

    Attributes:
        engine: wakes the workers; None where there are none to wake.
        worker: the one of this process.
        lookout: knows when the plan is worth a look.
        pulse: whether ticks come.
    """

    office: Office
    engine: Engine | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    pulse: Pulse = field(default_factory=Pulse)
    worker: Worker = field(init=False)
    lookout: Lookout = field(init=False)

    def __post_init__(self) -> None:
        self.worker = Worker(self.office)
        self.lookout = Lookout(self.office)

    def launch(self) -> None:
        """One tick: launch what is due, if the plan is worth a look."""
        now = self.office.clock()
        if self.lookout.is_time(now):
            self._look(now)
        self.pulse.tick(now, self.lookout.next)

    def _look(self, now: datetime) -> None:
        seen = self.lookout.look(now, self.engine.wake if self.engine else wake_nobody)
        for refusal in seen.refusals:
            self.worker.tell_once(str(refusal))
        for launched in seen.launches:
            log.info(
                launched.state.value,
                campaign=launched.campaign.name,
                due=launched.instant.isoformat(),
                rows=launched.rows,
            )

    @property
    def next_instant(self) -> datetime | None:
        """When the next planned mail is due, as far as it is known."""
        ahead = self.lookout.next
        return None if ahead is None else ahead.occurrence.instant

    def deliver(self) -> None:
        """Hand over what is ready, here and now."""
        self.worker.deliver(self.stopping.is_set)

    def wake(self) -> None:
        """Wake workers for what the ledger still has: what an engine has lost is found again here."""
        if self.engine:
            for campaign in waiting_campaigns(self.office, self.office.clock()):
                self.engine.wake(campaign)

    def look_at_files(self) -> None:
        """Follow the deadlines as the articles' files tell them, and show workers elsewhere what has changed."""
        if self.office.database.kind == "postgresql":
            publish_workspace(self.office, self.office.clock())
        for change in sync_deadlines(self.office, self.office.clock()):
            log.info(
                "deadline", key=change.key, what=change.what, at=str(change.after.at), zone=change.after.zone
            )

    def do(self, chore: Chore) -> None:
        """Do a chore of the housekeeping if it is due and nobody else does it. Its trouble is told once."""
        done = do_chore(self.office, chore, self.office.clock(), self.stopping.is_set)
        if done is None:
            return
        trouble = f"{chore.name}: {done.trouble}"
        if not done.trouble:
            self.worker.tell_anew(f"{chore.name}: ")
        elif done.fault is None:
            self.worker.tell_once(trouble)
        elif self.worker.is_news(trouble):
            log.error("chore failed", chore=chore.name, exc_info=done.fault)
        if done.did:
            log.info("chore done", chore=chore.name, did=done.did)

    def beat(self) -> None:
        """Say that this daemon is alive, and when it last looked at the plan."""
        note_alive(self.office, self.office.clock(), self.pulse.at)

    def guarded(self, job: Callable[[], None], name: str = "") -> Callable[[], None]:
        """A job that tells its troubles and comes again: a wrong file must not stop the clock."""
        return self.worker.guarded(job, name or job.__name__)

    def chore(self, chore: Chore) -> Callable[[], None]:
        """A chore as a job."""
        return self.guarded(partial(self.do, chore), chore.name)
