"""One beat of the scheduler: launch what is due, hand over what is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.flows.launch import Launch, due_mails, launch_mail
from newsletter.store.occurrences import beat

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.flows.office import Office


def launch_due(office: Office, now: datetime) -> list[Launch]:
    """Launch everything that is due and not claimed yet. Any number of schedulers may do this at once."""
    launches = (launch_mail(office, mail, now) for mail in due_mails(office, now))
    return [launch for launch in launches if launch is not None]


def note_alive(office: Office, now: datetime) -> None:
    """Write down that this process is alive, for `newsletter doctor`."""
    with office.database.write() as connection:
        beat(connection, office.worker, now)
