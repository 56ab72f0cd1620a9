"""The headers that every answer carries."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
# Pictures of articles may lie elsewhere.
ARTICLE_POLICY = CONTENT_POLICY.replace("img-src 'self'", "img-src 'self' https:")
# The form runs our own script where a proof of work is asked for, and no other page runs any.
PROOF_POLICY = f"{CONTENT_POLICY}; script-src 'self'"
# A mail brings its own style and pictures, and nothing in it may run or post.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_DEFAULTS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Referrer-Policy": "no-referrer",  # the address of a page is a key
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}


class SafeHeaders:
    """Adds the headers that an answer does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                _fill_in(MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_safely)

    @staticmethod
    def add_to(response: Response) -> Response:
        """The same for an answer that does not pass here."""
        _fill_in(response.headers)
        return response


def _fill_in(headers: MutableHeaders) -> None:
    for name, value in _DEFAULTS.items():
        headers.setdefault(name, value)
