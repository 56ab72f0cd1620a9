"""`newsletter campaigns missed`, `send-now` and `skip`: what nobody was there for, and the officer's word on it."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, counted, local_text, out, print_json, print_table
from newsletter.flows.missed import Missed, list_missed, send_missed, skip_missed

By = Annotated[str, typer.Option(help="Who decides.")]


def add_commands(app: typer.Typer) -> None:
    """Put the commands of this module into `app`."""
    app.command("missed")(missed)
    app.command("send-now")(send_now)
    app.command("skip")(skip)


def missed(as_json: AsJson = False) -> None:
    """List what was missed and waits for a decision: send it now, skip it, or give it a new time."""
    with office() as here:
        found = list_missed(here, here.clock())
    if as_json:
        print_json({"missed": [one.as_dict() for one in found]})
        return
    rows = [
        (
            one.campaign.name,
            local_text(one.due, one.campaign.zone),
            one.why,
            sum(one.recipients.values()),
            one.obstacle or counted(one.withheld),
        )
        for one in found
    ]
    columns = ["campaign", "was due", "why", "would get it now#", "not"]
    print_table("Missed", columns, rows, "Nothing was missed.")
    if found:
        out.print(_ways(found), highlight=False, soft_wrap=True)


def _ways(found: list[Missed]) -> str:
    name = next((one.campaign.name for one in found if not one.obstacle), "")
    skipping = f"`newsletter campaigns skip {found[0].campaign.name}`"
    return (
        f"Decide: `newsletter campaigns send-now {name}` or {skipping}." if name else f"Decide: {skipping}."
    )


def send_now(
    name: Annotated[str, typer.Argument(help="Name of the missed campaign.")],
    by: By = "officer",
    as_json: AsJson = False,
) -> None:
    """Send a missed campaign after all; the scheduler hands it over. Refused when its deadline has passed."""
    with office() as here:
        launch = send_missed(here, name, by, here.clock())
    if as_json:
        print_json({"campaign": name, "state": launch.campaign.state.value, "rows": launch.rows})
        return
    out.print(f"'{name}' is on its way: {launch.rows} rows in the ledger.", highlight=False)


def skip(
    names: Annotated[list[str], typer.Argument(help="Names of missed campaigns.")],
    by: By = "officer",
    as_json: AsJson = False,
) -> None:
    """Let missed campaigns be: nobody gets them any more."""
    with office() as here:
        for name in names:
            skip_missed(here, name, by, here.clock())
    if as_json:
        print_json({"skipped": names})
        return
    out.print(f"{', '.join(names)}: skipped.", highlight=False)
