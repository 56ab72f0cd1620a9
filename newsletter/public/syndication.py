"""Feeds for feed readers: `/feed/en.xml`, `/feed/en.json`, and of one topic `/feed/en/erasmus.xml`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from newsletter.core.syndication import JSON_KIND, RSS_KIND, as_json, as_rss
from newsletter.flows.syndication import our_feed
from newsletter.public.cached import cached
from newsletter.public.pages import Door, Pages, not_here

router = APIRouter()

_QUARTER = 900  # seconds
_WRITERS = {"xml": (as_rss, RSS_KIND), "json": (as_json, JSON_KIND)}


@router.api_route("/feed/{language}.{ending}", methods=["GET", "HEAD"])
def feed(request: Request, door: Door, language: str, ending: str) -> Response:
    """Everything that went out in public issues, in one language."""
    return _answer(request, door, language, "", ending)


@router.api_route("/feed/{language}/{topic}.{ending}", methods=["GET", "HEAD"])
def feed_of_topic(request: Request, door: Door, language: str, topic: str, ending: str) -> Response:
    """The same for one topic."""
    return _answer(request, door, language, topic, ending)


def _answer(request: Request, door: Pages, language: str, topic: str, ending: str) -> Response:
    if ending not in _WRITERS:
        raise not_here()
    found = our_feed(door.office, language, topic, ending)
    if found is None:
        raise not_here()
    write, kind = _WRITERS[ending]
    # Anybody may read it from any page: a feed reader in a browser asks from elsewhere.
    headers = {"Access-Control-Allow-Origin": "*", "Content-Language": language}
    return cached(request, write(found), kind, _QUARTER, headers)
