"""Calendars: the page that offers one date to every calendar, its file, and the feeds to follow."""

from __future__ import annotations

from email.utils import format_datetime

from fastapi import APIRouter, HTTPException, Request, Response

from newsletter.core.calendar_links import (
    google_calendar_url,
    outlook_live_url,
    outlook_office_url,
    webcal_url,
)
from newsletter.core.links import topic_feed_url
from newsletter.core.refusal import ContentRefused
from newsletter.flows.calendar_feeds import Feed, NoFeed, entry_file, own_feed, see_entry, shared_feed
from newsletter.flows.workspace import read_people
from newsletter.public.cached import cached
from newsletter.public.pages import Door, Pages, not_here

router = APIRouter()

_FILE_SECONDS = 300  # a date that moves is soon told
_FEED_SECONDS = 900


@router.api_route("/calendar/topics/{topic}/{language}.ics", methods=["GET", "HEAD"])
def topic_feed(request: Request, door: Door, topic: str, language: str) -> Response:
    """Deadlines and events of a topic, for everybody."""
    if language not in door.catalogues or not topic:
        raise not_here()
    try:
        feed = shared_feed(door.office, topic, door.catalogues[language], door.office.clock())
    except ContentRefused:
        raise not_here() from None
    return _answer(request, feed, _FEED_SECONDS, f"{topic}.ics", {"Content-Language": language})


@router.api_route("/calendar/{token}.ics", methods=["GET", "HEAD"])
def person_feed(request: Request, door: Door, token: str) -> Response:
    """Deadlines and events of a person's topics. The page for addresses that were never any says the same."""
    feed = own_feed(door.office, token, door.catalogues, door.office.clock())
    if feed is NoFeed.UNKNOWN:
        raise not_here()
    if feed is NoFeed.GONE:
        raise HTTPException(410)
    headers = {"Cache-Control": f"private, max-age={_FEED_SECONDS}"}
    return _answer(request, feed, _FEED_SECONDS, "calendar.ics", headers)


@router.api_route("/calendar/{article}/{name}.ics", methods=["GET", "HEAD"])
def file(request: Request, door: Door, article: str, name: str) -> Response:
    """The deadline, or the event, as it stands now: the same for everybody."""
    language = door.language(request)
    found = entry_file(door.office, f"{article}/{name}", language)
    if found is None:
        raise not_here()
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    return _answer(request, found, _FILE_SECONDS, f"{article}.ics", headers)


@router.api_route("/calendar/{article}/{name}", methods=["GET", "HEAD"])
def offer(request: Request, door: Door, article: str, name: str) -> Response:
    """One date for every calendar. The links to other houses are only followed by those who press them."""
    key, language = f"{article}/{name}", door.language(request)
    view = see_entry(door.office, key, language, door.office.clock())
    if view is None:
        raise not_here()
    return door.show(
        request,
        "calendar",
        view=view,
        file=f"{door.root}/calendar/{key}.ics?language={language}",
        google=google_calendar_url(view.entry),
        outlook_live=outlook_live_url(view.entry),
        outlook_office=outlook_office_url(view.entry),
        feeds=_topic_feeds(door, view.topics, language),
    )


def _topic_feeds(door: Pages, topics: tuple[str, ...], language: str) -> dict[str, str]:
    """Label and address of the feed of each of these topics, in the order of `fields.yaml`."""
    root = door.office.settings.public_url
    return {
        topic.label(language): webcal_url(topic_feed_url(root, topic.id, language))
        for topic in read_people(door.office).fields.topics.values()
        if topic.id in topics
    }


def _answer(request: Request, feed: Feed, seconds: int, name: str, headers: dict[str, str]) -> Response:
    """The calendar, or 304. Last-Modified is told and not asked: dates also leave a feed by growing old."""
    told = {"Content-Disposition": f'attachment; filename="{name}"', **headers}
    if feed.changed_at is not None:
        told["Last-Modified"] = format_datetime(feed.changed_at, usegmt=True)
    return cached(request, feed.content, "text/calendar; charset=utf-8", seconds, told)
