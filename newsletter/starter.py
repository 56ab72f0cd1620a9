"""The starter workspace: what `newsletter init` lays out, and what the demonstration plays on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.core.refusal import ContentRefused, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGE = Path(__file__).parent
FOLDERS = ("articles", "templates", "subscribers")


def starter_folder() -> Path:
    """Where the starter workspace lies: inside an installed wheel, or the repository itself when working on it."""
    installed = _PACKAGE / "starter_workspace"
    return installed if installed.is_dir() else _PACKAGE.parent


def lay_out(target: Path) -> list[Path]:
    """Copy the starter workspace into `target`, which may exist but must not be a workspace already.

    Returns:
        What was made, relative to `target`.

    Raises:
        ContentRefused: there is a workspace already, or a file of the same name stands in the way; nothing is copied.
    """
    source = starter_folder()
    taken = [name for name in ("config.yaml", *FOLDERS) if (target / name).exists()]
    if taken:
        what = f"'{target}' already has {', '.join(taken)}."
        raise ContentRefused(Problem(what, "Choose another folder; nothing was changed."))
    if target.exists() and not target.is_dir():
        raise ContentRefused(Problem(f"'{target}' is a file.", "Choose a folder."))
    try:
        target.mkdir(parents=True, exist_ok=True)
        for folder in FOLDERS:
            shutil.copytree(source / folder, target / folder)
        shutil.copyfile(source / "config.yaml", target / "config.yaml")
        (target / ".gitignore").write_text("var/\n", encoding="utf-8")
    except OSError as error:
        what = f"The workspace cannot be laid out in '{target}': {error.strerror or error}."
        raise ContentRefused(Problem(what, "Choose a folder that can be written to.")) from None
    return [Path("config.yaml"), Path(".gitignore"), *map(Path, FOLDERS)]


LENT = "# Laid out by `newsletter worker` from the database, and written anew whenever it changes there.\n"


def is_lent(folder: Path) -> bool:
    """Whether a folder has no configuration of its own: none at all, or one that a worker was lent."""
    config = folder / "config.yaml"
    return not config.exists() or config.read_text(encoding="utf-8").startswith(LENT)


def lay_out_for_worker(folder: Path, files: Mapping[str, str]) -> None:
    """Write what a worker on another machine needs, for nobody else's eyes.

    Args:
        files: texts by path below the folder.

    Raises:
        ContentRefused: a path leads out of the folder, or a file cannot be written.
    """
    for name, text in files.items():
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise ContentRefused(
                Problem(f"'{name}' is not inside the worker's folder.", "Start the scheduler anew.")
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{path.name}.new")
            beside.touch(0o600)
            beside.write_text(LENT + text if name == "config.yaml" else text, encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            what = f"The worker's folder cannot be written: {error.strerror or error}."
            raise ContentRefused(Problem(what, "Start it in a folder that it may write to.")) from None
