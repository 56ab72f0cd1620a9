"""Playing the six weeks: the clock jumps from one moment to the next, and the flows do what they do every day."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.wallclock import parse_local, to_instant, to_local
from newsletter.demo.contact_sheet import write_contact_sheet
from newsletter.demo.readers import read_inbox
from newsletter.demo.story import ACTS, END, START, ZONE, Stage
from newsletter.demo.timeline import Moment
from newsletter.flows.plan import counts_by_language, forecast
from newsletter.flows.report import report_campaign
from newsletter.flows.simulate import play as play_plan
from newsletter.flows.simulated_clock import SimulatedClock
from newsletter.starter import lay_out
from newsletter.wiring import open_office

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from newsletter.demo.readers import InboxMail
    from newsletter.flows.launch import Launch
    from newsletter.flows.office import Office

STAGE_MARK = ".demonstration"
SQLITE = "sqlite:///var/newsletter.sqlite"
SECRET = "the demonstration's own key: its links lead nowhere"  # noqa: S105 - made public on purpose


@dataclass(frozen=True, slots=True)
class Performance:
    """What came of playing the story."""

    moments: list[Moment]
    inbox: Path
    index: Path
    mails: list[InboxMail]
    ahead: list[Moment]

    @property
    def duplicates(self) -> int:
        """Mails beyond one for each person and campaign, counted in the inbox."""
        pairs = Counter((mail.campaign, mail.recipient.lower()) for mail in self.mails)
        return sum(count - 1 for count in pairs.values())

    def as_dict(self) -> dict[str, Any]:
        """Everything as one document."""
        return {
            "timeline": [moment.as_dict() for moment in self.moments if not moment.what],
            "events": [
                {
                    "at": moment.at.isoformat(timespec="minutes"),
                    "zone": ZONE,
                    "kind": moment.kind,
                    "what": moment.what,
                }
                for moment in self.moments
                if moment.what
            ],
            "planned": [moment.as_dict() for moment in self.ahead],
            "messages": len(self.mails),
            "duplicates": self.duplicates,
            "inbox": str(self.inbox),
            "index": str(self.index),
        }


def play(folder: Path, show: Callable[[Moment], None], database: str = SQLITE) -> Performance:
    """Play the six weeks in `folder`, which is emptied first; each moment is shown as it happens.

    The result is the same every time and on every database: the clock, the key and the order are given.

    Args:
        database: URL of an empty database.
    """
    inbox = folder / "inbox"
    _clear(folder)
    workspace = folder / "workspace"
    lay_out(workspace)
    clock = SimulatedClock(_instant(START))
    overrides = {
        "database": database,
        "transport": {"kind": "folder", "path": str(inbox.resolve())},
        "secret": SECRET,
    }
    office = open_office(workspace, clock, overrides)
    stage = Stage(office, inbox, workspace / "subscribers" / "sample.csv")
    moments: list[Moment] = []

    def tell(moment: Moment) -> None:
        moments.append(moment)
        show(moment)

    try:
        _run(stage, clock, tell)
        ahead = _ahead(office, clock.now)
        mails = read_inbox(inbox)
        index = write_contact_sheet(folder, moments, ahead, mails, office)
    finally:
        office.database.close()
    return Performance(moments, inbox, index, mails, ahead)


def _clear(folder: Path) -> None:
    """Empty what an earlier performance left. A folder that is somebody else's is not touched."""
    stage_mark = folder / STAGE_MARK
    if folder.exists() and not stage_mark.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = f"'{folder}' is not empty, and no demonstration has played there."
        raise ContentRefused(Problem(what, "Name another folder with --to, or remove this one."))
    for name in ("inbox", "workspace", "mails", "images"):
        shutil.rmtree(folder / name, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    stage_mark.touch()


def _run(stage: Stage, clock: SimulatedClock, tell: Callable[[Moment], None]) -> None:
    acts, end = list(ACTS), _instant(END)

    def act_now(now: datetime) -> None:
        while acts and acts[0].instant <= now:
            act = acts.pop(0)
            tell(Moment(to_local(now, ZONE), act.kind, what=act.do(stage, now)))

    def next_act() -> datetime | None:
        return acts[0].instant if acts else None

    for beat in play_plan(stage.office, clock, end, next_act, act_now):
        for refusal in beat.refusals:
            raise refusal
        for launch in beat.launches:
            tell(_moment(stage.office, launch, beat.at))


def _moment(office: Office, launch: Launch, now: datetime) -> Moment:
    report = report_campaign(office, launch.campaign.name)
    campaign = launch.campaign
    sent, withheld = dict(sorted(report.by_language.items())), dict(sorted(report.withheld.items()))
    at = to_local(now, ZONE)
    return Moment(at, campaign.kind.value, campaign.name, sent, withheld, title=campaign.label)


def _ahead(office: Office, now: datetime) -> list[Moment]:
    """What is planned after the curtain, for whom the ladder goes on."""
    far = to_instant(parse_local("2022-01-01T00:00"), ZONE)
    ahead = []
    for one in forecast(office, now, far, now):
        sent = counts_by_language(one.audience)
        at = to_local(one.instant, ZONE)
        campaign = one.campaign
        kind, title = campaign.kind.value, campaign.label
        ahead.append(Moment(at, kind, campaign.name, sent, one.withheld(), title=title))
    return ahead


def _instant(local: str) -> datetime:
    return to_instant(parse_local(local), ZONE)
