"""A mail in the browser, as it was sent."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from newsletter.flows.view import mail_in_browser
from newsletter.public.headers import MAIL_POLICY
from newsletter.public.pages import Door, not_here

router = APIRouter()


@router.api_route("/v/{token}", methods=["GET", "HEAD"])
def view(request: Request, door: Door, token: str) -> Response:
    """The reader's own copy; `?language=` shows another edition."""
    mail = mail_in_browser(door.office, token, request.query_params.get("language", ""))
    if mail is None:
        raise not_here()
    return HTMLResponse(mail.html, headers={"Content-Security-Policy": MAIL_POLICY})
