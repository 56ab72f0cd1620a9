"""Where values come from beside the file: variables, and files of secrets that variables name."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from pydantic_settings import PydanticBaseSettingsSource, SettingsError

from newsletter.core.refusal import ConfigurationRefused, Problem

_SECRETS = (
    "NEWSLETTER_SECRET",
    "NEWSLETTER_FORMER_SECRETS",
    "NEWSLETTER_TRANSPORT__PASSWORD",
    "NEWSLETTER_DATABASE",
)


class SecretFiles(PydanticBaseSettingsSource):
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
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not text"
                what = f"The file that is named here cannot be read: {reason}."
                remedy = "Mend the path or its permissions."
                raise ConfigurationRefused(
                    Problem(what, remedy, "environment", None, f"{name}_FILE")
                ) from None
            keys = name.removeprefix("NEWSLETTER_").lower().split("__")
            target = found
            for key in keys[:-1]:
                target = target.setdefault(key, {})
            target[keys[-1]] = value
        return found


class Environment(PydanticBaseSettingsSource):
    """The variables themselves, without those that name files of secrets."""

    def __init__(self, variables: PydanticBaseSettingsSource) -> None:
        super().__init__(variables.settings_cls)
        self._variables = variables

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return self._variables.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        try:
            found = self._variables()
        except SettingsError as error:  # its text has the field, and never the value
            name = re.search(r'field "(\w+)"', str(error))
            variable = f"NEWSLETTER_{name[1].upper()}" if name else "NEWSLETTER_…"
            remedy = (
                'Write it as JSON, such as ["en", "fr"], or set its parts one by one with two underscores.'
            )
            problem = Problem("This value cannot be read.", remedy, "environment", None, variable)
            raise ConfigurationRefused(problem) from None
        found.pop("workspace", None)  # that is where the command was started, or its --workspace
        transport = found.get("transport")
        if isinstance(transport, dict) and transport.pop("password_file", None) and not transport:
            del found["transport"]
        return found


class File(PydanticBaseSettingsSource):
    """The values of `config.yaml`; those of its transport count only for a transport of that kind."""

    def __init__(self, values: PydanticBaseSettingsSource) -> None:
        super().__init__(values.settings_cls)
        self._values = values

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return self._values.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        found = self._values()
        above, here = self.current_state.get("transport"), found.get("transport")
        if (
            isinstance(above, dict)
            and isinstance(here, dict)
            and above.get("kind", "") not in {"", here.get("kind")}
        ):
            return {key: value for key, value in found.items() if key != "transport"}
        return found
