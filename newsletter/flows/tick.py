"""One beat of the scheduler: launch what is due, hand over what is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.refusal import Refusal
from newsletter.flows.launch import Launch, due_mails, launch_mail
from newsletter.store.occurrences import beat

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.flows.office import Office


def launch_due(office: Office, now: datetime) -> tuple[list[Launch], list[Refusal]]:
    """Launch everything that is due and not claimed yet. Any number of schedulers may do this at once.

    Returns:
        What was launched or missed, and why others could not be made: a wrong article holds up its own mail only, which
        is tried again on the next beat until it is too late.
    """
    launches: list[Launch] = []
    refusals: list[Refusal] = []
    for mail in due_mails(office, now):
        try:
            launch = launch_mail(office, mail, now)
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            launches += [launch] if launch else []
    return launches, refusals


def note_alive(office: Office, now: datetime) -> None:
    """Write down that this process is alive, for `newsletter doctor`."""
    with office.database.write() as connection:
        beat(connection, office.worker, now)
