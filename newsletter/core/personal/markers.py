"""Marker words that stand for a person's values while a template is rendered and compiled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping


class MarkKind(StrEnum):
    """What a marker word stands for; the letter is part of the word."""

    SLOT = "v"
    WHEN = "w"
    UNLESS = "u"
    END = "e"


@dataclass(frozen=True, slots=True)
class Mark:
    """One issued marker: its kind and the name of the value or flag (empty for an end)."""

    kind: MarkKind
    name: str = ""


class Markers:
    """Marker words for one document: one for each call, so that none can get lost unseen.

    Give each document that is cut (the HTML, the text part, the subject) its own, or a slot that stands in only one
    of them counts as lost in the others.

    Args:
        nonce: 10 lower-case hexadecimal digits that no author can guess.
    """

    def __init__(self, nonce: str) -> None:
        if not re.fullmatch(r"[0-9a-f]{10}", nonce):
            raise ValueError("A nonce is 10 lower-case hexadecimal digits.")
        self.prefix = f"zq{nonce}"
        self._issued: dict[str, Mark] = {}

    @property
    def issued(self) -> Mapping[str, Mark]:
        """Every marker word given out so far, with what it stands for."""
        return self._issued

    def slot(self, name: str) -> Markup:
        """The word to print where the value `name` goes, in text or in a quoted attribute."""
        return self._issue(MarkKind.SLOT, name)

    def when(self, name: str) -> Markup:
        """The word that opens a block for recipients with the flag `name`; it stands between tags or in text."""
        return self._issue(MarkKind.WHEN, name)

    def unless(self, name: str) -> Markup:
        """The word that opens a block for recipients without the flag `name`."""
        return self._issue(MarkKind.UNLESS, name)

    def end(self) -> Markup:
        """The word that closes the innermost open block."""
        return self._issue(MarkKind.END, "")

    def _issue(self, kind: MarkKind, name: str) -> Markup:
        word = f"{self.prefix}{kind.value}{len(self._issued):04d}z"
        self._issued[word] = Mark(kind, name)
        return Markup(word)  # noqa: S704 - made of [0-9a-z] alone
