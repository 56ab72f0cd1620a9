"""Preferences: topics, language, a pause, a calendar to follow, and the way to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from newsletter.core.calendar_links import webcal_url
from newsletter.core.choice import Rhythm, TrackingChoice
from newsletter.core.moments import Moments
from newsletter.core.segment.tree import label_in
from newsletter.core.token import Purpose
from newsletter.flows.calendar_feeds import own_address, renew_own_address
from newsletter.flows.preferences import Reader, Wishes, find_reader, pause_days, read_pause, save_wishes
from newsletter.flows.workspace import read_people
from newsletter.public.forms import Form
from newsletter.public.languages import nearest
from newsletter.public.pages import Door, Pages, not_here, own_name
from newsletter.public.zones import is_zone, zone_groups

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from newsletter.core.wording import Catalogue

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
        tried: dict[str, Any] = {"topics": topics, "chosen_language": language, "until": until}
        tried |= {
            "zone": _zone(form),
            "tracking": _text(form, "tracking"),
            "rhythm": _rhythm(form) or reader.rhythm,
        }
        return _form(request, door, reader, status=422, wrong_date=True, **tried)
    tracking, wording = _tracking(request, door, reader, _text(form, "tracking"))
    wishes = Wishes(topics, language, pause_to, _zone(form), tracking, wording, _rhythm(form))
    save_wishes(door.office, reader, wishes)
    return _form(request, door, _reader(door, token), is_saved=True)


def _renew(door: Pages, reader: Reader, edition: str) -> bool:
    """Make the address of the calendar anew, once for each time that it was shown."""
    seen = int(edition) if edition.isascii() and edition.isdigit() and len(edition) < _MOST_DIGITS else -1
    return renew_own_address(door.office, reader.token.subscriber, seen, door.office.clock())


def _zone(form: FormData) -> str | None:
    """The zone that the form names, "" for the office's; None for one that nobody was offered, and it changes nothing."""
    if "zone" not in form:
        return None
    name = _text(form, "zone")
    return name if not name or is_zone(name) else None


def _rhythm(form: FormData) -> Rhythm | None:
    """How often letters are wanted; None where the form does not say, or says what nobody was offered."""
    chosen = _text(form, "rhythm")
    return Rhythm(chosen) if chosen in set(Rhythm) else None


def _rhythms(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    gettext = catalogue.gettext
    return {
        Rhythm.EVERY: {"label": gettext("Every letter"), "hint": ""},
        Rhythm.MONTHLY: {
            "label": gettext("One letter a month at most"),
            "hint": gettext("The first one that comes; those after it are left out for four weeks"),
        },
        Rhythm.REMINDERS: {
            "label": gettext("No letters, only the reminders"),
            "hint": gettext("A word before each deadline of your topics, and nothing else"),
        },
    }


def _answers(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """The answers to choose from about tracking; what was chosen is kept as evidence, word by word."""
    gettext = catalogue.gettext
    return {
        TrackingChoice.REFUSED: {
            "label": gettext("Nothing about me"),
            "hint": gettext("You get every letter all the same. This is how everybody starts"),
        },
        TrackingChoice.ALLOWED: {
            "label": gettext("What I open and press in my letters"),
            "hint": gettext("It helps us see what is useful. You can take it back here, and we erase it"),
        },
    }


def _tracking(
    request: Request, door: Pages, reader: Reader, chosen: str
) -> tuple[TrackingChoice | None, str]:
    """What was answered, and its words; nothing where the question is not asked, or an answer is none of ours."""
    answers = _answers(door.catalogues[door.language(request, reader)])
    if not _asks(door, reader) or chosen not in answers:
        return None, ""
    return TrackingChoice(chosen), f"{answers[chosen]['label']}. {answers[chosen]['hint']}."


def _asks(door: Pages, reader: Reader) -> bool:
    """Nobody is asked about what is not done; whoever said yes once may always take it back."""
    wanted = door.office.settings.tracking
    return reader.is_tracked or wanted.clicks == "counted" or wanted.opens == "consented"


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
    catalogue = door.catalogues[door.language(request, reader)]
    standing: dict[str, Any] = {
        "offered": offered_topics(door, door.language(request, reader)),
        "topics": reader.topics,
        "languages": {code: own_name(code) for code in door.catalogues},
        "chosen_language": nearest(reader.language, tuple(door.catalogues)) or next(iter(door.catalogues)),
        "until": reader.paused_to.isoformat() if reader.paused_to else "",
        "first": first,
        "last": last,
        "zone": reader.own_zone,
        "zones": zone_groups(catalogue),
        "office_zone": Moments(catalogue).city(door.office.settings.zone),
        "tracking": TrackingChoice.ALLOWED if reader.is_tracked else TrackingChoice.REFUSED,
        "answers": _answers(catalogue) if _asks(door, reader) else {},
        "rhythm": reader.rhythm,
        "rhythms": _rhythms(catalogue),
        "is_saved": False,
        "wrong_date": False,
        "calendar": address,
        "webcal": webcal_url(address),
        "edition": edition,
        "is_renewed": False,
    }
    return door.show(request, "preferences", reader=reader, status=status, **{**standing, **context})
