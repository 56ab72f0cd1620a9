"""Finds the dates of a text."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from newsletter.core.deadline_finder.find import Find
from newsletter.core.deadline_finder.kinds import judge
from newsletter.core.deadline_finder.phrases import read_phrases
from newsletter.core.deadline_finder.pieces import pieces
from newsletter.core.deadline_finder.readings import read_phrase
from newsletter.core.deadline_finder.tokens import is_hopeful, tokens
from newsletter.core.deadline_finder.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from newsletter.core.deadline_finder.pieces import Piece
    from newsletter.core.deadline_finder.readings import Reading


def find_deadlines(text: str, published: date, zone: str) -> list[Find]:
    """Every date in a text that lies ahead of its publication or looks like a slip, in the order of the text.

    Nothing is sent because of a find: it is what a person may confirm.

    Args:
        text: Markdown (front matter is left out) or plain text, with lines that end in a line feed.
        published: the day from which missing years are worked out.
        zone: IANA name of the zone that is meant when the text names none.

    Raises:
        ContentRefused: there is no such zone.
    """
    ends = list(accumulate(len(line) + 1 for line in text.split("\n")))
    found = []
    for piece in pieces(visible(text)):
        for start, end, reading in _readings(piece, published, zone):
            found.append(_find(text, ends, start, end, reading))
    return found


def _readings(piece: Piece, published: date, zone: str) -> Iterator[tuple[int, int, Reading]]:
    if not is_hopeful(piece.words):
        return
    read = tokens(piece.words)
    phrases = read_phrases(read)
    places = [(read[phrase.first].start, read[phrase.last].end) for phrase in phrases]
    for index, phrase in enumerate(phrases):
        place = places[index]
        others = places[max(0, index - 1) : index] + places[index + 1 : index + 2]
        judgement = judge(piece.words, place, others, piece.labels, ranged=phrase.end is not None)
        reading = read_phrase(phrase, judgement, published, zone)
        if reading is not None:
            yield piece.start + place[0], piece.start + place[1], reading


def _find(text: str, ends: list[int], start: int, end: int, reading: Reading) -> Find:
    line = bisect_right(ends, start)
    column = start - (ends[line - 1] if line else 0) + 1
    return Find(
        quote=text[start:end],
        start=start,
        end=end,
        line=line + 1,
        column=column,
        kind=reading.kind,
        local=reading.local,
        until=reading.until,
        zone=reading.zone,
        moment=reading.moment,
        utc=reading.utc,
        year_source=reading.year_source,
        time_source=reading.time_source,
        zone_source=reading.zone_source,
        confidence=reading.confidence,
        needs=reading.needs,
    )
