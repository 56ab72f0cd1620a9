"""Reading conditions about what has happened: joining, consent, mails and what was done with them, deadlines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from newsletter.core.deadline import ENDING, DeadlineMark
from newsletter.core.engagement import DeedKind
from newsletter.core.segment.comparisons import read_between, read_day, read_days
from newsletter.core.segment.reader import choose_from
from newsletter.core.segment.tree import (
    EVER,
    Acted,
    AllOf,
    Did,
    Granted,
    GrantedBy,
    Joined,
    Period,
    Stands,
    When,
)
from newsletter.core.subscriber import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.core.located_yaml import Path
    from newsletter.core.segment.conditions import Reading
    from newsletter.core.segment.tree import Node

ANYTHING = "anything"
"""Stands where a mail or a deadline could be named: whichever."""

_CAMPAIGN = re.compile(r"[a-z0-9]+(?:[-_.@:/][a-z0-9]+)*")
_DEADLINE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*")
_PERIODS = tuple(when.value for when in When if when is not When.EVER)
_ACTED = (*sorted(ENDING), DeadlineMark.LATER)


def _period(reading: Reading, mapping: dict[str, Any], keys: Path, *, needed: bool) -> Period | None:
    """The one period among the keys of a mapping; None after blaming."""
    given = [name for name in _PERIODS if name in mapping]
    if len(given) > 1 or (needed and not given):
        known = f"{', '.join(_PERIODS[:-1])} and {_PERIODS[-1]}"
        what = f"'{keys[-1]}' should have exactly one of {known}."
        reading.reader.blame(what, f"Write for example {keys[-1]}: {{within_days: 30}}.", keys)
        return None
    if not given:
        return EVER
    when, operand, place = When(given[0]), mapping[given[0]], (*keys, given[0])
    if when in {When.WITHIN_DAYS, When.OLDER_THAN_DAYS}:
        days = read_days(reading.reader, operand, place)
        return None if days is None else Period(when, days)
    if when is When.BETWEEN:
        both = read_between(reading.reader, operand, place)
        return None if both is None else Period(when, first=both[0], last=both[1])
    day = read_day(reading.reader, operand, place)
    return None if day is None else Period(when, first=day)


def _joined(reading: Reading, value: Any, keys: Path) -> Node | None:
    mapping = reading.reader.mapping(value, keys, _PERIODS)
    period = _period(reading, mapping, keys, needed=True)
    return None if period is None else Joined(period)


def _consent(reading: Reading, value: Any, keys: Path) -> Node | None:
    """A standing, or a mapping of which each part must hold."""
    if not isinstance(value, dict):
        return _stands(reading, value, keys)
    mapping = reading.reader.mapping(value, keys, _CONSENT)
    if not mapping:
        remedy = f"Write one of {', '.join(_CONSENT)} under it, or consent: confirmed."
        reading.reader.blame("It is not said what the consent should be.", remedy, keys)
    parts = [_CONSENT[key](reading, mapping[key], (*keys, key)) for key in mapping if key in _CONSENT]
    known = tuple(part for part in parts if part is not None)
    return known[0] if len(known) == 1 else AllOf(known)


def _stands(reading: Reading, value: Any, keys: Path) -> Node | None:
    words = reading.words(value, keys, "standing")
    for word, place in words:
        if word not in list(Standing):
            reading.reader.blame(f"'{word}' is no standing of a consent.", choose_from(word, Standing), place)
    return Stands(tuple(Standing(word) for word, _ in words if word in list(Standing)))


def _granted(reading: Reading, value: Any, keys: Path) -> Node | None:
    mapping = reading.reader.mapping(value, keys, _PERIODS)
    period = _period(reading, mapping, keys, needed=True)
    return None if period is None else Granted(period)


def _granted_by(reading: Reading, value: Any, keys: Path) -> Node | None:
    return GrantedBy(tuple(word for word, _ in reading.words(value, keys, "source") if "\0" not in word))


_CONSENT: dict[str, Callable[[Reading, Any, Path], Node | None]] = {
    "standing": _stands,
    "granted": _granted,
    "source": _granted_by,
}


def _did(kind: DeedKind) -> Callable[[Reading, Any, Path], Node | None]:
    def read(reading: Reading, value: Any, keys: Path) -> Node | None:
        if not isinstance(value, dict):
            return Did(kind, _campaigns(reading, value, keys))
        mapping = reading.reader.mapping(value, keys, ("campaign", "topic", *_PERIODS))
        period = _period(reading, mapping, keys, needed=False)
        if not mapping:
            remedy = f"Write {kind}: {ANYTHING}, or one of campaign, topic, {', '.join(_PERIODS)} under it."
            reading.reader.blame(f"It is not said what '{kind}' is about.", remedy, keys)
        campaigns: tuple[str, ...] = ()
        topics: tuple[str, ...] = ()
        if "campaign" in mapping:
            campaigns = _campaigns(reading, mapping["campaign"], (*keys, "campaign"))
        if "topic" in mapping:
            topics = reading.topics(mapping["topic"], (*keys, "topic"))
        return None if period is None else Did(kind, campaigns, topics, period)

    return read


def _campaigns(reading: Reading, value: Any, keys: Path) -> tuple[str, ...]:
    return _named(
        reading, value, keys, "name of a campaign", _CAMPAIGN,
        f"Write the name of a campaign, such as september-2021, or {ANYTHING}.",
    )  # fmt: skip


def _acted(marks: tuple[DeadlineMark, ...]) -> Callable[[Reading, Any, Path], Node | None]:
    def read(reading: Reading, value: Any, keys: Path) -> Node | None:
        if not isinstance(value, dict):
            return Acted(marks, _deadlines(reading, value, keys))
        mapping = reading.reader.mapping(value, keys, ("deadline", *_PERIODS))
        period = _period(reading, mapping, keys, needed=False)
        if not mapping:
            remedy = f"Write {keys[-1]}: {ANYTHING}, or one of deadline, {', '.join(_PERIODS)} under it."
            reading.reader.blame(f"It is not said what '{keys[-1]}' is about.", remedy, keys)
        deadlines: tuple[str, ...] = ()
        if "deadline" in mapping:
            deadlines = _deadlines(reading, mapping["deadline"], (*keys, "deadline"))
        return None if period is None else Acted(marks, deadlines, period)

    return read


def _deadlines(reading: Reading, value: Any, keys: Path) -> tuple[str, ...]:
    return _named(
        reading, value, keys, "key of a deadline", _DEADLINE,
        "Write the article and the deadline with a slash between, such as erasmus-accreditation/call-2021,"
        f" or {ANYTHING}.",
    )  # fmt: skip


def _named(
    reading: Reading, value: Any, keys: Path, what: str, looks: re.Pattern[str], remedy: str
) -> tuple[str, ...]:
    """The names at `keys`; none for `anything`, which is whichever."""
    if value == ANYTHING:
        return ()
    items = list(enumerate(value)) if isinstance(value, list) and value else [(None, value)]
    for at, one in items:
        if not isinstance(one, str) or not looks.fullmatch(one) or one == ANYTHING:
            place = keys if at is None else (*keys, at)
            reading.reader.blame(f"'{one}' is not the {what}.", remedy, place)
    return tuple(one for _, one in items if isinstance(one, str))


HISTORY: dict[str, Callable[[Reading, Any, Path], Node | None]] = {
    "joined": _joined,
    "consent": _consent,
    **{kind.value: _did(kind) for kind in DeedKind},
    "applied": _acted((DeadlineMark.APPLIED,)),
    "stopped": _acted((DeadlineMark.STOPPED,)),
    "acted": _acted(_ACTED),
}
