"""`newsletter lanes`: how fast mail goes, to everything and to groups of destinations."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, local_text, out, print_json, print_table
from newsletter.flows.lanes import list_lanes, release_lane

app = typer.Typer(
    name="lanes", help="Lanes: how fast mail goes to groups of destinations.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help='As `lanes list` shows it; "*" is the lane of everything.')]


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the lanes: pace now, connections, until when one is held, how often halved, sent today, and why."""
    with office() as here:
        lanes, zone = list_lanes(here, here.clock()), here.settings.zone
    if as_json:
        print_json({"lanes": [lane.as_dict() for lane in lanes]})
        return
    rows = [
        (
            lane.name,
            "no limit" if lane.per_hour is None else f"{lane.per_hour:,.0f}",
            lane.connections,
            local_text(lane.held_until, zone),
            lane.slowness or "",
            lane.sent_today,
            lane.limit_today,
            lane.note,
        )
        for lane in lanes
    ]
    columns = ["lane", "an hour#", "connections#", "held until", "halved#", "sent today#", "of#", "why"]
    print_table("Lanes", columns, rows, "There are no lanes.")


@app.command("release")
def release(name: Name, as_json: AsJson = False) -> None:
    """Let a lane that is held or slowed go on at its full pace."""
    with office() as here:
        lane = release_lane(here, name, here.clock())
    if as_json:
        print_json({"lane": lane.as_dict()})
        return
    out.print(f"Mail to {lane.label} goes on at its full pace.", markup=False, highlight=False)
