"""The starter workspace: what `newsletter init` lays out, and what the demonstration plays on."""

from __future__ import annotations

import shutil
from pathlib import Path

from newsletter.core.refusal import ContentRefused, Problem

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
