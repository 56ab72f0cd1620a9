"""Deadlines: "I have applied", "stop reminding me", and the entry for a calendar."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from newsletter.core.token import Purpose
from newsletter.flows.people import mark_deadline
from newsletter.flows.preferences import Reader, find_reader
from newsletter.flows.view import DeadlineView, calendar_file, remind_again, see_deadline
from newsletter.public.cached import cached
from newsletter.public.forms import Form
from newsletter.public.pages import Door, Pages, not_here

router = APIRouter()

_CALENDAR_SECONDS = 300  # a date that moves is soon told


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


@router.api_route("/calendar/{article}/{name}.ics", methods=["GET", "HEAD"])
def calendar(request: Request, door: Door, article: str, name: str) -> Response:
    """The deadline, or the event, as it stands now: the same for everybody."""
    language = door.language(request)
    content = calendar_file(door.office, f"{article}/{name}", language, door.office.clock())
    if content is None:
        raise not_here()
    # The stamp says when the file was made; two that differ in nothing else are the same entry.
    same = b"\n".join(line for line in content.splitlines() if not line.startswith(b"DTSTAMP"))
    headers = {
        "Content-Disposition": f'attachment; filename="{article}.ics"',
        "Content-Language": language,
        "Vary": "Accept-Language",
    }
    return cached(request, content, "text/calendar; charset=utf-8", _CALENDAR_SECONDS, headers, same=same)


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
