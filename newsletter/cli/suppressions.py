"""`newsletter suppressions`: addresses that are never mailed."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, local_text, out, print_json, print_table
from newsletter.flows.people import lift_suppression, suppress_address
from newsletter.store.people import list_suppressions

app = typer.Typer(
    name="suppressions", help="Suppressions: addresses that are never mailed.", no_args_is_help=True
)


@app.command("list")
def list_all(limit: Annotated[int, typer.Option(min=1)] = 100, as_json: AsJson = False) -> None:
    """List suppressed addresses, newest first."""
    with office() as here, here.database.read() as connection:
        found = list_suppressions(connection, limit)
        zone = here.settings.zone
    if as_json:
        print_json({"suppressions": found})
        return
    rows = [
        (row["address"] or "(address not known any more)", row["reason"], local_text(row["at"], zone))
        for row in found
    ]
    print_table("Suppressions", ["address", "reason", "since"], rows, "Nobody is suppressed.")


@app.command("add")
def add(address: str, reason: Annotated[str, typer.Option()] = "request", as_json: AsJson = False) -> None:
    """Never mail this address again."""
    with office() as here:
        fresh = suppress_address(here, address, reason, here.clock())
    if as_json:
        print_json({"address": address, "suppressed": True, "changed": fresh})
        return
    out.print(
        f"{address} is suppressed." if fresh else f"{address} was suppressed before.",
        markup=False,
        highlight=False,
    )


@app.command("remove")
def remove(address: str, as_json: AsJson = False) -> None:
    """Take an address off the list; consents are not touched."""
    with office() as here:
        lifted = lift_suppression(here, address)
    if as_json:
        print_json({"address": address, "suppressed": False, "changed": lifted})
        return
    out.print(
        f"{address} is off the list." if lifted else f"{address} was not on the list.",
        markup=False,
        highlight=False,
    )
