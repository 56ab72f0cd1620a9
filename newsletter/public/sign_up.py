"""Signing up: the form, the page that sends people to their inbox, and the button that confirms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from newsletter.core.mailbox import parse_address
from newsletter.core.refusal import ContentRefused
from newsletter.core.sign_up import (
    CONFIRM_DAYS,
    PROOF_BITS,
    SignUp,
    form_stamp,
    is_proven,
    is_timely,
    network_hash,
    network_of,
)
from newsletter.core.token import Purpose
from newsletter.flows.preferences import find_reader
from newsletter.flows.sign_up import confirm, find_asked, is_too_many, sign_up
from newsletter.public.forms import Form
from newsletter.public.headers import PROOF_POLICY
from newsletter.public.languages import nearest
from newsletter.public.pages import EVERYBODY, Door, Pages, not_here, own_name
from newsletter.public.preferences import offered_topics

if TYPE_CHECKING:
    from starlette.datastructures import FormData

router = APIRouter()

_LONGEST_NAME, _LONGEST_ADDRESS = 100, 320
_TRAP = "website"
"""A field that people do not see; programs that fill in everything fill it in."""


@router.api_route("/subscribe", methods=["GET", "HEAD"])
def show(request: Request, door: Door) -> Response:
    """The form."""
    return _form(request, door, _typed(door, None))


@router.api_route("/subscribe/embed", methods=["GET", "HEAD"])
def embed(request: Request, door: Door) -> Response:
    """The code of a form for somebody's own site."""
    return door.show(request, "embed", action=f"{door.office.settings.public_url.rstrip('/')}/subscribe")


@router.post("/subscribe")
def take(request: Request, door: Door, form: Form) -> Response:
    """Take what was entered, or say what is wrong and take nothing. The answer is the same whoever is known."""
    office, typed, now = door.office, _typed(door, form), door.office.clock()
    if str(form.get(_TRAP, "")):
        return _look_in_inbox(request, door, typed["address"])
    network = network_of(request.client.host if request.client else "")
    hashed = network_hash(office.hash_key, network) if network else ""
    stamp = str(form.get("stamp", ""))
    is_ours = is_timely(office.keys, stamp, now)
    proven = is_ours and is_proven(stamp, typed["address"], str(form.get("proof", "")))
    if is_too_many(office, hashed, now, is_proven=proven):
        return _form(request, door, typed, 429, trouble="many")
    try:
        address = parse_address(typed["address"][:_LONGEST_ADDRESS])
    except ContentRefused:
        return _form(request, door, typed, 422, trouble="address")
    if not is_ours:
        return _form(request, door, typed, 200 if not stamp else 422, trouble="again" if stamp else "check")
    language = typed["language"]
    wording = _wording(door, language)
    page = "page" if form.get("form") != "elsewhere" else "elsewhere"
    wish = SignUp(address, typed["given_name"], language, tuple(typed["topics"]), wording, page, hashed)
    sign_up(office, wish, now)
    return _look_in_inbox(request, door, address)


@router.api_route("/confirm/{token}", methods=["GET", "HEAD"])
def ask(request: Request, door: Door, token: str) -> Response:
    """One button. Scanners of mail gateways open this page, so it changes nothing."""
    asked = find_asked(door.office, token, door.office.clock())
    reader = find_reader(door.office, token, Purpose.CONFIRM, door.office.clock())
    if asked is None or reader is None:
        raise not_here()
    return door.show(request, "confirm", reader=reader, asked=asked)


@router.post("/confirm/{token}")
def press(request: Request, door: Door, token: str) -> Response:
    """The button: from now on they are on the list."""
    office, now = door.office, door.office.clock()
    before = find_reader(office, token, Purpose.CONFIRM, now)
    asked = find_asked(office, token, now)
    words = door.catalogues[door.language(request, before)]
    stays = asked is not None and asked.is_asked_to_stay
    wording = words.gettext("Yes, keep me on the list") if stays else words.gettext("Yes, send me the letter")
    is_on_the_list = confirm(office, token, wording, now)
    reader = find_reader(office, token, Purpose.CONFIRM, now)
    asked = find_asked(office, token, now)
    if asked is None or reader is None:
        raise not_here()
    if is_on_the_list:
        return door.show(request, "confirmed", reader=reader, confirmed=now)
    return door.show(request, "confirm", reader=reader, asked=asked, status=409)


def _typed(door: Pages, form: FormData | None) -> dict[str, Any]:
    """What the form holds, as far as it can be taken; everything of an empty one."""
    have = tuple(door.catalogues)
    topics = [topic["id"] for topic in offered_topics(door, have[0])]
    if form is None:
        return {"address": "", "given_name": "", "topics": [], "language": "", "form": "page"}
    chosen = {str(topic) for topic in form.getlist("topic")}
    return {
        "address": str(form.get("address", "")).strip(),
        "given_name": str(form.get("name", "")).strip()[:_LONGEST_NAME],
        "topics": [topic for topic in topics if topic in chosen],
        "language": nearest(str(form.get("language", "")), have) or have[0],
        "form": "page" if form.get("stamp") and form.get("form") != "elsewhere" else "elsewhere",
    }


def _wording(door: Pages, language: str) -> str:
    """What stands above the button."""
    return door.catalogues[language].gettext(
        "By pressing the button you ask {name} to send you its letter. We use your address for nothing else.",
        name=door.office.brand.legal_name,
    )


def _form(
    request: Request, door: Pages, typed: dict[str, Any], status: int = 200, trouble: str = ""
) -> Response:
    language = door.language(request)
    now = door.office.clock()
    asks_proof = door.office.settings.sign_up.proof_of_work == "on"
    policy = {"Content-Security-Policy": PROOF_POLICY} if asks_proof else {}
    return door.show(
        request,
        "subscribe",
        status=status,
        offered=offered_topics(door, language),
        languages={code: own_name(code) for code in door.catalogues},
        typed=typed | {"language": typed["language"] or language},
        trouble=trouble,
        wording=_wording(door, language),
        stamp=form_stamp(door.office.secret, now),
        trap=_TRAP,
        proof_bits=PROOF_BITS if asks_proof else 0,
        headers={"Cache-Control": "no-store", **EVERYBODY, **policy},
    )


def _look_in_inbox(request: Request, door: Pages, address: str) -> Response:
    sender = door.office.settings.sender("default")
    name = sender.name_in(door.language(request))
    return door.show(
        request,
        "check-inbox",
        address=address,
        sender=f"{name}, {sender.address}",
        days=CONFIRM_DAYS,
        headers={"Cache-Control": "no-store"},
    )
