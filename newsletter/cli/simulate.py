"""`newsletter simulate`: the plan, played on a copy of the office into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.period import Begin, End, InZone, period
from newsletter.cli.place import office, workspace
from newsletter.cli.show import AsJson, counted, err, local_text, out, print_json, print_table
from newsletter.flows.simulate import (
    Simulation,
    clear_stage,
    lay_stage,
    outbox_of,
    overrides_for,
    simulate,
)
from newsletter.flows.simulated_clock import SimulatedClock
from newsletter.wiring import open_office

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.flows.office import Office


def simulate_plan(
    into: Annotated[Path, typer.Option("--into", help="Folder for the mails; a new or an empty one.")],
    start: Begin = "",
    end: End = "",
    zone: InZone = "",
    as_json: AsJson = False,
) -> None:
    """Play the plan with a simulated clock on a copy of the office, into a Maildir. Nothing leaves, nothing here changes."""
    folder = workspace() / into
    with office() as here:
        now = here.clock()
        begin, until = period(start, end, zone or here.settings.zone, now)
        told = _play(here, folder, min(now, begin), begin, until)
    if as_json:
        print_json(told.as_dict())
        return
    _show(told)


def _play(here: Office, folder: Path, now: datetime, begin: datetime, until: datetime) -> Simulation:
    try:
        scratch = lay_stage(here, folder)
        clock = SimulatedClock(now)
        copy = open_office(scratch, clock, overrides_for(here, folder))
        try:
            return simulate(copy, clock, begin, until, outbox_of(folder))
        finally:
            copy.database.close()
    finally:
        clear_stage(folder)


def _show(told: Simulation) -> None:
    rows = [
        (
            local_text(one.at, one.campaign.zone),
            one.campaign.kind,
            one.campaign.name,
            sum(one.sent.values()) if one.state == "launched" else one.state,
            counted(one.withheld),
        )
        for one in told.sendings
    ]
    columns = ["when", "kind", "campaign", "sent#", "withheld"]
    print_table("Simulated", columns, rows, "Nothing happens in this time.")
    for trouble in told.troubles:
        err.print(trouble, style="yellow", soft_wrap=True, highlight=False)
    out.print(f"{told.messages} mails lie in {told.outbox}", highlight=False, soft_wrap=True)
