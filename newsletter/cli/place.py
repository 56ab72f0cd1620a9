"""Where the command works: the workspace that was asked for, and its office."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.wiring import open_office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.flows.office import Office

_chosen: dict[str, Path] = {"workspace": Path()}


def set_workspace(workspace: Path) -> None:
    """Work in this folder from now on."""
    _chosen["workspace"] = workspace


def workspace() -> Path:
    """The folder to work in."""
    return _chosen["workspace"]


@contextmanager
def office() -> Iterator[Office]:
    """The office of the chosen workspace, open for the length of one command."""
    opened = open_office(workspace())
    try:
        yield opened
    finally:
        opened.database.close()
