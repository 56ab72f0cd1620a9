"""Telling systemd how we are: the datagrams of sd_notify(3), over the socket that NOTIFY_SOCKET names."""

from __future__ import annotations

import contextlib
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class Notifier:
    """Sends words to whoever supervises this process; without a socket it says nothing.

    Attributes:
        address: a path, or a name that begins with @ for the abstract name space; "" for nobody.
        watched: whether the supervisor wants to hear WATCHDOG=1 from this process.
    """

    address: str = ""
    watched: bool = False
    _ready: bool = False

    @classmethod
    def of(cls, environment: Mapping[str, str], pid: int | None = None) -> Notifier:
        """As sd_notify(3) and sd_watchdog_enabled(3) read the environment.

        Args:
            pid: of this process; WATCHDOG_PID may name another one, for whom the watchdog is then.
        """
        meant = environment.get("WATCHDOG_PID", "")
        mine = not meant or meant == str(os.getpid() if pid is None else pid)
        watched = environment.get("WATCHDOG_USEC", "").isdecimal() and mine
        return cls(environment.get("NOTIFY_SOCKET", ""), watched)

    def ticked(self) -> None:
        """A tick has really happened: ready at the first, alive at each."""
        words = [] if self._ready else ["READY=1"]
        words += ["WATCHDOG=1"] if self.watched else []
        if words:
            self._ready = True
            self._say(*words)

    def stopping(self) -> None:
        """The process finishes what is in hand and goes."""
        self._say("STOPPING=1")

    def _say(self, *words: str) -> None:
        """Nobody who listens is no trouble of ours: a supervisor that has gone hears nothing."""
        if not self.address.startswith(("/", "@")):
            return
        address = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line,
        ):
            line.settimeout(1)
            line.sendto("\n".join(words).encode(), address)
