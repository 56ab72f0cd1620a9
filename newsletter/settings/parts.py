"""The sections of `config.yaml`, and the kinds of values in them."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from newsletter.core.mailbox import parse_address
from newsletter.core.nameserver import parse_nameserver
from newsletter.core.refusal import Refusal
from newsletter.core.wallclock import zone_named

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(value: object) -> object:
    match = re.fullmatch(r"(\d+)\s*([smhd])", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("write a number and a unit: 90s, 15m, 6h or 2d")
    try:
        return timedelta(seconds=int(match[1]) * _UNITS[match[2]])
    except (OverflowError, ValueError):
        raise ValueError("write a shorter time: 2d") from None


def _zone(value: str) -> str:
    try:
        zone_named(value)
    except Refusal as refusal:
        raise ValueError(str(refusal)) from None
    return value


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


def _like(pattern: str, allowed: str) -> AfterValidator:
    """Holds a text to `pattern`; `allowed` says the same in words."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(allowed)
        return value

    return AfterValidator(check)


Duration = Annotated[timedelta, BeforeValidator(_duration)]
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
_DOMAIN = r"[a-z0-9-]+(\.[a-z0-9-]+)+"
_DOMAIN_WORDS = "write a domain in lower case such as example.org"


class Part(BaseModel):
    """A section of the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Organisation(Part):
    """Who writes, as the law and the reader want to know it."""

    name: ByLanguage = Field(min_length=1)
    legal_name: str = Field(min_length=1)
    legal_note: ByLanguage = {}
    postal_address: tuple[str, ...] = Field(min_length=1)
    contact: Address
    website: Url
    privacy_url: Url


class Sender(Part):
    """A From identity."""

    name: ByLanguage = Field(min_length=1)
    address: Address
    reply_to: Address | None = None


class MailingList(Part):
    """The List-ID (RFC 2919)."""

    id: ListId
    label: str


class FolderTransport(Part):
    """A Maildir on this machine."""

    kind: Literal["folder"] = "folder"
    path: Path = Path("var/outbox")


class SmtpTransport(Part):
    """A mail server."""

    kind: Literal["smtp"]
    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    encryption: Literal["none", "starttls", "tls"] = "starttls"
    username: str = ""
    password: SecretStr = SecretStr("")
    connections: int = Field(default=4, ge=1, le=100)
    messages_per_connection: int = Field(default=1000, ge=1)
    timeout: Duration | None = None


class Dkim(Part):
    """A DKIM key; the private key itself stands in a file or in the environment, never in `config.yaml`."""

    domain: str = Field(min_length=1)
    selector: str = Field(min_length=1)
    key_file: Path | None = None
    key_variable: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.key_file is None) is (not self.key_variable):
            raise ValueError(
                "write either key_file (a path) or key_variable (the name of an environment variable)"
            )
        return self


class Dns(Part):
    """Who is asked about names: `address` or `address:port`; the system's own name servers when empty."""

    nameservers: tuple[Nameserver, ...] = ()
    timeout: Duration = Field(default=timedelta(seconds=3), ge=timedelta(seconds=1))


class Paths(Part):
    """Folders of the workspace, relative to it."""

    articles: Path = Path("articles")
    templates: Path = Path("templates")
    subscribers: Path = Path("subscribers")
    var: Path = Path("var")


class Deadlines(Part):
    """When reminders go."""

    ladder: tuple[Annotated[int, Field(ge=0, le=366)], ...] = (30, 7, 1)
    at: Annotated[time, BeforeValidator(_clock)] = time(9)
    other_zones: tuple[Zone, ...] = Field(default=("Europe/Lisbon", "Europe/Athens"), max_length=2)
    approval: Literal["none", "required"] = "none"


class Lateness(Part):
    """How late something may leave."""

    campaigns: Duration = timedelta(hours=6)
    reminders: Duration = timedelta(hours=12)


class WarmUp(Part):
    """How much a new sender sends on its first days."""

    begins: date
    days: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1, max_length=366)


class Pace(Part):
    """How fast mail goes."""

    per_hour: int | None = Field(default=None, ge=1)
    connections: int | None = Field(default=None, ge=1, le=1000)


class Group(Pace):
    """Destinations that have a pace of their own."""

    domains: tuple[Annotated[str, _like(_DOMAIN, _DOMAIN_WORDS)], ...] = ()
    mx: tuple[Annotated[str, _like(_DOMAIN, _DOMAIN_WORDS)], ...] = ()


class Lanes(Pace):
    """How fast mail goes to all destinations together, and to groups of them."""

    warm_up: WarmUp | None = None
    groups: dict[
        Annotated[str, _like(r"(?!others$)[a-z][a-z0-9-]{0,39}", "write a short name such as google")], Group
    ] = {}


class Engine(Part):
    """Who runs background work: processes of this machine, or workers on any machine."""

    kind: Literal["local", "procrastinate"] = "local"
    workers: int = Field(default=1, ge=1, le=64)


class Delivery(Part):
    """How the ledger is worked through."""

    lease: Duration = timedelta(minutes=2)
    batch: int = Field(default=500, ge=1, le=2000)
