"""The case `distance`: a server 20 ms away, the same prebuilt messages by our client and by the standard library's."""

# ruff: noqa: INP001, S603 - a script, not a package; it starts a relay of its own

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prebuilt import by_smtplib, by_us, letters
from sink import free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SECONDS_AWAY = 0.02
EACH = 200  # messages of each of our connections
STANDARD = 60
LEAST = 3.0  # times as fast as the standard library on one connection
_RELAY = Path(__file__).with_name("relay.py")


def distance(port: int, octets: int, connections: Sequence[int] = (1, 4, 16)) -> list[dict[str, Any]]:
    """Through a relay in front of the sink at `port`; the first row is the standard library's."""
    with _far_away(port) as far:
        most = max(connections) * EACH
        messages = letters(most, octets)
        rows = [by_smtplib("distance", far, messages[:STANDARD])]
        rows += [by_us("distance", far, messages[: EACH * width], width) for width in connections]
    for row in rows[1:]:
        row["times_smtplib"] = round(_rate(row) / _rate(rows[0]), 2)
        row["note"] = f"{row['times_smtplib']} × smtplib"
    return rows


def _rate(row: dict[str, Any]) -> float:
    return float(row["messages"] / row["seconds"])


def shortfall(rows: Sequence[dict[str, Any]]) -> str:
    """What to say when one connection of ours is not so much faster, "" when it is."""
    ratios = [row["times_smtplib"] for row in rows if row["connections"] == 1 and "times_smtplib" in row]
    if all(ratio >= LEAST for ratio in ratios):
        return ""
    return f"on one connection at a distance only {min(ratios)} times smtplib, not {LEAST}"


@contextmanager
def _far_away(port: int) -> Iterator[int]:
    """The relay at work; gives its port."""
    near = free_port()
    relay = subprocess.Popen([sys.executable, str(_RELAY), str(near), str(port), str(SECONDS_AWAY)])
    try:
        wait_for(near, relay)
        yield near
    finally:
        relay.terminate()
        relay.wait(10)
