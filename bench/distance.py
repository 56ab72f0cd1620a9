"""The case `distance`: a server 20 ms away, the same prebuilt messages by our client and by the standard library's."""

# ruff: noqa: INP001, S603 - a script, not a package; it starts a relay of its own

from __future__ import annotations

import smtplib
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from results import result
from sink import free_port, wait_for

from newsletter.transports.contract import Outcome
from newsletter.transports.outgoing import Outgoing, plain_content
from newsletter.transports.smtp.server import Security, Server
from newsletter.transports.smtp.transport import SmtpTransport

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from newsletter.transports.contract import Receipt

SECONDS_AWAY = 0.02
EACH = 200  # messages of each of our connections
STANDARD = 60
LEAST = 3.0  # times as fast as the standard library on one connection
_RELAY = Path(__file__).with_name("relay.py")


class Counted:
    """A watch that counts what was accepted."""

    def __init__(self) -> None:
        self.accepted = 0

    def on_wire(self, message: Outgoing) -> None:
        """Nothing."""

    def answered(self, receipts: Sequence[tuple[Outgoing, Receipt]]) -> None:
        """Count."""
        self.accepted += sum(receipt.outcome is Outcome.ACCEPTED for _, receipt in receipts)

    def halted(self) -> bool:
        """Never."""
        return False


def distance(port: int, octets: int, connections: Sequence[int] = (1, 4, 16)) -> list[dict[str, Any]]:
    """Through a relay in front of the sink at `port`; the first row is the standard library's."""
    with _far_away(port) as far:
        most = max(connections) * EACH
        messages = _letters(most, octets)
        rows = [_by_smtplib(far, messages[:STANDARD])]
        rows += [_by_us(far, messages[: EACH * width], width) for width in connections]
    one = rows[0]["per_second"]
    return [rows[0], *({**row, "times_smtplib": round(row["per_second"] / one, 2)} for row in rows[1:])]


def shortfall(rows: Sequence[dict[str, Any]]) -> str:
    """What to say when one connection of ours is not so much faster, "" when it is."""
    ratios = [row["times_smtplib"] for row in rows if row["connections"] == 1 and "times_smtplib" in row]
    if all(ratio >= LEAST for ratio in ratios):
        return ""
    return f"on one connection at a distance only {min(ratios)} times smtplib, not {LEAST}"


def _letters(total: int, octets: int) -> list[Outgoing]:
    line = b"=C3=A9" * 12 + b"=\r\n"
    content = b"Subject: Letter\r\n\r\n" + line * (octets // len(line))
    pieces = (content[:2000], content[2000:])
    return [
        Outgoing("bounce@example.org", f"reader{n}@example.org", f"{n}@example.org", pieces, len(content))
        for n in range(total)
    ]


def _by_us(port: int, messages: list[Outgoing], connections: int) -> dict[str, Any]:
    watch = Counted()
    server = Server("127.0.0.1", port, Security.NONE)
    with SmtpTransport(server, connections=connections, messages_per_connection=1_000_000) as transport:
        transport.send_many(messages[: 4 * connections], watch)  # so that all connections are open
        watch.accepted, began, cpu = 0, time.perf_counter(), time.process_time()
        transport.send_many(messages, watch)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    if watch.accepted != len(messages):
        raise RuntimeError(f"only {watch.accepted} of {len(messages)} were accepted")
    return _row("newsletter", connections, len(messages), seconds, cpu)


def _by_smtplib(port: int, messages: list[Outgoing]) -> dict[str, Any]:
    contents = [plain_content(message) for message in messages]
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo_or_helo_if_needed()
        began, cpu = time.perf_counter(), time.process_time()
        for message, content in zip(messages, contents, strict=True):
            client.sendmail(message.sender, [message.recipient], content)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return _row("smtplib", 1, len(messages), seconds, cpu)


def _row(client: str, connections: int, messages: int, seconds: float, cpu: float) -> dict[str, Any]:
    return result(
        "distance", messages, seconds, {"wire": cpu}, engine=None, client=client, connections=connections
    )


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
