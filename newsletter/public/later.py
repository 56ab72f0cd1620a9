"""To be reminded later: a page with one button for each day, and a POST that notes the day."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request, Response

from newsletter.core.token import Purpose
from newsletter.flows.later import remind_as_planned, remind_later, see_later
from newsletter.flows.preferences import find_reader
from newsletter.flows.view import see_deadline
from newsletter.public.forms import Form
from newsletter.public.pages import Door, Pages, not_here

router = APIRouter()


@router.api_route("/later/{article}/{name}/{token}", methods=["GET", "HEAD"])
def ask_later(request: Request, door: Door, article: str, name: str, token: str) -> Response:
    """When shall we remind you? One button for each day."""
    return _page(request, door, f"{article}/{name}", token)


@router.post("/later/{article}/{name}/{token}")
def note_later(request: Request, door: Door, form: Form, article: str, name: str, token: str) -> Response:
    """The reader has chosen a day, or takes it back."""
    key, now = f"{article}/{name}", door.office.clock()
    if "undo" in form:
        remind_as_planned(door.office, key, token)
        return _page(request, door, key, token, as_planned=True)
    day = _day(str(form.get("until", "")))
    noted = day is not None and remind_later(door.office, key, token, day, now)
    return _page(request, door, key, token, is_refused=not noted)


def _page(
    request: Request,
    door: Pages,
    key: str,
    token: str,
    *,
    as_planned: bool = False,
    is_refused: bool = False,
) -> Response:
    now = door.office.clock()
    reader = find_reader(door.office, token, Purpose.LATER, now, key)
    if reader is None or not reader.address:
        raise not_here()
    person = reader.token.subscriber
    view = see_deadline(door.office, key, person, door.language(request, reader), now)
    if view is None:
        raise not_here()
    if view.noted:
        return door.show(
            request, "noted", reader=reader, view=view, undo_page=door.links(reader.token).stop(key)
        )
    return door.show(
        request,
        "later",
        reader=reader,
        view=view,
        later=see_later(door.office, key, person, now),
        as_planned=as_planned,
        is_refused=is_refused,
        stop_page=door.links(reader.token).stop(key),
        status=400 if is_refused else 200,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
