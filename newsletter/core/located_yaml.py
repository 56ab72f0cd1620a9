"""YAML that remembers on which line each value stood, for errors a person can act on.

Values are plain: mappings, lists, strings, whole numbers, decimals, true, false, null. Nothing is guessed from looks:
a date stays the string that was written and `NO` (Norway) is not "false", two well-known surprises of YAML 1.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from newsletter.core.refusal import ContentRefused, Problem

Path = tuple[str | int, ...]


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader without dates, without yes/no/on/off and without aliases (they can grow without end)."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="an alias (*) is not taken here", problem_mark=mark)
        return super().compose_node(parent, index)


_PlainLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"}
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_BOOLEANS = {"true": True, "false": False}


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
        what = f"This is not valid YAML: {error.problem or error.context}."
        remedy = "Check the indentation and put quotes round a text that has a colon or begins with a sign."
        raise ContentRefused(Problem(what, remedy, path, line)) from None
    except yaml.YAMLError as error:
        what = f"This is not valid YAML: {str(error).splitlines()[0]}."
        raise ContentRefused(
            Problem(what, "Remove characters that are not text.", path, first_line)
        ) from None
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
            key = str(key_node.value)
            line = first + key_node.start_mark.line
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
        return loader.construct_object(node, deep=True)
    except (ValueError, KeyError, AttributeError):  # a number of 5,000 digits, `!!int abc`
        what, remedy = "This value cannot be read.", "Put it in quotes."
        raise ContentRefused(Problem(what, remedy, path, lines[keys], dotted(keys))) from None
