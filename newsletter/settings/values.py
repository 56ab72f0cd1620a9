"""The kinds of values in `config.yaml`: each takes what a person writes, or says what is allowed."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator

from newsletter.core.blackout import check_country, parse_dates
from newsletter.core.duration import parse_duration
from newsletter.core.mailbox import parse_address
from newsletter.core.nameserver import parse_nameserver
from newsletter.core.refusal import Refusal
from newsletter.core.wallclock import zone_named
from newsletter.core.web import Allowed, place_of

if TYPE_CHECKING:
    from collections.abc import Callable


def _duration(value: object) -> object:
    if isinstance(value, timedelta):  # of settings that were checked before
        return value
    try:
        return parse_duration(value if isinstance(value, str) else "")
    except Refusal as refusal:
        remedy = refusal.problems[0].remedy
        raise ValueError(remedy[0].lower() + remedy.rstrip(".")[1:]) from None


def told(check: Callable[[], object]) -> None:
    """What a check of the core refuses, as pydantic hears it."""
    try:
        check()
    except Refusal as refusal:
        raise ValueError(str(refusal)) from None


def _zone(value: str) -> str:
    told(lambda: zone_named(value))
    return value


def _country(value: str) -> str:
    try:
        return check_country(value)
    except Refusal as refusal:
        raise ValueError(refusal.problems[0].remedy) from None


def _dates(value: str) -> str:
    try:
        parse_dates(value)
    except Refusal as refusal:
        raise ValueError(refusal.problems[0].remedy) from None
    return value


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _address(value: str) -> str:
    try:
        return parse_address(value)
    except Refusal as refusal:
        raise ValueError(str(refusal)) from None


def _nameserver(value: str) -> str:
    try:
        parse_nameserver(value)
    except Refusal as refusal:
        raise ValueError(refusal.problems[0].remedy) from None
    return value


def _clock(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError('write a time of day in quotes: "09:00"')
    return time.fromisoformat(value)


def _size(value: object) -> object:
    match = re.fullmatch(r"(\d{1,6})\s*(kB|MB)", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("write a number and a unit: 500 kB or 5 MB")
    return int(match[1]) * (1_000 if match[2] == "kB" else 1_000_000)


def _allowed(value: str) -> str:
    try:
        Allowed.of([value])
    except Refusal as refusal:
        raise ValueError(refusal.problems[0].remedy) from None
    return value


def _web_url(value: str) -> str:
    try:
        place_of(value)
    except Refusal as refusal:
        raise ValueError(refusal.problems[0].remedy) from None
    return value


def _like(pattern: str, allowed: str) -> AfterValidator:
    """Holds a text to `pattern`; `allowed` says the same in words."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(allowed)
        return value

    return AfterValidator(check)


Duration = Annotated[timedelta, BeforeValidator(_duration)]
OneOrMore = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]
Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_address)]
Nameserver = Annotated[str, AfterValidator(_nameserver)]
Language = Annotated[
    str, _like(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", "write the code of a language such as en or fr")
]
Url = Annotated[
    str, _like(r"""https?://[^\s/<>"]+(/[^\s<>"]*)?""", "write an address that begins with https://")
]
DatabaseUrl = Annotated[
    str, _like(r"(sqlite:///|postgresql\+psycopg://).*", "write sqlite:///… or postgresql+psycopg://…")
]
ListId = Annotated[
    str,
    _like(
        r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
        "write a name like that of a machine, such as letter.news.example.org",
    ),
]
ByLanguage = dict[Language, str]
TopicId = Annotated[str, _like(r"[a-z0-9]+(-[a-z0-9]+)*", "write small letters, digits and hyphens")]
FeedName = Annotated[
    str, _like(r"(?=.{1,40}$)[a-z0-9]+(-[a-z0-9]+)*", "write a short name such as city-news")
]
LaneName = Annotated[str, _like(r"(?!others$)[a-z][a-z0-9-]{0,39}", "write a short name such as google")]
Domain = Annotated[
    str, _like(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "write a domain in lower case such as example.org")
]
Size = Annotated[int, BeforeValidator(_size)]
"""Bytes."""
TimeOfDay = Annotated[time, BeforeValidator(_clock)]
Machine = Annotated[str, AfterValidator(_allowed)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
Country = Annotated[str, AfterValidator(_country)]
Dates = Annotated[str, AfterValidator(_dates)]
