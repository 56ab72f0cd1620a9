"""YAML that remembers on which line each value stood, for errors a person can act on.

Values are plain: mappings, lists, strings, whole numbers, decimals, true, false, null. Nothing is guessed from looks:
a date stays the string that was written, `NO` (Norway) is not "false", `9:30` is not 570 and the postcode `01000` is
not 512: four well-known surprises of YAML 1.1.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from newsletter.core.refusal import ContentRefused, Problem

Path = tuple[str | int, ...]


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader that knows no types but those above, and no aliases (they can grow without end)."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - yaml's own way; filled below

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="an alias (*) is not taken here", problem_mark=mark)
        return super().compose_node(parent, index)


for _type, _looks, _first in (
    ("null", r"(?:~|null|Null|NULL|)\Z", ["~", "n", "N", ""]),
    ("int", r"-?(?:0|[1-9][0-9]*)\Z", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+\Z", list("-0123456789")),
):
    _PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_type}", re.compile(_looks), _first)
_BOOLEANS = {"true": True, "false": False}
_NOTHING_PLAIN = object()
_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class LocatedYaml:
    """A parsed document, and the line of every value in it.

    Attributes:
        value: the document as plain Python values.
        path: the file's name, for errors.
        lines: line (from 1) of each value by its path of keys and indices; the root is `()`.
    """

    value: Any
    path: str
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, *keys: str | int) -> int:
        """The line of the value at `keys`, or of the nearest thing around it."""
        for end in range(len(keys), -1, -1):
            found = self.lines.get(keys[:end])
            if found is not None:
                return found
        return 1

    def problem(self, what: str, remedy: str, *keys: str | int) -> Problem:
        """A problem that stands at `keys`."""
        return Problem(what, remedy, self.path, self.line(*keys), dotted(keys))


def dotted(keys: Path) -> str:
    """`("deadlines", 0, "at")` as a person reads it: `deadlines[1].at`."""
    text = ""
    for key in keys:
        text += f"[{key + 1}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def parse_yaml(text: str, path: str, *, first_line: int = 1) -> LocatedYaml:
    """Parse one YAML document.

    Args:
        text: the source.
        path: the file's name, for errors.
        first_line: the line of the file on which `text` begins (front matter begins on line 2).

    Raises:
        ContentRefused: it is not YAML, or a key is written twice; the problem has the line.
    """
    # A daemon reads the same files at each beat, and reading YAML is slow. Whoever asks may change what they get.
    found = _parsed(text, path, first_line)
    return LocatedYaml(deepcopy(found.value), path, found.lines)


@lru_cache(maxsize=_REMEMBERED)
def _parsed(text: str, path: str, first_line: int) -> LocatedYaml:
    lines: dict[Path, int] = {}
    try:
        loader = _PlainLoader(text)
        try:
            root = loader.get_single_node()
            value = None if root is None else _value(loader, root, (), lines, path, first_line)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + mark.line if mark else first_line
        # "expected a single document in the stream", "but found another document"
        follows = (error.problem or "").startswith("but ") and error.context
        reason = f"{error.context}, {error.problem}" if follows else error.problem or error.context
        what = f"This is not valid YAML: {reason}."
        remedy = "Check the indentation and put quotes round a text that has a colon or begins with a sign."
        raise ContentRefused(Problem(what, remedy, path, line)) from None
    except yaml.YAMLError as error:  # the reader's, which has a position instead of a line
        line = first_line + text.count("\n", 0, getattr(error, "position", 0))
        what = f"This is not valid YAML: {str(error).splitlines()[0]}."
        raise ContentRefused(Problem(what, "Remove characters that are not text.", path, line)) from None
    except (ValueError, OverflowError):  # "\UFFFFFFFF", a %YAML line with 5,000 digits
        what = "This is not valid YAML: a character or a version that does not exist."
        raise ContentRefused(Problem(what, "Write the character itself.", path, first_line)) from None
    except RecursionError:
        what = "The values are nested too deeply."
        raise ContentRefused(
            Problem(what, "Remove brackets that do not belong there.", path, first_line)
        ) from None
    return LocatedYaml(value, path, lines)


def _value(
    loader: _PlainLoader, node: yaml.Node, keys: Path, lines: dict[Path, int], path: str, first: int
) -> Any:
    lines.setdefault(keys, first + node.start_mark.line)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = first + key_node.start_mark.line
            key = _key(key_node, path, line)
            if key in mapping:
                what, remedy = f"The key '{key}' stands here a second time.", "Keep one of the two."
                raise ContentRefused(Problem(what, remedy, path, line, dotted((*keys, key))))
            lines[(*keys, key)] = line
            mapping[key] = _value(loader, value_node, (*keys, key), lines, path, first)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, item, (*keys, i), lines, path, first) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode) and node.style is None and node.value in _BOOLEANS:
        return _BOOLEANS[node.value]
    try:
        value = loader.construct_object(node, deep=True)
    except (ValueError, KeyError, AttributeError):  # a number of 5,000 digits, `!!int abc`
        value = _NOTHING_PLAIN
    if not isinstance(value, str | int | float | bool | None):
        what, remedy = "This value cannot be read.", "Write it as plain text, in quotes."
        raise ContentRefused(Problem(what, remedy, path, lines[keys], dotted(keys)))
    _refuse_what_is_no_text(value, path, lines[keys], dotted(keys))
    return value


def _key(node: yaml.Node, path: str, line: int) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise ContentRefused(Problem("A key should be one word.", "Write 'name: value'.", path, line))
    _refuse_what_is_no_text(node.value, path, line, "")
    return str(node.value)


def _refuse_what_is_no_text(value: object, path: str, line: int, field: str) -> None:
    """A NUL or half of a surrogate pair, which escapes can write, can be neither stored nor sent."""
    found = _NOT_TEXT.search(value) if isinstance(value, str) else None
    if found:
        what = f"A character here is not text: U+{ord(found[0]):04X}."
        raise ContentRefused(Problem(what, "Remove it.", path, line, field))
