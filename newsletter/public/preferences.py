"""Preferences: topics, language, a pause, a calendar to follow, and the way to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from newsletter.core.calendar_links import webcal_url
from newsletter.core.segment.tree import label_in
from newsletter.core.token import Purpose
from newsletter.flows.calendar_feeds import own_address, renew_own_address
from newsletter.flows.preferences import Reader, Wishes, find_reader, pause_days, read_pause, save_wishes
from newsletter.flows.workspace import read_people
from newsletter.public.forms import Form
from newsletter.public.languages import nearest
from newsletter.public.pages import Door, Pages, not_here, own_name

if TYPE_CHECKING:
    from starlette.datastructures import FormData

router = APIRouter()

_MOST_DIGITS = 10


@router.api_route("/p/{token}", methods=["GET", "HEAD"])
def show(request: Request, door: Door, token: str) -> Response:
    """The form, as things stand."""
    return _form(request, door, _reader(door, token))


@router.post("/p/{token}")
def save(request: Request, door: Door, token: str, form: Form) -> Response:
    """Save, or say what is wrong and save nothing."""
    reader = _reader(door, token)
    if "new-address" in form:
        renewed = _renew(door, reader, _text(form, "edition"))
        return _form(request, door, reader, is_renewed=renewed)
    if "save" not in form:
        return _form(request, door, reader)
    language, topics = _text(form, "language"), tuple(str(topic) for topic in form.getlist("topic"))
    until = "" if "resume" in form else _text(form, "until")
    try:
        pause_to = read_pause(until, reader, door.office.clock())
    except ValueError:
        tried = {"topics": topics, "chosen_language": language, "until": until}
        return _form(request, door, reader, status=422, wrong_date=True, **tried)
    save_wishes(door.office, reader, Wishes(topics, language, pause_to))
    return _form(request, door, _reader(door, token), is_saved=True)


def _renew(door: Pages, reader: Reader, edition: str) -> bool:
    """Make the address of the calendar anew, once for each time that it was shown."""
    seen = int(edition) if edition.isascii() and edition.isdigit() and len(edition) < _MOST_DIGITS else -1
    return renew_own_address(door.office, reader.token.subscriber, seen, door.office.clock())


def _reader(door: Pages, token: str) -> Reader:
    reader = find_reader(door.office, token, Purpose.PREFERENCES, door.office.clock())
    if reader is None or not reader.address:
        raise not_here()
    return reader


def _text(form: FormData, name: str) -> str:
    return str(form.get(name, "")).strip()


def offered_topics(door: Pages, language: str) -> list[dict[str, str]]:
    """The topics to choose from, in the order of `fields.yaml`."""
    return [
        {
            "id": topic.id,
            "label": topic.label(language),
            "description": label_in(topic.descriptions, language, ""),
        }
        for topic in read_people(door.office).fields.topics.values()
    ]


def _form(request: Request, door: Pages, reader: Reader, status: int = 200, **context: Any) -> Response:
    first, last = pause_days(reader, door.office.clock())
    address, edition = own_address(door.office, reader.token.subscriber)
    standing: dict[str, Any] = {
        "offered": offered_topics(door, door.language(request, reader)),
        "topics": reader.topics,
        "languages": {code: own_name(code) for code in door.catalogues},
        "chosen_language": nearest(reader.language, tuple(door.catalogues)) or next(iter(door.catalogues)),
        "until": reader.paused_to.isoformat() if reader.paused_to else "",
        "first": first,
        "last": last,
        "is_saved": False,
        "wrong_date": False,
        "calendar": address,
        "webcal": webcal_url(address),
        "edition": edition,
        "is_renewed": False,
    }
    return door.show(request, "preferences", reader=reader, status=status, **{**standing, **context})
