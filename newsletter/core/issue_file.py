"""An issue as a file: `articles/september-2021.issue.yaml` names articles, words, audience and time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind, ClosingSoon
from newsletter.core.duration import parse_duration
from newsletter.core.located_yaml import LocatedYaml, parse_yaml
from newsletter.core.refusal import ContentRefused, Problem, Refusal
from newsletter.core.reminder import LONGEST_NAME, RESERVED_NAME
from newsletter.core.sending_window import parse_window
from newsletter.core.timing import Timing
from newsletter.core.wallclock import parse_local, zone_named

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_KINDS = (CampaignKind.ISSUE, CampaignKind.ANNOUNCEMENT)
_KEYS = (
    "kind", "template", "number", "subject", "preheader", "opening", "closing", "signature",
    "articles", "closing_soon", "segment", "exclude", "sender", "at", "zone", "lateness", "window", "quiet", "days",
    "public",
)  # fmt: skip
EACH_READER = ("reader", "each-reader")
"""What stands as the zone of an issue whose time is meant by each reader's own clock."""
_WINDOW_KEYS = ("window", "quiet", "days")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(slots=True)
class Reader:
    """Takes values out of the document and collects what is wrong with them."""

    source: LocatedYaml
    problems: list[Problem]

    def _wrong(self, key: str, what: str, remedy: str) -> None:
        self.problems.append(self.source.problem(what, remedy, key))

    def text(self, key: str, default: str = "", *, needed: bool = False) -> str:
        value = self.source.value.get(key)
        if value is None:
            if needed:
                self._wrong(key, f"The key '{key}' is missing.", "Write it.")
            return default
        if not isinstance(value, str) or not value.strip():
            self._wrong(key, "This should be a text.", "Write words here.")
            return default
        return value

    def by_language(self, key: str, languages: tuple[str, ...], *, needed: bool = False) -> dict[str, str]:
        value = self.source.value.get(key)
        if value is None and not needed:
            return {}
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            example = ", ".join(f"{language}: …" for language in languages)
            self._wrong(key, f"'{key}' should have a text for each language.", f"Write {{{example}}}.")
            return {}
        for language in languages:
            if needed and not value.get(language, "").strip():
                what, remedy = f"'{key}' has no text in '{language}'.", "Write one: every edition needs it."
                self.problems.append(self.source.problem(what, remedy, key, language))
        return {str(language): text.strip() for language, text in value.items()}

    def names(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        value = self.source.value.get(key, [])
        if (
            not isinstance(value, list)
            or not all(isinstance(name, str) for name in value)
            or (needed and not value)
        ):
            self._wrong(
                key, f"'{key}' should be a list of names.", "Write one name on each line, after a dash."
            )
            return ()
        for at, name in enumerate(value):
            if name in value[:at]:
                problem = self.source.problem(f"'{name}' stands here twice.", "Keep one of them.", key, at)
                self.problems.append(problem)
        return tuple(value)

    def choice(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.source.value.get(key, default)
        if value not in allowed:
            self._wrong(key, f"'{value}' is not known here.", f"Write one of: {', '.join(allowed)}.")
            return default
        return str(value)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.source.value.get(key, default)
        if not isinstance(value, bool):
            self._wrong(key, "A yes or no should stand here.", "Write true or false.")
            return default
        return value

    def number(self, key: str) -> int | None:
        value = self.source.value.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            self._wrong(key, "This should be a whole number.", "Write digits only.")
            return None
        return value

    def closing_soon(self, key: str) -> ClosingSoon | None:
        """`{days: 30, most: 5}`; both may be left out."""
        value = self.source.value.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self._wrong(key, f"'{key}' should have days: and most:.", "Write {days: 30, most: 5}.")
            return None
        limits = {"days": (30, 366), "most": (5, 20)}
        for name in value:
            if name not in limits:
                problem = self.source.problem(
                    f"The key '{name}' is not known here.", "Keys are days, most.", key, name
                )
                self.problems.append(problem)
        found = {}
        for name, (default, largest) in limits.items():
            number = value.get(name, default)
            if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= largest:
                what = f"'{number}' cannot be meant."
                remedy = f"Write a whole number from 1 to {largest}."
                self.problems.append(self.source.problem(what, remedy, key, name))
            found[name] = number
        return ClosingSoon(**found)

    def local(self, key: str) -> datetime | None:
        value = self.source.value.get(key)
        if value is None:
            return None
        try:
            return parse_local(str(value))
        except Refusal as refusal:
            self._wrong(key, refusal.problems[0].what, "Write it as 2021-09-16T09:30.")
            return None

    def duration(self, key: str, default: timedelta) -> timedelta:
        value = self.source.value.get(key)
        if value is None:
            return default
        try:
            return parse_duration(str(value))
        except Refusal as refusal:
            self._wrong(key, refusal.problems[0].what, refusal.problems[0].remedy)
            return default

    def zone(self, key: str, default: str) -> str:
        value = str(self.source.value.get(key, default))
        if value in EACH_READER:
            return default
        try:
            zone_named(value)
        except Refusal as refusal:
            self._wrong(key, refusal.problems[0].what, refusal.problems[0].remedy)
            return default
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """One text, or a list of them."""
        value = self.source.value.get(key, [])
        found = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in found):
            self._wrong(key, "This should be a text, or a list of texts.", "Put it in quotes.")
            return ()
        return tuple(found)

    def timing(self) -> Timing:
        each_reader = self.source.value.get("zone") in EACH_READER
        spans, quiet, days = (self.words(key) for key in _WINDOW_KEYS)
        if not (spans or quiet or days):
            return Timing(each_reader)
        try:
            return Timing(each_reader, parse_window(spans, quiet, days))
        except Refusal as refusal:
            key = next(key for key in _WINDOW_KEYS if key in self.source.value)
            self._wrong(key, refusal.problems[0].what, refusal.problems[0].remedy)
            return Timing(each_reader)


def parse_issue(
    text: str, path: str, name: str, *, languages: tuple[str, ...], zone: str, lateness: timedelta
) -> Campaign:
    """Read an issue file into a draft campaign.

    Args:
        name: the campaign's name, from the file's name.
        languages: editions that are made; subject lines must exist in each.
        zone: the office's, where the file names none.
        lateness: the same, how late it may leave.

    Raises:
        ContentRefused: with every problem, by line.
    """
    source = parse_yaml(text, path)
    if not isinstance(source.value, dict):
        raise ContentRefused(Problem("An issue is a list of keys.", "Start from the sample issue.", path, 1))
    reader = Reader(source, unknown_keys(source, _KEYS) + bad_name(name, path))
    kind = reader.choice("kind", tuple(kind.value for kind in _KINDS), CampaignKind.ISSUE)
    campaign = Campaign(
        name=name,
        kind=CampaignKind(kind),
        content=CampaignContent(
            template=reader.text("template", kind),
            articles=reader.names("articles", needed=True),
            number=reader.number("number"),
            closing_soon=reader.closing_soon("closing_soon"),
            subjects=reader.by_language("subject", languages, needed=True),
            preheaders=reader.by_language("preheader", languages, needed=True),
            openings=reader.by_language("opening", languages),
            closings=reader.by_language("closing", languages),
            signatures=reader.by_language("signature", languages),
            public=reader.flag("public", default=True),
        ),
        segment=reader.text("segment", needed=True),
        zone=reader.zone("zone", zone),
        lateness=reader.duration("lateness", lateness),
        exclude=reader.names("exclude"),
        sender=reader.text("sender", "default"),
        at=reader.local("at"),
        timing=reader.timing(),
    )
    if reader.problems:
        raise ContentRefused(*sorted(reader.problems, key=lambda problem: problem.line or 0))
    return campaign


def unknown_keys(source: LocatedYaml, keys: tuple[str, ...]) -> list[Problem]:
    """A problem for each key of the outermost level that is not one of `keys`."""
    problems = []
    for key in source.value:
        if key not in keys:
            close: Any = get_close_matches(key, keys, n=1)
            remedy = f"Did you mean '{close[0]}'?" if close else f"Keys are {', '.join(keys)}."
            problems.append(source.problem(f"The key '{key}' is not known here.", remedy, key))
    return problems


def bad_name(name: str, path: str) -> list[Problem]:
    """What speaks against a campaign of this name."""
    if RESERVED_NAME.fullmatch(name):
        what = f"'{name}' is the name of a reminder."
        return [Problem(what, "Give the file another name: reminders are made by themselves.", path)]
    if _NAME.fullmatch(name) and len(name) <= LONGEST_NAME:
        return []
    what = f"'{name}' cannot be the name of a campaign."
    return [Problem(what, "Use few lower-case letters, digits and hyphens: september-2021.issue.yaml.", path)]
