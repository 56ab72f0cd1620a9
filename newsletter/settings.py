"""`config.yaml` and the environment, checked and frozen. A key that nobody knows is an error that names it."""

from __future__ import annotations

import os
import re
from datetime import time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from newsletter.core.located_yaml import LocatedYaml, parse_yaml
from newsletter.core.mailbox import parse_address
from newsletter.core.refusal import ConfigurationRefused, Problem, Refusal
from newsletter.core.wallclock import zone_named

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SECRETS = ("NEWSLETTER_SECRET", "NEWSLETTER_TRANSPORT__PASSWORD", "NEWSLETTER_DATABASE")


def _duration(value: object) -> object:
    match = re.fullmatch(r"(\d+)\s*([smhd])", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("write a number and a unit: 90s, 15m, 6h or 2d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


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


def _clock(value: str) -> time:
    try:
        return time.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError('write a time of day in quotes: "09:00"') from None


def _https(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise ValueError("write an address that begins with https://")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_address)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Url = Annotated[str, AfterValidator(_https)]
ByLanguage = dict[Language, str]


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

    id: str = Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
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
    encryption: Literal["none", "starttls"] = "starttls"
    username: str = ""
    password: SecretStr = SecretStr("")
    timeout: Duration = timedelta(seconds=60)


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


class Lateness(Part):
    """How late something may leave."""

    campaigns: Duration = timedelta(hours=6)
    reminders: Duration = timedelta(hours=12)


class Delivery(Part):
    """How the ledger is worked through."""

    lease: Duration = timedelta(minutes=2)
    batch: int = Field(default=50, ge=1, le=1000)


class _SecretFiles(PydanticBaseSettingsSource):
    """Secrets from files that `NEWSLETTER_…_FILE` names, as containers and systemd hand them over."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in _SECRETS:
            path = os.environ.get(f"{name}_FILE")
            if not path:
                continue
            try:
                value = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                what = f"The file that {name}_FILE names cannot be read: {error.strerror}."
                raise ConfigurationRefused(Problem(what, "Mend the path or its permissions.")) from None
            keys = name.removeprefix("NEWSLETTER_").lower().split("__")
            target = found
            for key in keys[:-1]:
                target = target.setdefault(key, {})
            target[keys[-1]] = value
        return found


class Settings(BaseSettings):
    """The whole configuration. `workspace` is the folder of `config.yaml`; relative paths start there."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix="NEWSLETTER_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    workspace: Path
    organisation: Organisation
    senders: dict[str, Sender]
    list: MailingList
    languages: tuple[Language, ...] = Field(default=("en",), min_length=1)
    zone: Zone = "UTC"
    public_url: Url
    database: str = Field(
        default="sqlite:///var/newsletter.sqlite", pattern=r"^(sqlite:///|postgresql\+psycopg://)"
    )
    transport: Annotated[FolderTransport | SmtpTransport, Field(discriminator="kind")] = FolderTransport()
    paths: Paths = Paths()
    deadlines: Deadlines = Deadlines()
    lateness: Lateness = Lateness()
    delivery: Delivery = Delivery()
    tracking: Literal["none"] = "none"
    secret: SecretStr = SecretStr("")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment comes before the file."""
        return env_settings, _SecretFiles(env_settings.settings_cls), init_settings

    def path(self, relative: Path) -> Path:
        """A path of the configuration as a place on disk."""
        return self.workspace / relative

    def sender(self, name: str) -> Sender:
        """The sender identity called `name`.

        Raises:
            ConfigurationRefused: there is none.
        """
        if name not in self.senders:
            what = f"There is no sender '{name}' in config.yaml."
            raise ConfigurationRefused(Problem(what, f"Known senders: {', '.join(sorted(self.senders))}."))
        return self.senders[name]


class _FileSettings(Settings):
    """The configuration without the environment: a demonstration must not read the secrets of its shell."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def load_settings(workspace: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read `config.yaml` in `workspace`, let the environment override it, and check everything.

    Args:
        workspace: the folder.
        overrides: values that stand instead of those of the file; the environment is not asked then.

    Raises:
        ConfigurationRefused: with every problem, each naming the key, the line and what is allowed.
    """
    source = _read_config(workspace)
    if not isinstance(source.value, dict):
        what, remedy = (
            "The configuration is empty.",
            "Lay out a workspace with `newsletter init` and copy its config.yaml.",
        )
        raise ConfigurationRefused(Problem(what, remedy, "config.yaml", 1))
    model = Settings if overrides is None else _FileSettings
    values = source.value | dict(overrides or {}) | {"workspace": workspace}
    try:
        return model(**values)
    except ValidationError as error:
        raise ConfigurationRefused(*(_problem(source, dict(item)) for item in error.errors())) from None


def _read_config(workspace: Path) -> LocatedYaml:
    path = workspace / "config.yaml"
    try:
        return parse_yaml(path.read_text(encoding="utf-8-sig"), "config.yaml")
    except FileNotFoundError:
        what = "There is no config.yaml in this folder, so this is not a newsletter workspace."
        remedy = "Go to your workspace, or make one with `newsletter init FOLDER`."
        raise ConfigurationRefused(Problem(what, remedy)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationRefused(
            Problem(f"config.yaml cannot be read: {error}.", "Save it as UTF-8 text.")
        ) from None
    except Refusal as refusal:
        raise ConfigurationRefused(*refusal.problems) from None


def _problem(source: LocatedYaml, error: dict[str, Any]) -> Problem:
    keys = tuple(key for key in error["loc"] if key not in {"folder", "smtp", "[key]"})
    from_environment = source.line(*keys) == 1 and keys and keys[0] not in source.value
    kind, given = error["type"], error.get("input")
    if kind == "extra_forbidden":
        what, remedy = f"The key '{keys[-1]}' is not known here.", _did_you_mean(keys)
    elif kind == "missing":
        what, remedy = f"The key '{keys[-1]}' is missing.", "Write it; the sample config.yaml shows how."
    else:
        shown = "" if "password" in keys or "secret" in keys else f" It is {given!r}."
        message = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
        what, remedy = f"This value cannot be used.{shown}", f"Allowed: {message[0].lower()}{message[1:]}."
    if from_environment and kind != "missing":
        name = "NEWSLETTER_" + "__".join(str(key).upper() for key in keys)
        return Problem(what, remedy, "environment", None, name)
    return source.problem(what, remedy, *keys)


def _did_you_mean(keys: tuple[str | int, ...]) -> str:
    model: Any = Settings
    for key in keys[:-1]:
        field = getattr(model, "model_fields", {}).get(key)
        model = field.annotation if field else None
        model = FolderTransport if key == "transport" else Sender if key == "senders" else model
    known = [name for name in getattr(model, "model_fields", {}) if name not in {"workspace", "secret"}]
    close = get_close_matches(str(keys[-1]), known, n=1)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known keys here: {', '.join(sorted(known))}." if known else "Remove it."
