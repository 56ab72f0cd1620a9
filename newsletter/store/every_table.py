"""Every table of the database: for what must know them all, whichever parts of the program have been loaded."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import newsletter.store
from newsletter.store.tables import metadata

__all__ = ["metadata"]

for _module in iter_modules(newsletter.store.__path__):
    if _module.name.endswith("_tables"):
        import_module(f"newsletter.store.{_module.name}")
