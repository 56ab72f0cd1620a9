"""An office for the flows: its mail goes into memory, its clock is set by hand, its people are enrolled in a line."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from newsletter.core.token import Purpose, Token, make_token
from newsletter.core.wallclock import parse_local, to_instant
from newsletter.flows import approve, deliver
from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.deliver import deliver_due
from newsletter.flows.import_people import import_people
from newsletter.flows.issues import read_issue
from newsletter.flows.people import known_person, mark_deadline, unsubscribe
from newsletter.flows.report import report_campaign
from newsletter.flows.tick import launch_due
from newsletter.store.campaigns import find_campaign
from newsletter.store.ledger import list_deliveries
from newsletter.store.people import person_row
from newsletter.transports.memory import MemoryTransport

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = (
    "email",
    "given_name",
    "language",
    "topics",
    "consent_source",
    "consent_date",
    "consent_wording",
    "status",
    "paused_until",
)


@dataclass
class Bench:
    """The office, and the things that tests do with it. Times are wall-clock in Brussels."""

    office: object
    clock: object
    transport: MemoryTransport
    workspace: Path

    @property
    def now(self):
        return self.clock.now

    def at(self, local):
        self.clock.set(to_instant(parse_local(local), "Europe/Brussels"))
        return self.now

    def enrol(self, *addresses, **columns):
        path = self.workspace / "people.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            for address in addresses:
                row = {"email": address, "language": "en", "topics": "erasmus", "consent_source": "form"}
                writer.writerow(
                    row
                    | {
                        "consent_date": "2021-01-05",
                        "consent_wording": "Yes",
                        "given_name": address[:3].title(),
                    }
                    | columns
                )
        return import_people(self.office, path, self.now)

    def sync(self):
        return [(change.key, change.what) for change in sync_deadlines(self.office, self.now)]

    def schedule(self, name="september-2021", at="2021-09-16T09:30"):
        approve.create_campaign(self.office, read_issue(self.office, name), self.now)
        approve.approve_campaign(self.office, name, "officer", self.now)
        return approve.schedule_campaign(self.office, name, parse_local(at), "Europe/Brussels", self.now)

    def launch(self):
        launches, refusals = launch_due(self.office, self.now)
        assert not refusals, refusals
        return [(launch.campaign.name, launch.state.value, launch.rows) for launch in launches]

    def deliver(self, **options):
        return deliver_due(self.office, **options)

    def beat(self, local=""):
        """Go to a moment, launch and deliver; gives the names of what was launched."""
        if local:
            self.at(local)
        launched = [name for name, _, _ in self.launch()]
        self.deliver()
        return launched

    def rows(self, campaign, *fields):
        wanted = fields or ("state",)
        identity = self.campaign(campaign).id
        with self.office.database.read() as connection:
            found = list_deliveries(connection, campaign=identity, limit=10_000)
        return {
            row["address"]: row[wanted[0]] if len(wanted) == 1 else tuple(row[f] for f in wanted)
            for row in found
        }

    def campaign(self, name):
        with self.office.database.read() as connection:
            return find_campaign(connection, name)

    def report(self, name):
        return report_campaign(self.office, name)

    def sent(self, subject_part=""):
        """Addresses that got a mail, in order, by a word of the campaign's name."""
        mark = subject_part.encode()
        return [one.recipient for one in self.transport.accepted if mark in _header(one.content)]

    def token(self, address, purpose, context="", campaign=1):
        person = known_person(self.office, address)
        return make_token(self.office.secret, Token(purpose, campaign, person), context)

    def leaves(self, address):
        assert unsubscribe(self.office, self.token(address, Purpose.UNSUBSCRIBE), self.now)

    def applies(self, address, deadline):
        token = self.token(address, Purpose.APPLIED, deadline)
        assert mark_deadline(self.office, deadline, token, Purpose.APPLIED, self.now)

    def days_later(self, days):
        self.clock.set(self.now + timedelta(days=days))

    def standing(self, address):
        with self.office.database.read() as connection:
            return person_row(connection, known_person(self.office, address))["standing"]

    def text_of(self, address):
        """The last mail that an address got, its soft line breaks taken out."""
        mails = [one for one in self.transport.accepted if one.recipient == address]
        return mails[-1].content.replace(b"=\r\n", b"").decode()

    def confirm_token(self, address):
        """What the button of the last mail to an address carries."""
        return re.search(r"/confirm/([a-z0-9]+)", self.text_of(address))[1]

    def rewrite(self, path, old, new):
        """Change a file of the workspace, as a person would."""
        file = self.workspace / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")


def _header(content):
    block = content.split(b"\r\n\r\n", 1)[0]
    return next(line for line in block.split(b"\r\n") if line.startswith(b"X-Campaign: "))


@pytest.fixture
def bench(office, clock, workspace, monkeypatch):
    # A busy machine is no slow way out: how windows grow must not depend on it.
    monkeypatch.setattr(deliver, "QUICK_SECONDS", 60.0)
    transport = MemoryTransport()
    return Bench(replace(office, open_transport=lambda: transport), clock, transport, workspace)


@pytest.fixture
def brussels():
    """The wall clock in Brussels of an instant."""
    return lambda instant: datetime.astimezone(instant, ZoneInfo("Europe/Brussels")).strftime(
        "%Y-%m-%dT%H:%M"
    )
