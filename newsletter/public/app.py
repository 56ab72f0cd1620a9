"""The readers' pages as an ASGI application."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.public import (
    archive,
    calendars,
    clicks,
    deadlines,
    files,
    later,
    leaving,
    mails,
    preferences,
    sign_up,
    syndication,
)
from newsletter.public.departures import Departures
from newsletter.public.headers import SafeHeaders
from newsletter.public.pages import Pages

if TYPE_CHECKING:
    from newsletter.flows.office import Office

_RETRY_SECONDS = "120"

log = logging.getLogger(__name__)


def create_public_app(office: Office) -> FastAPI:
    """The readers' pages of an office.

    Templates and catalogues are read once, articles and people each time they are asked for. Behind a proxy that serves
    the pages under a path, `public_url` says so; it makes no difference whether the proxy takes that path away.

    Raises:
        ContentRefused: a template or a catalogue cannot be read.
    """
    pages = Pages.of(office)
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a one-click POST must not be redirected (RFC 8058 section 3.1)
    )
    app.state.pages = pages
    app.state.departures = Departures(office)
    app.state.turnstile = clicks.Turnstile()
    app.add_middleware(SafeHeaders)
    app.add_middleware(UnderPath, root=pages.root)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _failed)
    for part in (
        leaving,
        clicks,
        deadlines,
        later,
        calendars,
        preferences,
        sign_up,
        mails,
        archive,
        syndication,
        files,
    ):
        app.include_router(part.router)
    return app


class UnderPath:
    """Tells the router under which path the pages lie, so that addresses with and without it are found."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app, self._root = app, root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "root_path": self._root} if self._root else scope, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    """One page for every address that is none of ours: it must not tell a wrong token from a page that never was."""
    assert isinstance(error, HTTPException)
    pages: Pages = request.app.state.pages
    return pages.show(request, "missing", status=error.status_code, headers=error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    """Whatever went wrong: say so, and never 200, so that a mail provider tries its one-click POST again."""
    log.error("a page failed", exc_info=error)
    pages: Pages = request.app.state.pages
    # This answer is given outside the middleware, so it carries the headers itself.
    return SafeHeaders.add_to(
        pages.show(request, "trouble", status=503, headers={"Retry-After": _RETRY_SECONDS})
    )
