"""A person's new address (GDPR Art. 16): consents and history stay theirs, and the old address is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.mailbox import address_key, parse_address
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.rights_request import RequestKind
from newsletter.core.wallclock import to_local
from newsletter.flows.people import hash_of, known_person
from newsletter.store import people as rows
from newsletter.store.rights_requests import close_requests_of

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.flows.office import Office


def change_address(office: Office, address: str, new: str, now: datetime) -> str:
    """Write to a person at another address; gives it as it will be written to.

    A suppression of the old address is about that mailbox and does not move. One of the new address stays in force, and is told
    by whoever looks at the person.

    Raises:
        ContentRefused: nobody has the old address, the new one is none, or somebody has it already.
    """
    identity, sent_to = (
        known_person(office, address),
        parse_address(new, quoted_local=office.settings.people.quoted),
    )
    key = address_key(sent_to)
    with office.database.write() as connection:
        if rows.find_by_key(connection, key) not in {None, identity}:
            what = f"Somebody else has the address '{sent_to}' already."
            raise ContentRefused(Problem(what, "Two people cannot be made one. Forget one of them first."))
        rows.change_address(connection, identity, sent_to, key, hash_of(office, sent_to))
        today = to_local(now, office.settings.zone).date()
        close_requests_of(
            connection,
            RequestKind.RECTIFICATION,
            address_key(parse_address(address, quoted_local=True)),
            today,
            "address changed",
        )
    return sent_to
