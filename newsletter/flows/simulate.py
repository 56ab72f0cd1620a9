"""Playing the plan: a clock jumps from one planned moment to the next, and the flows do what they do every day.

The demonstration plays its story by this, and `newsletter simulate` the plan of an office on a copy of it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsletter.core.refusal import ContentRefused, Problem, Refusal
from newsletter.core.wallclock import to_local
from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.deliver import deliver_due
from newsletter.flows.plan import refuse_bad_range
from newsletter.flows.planned import planned_mails
from newsletter.flows.report import report_campaign
from newsletter.flows.tick import launch_due
from newsletter.settings import FolderTransport, Settings
from newsletter.settings.parts import Engine, Lanes, Paths
from newsletter.store.campaigns import next_row_due
from newsletter.store.replica import replicate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.launch import Launch
    from newsletter.flows.office import Office
    from newsletter.flows.simulated_clock import SimulatedClock

STAGE_MARK = ".simulation"
_OUTBOX, _SCRATCH, _DATABASE = "outbox", "scratch", "newsletter.sqlite"
_SECRET = "the simulation's own key: its links lead nowhere"  # noqa: S105 - made public on purpose


@dataclass(frozen=True, slots=True)
class Beat:
    """One moment at which the clock stood: what was launched or missed, and what could not be made."""

    at: datetime
    launches: list[Launch]
    refusals: list[Refusal]


def beat(office: Office, now: datetime) -> Beat:
    """What the daemon and its worker do at a moment."""
    launches, refusals = launch_due(office, now)
    deliver_due(office)
    return Beat(now, launches, refusals)


def play(
    office: Office,
    clock: SimulatedClock,
    end: datetime,
    next_act: Callable[[], datetime | None] = lambda: None,
    act: Callable[[datetime], None] = lambda _now: None,
) -> Iterator[Beat]:
    """Go from moment to moment up to `end` (an instant, inclusive); nothing happens in between.

    Args:
        clock: the office's own; it is set.
        next_act: when somebody does something next, besides what is planned; None for never.
        act: does what is to be done at a moment, before the mails of that moment go.
    """
    while True:
        moments = [*_moments(office, clock.now, end), *(at for at in (next_act(),) if at is not None)]
        if not moments or min(moments) > end:
            return
        clock.set(max(min(moments), clock.now))
        act(clock.now)
        yield beat(office, clock.now)


def _moments(office: Office, now: datetime, end: datetime) -> Iterator[datetime]:
    """Moments still to come, for which the clock must stop: mails of the plan, and rows that wait for their own hour."""
    for mail in planned_mails(office, now, end):
        if mail.occurrence.instant > now:
            yield mail.occurrence.instant
    with office.database.read() as connection:
        waiting = next_row_due(connection, now)
    if waiting is not None:
        yield waiting


@dataclass(frozen=True, slots=True)
class Sending:
    """A mail of the simulation: when it left or was missed (UTC), and what became of it."""

    campaign: Campaign
    at: datetime
    state: str
    sent: dict[str, int]
    withheld: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """The line for scripts."""
        campaign = self.campaign
        return {
            "at": self.at.isoformat(),
            "utc": self.at.isoformat(),
            "local": to_local(self.at, campaign.zone).isoformat(timespec="minutes"),
            "zone": campaign.zone,
            "kind": campaign.kind.value,
            "campaign": campaign.name,
            "segment": campaign.segment,
            "state": self.state,
            "sent": sum(self.sent.values()),
            "counts": self.sent,
            "withheld": self.withheld,
            "deadline": campaign.deadline or None,
            "rung": campaign.rung,
        }


@dataclass(slots=True)
class Simulation:
    """What came of playing the plan: the mails in order, what could not be made, and where the mails lie."""

    outbox: Path
    sendings: list[Sending] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    @property
    def messages(self) -> int:
        """Mails as they lie in the outbox."""
        return sum(1 for _ in (self.outbox / "new").glob("*")) if self.outbox.exists() else 0

    def as_dict(self) -> dict[str, Any]:
        """Everything as one document."""
        return {
            "timeline": [sending.as_dict() for sending in self.sendings],
            "troubles": self.troubles,
            "messages": self.messages,
            "outbox": str(self.outbox),
        }


def simulate(
    office: Office, clock: SimulatedClock, start: datetime, end: datetime, outbox: Path
) -> Simulation:
    """Play the plan of an office that is a copy, from the clock's instant up to `end`; what leaves from `start` on is told.

    Raises:
        ContentRefused: the time ends before it begins.
    """
    refuse_bad_range(start, end)
    sync_deadlines(office, clock.now)
    told = Simulation(outbox)
    launches: list[tuple[datetime, Launch]] = []
    for moment in _from_now(office, clock, end):
        launches += [(moment.at, launch) for launch in moment.launches]
        fresh = (str(refusal) for refusal in moment.refusals)
        told.troubles += [trouble for trouble in fresh if trouble not in told.troubles]
    # Counted at the end: a mail may leave in waves.
    told.sendings += [_sending(office, at, launch) for at, launch in launches if start <= at < end]
    return told


def _from_now(office: Office, clock: SimulatedClock, end: datetime) -> Iterator[Beat]:
    """What is overdue already, then what comes."""
    yield beat(office, clock.now)
    yield from play(office, clock, end)


def _sending(office: Office, at: datetime, launch: Launch) -> Sending:
    report = report_campaign(office, launch.campaign.name)
    sent, withheld = dict(sorted(report.by_language.items())), dict(sorted(report.withheld.items()))
    return Sending(launch.campaign, at, launch.state.value, sent, withheld)


def lay_stage(office: Office, folder: Path) -> Path:
    """Copy an office into `folder`: its database into a file of SQLite whatever it is, its files beside it.

    Only reads the office. What an earlier simulation left in the folder is removed.

    Returns:
        The workspace of the copy.

    Raises:
        ContentRefused: the folder is somebody else's, or cannot be written to.
    """
    _clear(folder)
    scratch = folder / _SCRATCH
    try:
        scratch.mkdir(parents=True)
        scratch.chmod(0o700)  # it holds the addresses of people
        (folder / STAGE_MARK).touch()
        settings = office.settings
        for name, path in _folders(settings).items():
            if settings.path(path).is_dir():
                shutil.copytree(settings.path(path), scratch / name, ignore=_none_of(folder))
        shutil.copyfile(settings.workspace / "config.yaml", scratch / "config.yaml")
    except OSError as error:
        what = f"The simulation cannot be laid out in '{folder}': {error.strerror or error}."
        raise ContentRefused(Problem(what, "Name a folder that can be written to with --into.")) from None
    replicate(office.database, scratch / _DATABASE)
    return scratch


def clear_stage(folder: Path) -> None:
    """Remove the copy of the office; the mails stay."""
    shutil.rmtree(folder / _SCRATCH, ignore_errors=True)


def outbox_of(folder: Path) -> Path:
    """The Maildir of a simulation."""
    return folder.resolve() / _OUTBOX


def overrides_for(office: Office, folder: Path) -> dict[str, Any]:
    """The settings of the copy: those of the office as they stand, environment and all, but for every way out.

    Mail goes into the folder and nowhere else; nothing is signed and nothing is asked of DNS; links are made with a key of the
    simulation's own, so that nobody who presses one acts for a reader; limits of pace do not count, as it is the plan that is played.
    """
    kept = {name: getattr(office.settings, name) for name in Settings.model_fields if name != "workspace"}
    folders = {name: Path(name) for name in _folders(office.settings)}
    return kept | {
        "database": f"sqlite:///{_DATABASE}",
        "transport": FolderTransport(path=outbox_of(folder)),
        "paths": Paths(**folders, var=Path("var")),
        "engine": Engine(),
        "lanes": Lanes(),
        "dkim": (),
        "secret": _SECRET,
    }


def _folders(settings: Settings) -> dict[str, Path]:
    paths = settings.paths
    return {"articles": paths.articles, "templates": paths.templates, "subscribers": paths.subscribers}


def _none_of(folder: Path) -> Callable[[str, list[str]], set[str]]:
    """A folder of the workspace may hold the stage itself, which is not copied into itself."""
    stage = folder.resolve()

    def ignored(place: str, names: list[str]) -> set[str]:
        return {name for name in names if (Path(place) / name).resolve() == stage}

    return ignored


def _clear(folder: Path) -> None:
    foreign = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if foreign and not (folder / STAGE_MARK).exists():
        what = f"'{folder}' is not empty, and no simulation has played there."
        raise ContentRefused(Problem(what, "Name another folder with --into, or remove this one."))
    for name in (_OUTBOX, _SCRATCH):
        shutil.rmtree(folder / name, ignore_errors=True)
