"""The state of the office at three in the morning: facts, and what needs somebody."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import CampaignState
from newsletter.core.delivery import DeliveryState
from newsletter.core.refusal import Level, Problem, Refusal
from newsletter.core.wallclock import to_local
from newsletter.flows.housekeeping import HOUSEKEEPING
from newsletter.flows.ladders import WAITS, list_ladders
from newsletter.flows.lanes import list_lanes
from newsletter.flows.missed import list_missed
from newsletter.flows.rights_requests import list_requests
from newsletter.flows.sender_records import look_up_records
from newsletter.flows.series import list_standings
from newsletter.flows.workspace import check_articles
from newsletter.store import campaigns, ledger, people
from newsletter.store.chores import list_chores
from newsletter.store.engine import newest_revision
from newsletter.store.occurrences import last_worker_beats, presences

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from newsletter.flows.office import Office
    from newsletter.store.occurrences import Presence

STALE = timedelta(minutes=1)
_OPEN = (CampaignState.SCHEDULED, CampaignState.SENDING, CampaignState.PAUSED)


@dataclass(slots=True)
class Findings:
    """What the examination found: facts by name, and problems."""

    facts: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The findings for scripts."""
        return {"facts": self.facts, "problems": [problem.as_dict() for problem in self.problems]}


def examine(office: Office, now: datetime) -> Findings:
    """Look at everything that can be wrong, one small examination after the other."""
    findings = Findings()
    for look in _EXAMINATIONS:
        look(office, now, findings)
    return findings


def _database(office: Office, _now: datetime, findings: Findings) -> None:
    findings.facts["database"] = (
        f"{office.database.kind}, migration {office.database.revision()} of {newest_revision()}"
    )


def _people(office: Office, _now: datetime, findings: Findings) -> None:
    with office.database.read() as connection:
        counts = people.count_people(connection)
    findings.facts["people"] = (
        ", ".join(f"{count} {standing}" for standing, count in sorted(counts.items())) or "none yet"
    )


def _requests(office: Office, now: datetime, findings: Findings) -> None:
    """What people asked about their data, where the answer is due within a week or late."""
    waiting = list_requests(office)
    findings.facts["requests"] = f"{len(waiting)} to be answered" if waiting else "none to be answered"
    today = to_local(now, office.settings.zone).date()
    for request in waiting:
        if request.is_pressing(today):
            what = f"Request {request.id} ({request.kind}) must be answered by {request.due.isoformat()}."
            remedy = "Answer it, and close it with `newsletter requests close`."
            level = Level.ERROR if request.due < today else Level.WARNING
            findings.problems.append(Problem(what, remedy, level=level))


def _transport(office: Office, _now: datetime, findings: Findings) -> None:
    transport = office.open_transport()
    try:
        with transport:
            findings.facts["transport"] = f"{transport.name}: can be reached"
    except Refusal as refusal:
        findings.facts["transport"] = f"{transport.name}: cannot be reached"
        findings.problems += refusal.problems


def _dkim(office: Office, _now: datetime, findings: Findings) -> None:
    findings.facts["dkim"] = "no key: mail leaves unsigned" if not office.dkim_keys else "signs"
    for key in office.dkim_keys:
        findings.problems += key.warnings


def _sender_records(office: Office, _now: datetime, findings: Findings) -> None:
    published = look_up_records(office)
    findings.facts |= published.facts
    findings.problems += published.problems


def _tracking(office: Office, _now: datetime, findings: Findings) -> None:
    """What is recorded about reading; over http others could read, and change, where a reader goes."""
    part, address = office.settings.tracking, office.settings.public_url
    findings.facts["tracking"] = f"clicks {part.clicks}, opens {part.opens}"
    if (part.clicks, part.opens) != ("off", "off") and not address.startswith("https://"):
        what = f"Links in mails lead over {address}, which is not encrypted, because clicks or opens are recorded."
        remedy = "Serve the readers' pages under https and say so in public_url, or switch tracking off."
        place = "config.yaml", None, "public_url"
        findings.problems.append(Problem(what, remedy, *place, level=Level.WARNING))


def _articles(office: Office, now: datetime, findings: Findings) -> None:
    try:
        problems = [
            problem for problem in check_articles(office, (), now.date()) if problem.level is Level.ERROR
        ]
    except Refusal as refusal:
        problems = list(refusal.problems)
    findings.facts["articles"] = f"{len(problems)} errors" if problems else "no errors"
    findings.problems += problems


def _scheduler(office: Office, now: datetime, findings: Findings) -> None:
    with office.database.read() as connection:
        last = next(iter(presences(connection)), None)
        waiting = campaigns.list_campaigns(connection, _OPEN)
    if last is None:
        findings.facts["scheduler"] = "has never run here"
    else:
        findings.facts["scheduler"] = f"last alive {last.at.isoformat(timespec='seconds')}"
        ticked = "not yet" if last.ticked_at is None else last.ticked_at.isoformat(timespec="seconds")
        findings.facts["last tick"] = ticked
    is_alive = last is not None and now - last.at <= STALE
    if waiting and not is_alive:
        many = len(waiting)
        what = f"{many} campaign{'s wait' if many != 1 else ' waits'}, and no scheduler runs."
        findings.problems.append(Problem(what, "Start `newsletter scheduler` or `newsletter serve`."))
    if last is not None and is_alive and _is_blind(last):
        what = f"A scheduler is alive and does not look at the plan: last tick {findings.facts['last tick']}."
        findings.problems.append(Problem(what, "Its log says why. Start it anew."))


def _is_blind(last: Presence) -> bool:
    """Whether it has lived for a while and has not looked in that time."""
    looked = last.ticked_at or last.since
    return looked is not None and last.at - looked > STALE


def _workers(office: Office, now: datetime, findings: Findings) -> None:
    """Workers beside the scheduler; without any of them the engine of many machines stands still."""
    with office.database.read() as connection:
        beats = last_worker_beats(connection)
        sending = campaigns.list_campaigns(connection, (CampaignState.SENDING,))
    alive = Counter(name.partition(":")[0] for name, at in beats.items() if now - at <= STALE)
    machines = ", ".join(f"{count} on {machine}" for machine, count in sorted(alive.items()))
    part = office.settings.engine
    if part.kind == "procrastinate" or part.workers > 1 or alive:
        findings.facts["workers"] = machines or "none is alive"
    if part.kind == "procrastinate" and sending and not alive:
        what = f"{len(sending)} campaigns are being sent, and no worker runs."
        findings.problems.append(Problem(what, "Start `newsletter worker` here or on another machine."))


def _lanes(office: Office, now: datetime, findings: Findings) -> None:
    lanes = list_lanes(office, now)
    limited = sum(lane.per_hour is not None or lane.limit_today is not None for lane in lanes)
    held = [lane for lane in lanes if lane.held_until is not None]
    slowed = [lane for lane in lanes if lane.slowness]
    findings.facts["lanes"] = f"{limited} with a limit, {len(slowed)} slowed, {len(held)} held"
    for lane in lanes:
        if lane.held_until is not None:
            until = f"{to_local(lane.held_until, office.settings.zone):%Y-%m-%d %H:%M}"
            what = f"Mail to {lane.label} is held until {until} {office.settings.zone}."
        elif lane.slowness:
            what = f"Mail to {lane.label} goes slowly, {lane.per_hour:,.0f} an hour."
        else:
            continue
        remedy = (
            f"It goes on by itself; when the reason is gone: `newsletter lanes release {_quoted(lane.name)}`."
        )
        what = f"{what} {lane.note}".strip()
        findings.problems.append(Problem(what, remedy, level=Level.WARNING))


def _quoted(name: str) -> str:
    """As a shell takes it: a star alone would become the files of the folder."""
    return name if name.isascii() and name.replace("-", "").isalnum() else f"'{name}'"


def _unsure(office: Office, _now: datetime, findings: Findings) -> None:
    with office.database.read() as connection:
        rows = ledger.list_deliveries(connection, state=DeliveryState.UNSURE, limit=1000)
    findings.facts["unsure deliveries"] = str(len(rows))
    for campaign in sorted({row["campaign"] for row in rows}):
        what = f"Campaign '{campaign}' has deliveries of which nobody knows whether the server took them."
        remedy = f"Decide: `newsletter deliveries send-again --campaign {campaign}` or `… count-as-sent …`."
        findings.problems.append(Problem(what, remedy, level=Level.WARNING))


def _paused(office: Office, _now: datetime, findings: Findings) -> None:
    with office.database.read() as connection:
        notes = campaigns.paused_notes(connection)
    for name, note in notes.items():
        remedy = f"Mend that, then go on with `newsletter campaigns resume {name}`."
        findings.problems.append(Problem(f"Campaign '{name}' has paused by itself. {note}", remedy))


def _missed(office: Office, now: datetime, findings: Findings) -> None:
    missed = list_missed(office, now)
    findings.facts["missed"] = str(len(missed))
    for one in missed:
        name, due = one.campaign.name, f"{to_local(one.due, one.campaign.zone):%Y-%m-%d %H:%M}"
        what = f"'{name}' was due on {due} ({one.campaign.zone}) and has not left. {one.why}"
        remedy = f"Decide: `newsletter campaigns send-now {name}` or `newsletter campaigns skip {name}`."
        if one.obstacle:
            what, remedy = f"{what} {one.obstacle}", f"Close it with `newsletter campaigns skip {name}`."
        findings.problems.append(Problem(what, remedy, level=Level.WARNING))


def _housekeeping(office: Office, _now: datetime, findings: Findings) -> None:
    """When each chore was last done. What fails is a warning: it is tried again."""
    with office.database.read() as connection:
        known = list_chores(connection)
    for chore in HOUSEKEEPING:
        row = known.get(chore.name)
        name = f"housekeeping: {chore.name}"
        if row is None:
            findings.facts[name] = "has never run here"
            continue
        at = row["finished_at"] or row["started_at"]
        findings.facts[name] = f"last {at.isoformat(timespec='seconds')} {row['did']}".rstrip()
        if row["trouble"]:
            what = f"The chore '{chore.name}' failed on {at.isoformat(timespec='seconds')}: {row['trouble']}"
            remedy = "It is tried again by itself; mend what it names."
            findings.problems.append(Problem(what, remedy, level=Level.WARNING))


def _series(office: Office, _now: datetime, findings: Findings) -> None:
    standings = list_standings(office)
    running = sum(one.state == "running" for one in standings)
    if standings:
        findings.facts["series"] = f"{running} of {len(standings)} running"
    for one in standings:
        if one.state in {"changed", "file is gone"}:
            what = f"Series '{one.name}' stands still: its file {'has changed' if one.state == 'changed' else 'is gone'}."
            remedy = f"Look at it, then `newsletter series approve {one.name}`."
            findings.problems.append(Problem(what, remedy, level=Level.WARNING))


def _approvals(office: Office, now: datetime, findings: Findings) -> None:
    for ladder in list_ladders(office, now):
        to_come = next((rung.when for rung in ladder.rungs if rung.state == WAITS), "")
        if to_come:
            key = ladder.deadline.key
            what = f"The reminders of '{key}' wait for approval; the next would go at {to_come} ({ladder.deadline.zone})."
            remedy = (
                f"Look at `newsletter deadlines preview {key}`, then `newsletter deadlines approve {key}`."
            )
            findings.problems.append(Problem(what, remedy, level=Level.WARNING))


_EXAMINATIONS: tuple[Callable[[Office, datetime, Findings], None], ...] = (
    _database,
    _people,
    _requests,
    _transport,
    _dkim,
    _sender_records,
    _tracking,
    _articles,
    _scheduler,
    _workers,
    _lanes,
    _unsure,
    _paused,
    _series,
    _missed,
    _approvals,
    _housekeeping,
)
