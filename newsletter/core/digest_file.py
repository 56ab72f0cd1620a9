"""A digest as a file: `articles/monthly.digest.yaml` says when issues are made, of what, and for whom."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from newsletter.core.blackout import NO_BLACKOUT, Blackout, Move, parse_dates
from newsletter.core.digest import PLACEHOLDERS, Approval, Digest, LeadRule
from newsletter.core.issue_file import Reader, bad_name, unknown_keys
from newsletter.core.located_yaml import parse_yaml
from newsletter.core.recurrence import EXAMPLES, Recurrence, parse_recurrence
from newsletter.core.refusal import ContentRefused, Problem, Refusal
from newsletter.core.reminder import LONGEST_NAME

WORDS = ("subject", "preheader", "opening", "closing", "signature")
_KEYS = (
    *(
        "every",
        "begins",
        "zone",
        "blackouts",
        "move",
        "prepare",
        "approval",
        "topics",
        "segment",
        "exclude",
        "most",
        "least",
    ),
    *("lead", "looks_back", "template", "sender", "public", *WORDS),
)
_DATED = len("-2021-09-16-0930")
_SPAN = re.compile(r"(\d{1,3}) (days?|jours?|hours?|heures?)(?: before| avant)?")
_LEAST_HOURS = timedelta(hours=1)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NO_DAY = date.min


@dataclass(slots=True)
class _DigestReader(Reader):
    """Takes what only digests have."""

    def recurrence(self, begins: date) -> Recurrence | None:
        text = self.text("every", needed=True)
        if not text:
            return None
        try:
            return parse_recurrence(text, since=begins if begins != _NO_DAY else None)
        except Refusal as refusal:
            problem = refusal.problems[0]
            self._wrong("every", problem.what, problem.remedy or f"Write such as: {EXAMPLES[0]}.")
            return None

    def day(self, key: str) -> date:
        remedy = "Write the day as 2021-09-01: what was published before it is not new."
        value = self.source.value.get(key)
        if value is None:
            self._wrong(key, f"The key '{key}' is missing.", remedy)
            return _NO_DAY
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self._wrong(key, f"'{value}' is not a day that exists.", remedy)
            return _NO_DAY

    def blackout(self, office: Blackout) -> Blackout:
        """The office's days without sends, and more of its own."""
        move = Move(self.choice("move", tuple(Move), office.move))
        dates = set(office.dates)
        for at, text in enumerate(self.names("blackouts")):
            try:
                dates |= parse_dates(text)
            except Refusal as refusal:
                problem = refusal.problems[0]
                self.problems.append(self.source.problem(problem.what, problem.remedy, "blackouts", at))
        return Blackout(office.countries, frozenset(dates), move)

    def span(self, key: str, default: timedelta, least: timedelta) -> timedelta:
        value = self.source.value.get(key)
        if value is None:
            return default
        found = _SPAN.fullmatch(str(value).strip())
        if found is None:
            self._wrong(key, f"'{value}' is not a length of time.", "Write such as: 1 day, or 6 hours.")
            return default
        unit = "days" if found[2][0] in "dj" else "hours"
        span = timedelta(**{unit: int(found[1])})
        if span < least:
            self._wrong(key, "That is too short: somebody has to look at it.", "Write 1 hour or more.")
        return span

    def whole(self, key: str, default: int) -> int:
        found = self.number(key)
        return default if found is None else found

    def never(self, most: int) -> None:
        self._wrong("least", "An issue can never have that many articles.", f"Write at most {most}.")

    def phrases(self, key: str, languages: tuple[str, ...], *, needed: bool) -> dict[str, str]:
        found = self.by_language(key, languages, needed=needed)
        for language, text in found.items():
            for name in _PLACEHOLDER.findall(text):
                if name not in PLACEHOLDERS:
                    what = f"Nobody knows what {{{name}}} is."
                    remedy = f"There are {', '.join(f'{{{known}}}' for known in PLACEHOLDERS)}."
                    self.problems.append(self.source.problem(what, remedy, key, language))
        return found


def parse_digest(
    text: str,
    path: str,
    name: str,
    *,
    languages: tuple[str, ...],
    zone: str,
    lateness: timedelta,
    blackout: Blackout = NO_BLACKOUT,
) -> Digest:
    """Read the file of a digest.

    Args:
        name: the digest's name, from the file's name.
        languages: editions that are made; subject lines must exist in each.
        zone: the office's, where the file names none.
        blackout: the office's days without sends.

    Raises:
        ContentRefused: with every problem, by line.
    """
    source = parse_yaml(text, path)
    if not isinstance(source.value, dict):
        raise ContentRefused(
            Problem("A digest is a list of keys.", "Begin with every: and a rule of time.", path, 1)
        )
    reader = _DigestReader(source, unknown_keys(source, _KEYS) + _bad_name(name, path))
    begins = reader.day("begins")
    digest = _read(reader, name, path, begins, languages, zone, lateness, blackout)
    if digest is not None and digest.least > digest.most:
        reader.never(digest.most)
    if reader.problems or digest is None:
        raise ContentRefused(*sorted(reader.problems, key=lambda problem: problem.line or 0))
    return digest


def _read(
    reader: _DigestReader,
    name: str,
    path: str,
    begins: date,
    languages: tuple[str, ...],
    zone: str,
    lateness: timedelta,
    blackout: Blackout,
) -> Digest | None:
    recurrence = reader.recurrence(begins)
    usual: dict[str, Any] = {one.name: one.default for one in fields(Digest)}
    values: dict[str, Any] = {
        "segment": reader.text("segment", needed=True),
        "zone": reader.zone("zone", zone),
        "blackout": reader.blackout(blackout),
        "topics": reader.names("topics"),
        "exclude": reader.names("exclude"),
        "most": reader.whole("most", usual["most"]),
        "least": reader.whole("least", usual["least"]),
        "lead": LeadRule(reader.choice("lead", tuple(LeadRule), LeadRule.FLAGGED)),
        "looks_back": reader.span("looks_back", usual["looks_back"], timedelta()),
        "prepare": reader.span("prepare", usual["prepare"], _LEAST_HOURS),
        "approval": Approval(reader.choice("approval", tuple(Approval), Approval.REQUIRED)),
        "template": reader.text("template", usual["template"]),
        "sender": reader.text("sender", usual["sender"]),
        "public": reader.flag("public", default=True),
        "words": {
            kind: reader.phrases(kind, languages, needed=kind in {"subject", "preheader"}) for kind in WORDS
        },
    }
    if recurrence is None:
        return None
    return Digest(name=name, path=path, recurrence=recurrence, begins=begins, lateness=lateness, **values)


def _bad_name(name: str, path: str) -> list[Problem]:
    """An issue is called by the digest's name and by its day, and must find room for both."""
    dated = f"{name}-2021-09-16"
    problems = bad_name(dated, path)
    if not problems and len(name) + _DATED > LONGEST_NAME:
        problems = [Problem(f"'{name}' is too long a name.", "Call the file by a word or two.", path)]
    return problems
