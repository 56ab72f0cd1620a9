"""The housekeeping: what the scheduler does beside sending, each a small chore in one list.

A new chore is one line in `HOUSEKEEPING`: its name, how often, and a function `(office, now, stop) -> str` that says what it did, ""
for nothing worth a word. It may be run at any moment, is broken off by a kill anywhere, and looks at `stop` when it takes long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.delivery import DeliveryState
from newsletter.core.refusal import Refusal
from newsletter.flows.destinations import learn_providers
from newsletter.flows.feeds import poll_due_feeds
from newsletter.flows.notices import send_notices
from newsletter.flows.recover import recover_dead
from newsletter.flows.sign_up import expire_sign_ups
from newsletter.store import ledger
from newsletter.store.absences import forget_absences
from newsletter.store.chores import claim_chore, finish_chore, is_chore_due
from newsletter.store.journal import forgotten_journals
from newsletter.store.leases import all_leases
from newsletter.store.occurrences import forget_beats, undecided_missed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from newsletter.flows.office import Office

    Stop = Callable[[], bool]

AGAIN = timedelta(minutes=5)
"""So soon a chore is tried again that has failed, unless it comes sooner anyway."""

_BEATS_KEPT, _ABSENCES_KEPT, _JOURNALS_KEPT = timedelta(days=7), timedelta(days=400), timedelta(days=7)
# Workers look for dead ones several times a second; this is for when none of them lives.
_LEASE_GRACE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Chore:
    """A chore by its name, how long it is left alone after it was done, and what does it."""

    name: str
    every: timedelta
    run: Callable[[Office, datetime, Stop], str]


@dataclass(frozen=True, slots=True)
class ChoreDone:
    """What came of a chore: what it did in words, or its trouble; `fault` is set when that was no refusal."""

    did: str = ""
    trouble: str = ""
    fault: Exception | None = None


def do_chore(office: Office, chore: Chore, now: datetime, stop: Stop = lambda: False) -> ChoreDone | None:
    """Do a chore if it is due and nobody else does it; None if not. Its failure is an answer and not raised."""
    with office.database.read() as connection:
        if not is_chore_due(connection, chore.name, chore.every, now):
            return None
    with office.database.write() as connection:
        if not claim_chore(connection, chore.name, chore.every, now, office.worker):
            return None
    done = _run(office, chore, now, stop)
    due_at = now + (min(AGAIN, chore.every) if done.trouble else chore.every)
    with office.database.write() as connection:
        finished = office.clock()
        finish_chore(connection, chore.name, finished, did=done.did, trouble=done.trouble, due_at=due_at)
    return done


def _run(office: Office, chore: Chore, now: datetime, stop: Stop) -> ChoreDone:
    try:
        return ChoreDone(did=chore.run(office, now, stop))
    except Refusal as refusal:
        return ChoreDone(trouble=str(refusal))
    except Exception as error:  # noqa: BLE001 - told by whoever runs it; the next chore comes all the same
        return ChoreDone(trouble=f"{type(error).__name__}: {error}", fault=error)


def _leases(office: Office, now: datetime, _stop: Stop) -> str:
    """Take back what workers held that have died."""
    harmless = office.open_transport().resend_is_harmless
    buried = recover_dead(office, now - _LEASE_GRACE, resend_is_harmless=harmless)
    return f"took back what {buried} dead workers held" if buried else ""


def _waiting(office: Office, _now: datetime, _stop: Stop) -> str:
    """Say what waits for a person: rows that are unsure, mails that were missed."""
    with office.database.read() as connection:
        unsure = len(ledger.list_deliveries(connection, state=DeliveryState.UNSURE, limit=1000))
        missed = len(undecided_missed(connection))
    counts = {"deliveries are unsure": unsure, "mails were missed": missed}
    told = " and ".join(f"{count} {what}" for what, count in counts.items() if count)
    return f"{told}: they wait for a decision" if told else ""


def _providers(office: Office, now: datetime, stop: Stop) -> str:
    """Ask DNS who takes the mail of the domains that most people have."""
    learned = learn_providers(office, now, stop)
    return f"looked up {learned} domains" if learned else ""


def _retention(office: Office, now: datetime, _stop: Stop) -> str:
    """Forget who was there long ago, and journals that have nothing to tell. Occurrences and the ledger are kept."""
    with office.database.write() as connection:
        beats = forget_beats(connection, now - _BEATS_KEPT)
        absences = forget_absences(connection, now - _ABSENCES_KEPT)
        holding = all_leases(connection)
    journals = forgotten_journals(office.journals, holding, now - _JOURNALS_KEPT)
    for path in journals:
        path.unlink(missing_ok=True)
    counts = {"heartbeats": beats, "absences": absences, "journals": len(journals)}
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return f"removed {told}" if told else ""


def _statistics(office: Office, _now: datetime, _stop: Stop) -> str:
    """Let the database count again, so that it finds the shortest ways."""
    office.database.count_again()
    return "counted"


def _feeds(office: Office, now: datetime, _stop: Stop) -> str:
    """Read the feeds that are due."""
    polls = poll_due_feeds(office, now)
    told = [
        f"{poll.feed}: {poll.trouble or f'{len(poll.new)} new'}" for poll in polls if poll.trouble or poll.new
    ]
    return ", ".join(told)


def _notices(office: Office, now: datetime, _stop: Stop) -> str:
    """Send what waits for officers."""
    sent = send_notices(office, now)
    return f"sent {sent} notices" if sent else ""


def _sign_ups(office: Office, now: datetime, _stop: Stop) -> str:
    """Erase who signed up and has not confirmed in time."""
    gone = expire_sign_ups(office, now)
    return f"{gone} sign-ups were not confirmed in time and are erased" if gone else ""


HOUSEKEEPING: tuple[Chore, ...] = (
    Chore("feeds", timedelta(seconds=30), _feeds),
    Chore("notices", timedelta(seconds=30), _notices),
    Chore("leases", timedelta(seconds=15), _leases),
    Chore("providers", timedelta(minutes=3), _providers),
    Chore("waiting", timedelta(hours=1), _waiting),
    Chore("sign-ups", timedelta(hours=1), _sign_ups),
    Chore("retention", timedelta(days=1), _retention),
    Chore("statistics", timedelta(days=1), _statistics),
)
