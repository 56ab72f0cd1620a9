"""One worker process: delivers what is due until nothing is left, and prints what it cost, by stage, as JSON.

Started by sending.py. It says "ready" and begins when its standard input is closed, so that start-up is not in the figures.
"""

# ruff: noqa: INP001, T201 - a script, not a package; it prints its result

from __future__ import annotations

import cProfile
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from place import MovingClock, open_place, signed

from newsletter.flows import fill
from newsletter.flows.deliver import deliver_due
from newsletter.flows.window import Window
from newsletter.transports.smtp.transport import SmtpTransport

if TYPE_CHECKING:
    from collections.abc import Callable


class Stages:
    """CPU seconds by stage. A stage inside of another one is not counted twice."""

    def __init__(self) -> None:
        self.spent = {"fill": 0.0, "sign": 0.0, "wire": 0.0, "ledger": 0.0}
        self.octets = 0  # of the messages that were handed over
        self._stage = "ledger"
        self._since = 0.0

    def begin(self) -> None:
        """From now on it counts: all that is no other stage is the ledger."""
        self._since = time.process_time()

    def enter(self, stage: str) -> str:
        """The work is this stage's from now on; gives the stage before."""
        now, before = time.process_time(), self._stage
        self.spent[before] += now - self._since
        self._stage, self._since = stage, now
        return before

    def of(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, whose time is counted for `stage`."""

        def counted(*args: Any, **named: Any) -> Any:
            before = self.enter(stage)
            try:
                return work(*args, **named)
            finally:
                self.enter(before)

        return counted


def patch(stages: Stages, *, by_stage: bool) -> None:
    """Count what is measured, from inside. All that this bench knows of the sender's own functions is here."""
    send_many = SmtpTransport.send_many

    def weighed(transport: SmtpTransport, messages: Any, watch: Any, **named: Any) -> None:
        stages.octets += sum(message.size for message in messages)
        handed_over(transport, messages, watch, **named)

    handed_over = stages.of("wire", send_many) if by_stage else send_many
    SmtpTransport.send_many = weighed
    if by_stage:
        fill.Filler.messages = stages.of("fill", fill.Filler.messages)
        fill.signature_of = stages.of("sign", fill.signature_of)
        Window.on_wire = stages.of("ledger", Window.on_wire)
        Window.answered = stages.of("ledger", Window.answered)


def peak_kb() -> int:
    """The most memory that this process has held. The system's `ru_maxrss` would be its parent's where that held more."""
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("VmHWM:"))


def main() -> None:
    """Deliver."""
    task = json.loads(sys.argv[1])
    clock = MovingClock(task["offset"])
    office = signed(
        open_place(
            Path(task["folder"]), task["url"], task["port"], task["connections"], task["batch"], clock
        ),
        task["dkim"],
    )
    stages = Stages()
    patch(stages, by_stage=task["stages"])
    print("ready", flush=True)
    sys.stdin.read()
    profile = cProfile.Profile() if task["profile"] else None
    if profile:
        profile.enable()
    stages.begin()
    began, cpu = time.monotonic(), time.process_time()
    tally = deliver_due(office)
    stages.enter("ledger")
    ended, cpu = time.monotonic(), time.process_time() - cpu
    if profile:
        profile.disable()
        profile.dump_stats(f"{task['profile']}.{os.getpid()}")
    told = {
        "began": began,
        "ended": ended,
        "cpu": cpu,
        "stages": stages.spent,
        "octets": stages.octets,
        "peak_kb": peak_kb(),
    }
    print(json.dumps(told | {"states": tally.states, "down": tally.down}))
    office.database.close()


if __name__ == "__main__":
    main()
