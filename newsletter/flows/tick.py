"""One beat of the scheduler: launch what is due, hand over what is ready."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsletter.core.refusal import Refusal
from newsletter.flows.digests import prepare_due_digests
from newsletter.flows.launch import Launch, launch_mail
from newsletter.flows.planned import due_and_next
from newsletter.flows.send_off import wake_nobody
from newsletter.store.absences import note_absence
from newsletter.store.campaigns import campaigns_with_work
from newsletter.store.occurrences import beat, beat_worker, plan_sign, presences

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.due_mail import DueMail
    from newsletter.flows.office import Office
    from newsletter.flows.send_off import Wake


AHEAD = timedelta(days=1)
"""So far a look at the plan sees what comes next."""

ABSENT = timedelta(minutes=1)
"""When no scheduler has told for so long that it is alive, nobody was there."""


@dataclass(frozen=True, slots=True)
class Look:
    """What came of one look at the plan.

    Attributes:
        launches: what was launched or missed.
        refusals: why others could not be made: a wrong article holds up its own mail only, which is tried again on the next
            look until it is too late.
        next: what comes next within a day, as far as it is known.
    """

    launches: list[Launch]
    refusals: list[Refusal]
    next: DueMail | None


def launch_due(office: Office, now: datetime, wake: Wake = wake_nobody) -> tuple[list[Launch], list[Refusal]]:
    """Launch everything that is due; gives what was launched or missed, and why others could not be made."""
    seen = look(office, now, wake)
    return seen.launches, seen.refusals


def look(office: Office, now: datetime, wake: Wake = wake_nobody) -> Look:
    """Launch everything that is due and not claimed yet. Any number of schedulers may do this at once."""
    launches: list[Launch] = []
    refusals = prepare_due_digests(office, now)[1]
    due, ahead = due_and_next(office, now, now + AHEAD)
    for mail in due:
        try:
            launch = launch_mail(office, mail, now, wake)
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            launches += [each for each in (launch, launch and launch.merged) if each]
    return Look(launches, refusals, ahead)


def plan_sign_of(office: Office) -> tuple[Any, ...]:
    """A few figures that change when the plan does; cheap enough to be asked every second."""
    with office.database.read() as connection:
        return plan_sign(connection)


def waiting_campaigns(office: Office, now: datetime) -> list[str]:
    """Names of campaigns that workers should look at: the ledger knows, whatever an engine has forgotten."""
    with office.database.read() as connection:
        return campaigns_with_work(connection, now)


def note_alive(office: Office, now: datetime, ticked_at: datetime | None = None) -> None:
    """Write down that this scheduler is alive and when it last looked, for `newsletter doctor`; and that nobody was there before.

    A machine that was suspended, or on which nothing ran, finds its own last beat: what was missed in between has its reason.
    """
    with office.database.write() as connection:
        last = next((one.at for one in presences(connection)), None)
        if last is not None and now - last > ABSENT:
            note_absence(connection, last, now)
        beat(connection, office.worker, now, ticked_at)


def note_worker_alive(office: Office, now: datetime) -> None:
    """Write down that this worker is alive, for `newsletter doctor`."""
    with office.database.write() as connection:
        beat_worker(connection, office.worker, now)
