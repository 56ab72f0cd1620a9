"""Pictures, the style sheet, and the answer to whoever asks whether we are well."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from newsletter.core.refusal import ContentRefused
from newsletter.flows.view import last_beat
from newsletter.public.cached import cached
from newsletter.public.pages import Door, not_here

router = APIRouter()

_MONTH, _HOUR = 2_592_000, 3_600  # seconds
_PICTURES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}

log = logging.getLogger(__name__)


@router.api_route("/images/{name}", methods=["GET", "HEAD"])
def brand_image(request: Request, door: Door, name: str) -> Response:
    """A picture of the templates, `mark.png` for one."""
    kind = _kind(name)
    try:
        return cached(request, door.office.library.template_image(name), kind, _MONTH)
    except ContentRefused:
        raise not_here() from None


@router.api_route("/images/{article}/{path:path}", methods=["GET", "HEAD"])
def article_image(request: Request, door: Door, article: str, path: str) -> Response:
    """A picture of an article. Folders that are no articles stay shut."""
    kind = _kind(path)
    if article.startswith((".", "_")):
        raise not_here()
    try:
        return cached(request, door.office.library.read_image(article, path), kind, _MONTH)
    except ContentRefused:
        raise not_here() from None


@router.api_route("/public.css", methods=["GET", "HEAD"])
def style_sheet(request: Request, door: Door) -> Response:
    """The one style sheet."""
    return cached(request, door.office.library.public_file("public.css"), "text/css; charset=utf-8", _HOUR)


@router.api_route("/proof.js", methods=["GET", "HEAD"])
def proof_script(request: Request, door: Door) -> Response:
    """The script that works for the form while it is filled in."""
    return cached(
        request, door.office.library.public_file("proof.js"), "text/javascript; charset=utf-8", _HOUR
    )


@router.api_route("/health", methods=["GET", "HEAD"])
@router.api_route("/healthz", methods=["GET", "HEAD"])
def health(door: Door) -> Response:
    """Whether the database answers, and when a scheduler was last alive."""
    try:
        beat = last_beat(door.office)
    except Exception:
        log.exception("the database does not answer")
        return JSONResponse({"status": "unavailable", "database": "unreachable"}, 503)
    return JSONResponse(
        {"status": "ok", "database": "reachable", "last_tick": beat.isoformat() if beat else None}
    )


def _kind(name: str) -> str:
    """The media type of a picture, by the only endings that mails use."""
    kind = _PICTURES.get(name.rpartition(".")[2].lower())
    if kind is None:
        raise not_here()
    return kind
