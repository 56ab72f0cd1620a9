"""What people say by the links of their mails, and who is known; leaving is a consent event with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.deadline import DeadlineMark
from newsletter.core.mailbox import address_key, parse_address
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.token import Purpose, Token, read_token
from newsletter.store import people as rows
from newsletter.store.leaving import withdraw_consents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsletter.flows.office import Office

ONE_CLICK = "one-click"
_PURPOSE_MARKS = {Purpose.APPLIED: DeadlineMark.APPLIED, Purpose.STOP: DeadlineMark.STOPPED}


def unsubscribe(office: Office, token: str, now: datetime, source: str = ONE_CLICK) -> bool:
    """Leave by the token of a mail. True if the token is genuine; doing it twice is the same as once."""
    known = read_token(office.keys, token, Purpose.UNSUBSCRIBE)
    if known is None:
        return False
    leave_together(office, [known], now, source)
    return True


def leave_together(
    office: Office, tokens: Sequence[Token], now: datetime, source: str = ONE_CLICK
) -> dict[int, str]:
    """Note that the readers of these genuine tokens leave, all in one transaction.

    Returns:
        Their languages by id; those who are not known any more are missing.
    """
    leaving = {token.subscriber: token.campaign for token in tokens}
    with office.database.write() as connection:
        return withdraw_consents(connection, leaving, now, source)


def mark_deadline(office: Office, deadline: str, token: str, purpose: Purpose, now: datetime) -> bool:
    """Note "I have applied" or "stop reminding me" by the token of a mail; True if the token is genuine."""
    known = read_token(office.keys, token, purpose, deadline)
    if known is None:
        return False
    with office.database.write() as connection:
        if rows.person_row(connection, known.subscriber) is not None:
            rows.mark_deadline(connection, deadline, known.subscriber, _PURPOSE_MARKS[purpose], now)
    return True


def known_person(office: Office, address: str) -> int:
    """The id of the person with this address.

    Raises:
        ContentRefused: there is none, or it is no address.
    """
    key = address_key(parse_address(address, quoted_local=True))
    with office.database.read() as connection:
        identity = rows.find_by_key(connection, key)
    if identity is None:
        what = f"Nobody here has the address '{address}'."
        raise ContentRefused(Problem(what, "Search with `newsletter subscribers list --search TEXT`."))
    return identity


def hash_of(office: Office, address: str) -> str:
    """The keyed hash under which an address is, or would be, suppressed.

    Raises:
        ContentRefused: it is no address.
    """
    return rows.hash_address(office.hash_key, address_key(parse_address(address, quoted_local=True)))


def suppress_address(office: Office, address: str, reason: str, now: datetime) -> bool:
    """Never mail this address again, whether it is known or not; True if it was not suppressed before."""
    hashed = hash_of(office, address)
    with office.database.write() as connection:
        return rows.suppress(connection, hashed, reason, now)


def lift_suppression(office: Office, address: str) -> bool:
    """Take an address off the suppression list; True if it was on it. Consents are not touched."""
    hashed = hash_of(office, address)
    with office.database.write() as connection:
        return rows.lift_suppression(connection, hashed)
