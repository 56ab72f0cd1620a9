"""`newsletter deliveries`: the ledger, row by row, and the officer's word on rows that are unsure."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, local_text, out, print_json, print_table
from newsletter.core.delivery import DeliveryState
from newsletter.flows.approve import known_campaign
from newsletter.flows.unsure import decide
from newsletter.store.ledger import list_deliveries
from newsletter.store.reminders import merged_into

app = typer.Typer(
    name="deliveries", help="Deliveries: one row for each person and campaign.", no_args_is_help=True
)


@app.command("list")
def list_all(
    campaign: Annotated[str, typer.Option(help="Only of this campaign.")] = "",
    state: Annotated[DeliveryState | None, typer.Option(help="Only in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 100,
    as_json: AsJson = False,
) -> None:
    """List rows of the ledger."""
    with office() as here:
        identity = known_campaign(here, campaign).id if campaign else None
        with here.database.read() as connection:
            found = list_deliveries(connection, campaign=identity, state=state or "", limit=limit)
            into = merged_into(connection, [row["id"] for row in found])
        zone = here.settings.zone
    if as_json:
        print_json({"deliveries": [row | {"merged_into": into.get(row["id"])} for row in found]})
        return
    rows = [
        (
            row["id"],
            row["campaign"],
            row["address"],
            row["state"],
            f"merged into {into[row['id']]}" if row["id"] in into else row["withheld"],
            local_text(row["settled_at"], zone),
        )
        for row in found
    ]
    print_table("Deliveries", ["id#", "campaign", "address", "state", "why not", "when"], rows, "No rows.")


@app.command("send-again")
def send_again(
    ids: Annotated[
        list[int] | None, typer.Argument(help="Rows; all unsure rows of the campaign when none is named.")
    ] = None,
    campaign: Annotated[str, typer.Option(help="The campaign whose unsure rows are meant.")] = "",
    as_json: AsJson = False,
) -> None:
    """Send unsure rows once more: the people may get the mail twice."""
    _decide(ids or [], campaign, as_json, send_it_again=True)


@app.command("count-as-sent")
def count_as_sent(
    ids: Annotated[
        list[int] | None, typer.Argument(help="Rows; all unsure rows of the campaign when none is named.")
    ] = None,
    campaign: Annotated[str, typer.Option(help="The campaign whose unsure rows are meant.")] = "",
    as_json: AsJson = False,
) -> None:
    """Count unsure rows as sent: a few people may have missed the mail."""
    _decide(ids or [], campaign, as_json, send_it_again=False)


def _decide(ids: list[int], campaign: str, as_json: bool, *, send_it_again: bool) -> None:
    if not ids and not campaign:
        raise typer.BadParameter("name rows, or a campaign with --campaign")
    with office() as here:
        count = decide(here, ids, campaign, send_it_again=send_it_again, now=here.clock())
    verb = "ready again" if send_it_again else "counted as sent"
    if as_json:
        print_json({"rows": count, "state": "ready" if send_it_again else "sent"})
        return
    out.print(f"{count} rows are {verb}.", highlight=False)
