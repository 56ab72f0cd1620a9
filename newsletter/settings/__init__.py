"""`config.yaml` and the environment, checked and frozen. A key that nobody knows is an error that names it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from newsletter.core.located_yaml import LocatedYaml, parse_yaml
from newsletter.core.refusal import ConfigurationRefused, Problem, Refusal
from newsletter.settings.environment import Environment, File, SecretFiles
from newsletter.settings.parts import (
    Blackouts,
    Deadlines,
    Delivery,
    Dkim,
    Dns,
    Engine,
    Feed,
    FolderTransport,
    Lanes,
    Lateness,
    MailingList,
    Organisation,
    Paths,
    People,
    Retention,
    Sender,
    Sending,
    SignUp,
    SmtpTransport,
    Tracking,
    Web,
    former_tracking,
)
from newsletter.settings.problems import as_problem, unknown_key
from newsletter.settings.values import Address, DatabaseUrl, FeedName, Language, Url, Zone

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FolderTransport", "Sender", "Settings", "SmtpTransport", "load_settings"]


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
    database: DatabaseUrl = Field(
        default="sqlite:///var/newsletter.sqlite", repr=False
    )  # may hold a password
    transport: Annotated[FolderTransport | SmtpTransport, Field(discriminator="kind")] = FolderTransport()
    paths: Paths = Paths()
    deadlines: Deadlines = Deadlines()
    lateness: Lateness = Lateness()
    sending: Sending = Sending()
    blackouts: Blackouts = Blackouts()
    delivery: Delivery = Delivery()
    lanes: Lanes = Lanes()
    engine: Engine = Engine()
    dkim: tuple[Dkim, ...] = ()
    dns: Dns = Dns()
    web: Web = Web()
    feeds: dict[FeedName, Feed] = {}
    people: People = People()
    sign_up: SignUp = SignUp()
    officers: tuple[Address, ...] = ()
    retention: Retention = Retention()
    tracking: Annotated[Tracking, BeforeValidator(former_tracking)] = Tracking()
    secret: SecretStr = SecretStr("")
    former_secrets: SecretStr = SecretStr("")  # several, with spaces or commas between them, newest first

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment comes before the file."""
        return Environment(env_settings), SecretFiles(settings_cls), File(init_settings)

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
        what = (
            "The configuration is empty."
            if source.value is None
            else "The configuration is not a list of keys."
        )
        remedy = "Lay out a workspace with `newsletter init` and copy its config.yaml."
        raise ConfigurationRefused(Problem(what, remedy, "config.yaml", 1))
    model = Settings if overrides is None else _FileSettings
    unknown = [key for key in source.value if key not in Settings.model_fields or key == "workspace"]
    problems = [unknown_key(source, Settings, key) for key in unknown]
    problems += _written_secrets(source)
    known = {key: value for key, value in source.value.items() if key not in unknown}
    try:
        settings = model(**(known | dict(overrides or {}) | {"workspace": workspace}))
    except ValidationError as error:
        variables = {name.upper() for name in os.environ} if overrides is None else set()
        problems += (as_problem(source, Settings, dict(item), variables) for item in error.errors())
    if problems:
        raise ConfigurationRefused(*sorted(problems, key=lambda problem: problem.line or 0))
    return settings


def _written_secrets(source: LocatedYaml) -> list[Problem]:
    """Secrets that somebody wrote into the file, where backups and version control would spread them."""
    transport = source.value.get("transport")
    found: list[tuple[str, ...]] = [("secret",)] if "secret" in source.value else []
    if isinstance(transport, dict) and "password" in transport:
        found.append(("transport", "password"))
    return [
        source.problem(
            "A secret does not stand in config.yaml.",
            f"Set NEWSLETTER_{'__'.join(keys).upper()} in the environment, or the same with _FILE and a path.",
            *keys,
        )
        for keys in found
    ]


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
