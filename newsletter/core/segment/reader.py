"""Reading a YAML file and noting every mistake in it, with its line, before giving up."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from newsletter.core.front_matter_fields import is_language_code
from newsletter.core.located_yaml import parse_yaml
from newsletter.core.refusal import refuse_errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from newsletter.core.located_yaml import Path
    from newsletter.core.refusal import Problem

_IDENTIFIER = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


class Reader:
    """One file being read. Whatever is wrong is noted and reading goes on; `finish` refuses with all of it.

    Raises:
        ContentRefused: the file is no YAML at all.
    """

    __slots__ = ("_doc", "_problems")

    def __init__(self, text: str, path: str) -> None:
        self._doc = parse_yaml(text.removeprefix("\ufeff"), path)
        self._problems: list[Problem] = []

    def blame(self, what: str, remedy: str, keys: Path) -> None:
        """Note a problem with the value at `keys`."""
        self._problems.append(self._doc.problem(what, remedy, *keys))

    def finish(self) -> None:
        """Refuse the file if anything was wrong.

        Raises:
            ContentRefused: every problem, in the order of the lines.
        """
        refuse_errors(sorted(self._problems, key=lambda problem: problem.line or 0))

    def root(self, names: Iterable[str]) -> dict[str, Any]:
        """The file's outermost mapping, which may have these keys; an empty file is an empty mapping."""
        return self.mapping({} if self._doc.value is None else self._doc.value, (), names)

    def mapping(self, value: Any, keys: Path, names: Iterable[str] | None = None) -> dict[str, Any]:
        """The mapping at `keys`, or an empty one after blaming; a key that is not in `names` is blamed."""
        if not isinstance(value, dict):
            self.blame("Named values should stand here.", "Write 'name: value' lines, indented.", keys)
            return {}
        if names is not None:
            known = tuple(names)
            for key in value:
                if key not in known:
                    self.blame(f"The key '{key}' is not known here.", choose_from(key, known), (*keys, key))
        return value

    def identifier(self, word: str, keys: Path, *, most: int) -> None:
        """Blame a name that is not small letters, digits, hyphens and underscores, or is longer than `most`."""
        if not _IDENTIFIER.fullmatch(word):
            remedy = "Use small letters without accents, digits and hyphens."
            self.blame(f"'{word}' cannot be used as a name.", remedy, keys)
        elif len(word) > most:
            self.blame(f"The name '{word}' is too long.", f"Use at most {most} characters.", keys)

    def labels(self, mapping: dict[str, Any], name: str, keys: Path) -> dict[str, str]:
        """The words by language under `name`; missing or unusable words are blamed."""
        if name not in mapping:
            self.blame(f"'{name}' is missing.", f"Write {name}: with en: and fr: under it.", keys)
            return {}
        return self.words(mapping[name], (*keys, name))

    def words(self, value: Any, keys: Path) -> dict[str, str]:
        """Words by language: `{en: Association, fr: Association}`."""
        if not isinstance(value, dict) or not value:
            self.blame(
                "Words by language should stand here.", "Write en: and fr: under it, with a text each.", keys
            )
            return {}
        for language, text in value.items():
            if not is_language_code(language):
                what = f"'{language}' is not the code of a language."
                self.blame(what, "Write a code such as en, fr or pt-BR.", (*keys, language))
            if not isinstance(text, str) or not text.strip():
                self.blame("A text should stand here.", "Write it, in quotes if need be.", (*keys, language))
        return {language: " ".join(str(text).split()) for language, text in value.items()}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`Did you mean 'x'? ` with the nearest known word, "" when none is near."""
    near = get_close_matches(word, tuple(known), n=1)
    return f"Did you mean '{near[0]}'? " if near else ""


def choose_from(word: str, known: Iterable[str]) -> str:
    """The remedy for an unknown word: the nearest one, and the list of all."""
    words = tuple(known)
    return f"{did_you_mean(word, words)}Known here: {', '.join(words) or 'nothing'}."


def quote_remedy(value: Any) -> str:
    """The remedy for a value that should be a text."""
    return f'Put it in quotes: "{value}".' if isinstance(value, int | float) else "Write one text."
