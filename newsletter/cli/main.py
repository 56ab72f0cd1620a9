"""`newsletter`: the command and its global options. Exit status: 0 done, 1 refused or found problems, 2 wrong usage."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from newsletter import __version__
from newsletter.cli import (
    articles,
    campaigns,
    db,
    deadlines,
    deliveries,
    digests,
    feeds,
    lanes,
    run,
    segments,
    series,
    subscribers,
    suppressions,
)
from newsletter.cli.place import set_workspace
from newsletter.cli.show import err, print_problems
from newsletter.core.refusal import Refusal

app = typer.Typer(
    name="newsletter",
    help="Newsletters and deadline reminders that lose nobody and mail nobody twice.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for noun in (
    articles, campaigns, series, digests, feeds, segments, subscribers, deadlines, deliveries, lanes, suppressions, db,
):  # fmt: skip
    app.add_typer(noun.app)
run.add_commands(app)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", help="Folder of config.yaml.", envvar="NEWSLETTER_WORKSPACE")
    ] = Path(),
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version)] = False,  # noqa: ARG001 - done by its callback
) -> None:
    """Choose the workspace."""
    set_workspace(workspace)


def main() -> None:
    """Run the command; a refusal is printed as a paragraph on standard error and ends with status 1."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        app()
    except Refusal as refusal:
        print_problems(refusal.problems, to=err)
        sys.exit(1)
