"""Measures the finder against sentences with what should be found in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from newsletter.core.deadline_finder.find import written
from newsletter.core.deadline_finder.finder import find_deadlines

FOLDER = Path(__file__).parents[1] / "core" / "deadline_sentences"
PUBLISHED, ZONE = date(2026, 9, 16), "Europe/Brussels"
_FIELDS = 5  # quote, local, zone, kind, needs


@dataclass(frozen=True)
class Sentence:
    text: str
    expected: list


def sentences(name):
    """The sentences of a file of the corpus."""
    data = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    rows = [
        Sentence(row[0], [row[i : i + _FIELDS] for i in range(1, len(row), _FIELDS)]) for row in data["found"]
    ]
    return rows + [Sentence(text, []) for text in data["nothing"]]


def found_in(sentence):
    """What the finder finds, in the form of the corpus."""
    finds = find_deadlines(sentence.text, PUBLISHED, ZONE)
    return [[find.quote, written(find.local), find.zone, find.kind.value, list(find.needs)] for find in finds]


def measure(rows):
    """Precision and recall of whole finds (quote, time, zone, kind and needs all right), and what is wrong."""
    right = found = expected = 0
    wrong = []
    for row in rows:
        got = found_in(row)
        wanted = [[*want[:4], sorted(want[4])] for want in row.expected]
        hits = sum([*one[:4], sorted(one[4])] in wanted for one in got)
        right, found, expected = right + hits, found + len(got), expected + len(wanted)
        if hits != len(wanted) or hits != len(got):
            wrong.append((row.text, row.expected, got))
    return right / found, right / expected, wrong


def measure_dates(rows):
    """The same of the day and time alone."""
    right = found = expected = 0
    for row in rows:
        got, wanted = [one[1] for one in found_in(row)], [want[1] for want in row.expected]
        right += sum(one in wanted for one in got)
        found, expected = found + len(got), expected + len(wanted)
    return right / found, right / expected
