"""A web server on a free port of this machine that says what its script says."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class ScriptedWeb:
    """What the server says, and what it was asked.

    Attributes:
        pages: by path, a function that gets the handler and writes the answer.
        asked: path and headers of each question.
        written: octets of bodies that went out, for servers that do not stop by themselves.
        stopping: set when the test is over, for those that wait.
    """

    port: int = 0
    pages: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    written: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def page(self, path, body, status=200, **headers):
        """A page that is always the same; `Content_Type` is written for `Content-Type`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        def answer(handler):
            handler.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | named).items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        self.pages[path] = answer

    def redirect(self, path, to, status=302):
        self.page(path, b"", status, Location=to)

    def pour(self, path, piece, times, **headers):
        """A body of `times` pieces without a length, written until nobody takes it."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        def answer(handler):
            handler.send_response(200)
            for name, value in named.items():
                handler.send_header(name, value)
            handler.end_headers()
            for _ in range(times):
                handler.wfile.write(piece)
                self.written += len(piece)

        self.pages[path] = answer

    def drip(self, path, piece=b" ", seconds=0.02):
        """A body that comes drop by drop and never ends."""

        def answer(handler):
            handler.send_response(200)
            handler.end_headers()
            while not self.stopping.wait(seconds):
                handler.wfile.write(piece)

        self.pages[path] = answer


@contextmanager
def web_server(context=None):
    """The server, running; with TLS when an SSL context is given."""
    script = ScriptedWeb()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            script.asked.append((self.path, dict(self.headers)))
            with suppress(OSError):
                script.pages.get(self.path, lambda handler: handler.send_error(404))(self)

        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request, client_address):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    script.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        script.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
