"""Messages made beforehand, and the two clients that hand them over: ours without the rest of the sender, and the standard library's."""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import smtplib
import time
from typing import TYPE_CHECKING, Any

from results import result

from newsletter.transports.contract import Outcome
from newsletter.transports.outgoing import Outgoing, plain_content
from newsletter.transports.smtp.server import Security, Server
from newsletter.transports.smtp.transport import SmtpTransport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.transports.contract import Receipt


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


def letters(total: int, octets: int) -> list[Outgoing]:
    line = b"=C3=A9" * 12 + b"=\r\n"
    content = b"Subject: Letter\r\n\r\n" + line * (octets // len(line))
    pieces = (content[:2000], content[2000:])
    return [
        Outgoing("bounce@example.org", f"reader{n}@example.org", f"{n}@example.org", pieces, len(content))
        for n in range(total)
    ]


def by_us(case: str, port: int, messages: list[Outgoing], connections: int) -> dict[str, Any]:
    watch = Counted()
    server = Server("127.0.0.1", port, Security.NONE)
    with SmtpTransport(server, connections=connections, messages_per_connection=1_000_000) as transport:
        transport.send_many(messages[: 4 * connections], watch)  # so that all connections are open
        watch.accepted, began, cpu = 0, time.perf_counter(), time.process_time()
        transport.send_many(messages, watch)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    if watch.accepted != len(messages):
        raise RuntimeError(f"only {watch.accepted} of {len(messages)} were accepted")
    return _row(case, "newsletter", connections, len(messages), seconds, cpu)


def by_smtplib(case: str, port: int, messages: list[Outgoing]) -> dict[str, Any]:
    contents = [plain_content(message) for message in messages]
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo_or_helo_if_needed()
        began, cpu = time.perf_counter(), time.process_time()
        for message, content in zip(messages, contents, strict=True):
            client.sendmail(message.sender, [message.recipient], content)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return _row(case, "smtplib", 1, len(messages), seconds, cpu)


def _row(
    case: str, client: str, connections: int, messages: int, seconds: float, cpu: float
) -> dict[str, Any]:
    return result(case, messages, seconds, {"wire": cpu}, engine=None, client=client, connections=connections)
