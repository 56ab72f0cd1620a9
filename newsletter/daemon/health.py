"""The health page of the scheduler: 200 while ticks come, 503 when they do not; one JSON document for whoever watches."""

from __future__ import annotations

import json
import re
import socket
import socketserver
import threading
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from newsletter.core.refusal import ConfigurationRefused, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.daemon.pulse import Pulse

_PATHS = {"/", "/health", "/healthz"}
_MOST_PORT = 65535


def parse_place(text: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8026` or `[::1]:8026`.

    Raises:
        ConfigurationRefused: it is none.
    """
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]/]+):([0-9]{1,5})", text)
    if found is None or int(found[2]) > _MOST_PORT:
        what = f"'{text}' is no address to listen on."
        raise ConfigurationRefused(Problem(what, "Write host and port: 127.0.0.1:8026.", field="--health"))
    return found[1].strip("[]"), int(found[2])


@contextmanager
def health_page(pulse: Pulse, place: str) -> Iterator[str]:
    """Answer on `place` while what is inside goes on; gives the address, with the port that was chosen where it was 0.

    Raises:
        ConfigurationRefused: nobody can listen there.
    """
    host, port = parse_place(place)
    try:
        server = _Server((host, port), pulse)
    except OSError as error:
        what = f"Nobody can listen on {place}: {error.strerror or error}."
        raise ConfigurationRefused(Problem(what, "Choose another address.", field="--health")) from None
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="health", daemon=True)
    thread.start()
    shown = f"[{host}]" if ":" in host else host
    try:
        yield f"http://{shown}:{server.server_address[1]}/health"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client that says nothing must not keep the daemon from going

    def __init__(self, address: tuple[str, int], pulse: Pulse) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.pulse = pulse
        super().__init__(address, _Page)

    def server_bind(self) -> None:
        """As the library does it, but without asking DNS what this machine is called."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", int(self.server_address[1])


class _Page(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5  # seconds that a client may be silent
    server_version, sys_version = "newsletter", ""

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        if self.path.partition("?")[0] not in _PATHS:
            self._send(HTTPStatus.NOT_FOUND, {"status": "not found"}, with_body=with_body)
            return
        pulse = self.server.pulse
        status = HTTPStatus.OK if pulse.is_well else HTTPStatus.SERVICE_UNAVAILABLE
        self._send(status, pulse.as_dict(), with_body=with_body)

    def _send(self, status: HTTPStatus, document: dict[str, Any], *, with_body: bool) -> None:
        body = json.dumps(document, ensure_ascii=False).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Whoever watches asks every few seconds: that is no news."""
