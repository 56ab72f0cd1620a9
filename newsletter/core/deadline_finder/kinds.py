"""What a date is of, by the words around it: the nearest that tell, with a bias for words such as "deadline"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.core.deadline_finder.find import FindKind
from newsletter.core.deadline_finder.languages import either

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NEAR = 90  # signs before a date in which a preposition that belongs to it may stand
_FAR = 260  # signs around a date in which words tell what it is of
_SMALL = r"(?:the|on|at|of|in|to|a|date|le|la|les|au|aux|à|du|de|en|both)"
_DATE_OWN = rf"(?:[\s:,(–«\"'-]|{_SMALL}\b)*$"


def _before(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?P<cue>{either(name)})(?![\w-]){_DATE_OWN}", re.IGNORECASE)


def _anywhere(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w])(?:{either(name)})(?!\w)", re.IGNORECASE)


_DUE, _UNTIL, _BEFORE, _HISTORY = _before("due"), _before("until"), _before("before"), _before("history")
_EXTENDED = re.compile(rf"(?<!\w)(?:{either('extended')})(?!\w){_DATE_OWN}", re.IGNORECASE)
_DUE_AFTER = re.compile(rf"[\s,()–-]*(?:{either('due_after')})(?!\w)", re.IGNORECASE)
_PAST, _AHEAD = _anywhere("past"), _anywhere("ahead")
_CUES = re.compile(
    rf"(?<![\w-])(?:(?P<deadline>{either('deadline')})|(?P<event>{either('event')})|(?P<opening>{either('opening')})|(?P<application>{either('application')}))(?!\w)",
    re.IGNORECASE,
)
# What makes a number of figures that look like a date.
_NUMBERED = re.compile(
    r"(?<!\w)(?:n°|nº|no\.?|nr\.?|#|art(?:icle)?s?\.?|r[eé]f(?:erence)?\.?|dossier|file|case|pages?|pp?\.|section|version|v\.?|room|salle|lot"
    r"|ticket|invoice|facture|\((?:UE|EU|CE|EC)\)|score|ratio)\s*:?\s*$",
    re.IGNORECASE,
)
_STREET_BEFORE = re.compile(
    r"(?<!\w)(?:rue|place|avenue|boulevard|quai|square|métro|station)\s(?:du\s|de\s)?\s*$", re.IGNORECASE
)
_STREET_BEHIND = re.compile(r"\s(?:street|avenue|square|road|bridge|boulevard)(?!\w)", re.IGNORECASE)
_DIRECT = re.compile(rf"(?:[\s(«–-]|{_SMALL}\b|from\b|,)*", re.IGNORECASE)
_SAYS = re.compile(
    r"\s*(?:[:–—|-]|\(|is the\b|is our\b|,? ?c'est la\b|est la\b)\s*(?:\w+\s){0,2}", re.IGNORECASE
)
_BREAKS = re.compile(r"[;:.!?—]|,|\b(?:and|but|while|then|et|mais|puis|tandis)\b", re.IGNORECASE)
_STRONG, _WEAK, _BEHIND, _ATTACHED, _ACROSS = 60, 15, 12, 100, 60


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the words around a date say.

    Attributes:
        kind: what it is of.
        confidence: that it is, from 0 to 1.
        is_told: some word says what it is of; without one it is only a date.
        is_due: a preposition or a verb makes it a deadline.
        is_history: it is said of the past only, or is no date.
        is_past, is_ahead: the sentence tells of the past, or announces.
        is_open: "before" a day leaves open whether that day counts.
        is_extended: the second day of a range takes the place of the first.
    """

    kind: FindKind
    confidence: float
    is_told: bool = False
    is_due: bool = False
    is_history: bool = False
    is_past: bool = False
    is_ahead: bool = False
    is_open: bool = False
    is_extended: bool = False


def judge(
    words: str,
    place: tuple[int, int],
    others: Iterable[tuple[int, int]],
    labels: Sequence[str],
    *,
    ranged: bool,
) -> Judgement:
    """What the date at `place` of a sentence is of.

    Args:
        words: the sentence.
        others: the places of the dates beside it; words beyond them count less.
        labels: what the sentence stands under, the nearest first.
        ranged: it is a range of days.
    """
    start, end = place
    tail = words[max(0, start - _NEAR) : start]
    around = max(0, start - _FAR), end + _FAR
    cues = [cue for cue in _cues(words, place, tuple(others)) if not (ranged and cue[1] == "opening")]
    due = _DUE.search(tail) is not None or _DUE_AFTER.match(words, end) is not None
    extended = ranged and _EXTENDED.search(tail) is not None
    kind, confidence = _kind(
        cues, labels, due=due, until=_UNTIL.search(tail) is not None, ranged=ranged and not extended
    )
    if extended:
        kind, confidence = FindKind.DEADLINE, 0.85
    return Judgement(
        kind,
        confidence,
        is_told=confidence > _UNTOLD,
        is_due=due,
        is_history=any(pattern.search(tail) for pattern in (_HISTORY, _NUMBERED, _STREET_BEFORE))
        or _STREET_BEHIND.match(words, end) is not None,
        is_past=_PAST.search(words, *around) is not None,
        is_ahead=_AHEAD.search(words, *around) is not None,
        is_open=_BEFORE.search(tail) is not None,
        is_extended=extended,
    )


_UNTOLD = 0.4
_BY_NAME = {
    "deadline": FindKind.DEADLINE,
    "application": FindKind.DEADLINE,
    "event": FindKind.EVENT,
    "opening": FindKind.EVENT,
}


def _kind(
    cues: list[tuple[float, str]], labels: Sequence[str], *, due: bool, until: bool, ranged: bool
) -> tuple[FindKind, float]:
    nearest = cues[0][1] if cues else ""
    names = {name for _, name in cues}
    thing = next((name for _, name in cues if name != "opening"), "")  # "the exhibition is open until"
    if due and not ranged and not (until and thing == "event" and "application" not in names):
        return FindKind.DEADLINE, 0.95
    told = nearest or _labelled(labels)
    if not told:
        return (FindKind.PERIOD if ranged else FindKind.EVENT), _UNTOLD
    kind = FindKind.EVENT if due and not ranged else _BY_NAME[told]
    confidence = 0.9 if nearest else 0.75
    if ranged and kind is FindKind.DEADLINE:
        return FindKind.PERIOD, confidence
    return kind, confidence - (0.1 if told == "application" else 0)


def _cues(words: str, place: tuple[int, int], others: tuple[tuple[int, int], ...]) -> list[tuple[float, str]]:
    """The words that tell, the one that counts most first."""
    start, end = place
    found = []
    for cue in _CUES.finditer(words, max(0, start - _FAR), min(len(words), end + _FAR)):
        name = cue.lastgroup or ""
        if start < cue.end() and cue.start() < end:
            continue
        cost = (
            _cost_before(words, cue, start, name)
            if cue.end() <= start
            else _cost_behind(words, cue, end, name)
        )
        between = (cue.end(), start) if cue.end() <= start else (end, cue.start())
        cost += sum(_ACROSS for other, stop in others if between[0] <= other and stop <= between[1])
        found.append((cost, name))
    return sorted(found, key=lambda one: one[0])


def _cost_before(words: str, cue: re.Match[str], start: int, name: str) -> float:
    gap = words[cue.end() : start]
    cost = len(gap) + 15 * sum(1 for _ in _BREAKS.finditer(gap)) - _bias(name)
    # "The deadline for the workshop is 5 March" and "the workshop on 5 March": only the second is the day of the workshop.
    return cost - _ATTACHED if _DIRECT.fullmatch(gap) else cost


def _cost_behind(words: str, cue: re.Match[str], end: int, name: str) -> float:
    gap = words[end : cue.start()]
    if _SAYS.fullmatch(gap):
        return len(gap) - _bias(name)
    return _BEHIND + len(gap) + 25 * sum(1 for _ in _BREAKS.finditer(gap)) - _bias(name)


def _bias(name: str) -> int:
    return {"deadline": _STRONG, "application": -_WEAK}.get(name, 0)


def _labelled(labels: Sequence[str]) -> str:
    """What the words above a date say: a deadline if they name one, else what they name last."""
    for label in labels:
        names = [found.lastgroup or "" for found in _CUES.finditer(label[-_FAR:])]
        if names:
            return "deadline" if "deadline" in names else names[-1]
    return ""
