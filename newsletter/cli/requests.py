"""`newsletter requests`: what people asked about their data, and by when they must have an answer."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, out, print_json, print_table
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.rights_request import RequestKind
from newsletter.flows import rights_requests

if TYPE_CHECKING:
    from newsletter.core.rights_request import RightsRequest

app = typer.Typer(
    name="requests",
    help="Requests of people about their own data, with the day for the answer.",
    no_args_is_help=True,
)
Number = Annotated[int, typer.Argument(help="As `requests list` shows it.")]


@app.command("list")
def list_all(
    every: Annotated[bool, typer.Option("--all", help="Closed requests, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List open requests in the order in which they came."""
    with office() as here:
        found = rights_requests.list_requests(here, with_closed=every)
    if as_json:
        print_json({"requests": [request.as_dict() for request in found]})
        return
    rows = [
        (
            request.id,
            request.kind,
            request.address or "(forgotten)",
            request.received.isoformat(),
            request.closed.isoformat() if request.closed else f"due {request.due.isoformat()}",
            request.note,
        )
        for request in found
    ]
    columns = ["number#", "kind", "address", "received", "answer", "note"]
    print_table("Requests", columns, rows, "Nobody waits for an answer.")


@app.command("add")
def add(
    kind: RequestKind,
    address: str,
    received: Annotated[
        str, typer.Option(help="Day on which it came, such as 2026-11-26; today if left out.")
    ] = "",
    note: Annotated[str, typer.Option()] = "",
    as_json: AsJson = False,
) -> None:
    """Note a request: access, rectification, erasure or objection. The answer is due within a month."""
    with office() as here:
        now = here.clock()
        day = _day(received) if received else rights_requests.today_of(here, now)
        request = rights_requests.open_request(here, kind, address, day, now, note)
    _show(request, as_json)


@app.command("extend")
def extend(
    number: Number,
    why: Annotated[str, typer.Option("--why", help="What the person is told.")],
    as_json: AsJson = False,
) -> None:
    """Take two more months for a complex request; the person must be told why within the first month."""
    with office() as here:
        request = rights_requests.extend_request(here, number, why)
    _show(request, as_json)


@app.command("close")
def close(number: Number, note: Annotated[str, typer.Option()] = "answered", as_json: AsJson = False) -> None:
    """Note that a request was answered; whose it was is forgotten with that."""
    with office() as here:
        request = rights_requests.close_request(here, number, note, here.clock())
    _show(request, as_json)


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        what = f"'{said}' is no day."
        raise ContentRefused(Problem(what, "Write a day that exists, such as 2026-11-26.")) from None


def _show(request: RightsRequest, as_json: bool) -> None:
    if as_json:
        print_json(request.as_dict())
        return
    state = "is closed" if request.closed else f"is to be answered by {request.due.isoformat()}"
    out.print(f"Request {request.id} ({request.kind}) {state}.", markup=False, highlight=False)
