"""Typed reading of front matter: each accessor gives a value and notes what is wrong with it, then goes on.

A value that cannot be used is replaced by an empty one, so that one reading finds every mistake of the file. Whoever
reads must therefore drop the result when `problems` holds an error.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from newsletter.core.located_yaml import dotted
from newsletter.core.refusal import ContentRefused
from newsletter.core.wallclock import parse_local, zone_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.core.located_yaml import LocatedYaml, Path
    from newsletter.core.refusal import Problem

_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_IDENTIFIER = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\".]+(?:\.[^\s@<>()\[\],;:\\\".]+)+")
_BLANKS = re.compile(r"[ \t\r\n]+")  # not \s: the fixed spaces of French stay
# Controls, line separators, zero-width space, bidi embeddings and overrides: nobody types them on purpose.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_NO_DAY = date.min
_NO_MOMENT = datetime.fromisoformat("0001-01-01T00:00")


def is_language_code(text: str) -> bool:
    """Whether `text` has the shape of a language code (RFC 5646), for example `en` or `pt-BR`."""
    return _LANGUAGE.fullmatch(text) is not None


def is_identifier(text: str) -> bool:
    """Whether `text` can be a name in files: small letters, digits and hyphens."""
    return _IDENTIFIER.fullmatch(text) is not None


class Fields:
    """One mapping of the front matter, read field by field.

    Attributes:
        problems: everything wrong so far, shared by all mappings of one file.
    """

    __slots__ = ("_doc", "_keys", "_mapping", "problems")

    def __init__(
        self, doc: LocatedYaml, keys: Path, mapping: dict[str, Any], problems: list[Problem]
    ) -> None:
        self._doc, self._keys, self._mapping, self.problems = doc, keys, mapping, problems

    def blame(self, what: str, remedy: str, *keys: str | int) -> None:
        """Note a problem with the value at `keys` of this mapping."""
        self.problems.append(self._doc.problem(what, remedy, *self._keys, *keys))

    def lines(self) -> dict[str, int]:
        """The line of every value of the file by its dotted name."""
        return {dotted(keys): line for keys, line in self._doc.lines.items() if keys}

    def allow(self, *names: str) -> None:
        """Blame every key that is not one of `names`."""
        for key in self._mapping:
            if key not in names:
                near = get_close_matches(key, names, n=1)
                meant = f"Did you mean '{near[0]}'? " if near else ""
                self.blame(
                    f"The key '{key}' is not known here.", f"{meant}Known keys: {', '.join(names)}.", key
                )

    def has(self, name: str) -> bool:
        """Whether something is written at `name`; `name:` with nothing after it does not count."""
        return self._mapping.get(name) is not None

    def require(self, name: str, remedy: str) -> bool:
        """Blame a missing value, and say whether it is there."""
        if not self.has(name):
            self.blame(f"'{name}' is missing.", remedy, name)
        return self.has(name)

    def text(self, name: str, remedy: str = "", *, required: bool = False, empty: bool = False) -> str:
        """A text on one line; "" when it is absent or cannot be used.

        Args:
            name: the key.
            remedy: what to write, when it is required and missing.
            required: whether it must be there.
            empty: whether a required text may be written as "".
        """
        if not self.has(name):
            if required:
                self.require(name, remedy)
            return ""
        text = self._plain(self._mapping[name], name)
        if required and not empty and text == "":
            self.blame(f"'{name}' is empty.", remedy, name)
        return text or ""

    def texts(self, name: str, *, most: int | None = None) -> tuple[str, ...]:
        """A list of texts, at most `most`."""
        items = self._list(name)
        if most is not None and len(items) > most:
            self.blame(
                f"'{name}' has {len(items)} entries.",
                f"Keep at most {most}; move the rest to the body.",
                name,
            )
        texts = []
        for index, item in enumerate(items):
            text = self._plain(item, name, index)
            if text == "":
                self.blame("This entry is empty.", "Write a text or remove the line.", name, index)
            texts.append(text or "")
        return tuple(texts)

    def identifier(self, name: str, remedy: str) -> str:
        """A required name made of small letters, digits and hyphens."""
        text = self.text(name, remedy, required=True)
        if text and not _IDENTIFIER.fullmatch(text):
            self.blame(f"'{text}' cannot be used as a name.", "Use small letters, digits and hyphens.", name)
        return text

    def identifiers(self, name: str) -> tuple[str, ...]:
        """A list of names made of small letters, digits and hyphens."""
        found = self.texts(name)
        for index, text in enumerate(found):
            if text and not _IDENTIFIER.fullmatch(text):
                self.blame(
                    f"'{text}' cannot be used as a name.",
                    "Use small letters, digits and hyphens.",
                    name,
                    index,
                )
        return found

    def language(self, stem: str) -> str:
        """The required code of the language, which the name of the file repeats."""
        code = self.text("language", f"Write language: {stem}.", required=True)
        if code and not is_language_code(code):
            self.blame(
                f"'{code}' is not the code of a language.",
                "Write a code such as en, fr or pt-BR.",
                "language",
            )
        elif code and code != stem:
            remedy = f"Write language: {stem}, or call the file {code}.md."
            self.blame(f"The language is '{code}' but the file is called '{stem}.md'.", remedy, "language")
        return code

    def day(self, name: str) -> date:
        """A required calendar day, `2021-09-16`."""
        remedy = "Write the day as 2021-09-16."
        text = self.text(name, remedy, required=True)
        try:
            return date.fromisoformat(text) if _DAY.fullmatch(text) else self._no_day(text, name, remedy)
        except ValueError:
            return self._no_day(text, name, remedy)

    def moment(self, name: str) -> datetime:
        """A required wall-clock time, `2021-10-19T12:00`."""
        text = self.text(name, "Write it as 2021-10-19T12:00.", required=True)
        try:
            return parse_local(text) if text else _NO_MOMENT
        except ContentRefused as refused:
            self._blame_all(refused, name)
            return _NO_MOMENT

    def optional_moment(self, name: str) -> datetime | None:
        """A wall-clock time, or None when none is written."""
        return self.moment(name) if self.has(name) else None

    def clock(self, name: str) -> time | None:
        """A time of day, `09:00`; None when none is written."""
        text = self.text(name)
        if not text:
            return None
        if not _CLOCK.fullmatch(text):
            self.blame(f"'{text}' is not a time of day.", 'Write it as "09:00".', name)
            return None
        return time.fromisoformat(text)

    def ladder(self, name: str, most: int) -> tuple[int, ...] | None:
        """Days before, each once and largest first; None when none are written.

        Args:
            most: the largest number that can be meant.
        """
        if not self.has(name):
            return None
        rungs: list[int] = []
        for index, item in enumerate(self._list(name)):
            if isinstance(item, bool) or not isinstance(item, int) or not 0 <= item <= most:
                what = f"'{item}' is not a number of days before the deadline."
                self.blame(what, f"Write whole days from 0 to {most}, for example [30, 7, 1].", name, index)
            elif item in rungs:
                self.blame(f"The rung {item} stands here a second time.", "Keep one of them.", name, index)
            else:
                rungs.append(item)
        return tuple(sorted(rungs, reverse=True))

    def zone(self, name: str) -> str:
        """The required IANA name of a time zone."""
        text = self.text(name, "Write the zone, for example Europe/Brussels.", required=True)
        if text:
            try:
                zone_named(text)
            except ContentRefused as refused:
                self._blame_all(refused, name)
        return text

    def url(self, name: str, *, required: bool = False) -> str:
        """A web address (https) or a mail address (mailto:)."""
        remedy = "Write a whole address that begins with https:// or mailto:."
        text = self.text(name, remedy, required=required)
        if text and not _is_url(text):
            self.blame(f"'{text}' is not an address that a mail may link to.", remedy, name)
        return text

    def web_address(self, name: str) -> str:
        """An address of the web, http too: it says where something is from, and no mail leads there by it."""
        remedy = "Write a whole address that begins with https:// or http://."
        text = self.text(name, remedy)
        secure = re.sub(r"^http://", "https://", text)
        if text and (secure.startswith("mailto:") or not _is_url(secure)):
            self.blame(f"'{text}' is not an address of the web.", remedy, name)
        return text

    def flag(self, name: str) -> bool:
        """Whether something holds; false when nothing is written."""
        value = self._mapping.get(name)
        if value is not None and not isinstance(value, bool):
            self.blame("A yes or no should stand here.", "Write true or false.", name)
        return value is True

    def address(self, name: str) -> str:
        """A required mail address."""
        remedy = "Write one address such as hello@example.org."
        text = self.text(name, remedy, required=True)
        if text and not _ADDRESS.fullmatch(text):
            self.blame(f"'{text}' is not a mail address.", remedy, name)
        return text

    def file(self, name: str) -> str:
        """The required path of a file inside the article's folder."""
        remedy = "Write a path inside the article's folder, for example images/lead.png."
        text = self.text(name, remedy, required=True)
        outside = text.startswith("/") or ":" in text or "\\" in text or ".." in text.split("/")
        if text and outside:
            self.blame(f"'{text}' is not inside the article's folder.", remedy, name)
        return text

    def child(self, name: str) -> Fields | None:
        """The mapping at `name`; None when it is absent or no mapping."""
        return self._fields(self._mapping[name], name) if self.has(name) else None

    def children(self, name: str) -> list[Fields]:
        """The mappings of the list at `name`."""
        found = [self._fields(item, name, index) for index, item in enumerate(self._list(name))]
        return [fields for fields in found if fields is not None]

    def entries(self) -> Iterator[tuple[str, Fields]]:
        """The mappings inside this one, by key."""
        for key, value in self._mapping.items():
            fields = self._fields(value, key)
            if fields is not None:
                yield key, fields

    def _no_day(self, text: str, name: str, remedy: str) -> date:
        if text:
            self.blame(f"'{text}' is not a day that exists.", remedy, name)
        return _NO_DAY

    def _blame_all(self, refused: ContentRefused, name: str) -> None:
        for problem in refused.problems:
            place = self._doc.problem("", "", *self._keys, name)
            self.problems.append(replace(place, what=problem.what, remedy=problem.remedy))

    def _plain(self, value: Any, *keys: str | int) -> str | None:
        """The text on one line, or None after blaming what is no text."""
        if isinstance(value, str):
            text = _BLANKS.sub(" ", value).strip(" ")
            hidden = _UNSEEN.search(text)
            if hidden is None:
                return text
            what = f"There is a character here that cannot be seen (U+{ord(hidden[0]):04X})."
            self.blame(what, "Type the text again instead of pasting it.", *keys)
        elif isinstance(value, bool | int | float):
            # YAML has already turned 1.10 into 1.1 and 12:30 into 750; only quotes keep what was written.
            self.blame("A text should stand here, not a number or a yes/no.", "Put it in quotes.", *keys)
        else:
            self.blame("A text should stand here.", "Write one text.", *keys)
        return None

    def _list(self, name: str) -> list[Any]:
        value = self._mapping.get(name)
        if value is None or isinstance(value, list):
            return value or []
        self.blame(f"'{name}' should be a list.", "Begin each entry on its own line with a hyphen.", name)
        return []

    def _fields(self, value: Any, *keys: str | int) -> Fields | None:
        if isinstance(value, dict):
            return Fields(self._doc, (*self._keys, *keys), value, self.problems)
        self.blame("Named values should stand here.", "Write 'name: value' lines, indented.", *keys)
        return None


def _is_url(text: str) -> bool:
    if re.search(r"[\s<>\"\\]", text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if parts.scheme == "mailto":
        return _ADDRESS.fullmatch(parts.path) is not None
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
