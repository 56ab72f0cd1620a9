"""The counting mail server as a process: started, killed and started again on the same port."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from throwaway_postgresql import free_port

SCRIPT = Path(__file__).with_name("counting_sink.py")
SECONDS = 15.0


class SinkProcess:
    """Counts by a file that survives it. `burst` answers, then a rest of so many seconds."""

    def __init__(self, folder, burst=40, rest=0.1):
        self.port, self.path = free_port(), folder / "taken"
        self.burst, self.rest = burst, rest
        self.process = None
        self.free = threading.Event()  # as the other sink; nobody is held here

    def start(self):
        command = [sys.executable, "-E", "-S", SCRIPT, self.port, self.path, self.burst, self.rest]
        self.process = subprocess.Popen(list(map(str, command)))
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                threading.Event().wait(0.02)
            else:
                return self
        raise AssertionError("the sink does not start")

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    @property
    def deliveries(self):
        """How often each address was taken."""
        return Counter(self.path.read_text().split()) if self.path.exists() else Counter()

    @property
    def count(self):
        return self.path.read_bytes().count(b"\n") if self.path.exists() else 0
