"""`newsletter db`: the database's tables."""

from __future__ import annotations

import typer

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, out, print_json
from newsletter.store.engine import newest_revision
from newsletter.wiring import prepare_engine

app = typer.Typer(name="db", help="The database.", no_args_is_help=True)


@app.command("upgrade")
def upgrade(as_json: AsJson = False) -> None:
    """Bring the tables to the newest shape; every other command does so too, except for those of the engine."""
    with office() as here:
        revision = here.database.revision()
        prepare_engine(here)
    if as_json:
        print_json({"revision": revision})
        return
    out.print(f"The tables are at {revision}.", highlight=False)


@app.command("show")
def show(as_json: AsJson = False) -> None:
    """Say which database this is and at which migration it stands."""
    with office() as here:
        data = {
            "database": here.database.kind,
            "revision": here.database.revision(),
            "newest": newest_revision(),
        }
    if as_json:
        print_json(data)
        return
    out.print(f"{data['database']}, migration {data['revision']} of {data['newest']}", highlight=False)
