"""This machine, one worker: it works in the thread that runs it and looks for more every moment."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsletter.engine.contract import Work

PAUSE_SECONDS = 1.0
_LOOK_SECONDS = 0.05


class Local:
    """Looks every second, and at once when it is woken. Several of them on one database do no harm to each other."""

    name = "local"
    looks_by_itself = True

    def __init__(self, work: Work) -> None:
        self._work = work
        self._woken = threading.Event()

    def wake(self, campaign: str, connection: Any = None) -> None:  # noqa: ARG002 - it works on all of them in turn
        """Look now."""
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            self._woken.clear()
            self._work(stop.is_set)
            until = time.monotonic() + PAUSE_SECONDS
            while time.monotonic() < until and not self._woken.is_set():
                if stop.wait(_LOOK_SECONDS):
                    return
