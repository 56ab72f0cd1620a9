"""`newsletter subscribers import | export`: people come in from a file, and go out into one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, counted, err, out, print_json, print_problems, print_table
from newsletter.core.legal_basis import LegalBasis
from newsletter.core.people_file import Basis
from newsletter.core.people_file.columns import How
from newsletter.flows.export_people import export_people
from newsletter.flows.import_people import ImportWish, import_people

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from newsletter.core.people_file.columns import ColumnMeaning
    from newsletter.flows.import_people import ImportReport


def add_commands(app: typer.Typer) -> None:
    """Put the commands of this module into `app`."""
    app.command("import")(import_file)
    app.command("export")(export_file)


def import_file(
    path: Annotated[
        Path, typer.Argument(help="CSV, .xlsx, .jsonl or .vcf; the first line names the columns.")
    ],
    consent_source: Annotated[str, typer.Option(help="Where people agreed, if no column says it.")] = "",
    consent_date: Annotated[str, typer.Option(help="When: 2021-03-03.")] = "",
    consent_wording: Annotated[str, typer.Option(help="To which words.")] = "",
    ground: Annotated[
        LegalBasis,
        typer.Option(
            "--basis", help="legitimate-interest: they were told of our letters, and have not agreed to them."
        ),
    ] = LegalBasis.CONSENT,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="HEADER=COLUMN",
            help="What a column is; 'HEADER=' leaves it out, '*=' all unknown.",
        ),
    ] = None,
    origin: Annotated[
        str, typer.Option(help="Name of where such files come from: --map is remembered by it.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    allow_roles: Annotated[
        bool, typer.Option("--allow-roles", help="Take postmaster@, noreply@ … too.")
    ] = False,
    allow_typos: Annotated[bool, typer.Option("--allow-typos", help="Take gmial.com … too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import people from a file; rows that cannot be taken go to NAME.rejects.csv with the reason."""
    basis = Basis(consent_source, consent_date, consent_wording, ground)
    wish = ImportWish(
        basis,
        _mapping(columns or ()),
        origin,
        allow_roles=allow_roles,
        allow_typos=allow_typos,
        dry_run=dry_run,
    )
    with office() as here, _progress(as_json) as progress:
        task = progress.add_task("rows", total=None)

        def tell(done: int, share: float) -> None:
            progress.update(task, completed=done, total=done / share if share else None)

        report = import_people(here, path, here.clock(), wish, tell)
    if as_json:
        print_json(report.as_dict())
    else:
        _show(report)
    if report.rejects:
        raise typer.Exit(1)


def export_file(
    path: Annotated[Path, typer.Argument(help="The file to make: .csv, .xlsx or .jsonl.")],
    segment: Annotated[str, typer.Option(help="Only people who are in this segment now.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write people into a file that `import` takes back: everybody, with their status, or a segment."""
    with office() as here, _progress(as_json) as progress:
        task = progress.add_task("rows", total=None)
        exported = export_people(
            here, path, here.clock(), segment, lambda done: progress.update(task, completed=done)
        )
    if as_json:
        print_json(exported.as_dict())
        return
    out.print(f"{exported.path}: {exported.people} people", markup=False, highlight=False)


def _mapping(said: Iterable[str]) -> Mapping[str, str]:
    columns = {}
    for one in said:
        header, equals, column = one.rpartition("=")
        if not equals or not header.strip():
            raise typer.BadParameter(
                f"'{one}' is not HEADER=COLUMN, such as 'Courriel=email'.", param_hint="--map"
            )
        columns[header.strip()] = column.strip()
    return columns


def _show(report: ImportReport) -> None:
    if any(meaning.how is not How.NAMED for meaning in report.columns):
        _show_columns(report.columns)
    out.print(counted(dict(sorted(report.counts.items()))) or "The file has no rows.", highlight=False)
    if report.shared:
        err.print(f"{report.shared} of them read by several people (info@ …).", highlight=False)
    print_problems(report.problems, to=err)
    if report.rejects_file:
        err.print(f"Rejected rows: {report.rejects_file}", markup=False, highlight=False)


def _show_columns(columns: Iterable[ColumnMeaning]) -> None:
    rows = [(meaning.header, meaning.column or "-", meaning.how.value) for meaning in columns]
    print_table("Columns", ["in the file", "taken as", "because it is"], rows, "")


def _progress(quiet: bool) -> Progress:
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.completed} rows"), TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal)
