"""`newsletter subscribers forget | person-file | proof | rectify`: what people may ask for about their own data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, counted, out, print_json
from newsletter.flows.erasure import forget_person
from newsletter.flows.person_file import write_person_file, write_proof
from newsletter.flows.rectify import change_address
from newsletter.flows.retention import look_at_retention

if TYPE_CHECKING:
    from newsletter.flows.person_file import PersonFile

Out = Annotated[Path, typer.Option("--out", help="The archive (ZIP) to make.")]
InLanguage = Annotated[
    str, typer.Option("--language", help="Language of its page; the person's own if left out.")
]


def add_commands(app: typer.Typer) -> None:
    """Put the commands of this module into `app`."""
    app.command("forget")(forget)
    app.command("person-file")(person_file)
    app.command("proof")(proof)
    app.command("rectify")(rectify)
    app.command("retention")(retention)


def forget(address: str, as_json: AsJson = False) -> None:
    """Erase a person: nothing of them stays but a hash, so that no import brings them back. It cannot be undone."""
    with office() as here:
        erasure = forget_person(here, address, here.clock())
    if as_json:
        print_json(erasure.as_dict())
        return
    out.print(f"Erased. Removed: {counted(erasure.removed) or 'nothing else'}.", highlight=False)
    for path in erasure.files:
        out.print(f"  {path} still names them: it is yours to delete.", markup=False, highlight=False)
    out.print("Backups made before today still hold them.", highlight=False)


def person_file(address: str, path: Out, language: InLanguage = "", as_json: AsJson = False) -> None:
    """Write everything that is stored about a person into an archive: a page to read, and JSON."""
    with office() as here:
        written = write_person_file(here, address, path, here.clock(), language)
    _show(written, as_json)


def proof(address: str, path: Out, language: InLanguage = "", as_json: AsJson = False) -> None:
    """Write what proves a person's consent: each event with its wording and evidence, and the mails that went to them."""
    with office() as here:
        written = write_proof(here, address, path, here.clock(), language)
    _show(written, as_json)


def rectify(address: str, new_address: str, as_json: AsJson = False) -> None:
    """Write to a person at another address from now on; consents and history stay theirs."""
    with office() as here:
        shown = change_address(here, address, new_address, here.clock())
    if as_json:
        print_json({"address": shown, "changed": True})
        return
    out.print(f"Mail goes to {shown} from now on.", markup=False, highlight=False)


def retention(
    months: Annotated[
        int, typer.Option(help="Try with so many months, whatever config.yaml says.", min=0, max=240)
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Show what the rule of retention would do today: whom it asks whether to stay, and who has not answered. Nothing is done."""
    with office() as here:
        found = look_at_retention(here, here.clock(), months)
    if as_json:
        print_json(found.as_dict())
        return
    if found.months:
        asked = f"{found.to_ask} to be asked whether to stay"
        out.print(f"Without a sign of life for {found.months} months: {asked}.")
    else:
        out.print("The rule is off (retention.inactive_months in config.yaml is 0). Try it with --months 24.")
    out.print(f"Asked, and no answer in time: {found.to_set_aside} to be set aside.")


def _show(written: PersonFile, as_json: bool) -> None:
    if as_json:
        print_json(written.as_dict())
        return
    out.print(f"{written.path}: {counted(written.records)}", markup=False, highlight=False)
