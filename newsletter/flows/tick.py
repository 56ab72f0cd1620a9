"""One beat of the scheduler: launch what is due, hand over what is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.refusal import Refusal
from newsletter.flows.launch import Launch, launch_mail, wake_nobody
from newsletter.flows.planned import due_mails
from newsletter.store.campaigns import campaigns_with_work
from newsletter.store.occurrences import beat, beat_worker

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.flows.launch import Wake
    from newsletter.flows.office import Office


def launch_due(office: Office, now: datetime, wake: Wake = wake_nobody) -> tuple[list[Launch], list[Refusal]]:
    """Launch everything that is due and not claimed yet. Any number of schedulers may do this at once.

    Returns:
        What was launched or missed, and why others could not be made: a wrong article holds up its own mail only, which
        is tried again on the next beat until it is too late.
    """
    launches: list[Launch] = []
    refusals: list[Refusal] = []
    for mail in due_mails(office, now):
        try:
            launch = launch_mail(office, mail, now, wake)
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            launches += [each for each in (launch, launch and launch.merged) if each]
    return launches, refusals


def waiting_campaigns(office: Office, now: datetime) -> list[str]:
    """Names of campaigns that workers should look at: the ledger knows, whatever an engine has forgotten."""
    with office.database.read() as connection:
        return campaigns_with_work(connection, now)


def note_alive(office: Office, now: datetime) -> None:
    """Write down that this scheduler is alive, for `newsletter doctor`."""
    with office.database.write() as connection:
        beat(connection, office.worker, now)


def note_worker_alive(office: Office, now: datetime) -> None:
    """Write down that this worker is alive, for `newsletter doctor`."""
    with office.database.write() as connection:
        beat_worker(connection, office.worker, now)
