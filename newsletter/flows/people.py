"""People come, say what they want, and leave; every step is a consent event with its evidence."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from newsletter.core.consent import ConsentAction
from newsletter.core.deadline import DeadlineMark
from newsletter.core.mailbox import address_key, parse_address
from newsletter.core.people_file import PersonEntry, Reject, Status, read_people_csv
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.subscriber import Standing
from newsletter.core.token import Purpose, Token, read_token
from newsletter.flows.workspace import read_people
from newsletter.store import people as rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection

_EVENTS = {
    Status.CONFIRMED: (ConsentAction.GRANTED,),
    Status.PENDING: (ConsentAction.ASKED,),
    Status.UNSUBSCRIBED: (ConsentAction.GRANTED, ConsentAction.WITHDRAWN),
    Status.BOUNCED: (ConsentAction.GRANTED,),
}
_PURPOSE_MARKS = {Purpose.APPLIED: DeadlineMark.APPLIED, Purpose.STOP: DeadlineMark.STOPPED}


@dataclass(slots=True)
class ImportReport:
    """What an import did. Counts: `new`, `changed`, `unchanged`, `kept_out` (they left or bounced before), `rejected`."""

    counts: Counter[str] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)
    rejects_file: Path | None = None

    @property
    def problems(self) -> list[Problem]:
        return [reject.problem for reject in self.rejects]


def import_people(
    office: Office,
    path: Path,
    now: datetime,
    *,
    allow_roles: bool = False,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _done: None,
) -> ImportReport:
    """Import a CSV file. What can be taken goes in, in one transaction; the rest is written to a rejects file.

    Importing the same file again changes nothing. People who unsubscribed or whose address is suppressed stay out.

    Raises:
        ContentRefused: the file cannot be read at all, or its header is wrong; nothing has been stored.
    """
    lines, name = office.library.read_people_file(path)
    report = ImportReport()
    with office.database.write() as connection:
        entries = read_people_csv(lines, name, read_people(office).fields, allow_roles=allow_roles)
        for done, entry in enumerate(entries, start=1):
            if isinstance(entry, Reject):
                report.rejects.append(entry)
                report.counts["rejected"] += 1
            elif dry_run:
                report.counts["accepted"] += 1
            else:
                report.counts[_take(office, connection, entry, now)] += 1
            progress(done)
    if report.rejects and not dry_run:
        report.rejects_file = office.library.write_rejects(path, rejects_csv(report.rejects))
    return report


def rejects_csv(rejects: Sequence[Reject]) -> str:
    """The rejected rows as CSV with line and reason first, ready to be mended and imported again."""
    columns = dict.fromkeys(name for reject in rejects for name in reject.row if name)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["line", "reason", *columns])
    for reject in rejects:
        reason = f"{reject.problem.what} {reject.problem.remedy}".strip()
        writer.writerow([reject.line, reason, *(reject.row.get(name, "") for name in columns)])
    return out.getvalue()


def _take(office: Office, connection: Connection, entry: PersonEntry, now: datetime) -> str:
    row = rows.PersonRow(
        address=entry.address,
        key=entry.key,
        address_hash=rows.hash_address(office.secret, entry.key),
        given_name=entry.given_name,
        language=entry.language or office.settings.languages[0],
        country=entry.country,
        zone=entry.zone,
        joined=entry.joined or entry.consented,
        source=entry.consent_source,
        topics=entry.topics,
        paused_until=entry.paused_until,
        attributes=entry.attributes,
        told_at=now,
    )
    identity = rows.find_by_key(connection, entry.key)
    if identity is not None:
        changed = rows.change_person(connection, identity, replace(row, language=entry.language))
        return _follow(connection, identity, row, entry, now) or ("changed" if changed else "unchanged")
    known_bad = rows.suppression_of(connection, row.address_hash)
    identity = rows.add_person(connection, row)
    evidence = {"file_line": entry.line, "imported_at": now.isoformat()}
    for action in _EVENTS[entry.status]:
        at = now if action is ConsentAction.WITHDRAWN else entry.consented
        rows.record_consent(connection, identity, action, at, source=entry.consent_source, evidence=evidence)
    if entry.status is Status.BOUNCED:
        rows.suppress(connection, row.address_hash, "bounced", now)
    return "kept_out" if known_bad or entry.status in {Status.UNSUBSCRIBED, Status.BOUNCED} else "new"


def _follow(
    connection: Connection, identity: int, row: rows.PersonRow, entry: PersonEntry, now: datetime
) -> str:
    """What a file says of the consent of somebody who is known: newer words count, and leaving is never undone.

    A person who consented here after the consent that the file tells of stays; so the same file changes nothing twice.
    """
    person = rows.person_row(connection, identity) or {}
    granted = person.get("granted_at")
    note = {"file_line": entry.line, "imported_at": now.isoformat()}
    if entry.status is Status.BOUNCED:
        return "kept_out" if rows.suppress(connection, row.address_hash, "bounced", now) else ""
    if entry.status is Status.UNSUBSCRIBED and person["standing"] != Standing.UNSUBSCRIBED:
        if granted is not None and granted > entry.consented:
            return ""
        action, at, count = ConsentAction.WITHDRAWN, now, "kept_out"
    elif entry.status is Status.CONFIRMED and person["standing"] == Standing.PENDING:
        action, at, count = ConsentAction.GRANTED, entry.consented, "changed"
    else:
        return ""
    rows.record_consent(connection, identity, action, at, source=entry.consent_source, evidence=note)
    return count


def unsubscribe(office: Office, token: str, now: datetime, source: str = "one-click") -> bool:
    """Leave by the token of a mail. True if the token is genuine; doing it twice is the same as once."""
    known = read_token([office.secret], token, Purpose.UNSUBSCRIBE)
    if known is None:
        return False
    _withdraw(office, known, now, source)
    return True


def _withdraw(office: Office, token: Token, now: datetime, source: str) -> None:
    with office.database.write() as connection:
        person = rows.person_row(connection, token.subscriber)
        if person is not None and person["standing"] != "unsubscribed":
            evidence = {"campaign": token.campaign}
            rows.record_consent(
                connection, token.subscriber, ConsentAction.WITHDRAWN, now, source=source, evidence=evidence
            )


def mark_deadline(office: Office, deadline: str, token: str, purpose: Purpose, now: datetime) -> bool:
    """Note "I have applied" or "stop reminding me" by the token of a mail; True if the token is genuine."""
    known = read_token([office.secret], token, purpose, deadline)
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
    key = address_key(parse_address(address))
    with office.database.read() as connection:
        identity = rows.find_by_key(connection, key)
    if identity is None:
        what = f"Nobody here has the address '{address}'."
        raise ContentRefused(Problem(what, "Search with `newsletter subscribers list --search TEXT`."))
    return identity


def suppress_address(office: Office, address: str, reason: str, now: datetime) -> bool:
    """Never mail this address again, whether it is known or not; True if it was not suppressed before."""
    key = address_key(parse_address(address))
    with office.database.write() as connection:
        return rows.suppress(connection, rows.hash_address(office.secret, key), reason, now)


def lift_suppression(office: Office, address: str) -> bool:
    """Take an address off the suppression list; True if it was on it. Consents are not touched."""
    key = address_key(parse_address(address))
    with office.database.write() as connection:
        return rows.lift_suppression(connection, rows.hash_address(office.secret, key))
