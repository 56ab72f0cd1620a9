"""The six weeks: what people in and around the office do, and when. Everything else happens by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.core.token import Purpose
from newsletter.core.wallclock import parse_local, to_instant
from newsletter.demo.readers import mail_to, press_deadline_link, press_unsubscribe, read_inbox
from newsletter.flows.approve import approve_campaign, create_campaign, schedule_campaign
from newsletter.flows.deadlines import move_deadline, sync_deadlines
from newsletter.flows.import_people import import_people
from newsletter.flows.issues import read_issue

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from newsletter.flows.office import Office

ZONE = "Europe/Brussels"
START, END = "2021-09-15T08:00", "2021-10-20T18:00"
ISSUE = "september-2021"
DEADLINE = "erasmus-accreditation/accreditation"
REMINDER_30 = "erasmus-accreditation-accreditation-reminder-30"
REMINDER_7 = "erasmus-accreditation-accreditation-reminder-7"
REMINDER_1 = "erasmus-accreditation-accreditation-reminder-1"
MOVED_TO = "2021-10-27T12:00"


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody does at a wall-clock time; `kind` and the words it returns go into the timeline."""

    at: str
    kind: str
    do: Callable[[Stage, datetime], str]

    @property
    def instant(self) -> datetime:
        return to_instant(parse_local(self.at), ZONE)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story plays."""

    office: Office
    inbox: Path
    people: Path
    notes: list[str] = field(default_factory=list)


def import_subscribers(stage: Stage, now: datetime) -> str:
    report = import_people(stage.office, stage.people, now)
    counts = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in sorted(report.counts.items()))
    return f"{stage.people.name} imported: {counts}"


def meet_deadlines(stage: Stage, now: datetime) -> str:
    changes = sync_deadlines(stage.office, now)
    return f"{len(changes)} deadlines found in the articles; their reminders are planned"


def compose_issue(stage: Stage, now: datetime) -> str:
    campaign = create_campaign(stage.office, read_issue(stage.office, ISSUE), now)
    editions = approve_campaign(stage.office, ISSUE, "officer", now)
    if campaign.at is None:
        raise LookupError("the sample issue has no time")
    schedule_campaign(stage.office, ISSUE, campaign.at, campaign.zone, now)
    when = f"{campaign.at:%d %B, %H:%M}"
    return f"{ISSUE} composed, checked, approved in {' and '.join(editions)}, scheduled for {when}"


def apply_after(campaign: str, addresses: tuple[str, ...]) -> Callable[[Stage, datetime], str]:
    def act(stage: Stage, now: datetime) -> str:
        inbox = read_inbox(stage.inbox)
        for address in addresses:
            mail = mail_to(inbox, address, campaign)
            press_deadline_link(stage.office, mail, Purpose.APPLIED, DEADLINE, now)
        return f"{len(addresses)} readers press “I have applied”"

    return act


def stop_after(campaign: str, address: str) -> Callable[[Stage, datetime], str]:
    def act(stage: Stage, now: datetime) -> str:
        mail = mail_to(read_inbox(stage.inbox), address, campaign)
        press_deadline_link(stage.office, mail, Purpose.STOP, DEADLINE, now)
        return f"{address} presses “stop these reminders”"

    return act


def leave_after(campaign: str, address: str) -> Callable[[Stage, datetime], str]:
    def act(stage: Stage, now: datetime) -> str:
        press_unsubscribe(stage.office, mail_to(read_inbox(stage.inbox), address, campaign), now)
        return f"{address} unsubscribes with one click"

    return act


def extend_deadline(stage: Stage, now: datetime) -> str:
    change = move_deadline(stage.office, DEADLINE, parse_local(MOVED_TO), now)
    if change is None or change.before is None:
        raise LookupError("the deadline did not move")
    return f"the deadline moves from {change.before.at:%d %B, %H:%M} to {change.after.at:%d %B, %H:%M}"


ACTS = (
    Act("2021-09-15T08:00", "import", import_subscribers),
    Act("2021-09-15T08:00", "deadlines", meet_deadlines),
    Act("2021-09-15T10:00", "approve", compose_issue),
    Act("2021-09-22T11:20", "applied", apply_after(REMINDER_30, ("ada@example.org", "chiara@example.org"))),
    Act("2021-09-24T16:05", "stopped", stop_after(REMINDER_30, "ben@jardins-ferriere.example.net")),
    Act("2021-09-28T08:45", "unsubscribed", leave_after(ISSUE, "ben@example.org")),
    Act(
        "2021-10-14T14:30",
        "applied",
        apply_after(
            REMINDER_7,
            (
                "office@tyneside-loom.example.net",
                "direction@passerelle-43.example.com",
                "ada@filo-rosso.example.org",
            ),
        ),
    ),
    Act("2021-10-18T15:00", "moved", extend_deadline),
)
