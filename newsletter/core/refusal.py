"""What the program says when it will not go on: the place, what is wrong there, and the way out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(StrEnum):
    """How much a problem weighs: an error blocks, a warning is told, advice is told last."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in what a person wrote.

    Attributes:
        what: what is wrong, one sentence with its full stop.
        remedy: what to write or do instead, one sentence with its full stop.
        path: the file as the person knows it, relative to the workspace; empty when there is none.
        line: line in that file, from 1; None when it has no line.
        field: dotted name of the key, column or header.
        level: whether it blocks.
        rule: name of the rule of the preflight that found it; empty where no rule has a name.
        why: why it matters, one sentence with its full stop; empty where that is plain.
    """

    what: str
    remedy: str = ""
    path: str = ""
    line: int | None = None
    field: str = ""
    level: Level = Level.ERROR
    rule: str = ""
    why: str = ""

    @property
    def place(self) -> str:
        """`file:line: field`, as far as it is known."""
        where = self.path if self.line is None else f"{self.path or 'line'}:{self.line}"
        return ": ".join(part for part in (where, self.field) if part)

    def __str__(self) -> str:
        return " ".join(
            part for part in (f"{self.place}:" if self.place else "", self.what, self.remedy) if part
        )

    def as_dict(self) -> dict[str, str | int | None]:
        return {
            "path": self.path,
            "line": self.line,
            "field": self.field,
            "level": self.level.value,
            "what": self.what,
            "remedy": self.remedy,
            "rule": self.rule,
            "why": self.why,
        }


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an accident
    """The program will not do what was asked; `problems` says why and what to do."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    @classmethod
    def because(
        cls, what: str, remedy: str = "", *, path: str = "", line: int | None = None, field: str = ""
    ) -> Refusal:
        """A refusal with one problem."""
        return cls(Problem(what, remedy, path, line, field))


class ConfigurationRefused(Refusal):
    """The configuration cannot be used."""


class ContentRefused(Refusal):
    """An article, a template or a list of people cannot be used."""


class MoveRefused(Refusal):
    """The thing asked for is not an allowed move from the state that this is in."""


def refuse_errors(problems: Iterable[Problem], kind: type[Refusal] = ContentRefused) -> None:
    """Raise `kind` with every error among `problems`; warnings and advice pass."""
    errors = [problem for problem in problems if problem.level is Level.ERROR]
    if errors:
        raise kind(*errors)
