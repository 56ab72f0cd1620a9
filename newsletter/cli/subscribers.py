"""`newsletter subscribers`: people and what they want."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from newsletter.cli import choices, rights
from newsletter.cli.place import office
from newsletter.cli.show import AsJson, counted, err, local_text, out, print_json, print_problems, print_table
from newsletter.flows.import_people import ImportReport, import_people
from newsletter.flows.people import known_person
from newsletter.store import people as rows
from newsletter.store.ledger import list_deliveries
from newsletter.store.reminders import merged_into

app = typer.Typer(
    name="subscribers", help="Subscribers: people, their consents and their mails.", no_args_is_help=True
)


@app.command("import")
def import_file(
    path: Annotated[Path, typer.Argument(help="CSV file, UTF-8; the first line names the columns.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    allow_roles: Annotated[
        bool, typer.Option("--allow-roles", help="Take postmaster@, noreply@ … too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import people from a CSV file; rows that cannot be taken go to NAME.rejects.csv with the reason."""
    with office() as here, _progress(as_json) as progress:
        task = progress.add_task("rows", total=None)
        report = import_people(
            here,
            path,
            here.clock(),
            allow_roles=allow_roles,
            dry_run=dry_run,
            progress=lambda done: progress.update(task, completed=done),
        )
    if as_json:
        print_json(_as_dict(report))
    else:
        out.print(counted(dict(sorted(report.counts.items()))) or "The file has no rows.", highlight=False)
        print_problems(report.problems, to=err)
        if report.rejects_file:
            err.print(f"Rejected rows: {report.rejects_file}", highlight=False)
    if report.rejects:
        raise typer.Exit(1)


def _progress(quiet: bool) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.completed} rows"), TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal)


def _as_dict(report: ImportReport) -> dict[str, object]:
    return {
        "counts": dict(sorted(report.counts.items())),
        "rejects": [problem.as_dict() for problem in report.problems],
        "rejects_file": None if report.rejects_file is None else str(report.rejects_file),
    }


@app.command("list")
def list_people(
    search: Annotated[str, typer.Option(help="Part of the address or name.")] = "",
    limit: Annotated[int, typer.Option(min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """List people."""
    with office() as here, here.database.read() as connection:
        people = rows.list_people(connection, search=search, limit=limit)
        counts = rows.count_people(connection)
    if as_json:
        print_json({"people": people, "counts": counts})
        return
    columns = ["address", "given_name", "language", "country", "standing"]
    empty = "Nobody yet. `newsletter subscribers import FILE.csv` brings people in."
    print_table(
        counted(counts), columns, [[person[column] for column in columns] for person in people], empty
    )


@app.command("show")
def show(address: str, as_json: AsJson = False) -> None:
    """Show everything known of a person: consents and mails included."""
    with office() as here:
        identity = known_person(here, address)
        with here.database.read() as connection:
            person = rows.person_row(connection, identity) or {}
            topics = rows.topics_of(connection, identity)
            consents = rows.consents_of(connection, identity)
            mails = list_deliveries(connection, subscriber=identity, limit=1000)
            into = merged_into(connection, [row["id"] for row in mails])
            suppressed = rows.suppression_of(connection, str(person["address_hash"]))
        zone = here.settings.zone
    person["suppressed"] = None if suppressed is None else suppressed[0]
    if as_json:
        told = [row | {"merged_into": into.get(row["id"])} for row in mails]
        print_json({"person": person, "topics": topics, "consents": consents, "deliveries": told})
        return
    known = [
        (key, value)
        for key, value in person.items()
        if value and key not in {"id", "address_key", "address_hash"}
    ]
    print_table(str(person["address"]), ["what", "value"], [*known, ("topics", ", ".join(topics))], "")
    events = [(local_text(event["at"], zone), event["action"], event["source"]) for event in consents]
    print_table("Consents", ["when", "what", "source"], events, "No consent is recorded.")
    sent = [
        (
            row["campaign"],
            row["state"],
            f"merged into {into[row['id']]}" if row["id"] in into else row["withheld"],
            local_text(row["settled_at"], zone),
        )
        for row in mails
    ]
    print_table("Mails", ["campaign", "state", "why not", "when"], sent, "No mail yet.")


choices.add_commands(app)
rights.add_commands(app)
