"""Leaving: one button for people, one POST for mail programs (RFC 8058), and a day to change one's mind."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse

from newsletter.core.choice import LeavingReason
from newsletter.core.token import Purpose, read_token
from newsletter.flows.people import ONE_CLICK, unsubscribe
from newsletter.flows.preferences import Reader, find_reader, tell_reason, undo_leaving
from newsletter.public.departures import Departures
from newsletter.public.forms import Form
from newsletter.public.languages import nearest
from newsletter.public.pages import Door, Pages, not_here

router = APIRouter()


@router.api_route("/u/{token}", methods=["GET", "HEAD"])
def ask(request: Request, door: Door, token: str) -> Response:
    """One button. Scanners and previews open this page, so it changes nothing."""
    return _stand(request, door, _reader(door, token))


@router.post("/u/{token}")
async def leave(request: Request, door: Door, token: str, form: Form) -> Response:
    """The one-click POST of a mail program, or the button of the page; any other body gets the page."""
    if str(form.get("List-Unsubscribe", "")).lower() == ONE_CLICK:
        return await _one_click(request, door, token)
    return await run_in_threadpool(_by_page, request, door, token, pressed="confirm" in form)


async def _one_click(request: Request, door: Pages, token: str) -> Response:
    genuine = read_token(door.office.keys, token, Purpose.UNSUBSCRIBE)
    if genuine is None:
        raise not_here()
    departures: Departures = request.app.state.departures
    language = await departures.leave(genuine)
    gettext = door.catalogues[nearest(language, tuple(door.catalogues)) or door.language(request)].gettext
    return PlainTextResponse(gettext("You are unsubscribed. Nothing more will come.") + "\n")


def _by_page(request: Request, door: Pages, token: str, *, pressed: bool) -> Response:
    if pressed and not unsubscribe(door.office, token, door.office.clock(), "page"):
        raise not_here()
    return _stand(request, door, _reader(door, token))


@router.post("/u/{token}/undo")
def undo(request: Request, door: Door, token: str) -> Response:
    """The way back, from the page that says goodbye."""
    reader = _reader(door, token)
    wording = door.catalogues[door.language(request, reader)].gettext("That was a mistake, put me back")
    if undo_leaving(door.office, token, wording, door.office.clock()):
        return door.show(request, "back", reader=reader)
    return _stand(request, door, reader, status=409)


@router.post("/u/{token}/reason")
def tell(request: Request, door: Door, token: str, form: Form) -> Response:
    """Why, if somebody who has left wants to say so; no answer is an answer, too."""
    reader = _reader(door, token)
    try:
        reason = LeavingReason(str(form.get("reason", "")))
    except ValueError:
        return _stand(request, door, reader)
    tell_reason(door.office, reader, reason, door.office.clock())
    return _stand(request, door, _reader(door, token))


def _reader(door: Pages, token: str) -> Reader:
    reader = find_reader(door.office, token, Purpose.UNSUBSCRIBE, door.office.clock())
    if reader is None:
        raise not_here()
    return reader


def _stand(request: Request, door: Pages, reader: Reader, status: int = 200) -> Response:
    """The page that fits: the question, or the goodbye to somebody who has left already."""
    if not reader.has_left:
        return door.show(request, "unsubscribe", reader=reader)
    gettext = door.catalogues[door.language(request, reader)].gettext
    reasons = {
        LeavingReason.TOO_MUCH: gettext("It was too much"),
        LeavingReason.NOT_FOR_ME: gettext("It is not about my work, or no longer"),
        LeavingReason.ELSEWHERE: gettext("I read it elsewhere"),
        LeavingReason.NEVER_ASKED: gettext("I never asked for it"),
        LeavingReason.OTHER: gettext("Another reason"),
    }
    return door.show(request, "goodbye", reader=reader, status=status, reasons=reasons)
