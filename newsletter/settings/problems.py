"""What pydantic says of a configuration, as a person reads it: the line or the variable, the fault, the way out."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from newsletter.core.refusal import Problem
from newsletter.settings.parts import FolderTransport, Sender, SmtpTransport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from newsletter.core.located_yaml import LocatedYaml

_Keys = tuple[str | int, ...]


def as_problem(
    source: LocatedYaml, root: type[BaseModel], error: Mapping[str, Any], variables: set[str]
) -> Problem:
    """One of pydantic's errors as a problem.

    Args:
        source: the file.
        root: the model of the whole configuration.
        error: what pydantic says.
        variables: names of the environment's variables; empty where it was not asked.
    """
    loc = tuple(key for key in error["loc"] if key != "[key]")
    # The kind of transport stands in the middle of pydantic's place, and in no file.
    keys = loc[:1] + loc[2:] if loc[0] == "transport" else loc
    kind, variable = error["type"], _variable(keys, error["type"], variables)
    if kind == "extra_forbidden":
        what, remedy = f"The key '{keys[-1]}' is not known here.", _did_you_mean(root, loc)
    elif kind == "missing":
        what, remedy = f"The key '{keys[-1]}' is missing.", "Write it; the sample config.yaml shows how."
    else:
        what = f"This value cannot be used.{_shown(keys, error.get('input'))}"
        remedy = f"Allowed: {_allowed(error)}."
    if variable:
        return Problem(what, remedy, "environment", None, variable)
    return source.problem(what, remedy, *keys)


def unknown_key(source: LocatedYaml, root: type[BaseModel], key: str) -> Problem:
    """A key of the outermost level that nobody knows."""
    return source.problem(f"The key '{key}' is not known here.", _did_you_mean(root, (key,)), key)


def _variable(keys: _Keys, kind: str, variables: set[str]) -> str:
    """The variable that gave the value at `keys`, or that should have given one that is missing; "" for the file."""
    names = [str(key).upper() for key in keys if isinstance(key, str)]
    for end in range(len(names), 0, -1):
        name = "NEWSLETTER_" + "__".join(names[:end])
        for given in (name, f"{name}_FILE"):
            if given in variables:
                return given
    around = "NEWSLETTER_" + "__".join([*names[:-1], ""])
    if len(names) > 1 and any(name.startswith(around) for name in variables):
        return around + names[-1] if kind == "missing" else ""
    if keys == ("transport",) and "NEWSLETTER_TRANSPORT__KIND" in variables:
        return "NEWSLETTER_TRANSPORT__KIND"
    return ""


def _shown(keys: _Keys, given: object) -> str:
    """The value, unless it is a secret or may hold one."""
    whole_transport = keys == ("transport",)
    secret = whole_transport or {"password", "secret", "database"} & set(keys)
    if secret or not isinstance(given, str | int | float):
        return ""
    return f" It is {given!r}."


def _allowed(error: Mapping[str, Any]) -> str:
    fixed = {
        "model_type": "keys and values, indented under it",
        "model_attributes_type": "keys and values, indented under it",
        "dict_type": "keys and values, indented under it",
        "tuple_type": "a list",
        "string_type": "a text; put it in quotes",
        "int_type": "a whole number",
        "int_parsing": "a whole number",
        "int_from_float": "a whole number",
        "union_tag_invalid": "kind: folder or kind: smtp",
        "union_tag_not_found": "kind: folder or kind: smtp",
    }
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    return fixed.get(error["type"], f"{message[0].lower()}{message[1:]}")


def _did_you_mean(root: type[BaseModel], loc: _Keys) -> str:
    """The nearest key that is known beside the last of `loc`, else all of them."""
    model: Any = root
    for key in loc[:-1]:
        kinds = {"folder": FolderTransport, "smtp": SmtpTransport, "senders": Sender}
        field = getattr(model, "model_fields", {}).get(key)
        model = kinds.get(str(key)) or (_section(field.annotation) if field else model)
    if model is FolderTransport and loc[-1] in SmtpTransport.model_fields:
        return "It belongs to a mail server: write kind: smtp."
    known = [name for name in model.model_fields if name not in {"workspace", "secret", "password"}]
    close = get_close_matches(str(loc[-1]), known, n=1)
    return f"Did you mean '{close[0]}'?" if close else f"Known keys here: {', '.join(sorted(known))}."


def _section(annotation: Any) -> Any:
    """The section that stands in `dict[str, Group]` or in `WarmUp | None`; else the annotation itself."""
    return next((one for one in get_args(annotation) if hasattr(one, "model_fields")), annotation)
