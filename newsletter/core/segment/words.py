"""The words of a segment in English: one phrase for each kind of condition, affirmed or denied.

Another language is a subclass that says the same in its own way (`words_french.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel.dates import format_date
from babel.lists import format_list

from newsletter.core.segment.tree import Operator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

# Codes are two letters, so `in` finds whole ones only.
_THE = "AE AX BQ BS CC CF CK DO FK FO GB GM HM IM IO KM KY MH MP MV NL PH PN PS SB TC TF UM US VG VI"


class EnglishWords:
    """How a condition is said in English. `yes` is False where the condition is denied."""

    language = "en"
    people = "People"
    everybody = "Everybody"
    nobody = "Nobody"
    unknown = "unknown"
    no_topic = "no topic"
    yes = "yes"
    no = "no"
    all_of = "All of these:"
    any_of = "At least one of these:"
    none_of = "None of these:"
    quotes = ("“", "”")

    def quoted(self, text: str) -> str:
        """The text in quotation marks."""
        return text.join(self.quotes)

    def any_listed(self, items: Sequence[str]) -> str:
        """`Erasmus+, Events or Partnerships`."""
        return format_list(
            list(items), style="or", locale="en_GB" if self.language == "en" else self.language
        )

    def day(self, day: date) -> str:
        """`1 June 2021`."""
        return format_date(day, "long", "en_GB")

    def both(self, phrases: Sequence[str]) -> str:
        """Phrases of which each holds."""
        return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])}, and {phrases[-1]}"

    def either(self, phrases: Sequence[str], *, nested: bool) -> str:
        """Phrases of which one holds; `nested` when the answer is itself one phrase among others."""
        text = f"{', '.join(phrases[:-1])} or {phrases[-1]}"
        return f"either {text}" if nested else text

    def topic(self, topics: Sequence[str], *, yes: bool) -> str:
        return f"{'' if yes else 'not '}interested in {self.any_listed(topics)}"

    def reads(self, languages: Sequence[str], *, yes: bool) -> str:
        return f"who {'' if yes else 'do not '}read in {self.any_listed(languages)}"

    def country(self, countries: Sequence[tuple[str, str]], *, yes: bool) -> str:
        """Countries are pairs of code and name."""
        names = [f"the {name}" if code in _THE else name for code, name in countries]
        return f"{'' if yes else 'not '}in {self.any_listed(names)}"

    def attribute(self, field: str, operator: Operator, values: Sequence[str], *, yes: bool) -> str:
        """A comparison with `is`, `in`, `contains`, `at_least`, `at_most`, `before` or `after`."""
        listed = self.any_listed(values)
        told = {
            Operator.CONTAINS: (f"contains {listed}", f"does not contain {listed}"),
            Operator.AT_LEAST: (f"is {listed} or more", f"is below {listed}"),
            Operator.AT_MOST: (f"is {listed} or less", f"is above {listed}"),
            Operator.BEFORE: (f"is before {listed}", f"is not before {listed}"),
            Operator.AFTER: (f"is after {listed}", f"is not after {listed}"),
        }.get(operator, (f"is {listed}", f"is not {listed}"))
        return f"whose {field} {told[0] if yes else f'{told[1]} (or is unknown)'}"

    def known(self, field: str, *, yes: bool) -> str:
        """Whether a field has a value."""
        return f"for whom {self.quoted(field)} is {'known' if yes else 'unknown'}"

    def truth(self, field: str, *, value: bool, yes: bool) -> str:
        """A field that is true or false."""
        answer = self.yes if value else self.no
        return f"for whom {self.quoted(field)} is {answer if yes else f'not {answer} (or is unknown)'}"

    def joined_before(self, day: date, *, yes: bool) -> str:
        return f"who {'joined' if yes else 'did not join'} before {self.day(day)}"

    def joined_after(self, day: date, *, yes: bool) -> str:
        return f"who {'joined' if yes else 'did not join'} after {self.day(day)}"

    def joined_within(self, days: int, *, yes: bool) -> str:
        last = f"the last {days} days" if days > 1 else "the last 24 hours"
        return f"who {'joined' if yes else 'did not join'} in {last}"

    def received(self, campaign: str, *, yes: bool) -> str:
        return f"who {'received' if yes else 'have not received'} {self.quoted(campaign)}"

    def applied(self, deadline: str, *, yes: bool) -> str:
        return f"who have {'' if yes else 'not '}applied for {self.quoted(deadline)}"

    def segment(self, title: str, *, yes: bool) -> str:
        return f"{'' if yes else 'not '}in the segment {self.quoted(title)}"
