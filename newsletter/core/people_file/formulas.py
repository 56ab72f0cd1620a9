"""Cells that a spreadsheet would take for a formula, made harmless, and back (OWASP, CSV Injection)."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_DEFUSED = re.compile(r"'+[=+\-@\t\r]")


def defused(cell: str) -> str:
    """The cell as a spreadsheet shows it and never computes it: with an apostrophe before what would be a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def as_it_was(cell: str) -> str:
    """The cell that `defused` has made harmless; any other stays."""
    return cell[1:] if _DEFUSED.match(cell) else cell
