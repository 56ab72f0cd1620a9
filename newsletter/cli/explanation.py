"""Showing why somebody is in a segment or not, condition by condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.cli.show import out

if TYPE_CHECKING:
    from newsletter.core.segment.explain import Explanation


def print_explanation(explanation: Explanation) -> None:
    """A line for each condition: yes or no, its words, and what the person has there."""
    for depth, part in explanation.lines():
        sign = "yes" if part.verdict else "no "
        value = f"  ({part.value})" if part.value else ""
        out.print(f"  {sign}  {'  ' * depth}{part.words}{value}", markup=False, highlight=False)
