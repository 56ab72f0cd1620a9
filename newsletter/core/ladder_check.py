"""What is wrong with the ladders that an article writes for its deadlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.refusal import Level, Problem
from newsletter.core.reminder import is_in_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import time

    from newsletter.core.article import ArticleText


def rungs_too_late(text: ArticleText, at: time) -> Iterator[Problem]:
    """Rungs that an article writes and whose moment lies at its deadline or after it.

    A ladder that comes from the office's default may have such rungs: it must suit every deadline, and they are left out.

    Args:
        at: the office's usual hour of reminders.
    """
    for place, entry in enumerate(text.deadlines, start=1):
        hour = entry.remind_at or at
        for days in entry.ladder or ():
            if not is_in_time(entry.at, entry.zone, days, hour):
                what = f"The rung {days} of '{entry.id}' would go at or after the deadline ({hour:%H:%M}, {entry.zone})."
                remedy = "Take it out of the ladder, or write an earlier remind_at."
                yield _problem(text, f"deadlines[{place}].ladder", what, remedy)


def words_without_rung(text: ArticleText, ladder: tuple[int, ...]) -> Iterator[Problem]:
    """Words or a segment for a day on which no reminder goes.

    Args:
        ladder: the office's default.
    """
    for place, entry in enumerate(text.deadlines, start=1):
        rungs = ladder if entry.ladder is None else entry.ladder
        for days in {*entry.text.reminders, *entry.audiences} - set(rungs):
            what = f"No reminder of '{entry.id}' goes {days} days before: its ladder is {list(rungs)}."
            remedy = f"Add {days} to ladder: of this deadline, or take the words out."
            yield _problem(text, f"deadlines[{place}].reminders.{days}", what, remedy, Level.WARNING)


def _problem(text: ArticleText, field: str, what: str, remedy: str, level: Level = Level.ERROR) -> Problem:
    line = text.lines.get(field, text.lines.get(field.rpartition(".")[0]))
    return Problem(what, remedy, text.path, line, field, level)
