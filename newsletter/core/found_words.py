"""Searching by words, as people type them: accents and capitals make no difference, and every word must be there."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_QUERY = 100  # characters
MOST_WORDS = 8


def query_words(query: str) -> tuple[str, ...]:
    """The words of a query, folded; signs part them, and what is beyond a sensible length is not looked at."""
    return tuple(dict.fromkeys(re.findall(r"\w+", folded(query[:LONGEST_QUERY]))))[:MOST_WORDS]


def has_words(words: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether each of these words begins a word in one of the texts."""
    found = [_folded_once(text) for text in texts]
    return all(any(f" {word}" in text for text in found) for word in words)


def folded(text: str) -> str:
    """Without accents, capitals and ligatures: whoever types `oeuvre` finds `Œuvre`."""
    parts = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae"))
    return "".join(sign for sign in parts if not unicodedata.combining(sign)).casefold()


@lru_cache(maxsize=1024)
def _folded_once(text: str) -> str:
    """A text as it is searched: its words, each with a space before it."""
    return " " + " ".join(re.findall(r"\w+", folded(text)))
