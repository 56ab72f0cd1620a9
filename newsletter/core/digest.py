"""Digests."""

from __future__ import annotations

from enum import StrEnum


class DigestOutcome(StrEnum):
    """What became of one issue of a digest."""

    PREPARED = "prepared"
    SKIPPED = "skipped"
    MISSED = "missed"
