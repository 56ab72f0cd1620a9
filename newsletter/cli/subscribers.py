"""`newsletter subscribers`: people and what they want."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli import choices, people_file, rights
from newsletter.cli.place import office
from newsletter.cli.show import AsJson, counted, local_text, print_json, print_table
from newsletter.flows.people import known_person
from newsletter.store import people as rows
from newsletter.store.ledger import list_deliveries
from newsletter.store.reminders import merged_into

app = typer.Typer(
    name="subscribers", help="Subscribers: people, their consents and their mails.", no_args_is_help=True
)


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


people_file.add_commands(app)
choices.add_commands(app)
rights.add_commands(app)
