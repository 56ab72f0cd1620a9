"""Deadlines: "I have applied" and "stop reminding me"."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from newsletter.core.token import Purpose
from newsletter.flows.people import mark_deadline
from newsletter.flows.preferences import Reader, find_reader
from newsletter.flows.view import DeadlineView, remind_again, see_deadline
from newsletter.public.forms import Form
from newsletter.public.pages import Door, Pages, not_here

router = APIRouter()


@router.api_route("/applied/{article}/{name}/{token}", methods=["GET", "HEAD"])
def ask_applied(request: Request, door: Door, article: str, name: str, token: str) -> Response:
    """Have you applied? One button."""
    return _ask(request, door, f"{article}/{name}", token, Purpose.APPLIED)


@router.api_route("/stop/{article}/{name}/{token}", methods=["GET", "HEAD"])
def ask_stop(request: Request, door: Door, article: str, name: str, token: str) -> Response:
    """Shall the reminders stop? One button."""
    return _ask(request, door, f"{article}/{name}", token, Purpose.STOP)


@router.post("/applied/{article}/{name}/{token}")
def note_applied(request: Request, door: Door, form: Form, article: str, name: str, token: str) -> Response:
    """The reader has applied, or takes it back."""
    return _note(request, door, f"{article}/{name}", token, Purpose.APPLIED, undo="undo" in form)


@router.post("/stop/{article}/{name}/{token}")
def note_stop(request: Request, door: Door, form: Form, article: str, name: str, token: str) -> Response:
    """The reader wants no reminder of this deadline, or takes it back."""
    return _note(request, door, f"{article}/{name}", token, Purpose.STOP, undo="undo" in form)


def _ask(request: Request, door: Pages, key: str, token: str, purpose: Purpose) -> Response:
    reader, view = _found(request, door, key, token, purpose)
    return _page(request, door, reader, view, purpose)


def _note(request: Request, door: Pages, key: str, token: str, purpose: Purpose, *, undo: bool) -> Response:
    _found(request, door, key, token, purpose)
    if undo:
        remind_again(door.office, key, token, purpose)
    else:
        mark_deadline(door.office, key, token, purpose, door.office.clock())
    reader, view = _found(request, door, key, token, purpose)
    return _page(request, door, reader, view, purpose, reminded_again=undo)


def _found(
    request: Request, door: Pages, key: str, token: str, purpose: Purpose
) -> tuple[Reader, DeadlineView]:
    now = door.office.clock()
    reader = find_reader(door.office, token, purpose, now, key)
    if reader is None or not reader.address:
        raise not_here()
    view = see_deadline(door.office, key, reader.token.subscriber, door.language(request, reader), now)
    if view is None:
        raise not_here()
    return reader, view


def _page(
    request: Request,
    door: Pages,
    reader: Reader,
    view: DeadlineView,
    purpose: Purpose,
    *,
    reminded_again: bool = False,
) -> Response:
    links, key = door.links(reader.token), view.deadline.key
    return door.show(
        request,
        "noted" if view.noted else "deadline",
        reader=reader,
        view=view,
        is_applied=purpose is Purpose.APPLIED,
        reminded_again=reminded_again,
        undo_page="",
        other_page=links.stop(key) if purpose is Purpose.APPLIED else links.applied(key),
    )
