"""Lengths of time as people write them in files: `90s`, `15m`, `6h`, `2d`."""

from __future__ import annotations

import re
from datetime import timedelta

from newsletter.core.refusal import ContentRefused, Problem

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(text: str) -> timedelta:
    """A whole number and a unit.

    Raises:
        ContentRefused: it is none, or so long that no calendar holds it.
    """
    match = re.fullmatch(r"([0-9]+)\s*([smhd])", text)
    what = f"'{text}' is no length of time."
    if match is None:
        raise ContentRefused(Problem(what, "Write a number and a unit: 90s, 15m, 6h or 2d."))
    try:
        return timedelta(seconds=int(match[1]) * _UNITS[match[2]])
    except (OverflowError, ValueError):
        raise ContentRefused(Problem(what, "Write a shorter time: 2d.")) from None
