"""Lengths of time as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.core.duration import parse_duration
from newsletter.core.refusal import ContentRefused


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("6 h", timedelta(hours=6)),
        ("2d", timedelta(days=2)),
        ("0s", timedelta(0)),
    ],
)
def test_a_number_and_a_unit(text, meant):
    assert parse_duration(text) == meant


@pytest.mark.parametrize("text", ["", "6", "h", "-6h", "6h30m", "1.5h", "6 weeks", "٦h", "99999999999d"])
def test_anything_else_is_refused_with_a_way_out(text):
    with pytest.raises(ContentRefused) as caught:
        parse_duration(text)
    assert caught.value.problems[0].remedy.startswith("Write a ")
