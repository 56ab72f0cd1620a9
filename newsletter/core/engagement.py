"""What a person did with a mail: the words for it."""

from __future__ import annotations

from enum import StrEnum

LONGEST_LINK = 500
"""So many characters of a link are kept: PostgreSQL's indexes take 2,704 bytes, and nobody needs more to know it by."""


class EngagementKind(StrEnum):
    """What a person did. Kept by person only where that person allows it; nobody is judged by `opened` (see retention)."""

    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
