"""Redirects behind the links of mails, and the invisible picture for readers who allow it. Neither sets a cookie."""

from __future__ import annotations

import logging
import secrets
from base64 import b64decode
from dataclasses import dataclass, field, replace
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
_MOST_LINKS = 10_000

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Turnstile:
    """What this process knows: the last two seconds, and where links lead. It ends with the process, and so does the key.

    Attributes:
        known: by the letters of redirects that were followed, genuine ones only. Where they lead never changes, so nobody asks the
            database again, and they lead on while it is away.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    known: dict[str, Click] = field(default_factory=dict)
    recent: RecentClicks = field(default_factory=RecentClicks)
    lock: Lock = field(default_factory=Lock)

    def judge(self, request: Request, click: Click, own: str, now: datetime) -> Judged:
        """How a click counts."""
        visitor = self._visitor(request, own)
        with self.lock:
            press = Press(click.campaign, click.link, now)
            machine = click.is_too_soon or by_machine(request.headers)
            return self.recent.judge(visitor, press, by_machine=machine)

    def keep(self, letters: str, click: Click) -> None:
        """Remember a genuine redirect, without its reader."""
        with self.lock:
            if len(self.known) >= _MOST_LINKS:
                self.known.clear()
            self.known[letters] = replace(click, reader=0, is_too_soon=False)

    def _visitor(self, request: Request, own: str) -> str:
        """A word for who asks that nobody can read back: by the reader's own token, else by machine and browser."""
        asks, headers = request.client.host if request.client else "", request.headers
        words = asks, headers.get("x-forwarded-for", ""), headers.get("user-agent", "")
        told = "\0".join([own] if own else words)
        return blake2b(told.encode("utf-8", "surrogatepass"), key=self.key, digest_size=16).hexdigest()


@router.api_route("/r/{letters}", methods=["GET", "HEAD"])
def follow(request: Request, door: Door, letters: str) -> Response:
    """To where the link leads. It leads on whatever becomes of the count; a HEAD is not counted."""
    turnstile: Turnstile = request.app.state.turnstile
    ours, _, own = letters.partition("-")
    now = door.office.clock()
    click = turnstile.known.get(ours)
    if click is None or own:
        click = _looked_up(door.office, letters, now, click)
    if click is None:
        raise not_here()
    if ours not in turnstile.known:
        turnstile.keep(ours, click)
    if request.method == "HEAD":
        return _on_to(click.url)
    judged = turnstile.judge(request, click, own if click.reader else "", now)
    return _on_to(click.url, BackgroundTask(_count, door.office, click, judged, now))


def _looked_up(office: Office, letters: str, now: datetime, known: Click | None) -> Click | None:
    """What the database says; while it is away, what was known before, without a reader."""
    try:
        return find_click(office, letters, now)
    except Exception:
        if known is None:
            raise
        log.exception("a link leads on without its reader")
        return known


def _on_to(url: str, counting: BackgroundTask | None = None) -> Response:
    return Response(status_code=302, headers={"Location": url}, background=counting)


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
