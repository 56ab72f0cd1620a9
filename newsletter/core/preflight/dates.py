"""The dates in a mail: none that does not exist, none whose weekday is another one, no deadline that has passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.deadline_finder.find import FindKind
from newsletter.core.deadline_finder.finder import find_deadlines
from newsletter.core.refusal import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.core.preflight.mail import CheckedMail


def dates_are_right(mail: CheckedMail) -> Iterator[Problem]:
    """In what is read: the text part, which has the lines of sentences, or else the words of the page."""
    words = mail.text if mail.text is not None and mail.text.strip() else mail.page.words
    for find in find_deadlines(words, mail.today, "UTC"):
        quote = " ".join(find.quote.split())
        for need in find.needs:
            if need.endswith("does not exist"):
                what = f"'{quote}': {need}."
                yield mail.told("date-impossible", Level.ERROR, what, "Write the right day.")
            elif need == "weekday does not match":
                what = f"'{quote}' is another day of the week."
                remedy = "Look at a calendar, and correct the day or the date."
                yield mail.told(
                    "date-weekday",
                    Level.ERROR,
                    what,
                    remedy,
                    "Readers cannot know which of the two is meant.",
                )
            elif need == "it has passed" and find.kind is FindKind.DEADLINE:
                what = f"'{quote}' has passed."
                remedy = "Write the new date, or take it out."
                yield mail.told(
                    "deadline-past", Level.WARNING, what, remedy, "Nobody can act on it any more."
                )


DATE_RULES = (dates_are_right,)
