"""Who takes the mail: the fastest sink there is on this machine, so that the sender is what is measured."""

# ruff: noqa: INP001, S603, T201 - a script, not a package; it starts programs that it finds itself

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 10
MESSAGES = 20_000


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def sink_command(source: str, folder: Path) -> tuple[str, list[str]]:
    """Name and command of the sink, the port left out: it is the last word.

    Args:
        source: a C file that makes a sink which is started with its port; "" for none.
        folder: where the compiled sink goes.
    """
    compiler = shutil.which("cc")
    if source and compiler:
        made = folder / "sink"
        subprocess.run([compiler, "-O2", "-o", str(made), source], check=True)
        return "compiled", [str(made)]
    found = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    if found:
        return "smtp-sink", [found, "-c"]
    return "asyncio", [sys.executable, __file__]


@contextmanager
def running(name: str, command: list[str]) -> Iterator[int]:
    """The sink at work; gives its port."""
    port = free_port()
    place = [f"127.0.0.1:{port}", "1000"] if name == "smtp-sink" else [str(port)]
    sink = subprocess.Popen([*command, *place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, sink)
        yield port
    finally:
        sink.terminate()
        sink.wait(SECONDS)


def source_rate(port: int, octets: int, messages: int = MESSAGES, sessions: int = 10) -> float | None:
    """Messages per second that `smtp-source -d` of Debian's postfix hands over there; None without it.

    Args:
        octets: of each message; the headers that it adds are 200 more.
    """
    source = shutil.which("smtp-source", path="/usr/sbin:/usr/bin")
    if source is None:
        return None
    sizes = ["-s", str(sessions), "-m", str(messages), "-l", str(octets)]
    command = [source, "-d", *sizes, "-f", "a@example.org", "-t", "b@example.org", f"127.0.0.1:{port}"]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return messages / (time.perf_counter() - began)


def wait_for(port: int, server: subprocess.Popen[bytes] | None = None) -> None:
    """Until somebody listens there.

    Raises:
        RuntimeError: nobody does after ten seconds, or `server` has ended.
    """
    until = time.monotonic() + SECONDS
    while (server is None or server.poll() is None) and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"nothing listens on port {port}")


class _Sink(asyncio.Protocol):
    """Takes everything. It looks for the dot in what is new only, and keeps no content."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._out, self._data, self._content = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._data += data
        while self._data:
            if self._content:
                end = self._data.find(b"\r\n.\r\n")
                if end < 0:
                    self._data = self._data[-4:]
                    return
                self._data, self._content = self._data[end + 5 :], False
                self._out.write(b"250 2.0.0 Ok\r\n")
                continue
            line, ended, rest = self._data.partition(b"\r\n")
            if not ended:
                return
            self._data = rest
            self._answer(line[:4].upper())

    def _answer(self, verb: bytes) -> None:
        if verb == b"EHLO":
            self._out.write(
                b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
            )
        elif verb == b"DATA":
            self._content, self._data = True, b"\r\n" + self._data
            self._out.write(b"354 go\r\n")
        elif verb == b"QUIT":
            self._out.write(b"221 bye\r\n")
            self._out.close()
        else:
            self._out.write(b"250 2.0.0 Ok\r\n")


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(_serve(int(sys.argv[1])))
    except KeyboardInterrupt:
        print("ended")
