"""The sections of `config.yaml`."""

from __future__ import annotations

from datetime import date, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from newsletter.core.blackout import Blackout, Move, parse_dates
from newsletter.core.people_file import Roles
from newsletter.core.sending_window import SendingWindow, parse_window
from newsletter.settings.values import (
    Address,
    ByLanguage,
    Country,
    Dates,
    Domain,
    Duration,
    LaneName,
    Language,
    ListId,
    Machine,
    Nameserver,
    OneOrMore,
    Size,
    TimeOfDay,
    TopicId,
    Url,
    WebUrl,
    Zone,
    told,
)


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

    def name_in(self, language: str) -> str:
        """The name that readers of `language` see, the first one where there is none of theirs."""
        return self.name.get(language) or next(iter(self.name.values()))


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


class Web(Part):
    """How the web is asked, for feeds: which machines besides those of the internet, how long, how much."""

    allow: tuple[Machine, ...] = ()
    timeout: Duration = Field(default=timedelta(seconds=20), ge=timedelta(milliseconds=100))
    most: Size = Field(default=5_000_000, ge=1_000, le=100_000_000)


class Feed(Part):
    """Somebody's RSS or Atom feed, whose items become drafts of articles."""

    url: WebUrl
    language: Language
    topics: tuple[TopicId, ...] = ()
    every: Duration = Field(default=timedelta(hours=6), ge=timedelta(minutes=5))
    most: int = Field(default=10, ge=1, le=100)


def former_tracking(value: object) -> object:
    """`tracking: none`, as the first configurations said it."""
    return {} if value == "none" else value


class Tracking(Part):
    """What is recorded about reading: `clicks` in sums without persons, `opens` of those who allow it."""

    clicks: Literal["off", "counted"] = "off"
    opens: Literal["off", "consented"] = "off"


class Retention(Part):
    """For how long people are kept of whom nothing is heard: 0 months is for ever."""

    inactive_months: Annotated[int, Field(ge=0, le=240)] = 0
    answer_days: Annotated[int, Field(ge=7, le=365)] = 30


class SignUp(Part):
    """How the form is kept from programs that fill in forms: with a proof of work more are taken from one network."""

    proof_of_work: Literal["off", "on"] = "off"


class People(Part):
    """Which addresses that are nobody's own an import holds back: `none`, `machines` (postmaster@ …), `all` (info@ … too)."""

    hold: Roles = Roles.MACHINES
    quoted: bool = False


class Paths(Part):
    """Folders of the workspace, relative to it."""

    articles: Path = Path("articles")
    templates: Path = Path("templates")
    subscribers: Path = Path("subscribers")
    var: Path = Path("var")


class Deadlines(Part):
    """When reminders go."""

    ladder: tuple[Annotated[int, Field(ge=0, le=366)], ...] = (30, 7, 1)
    at: TimeOfDay = time(9)
    other_zones: tuple[Zone, ...] = Field(default=("Europe/Lisbon", "Europe/Athens"), max_length=2)
    approval: Literal["none", "required"] = "none"


class Lateness(Part):
    """How late something may leave."""

    campaigns: Duration = timedelta(hours=6)
    reminders: Duration = timedelta(hours=12)
    series: Duration = timedelta(hours=24)


@lru_cache(maxsize=16)
def _hours(window: tuple[str, ...], quiet: tuple[str, ...], days: tuple[str, ...]) -> SendingWindow:
    return parse_window(window, quiet, days)


class Sending(Part):
    """In which hours mail goes, unless a campaign says otherwise."""

    window: OneOrMore = ()
    quiet: OneOrMore = ()
    days: OneOrMore = ()

    @model_validator(mode="after")
    def _is_sometimes_open(self) -> Self:
        told(lambda: self.hours)
        return self

    @property
    def hours(self) -> SendingWindow:
        """The same as a value."""
        return _hours(self.window, self.quiet, self.days)


class Blackouts(Part):
    """Days on which nothing goes out by a recurring rule."""

    countries: tuple[Country, ...] = ()
    dates: tuple[Dates, ...] = ()
    move: Move = Move.AFTER

    @property
    def blackout(self) -> Blackout:
        """The same as a value."""
        days = frozenset(day for text in self.dates for day in parse_dates(text))
        return Blackout(self.countries, days, self.move)


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

    domains: tuple[Domain, ...] = ()
    mx: tuple[Domain, ...] = ()


class Lanes(Pace):
    """How fast mail goes to all destinations together, and to groups of them."""

    warm_up: WarmUp | None = None
    groups: dict[LaneName, Group] = {}


class Engine(Part):
    """Who runs background work: processes of this machine, or workers on any machine."""

    kind: Literal["local", "procrastinate"] = "local"
    workers: int = Field(default=1, ge=1, le=64)


class Delivery(Part):
    """How the ledger is worked through."""

    lease: Duration = timedelta(minutes=2)
    batch: int = Field(default=500, ge=1, le=2000)
