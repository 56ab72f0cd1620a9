"""When a message is tried again, and when it is given up.

Bulk mail is tried for a shorter time than RFC 5321 section 4.5.4.1 gives to letters (four to five days): news of last week helps
nobody, and a reminder must not come after what it reminds of.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.core.reply import Retry, Verdict
from newsletter.core.reply_kinds import Kind

NEWSLETTER_LIFE = timedelta(hours=36)
REMINDER_LIFE = timedelta(hours=12)

_MINUTE = timedelta(minutes=1)
_FIRST, _LONGEST = 10 * _MINUTE, timedelta(hours=4)
_FULL_FIRST, _FULL_LONGEST = timedelta(hours=1), timedelta(hours=6)
_SOON, _SOON_SPREAD = 5 * _MINUTE, 10 * _MINUTE
_FREE, _FREE_SPREAD = 2 * _MINUTE, 3 * _MINUTE
_LAST_CALL, _SHORTEST = 5 * _MINUTE, 2 * _MINUTE
_DOUBLINGS = 12


def give_up_time(due: datetime, life: timedelta, deadline: datetime | None = None) -> datetime:
    """The instant from which a message is no longer tried.

    Args:
        due: when it should have left, aware.
        life: `NEWSLETTER_LIFE` or `REMINDER_LIFE`.
        deadline: the deadline that it announces, aware; nothing leaves after it.
    """
    end = due + life
    return end if deadline is None else min(end, deadline)


def next_attempt(
    attempts: int, now: datetime, verdict: Verdict, give_up_at: datetime, jitter: float
) -> datetime | None:
    """When to try again, None for never.

    The wait doubles from ten minutes to four hours, an hour to six for a full mailbox; somewhere in 5 to 15 minutes after the
    first greylisting; 2 to 5 minutes when it costs no attempt. A wait that would end after `give_up_at` is shortened once, to a last
    call some minutes before it.

    Args:
        attempts: how many attempts counted so far, with the one just made; from 1 on.
        now: instant of the reply, aware.
        verdict: what the reply means.
        give_up_at: see `give_up_time`; an attempt never lies at or after it.
        jitter: at least 0 and less than 1, random, so that a batch does not come back all at once.

    Raises:
        ValueError: the jitter is out of range.
    """
    if not 0 <= jitter < 1:
        raise ValueError("jitter is at least 0 and less than 1")
    if verdict.retry in {Retry.NEVER, Retry.ASK}:
        return None
    at = now + _wait(attempts, verdict, jitter)
    if at < give_up_at:
        return at
    last_call = give_up_at - _LAST_CALL
    return last_call if last_call >= now + _SHORTEST else None


def _wait(attempts: int, verdict: Verdict, jitter: float) -> timedelta:
    if verdict.retry is Retry.FREE:
        return _FREE + _FREE_SPREAD * jitter
    if verdict.retry is Retry.SOON and attempts <= 1:
        return _SOON + _SOON_SPREAD * jitter
    is_full = verdict.kind is Kind.SOFT_MAILBOX
    first, longest = (_FULL_FIRST, _FULL_LONGEST) if is_full else (_FIRST, _LONGEST)
    doubled = min(first * (1 << min(max(attempts, 1) - 1, _DOUBLINGS)), longest)
    return doubled * (0.75 + 0.5 * jitter)
