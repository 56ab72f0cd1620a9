"""Redirects behind the links of mails, and the invisible picture for readers who allow it. Neither sets a cookie."""

from __future__ import annotations

import logging
import secrets
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from threading import Lock

from fastapi import APIRouter, Request, Response
from starlette.background import BackgroundTask

from newsletter.core.machine_visit import by_machine, picture_by_machine
from newsletter.core.recent_clicks import Judged, Press, RecentClicks
from newsletter.flows.clicks import Click, find_click, record_click
from newsletter.flows.office import Office
from newsletter.flows.opens import record_open
from newsletter.public.pages import Door, not_here

router = APIRouter()

# One transparent point.
_PICTURE = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Turnstile:
    """What this process knows of the last two seconds; it ends with the process, and so does the key."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    recent: RecentClicks = field(default_factory=RecentClicks)
    lock: Lock = field(default_factory=Lock)

    def judge(self, request: Request, click: Click, own: str, now: datetime) -> Judged:
        """How a click counts."""
        visitor = self._visitor(request, own)
        with self.lock:
            press = Press(click.campaign, click.link, now)
            return self.recent.judge(visitor, press, by_machine=by_machine(request.headers))

    def _visitor(self, request: Request, own: str) -> str:
        """A word for who asks that nobody can read back: by the reader's own token, else by machine and browser."""
        asks, headers = request.client.host if request.client else "", request.headers
        words = asks, headers.get("x-forwarded-for", ""), headers.get("user-agent", "")
        told = "\0".join([own] if own else words)
        return blake2b(told.encode("utf-8", "surrogatepass"), key=self.key, digest_size=16).hexdigest()


@router.api_route("/r/{letters}", methods=["GET", "HEAD"])
def follow(request: Request, door: Door, letters: str) -> Response:
    """To where the link leads. It leads on whatever becomes of the count; a HEAD is not counted."""
    click = find_click(door.office, letters)
    if click is None:
        raise not_here()
    counting = None
    if request.method == "GET":
        now = door.office.clock()
        turnstile: Turnstile = request.app.state.turnstile
        own = letters.partition("-")[2] if click.reader else ""
        judged = turnstile.judge(request, click, own, now)
        counting = BackgroundTask(_count, door.office, click, judged, now)
    return Response(status_code=302, headers={"Location": click.url}, background=counting)


@router.api_route("/o/{token}", methods=["GET", "HEAD"])
def picture(request: Request, door: Door, token: str) -> Response:
    """The picture, always the same, so that it tells nothing; only from readers who allow it now is it recorded."""
    counting = None
    if request.method == "GET":
        machine = picture_by_machine(request.headers)
        counting = BackgroundTask(_note, door.office, token, machine, door.office.clock())
    return Response(_PICTURE, media_type="image/gif", background=counting)


def _count(office: Office, click: Click, judged: Judged, now: datetime) -> None:
    try:
        record_click(office, click, judged, now)
    except Exception:
        log.exception("a click was not counted")


def _note(office: Office, token: str, machine: bool, now: datetime) -> None:  # noqa: FBT001 - a task's arguments go by place
    try:
        record_open(office, token, now, by_machine=machine)
    except Exception:
        log.exception("an opened mail was not recorded")
