"""Asking the links of a mail whether they work: each address once, never one that does something."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urldefrag

from newsletter.core.preflight.page import value_of
from newsletter.core.refusal import Level, Problem
from newsletter.core.web import WebRefused, shown_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from newsletter.core.preflight.mail import CheckedMail
    from newsletter.sources.web import Web

_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
# Servers that keep programs out answer so; a person may get the page all the same.
_UNTOLD = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.TOO_MANY_REQUESTS,
    999,  # what LinkedIn answers to everybody who is no browser
}


def check_links(web: Web, mails: Iterable[CheckedMail], own_pages: str) -> list[Problem]:
    """What the addresses in these mails answer; what works is not told.

    Args:
        web: asks, guarded.
        mails: of one campaign; what several name is asked once.
        own_pages: address under which the readers' own links lie: they do something, and are never asked.
    """
    wanted: dict[str, CheckedMail] = {}
    for mail in mails:
        for address in _addresses(mail):
            if not own_pages or not address.startswith(own_pages):
                wanted.setdefault(address, mail)
    return [problem for address, mail in wanted.items() for problem in _asked(web, mail, address)]


def _addresses(mail: CheckedMail) -> Iterator[str]:
    # With a message of somebody else, whatever its header calls the way out is left alone, too.
    way_out = mail.headers.get("list-unsubscribe", "")
    for tag in mail.page.named("a", "img"):
        address = urldefrag((value_of(tag, "href" if tag.name == "a" else "src") or "").strip())[0]
        if address.startswith(("https://", "http://")) and address not in way_out:
            yield address


def _asked(web: Web, mail: CheckedMail, address: str) -> Iterator[Problem]:
    shown = shown_url(address)[:120]
    try:
        status = web.status(address)
    except WebRefused as refused:
        first = refused.problems[0]
        yield mail.told(
            "link-answer", Level.WARNING, first.what, first.remedy, "Readers may find nothing there."
        )
        return
    if status in _GONE:
        what = f"'{shown}' answers {status}: there is nothing."
        yield mail.told("link-answer", Level.ERROR, what, "Open it in a browser and correct it.")
    elif status in _UNTOLD:
        what = f"'{shown}' answers {status}, so that we do not know whether it works."
        yield mail.told("link-answer", Level.ADVICE, what, "Open it in a browser.")
    elif status >= HTTPStatus.BAD_REQUEST:
        what = f"'{shown}' answers {status}."
        yield mail.told(
            "link-answer", Level.WARNING, what, "Open it in a browser, and again before the send."
        )
