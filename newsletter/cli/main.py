"""`newsletter`: the command and its global options. Exit status: 0 done, 1 refused or found problems, 2 wrong usage."""

from __future__ import annotations

import sys
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import structlog
import typer

from newsletter import __version__
from newsletter.cli.place import set_workspace
from newsletter.cli.show import err, print_problems
from newsletter.core.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOMS = {
    "run": ("init", "plan", "simulate", "doctor"),
    "check": ("check",),
    "demo": ("demo",),
    "daemons": ("scheduler", "worker"),
    "serving": ("web", "serve"),
}
"""The module of each command that stands alone; a noun is a module of its own."""
_NOUNS = (
    "articles",
    "campaigns",
    "series",
    "digests",
    "feeds",
    "segments",
    "subscribers",
    "requests",
    "deadlines",
    "deliveries",
    "lanes",
    "suppressions",
    "db",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


def options(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", help="Folder of config.yaml.", envvar="NEWSLETTER_WORKSPACE")
    ] = Path(),
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version)] = False,  # noqa: ARG001 - done by its callback
) -> None:
    """Choose the workspace."""
    set_workspace(workspace)


def make_app(words: Sequence[str] = ()) -> typer.Typer:
    """The command, with all that it can do; or with the one thing that these words ask for.

    A program that waits for the web server, the stage of the demonstration and forty commands before it lists a segment
    keeps people waiting.
    """
    app = typer.Typer(
        name="newsletter",
        help="Newsletters and deadline reminders that lose nobody and mail nobody twice.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        callback=options,
    )
    wanted = _wanted(words)
    for room, commands in _ROOMS.items():
        if wanted is None or wanted in commands:
            import_module(f"newsletter.cli.{room}").add_commands(app)
    for noun in _NOUNS:
        if wanted is None or wanted == noun:
            app.add_typer(import_module(f"newsletter.cli.{noun}").app)
    return app


def _wanted(words: Sequence[str]) -> str | None:
    """The command among these words, "" when none is wanted; None when it is not known, or help is asked for."""
    rest = iter(words)
    for word in rest:
        if word in {"-w", "--workspace"}:
            next(rest, None)
        elif word == "--version":
            return ""
        elif not word.startswith("-"):
            return word if word in {*_NOUNS, *chain.from_iterable(_ROOMS.values())} else None
    return None


def main() -> None:
    """Run the command; a refusal is printed as a paragraph on standard error and ends with status 1."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        make_app(sys.argv[1:])()
    except Refusal as refusal:
        print_problems(refusal.problems, to=err)
        sys.exit(1)
