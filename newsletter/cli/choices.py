"""`newsletter subscribers reasons`: why people left, as far as they said."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, print_json, print_table
from newsletter.core.choice import LeavingReason
from newsletter.store.choices import count_leaving_reasons

_MEANING = {
    LeavingReason.TOO_MUCH: "It was too much",
    LeavingReason.NOT_FOR_ME: "It is not about my work, or no longer",
    LeavingReason.ELSEWHERE: "I read it elsewhere",
    LeavingReason.NEVER_ASKED: "I never asked for it",
    LeavingReason.OTHER: "Another reason",
}


def reasons(
    days: Annotated[int, typer.Option(min=1, max=36_500, help="Of so many days before now.")] = 365,
    as_json: AsJson = False,
) -> None:
    """Count why people left, as far as they said; "never asked" is a word about your lists."""
    with office() as here, here.database.read() as connection:
        counts = count_leaving_reasons(connection, here.clock() - timedelta(days=days))
    if as_json:
        print_json({"days": days, "reasons": counts})
        return
    told = [(str(counts[reason]), text) for reason, text in _MEANING.items() if counts[reason]]
    print_table(f"Why people left, {days} days", ["people", "reason"], told, "Nobody has given a reason.")


def add_commands(app: typer.Typer) -> None:
    """Put the commands of this module into `app`."""
    app.command("reasons")(reasons)
