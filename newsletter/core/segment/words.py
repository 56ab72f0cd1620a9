"""The words of a segment in English: one phrase for each kind of condition, affirmed or denied.

Another language is a subclass that says the same in its own way (`words_french.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel.dates import format_date
from babel.lists import format_list

from newsletter.core.deadline import DeadlineMark
from newsletter.core.engagement import DeedKind
from newsletter.core.segment.tree import OF_LISTS, Operator, When
from newsletter.core.subscriber import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from newsletter.core.segment.tree import Period

# Codes are two letters, so `in` finds whole ones only.
_THE = "AE AX BQ BS CC CF CK DO FK FO GB GM HM IM IO KM KY MH MP MV NL PH PN PS SB TC TF UM US VG VI"

# Simple past, participle, infinitive, and what leads to the mail.
_DEEDS = {
    DeedKind.RECEIVED: ("received", "received", "receive", " "),
    DeedKind.OPENED: ("opened", "opened", "open", " "),
    DeedKind.CLICKED: ("clicked", "clicked", "click", " in "),
    DeedKind.REPLIED: ("replied", "replied", "reply", " to "),
}
# The same, and what is said of any deadline, affirmed and denied. LATER stands for several marks together.
_ACTS = {
    DeadlineMark.APPLIED: ("applied", "applied", "apply", "for ", ("for something", "for anything")),
    DeadlineMark.STOPPED: (
        "stopped", "stopped", "stop", "the reminders of ", ("the reminders of a deadline", "the reminders of any deadline"),
    ),
    DeadlineMark.LATER: (
        "answered", "answered", "answer", "the reminders of ", ("the reminders of a deadline", "the reminders of any deadline"),
    ),
}  # fmt: skip


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
        """A comparison with any operator but `is_not` and `exists`; of days relative to today, `values` is their number."""
        listed, every = self.any_listed(values), format_list(list(values), locale="en_GB")
        if operator in OF_LISTS:
            among = listed if operator is Operator.HAS else every
            together = "" if yes or operator is Operator.HAS else " together"
            return f"with{'' if yes else 'out'} {among}{together} among their {field}"
        one = values[0] == "1"
        days = "day" if one else f"{values[0]} days"
        told = {
            Operator.BETWEEN: (f"is between {every}", f"is not between {every}"),
            Operator.WITHIN_DAYS: (f"is within the last {days}", f"is not within the last {days}"),
            Operator.IN_NEXT_DAYS: (f"is within the next {days}", f"is not within the next {days}"),
            Operator.OLDER_THAN_DAYS: (
                f"is more than {'a ' if one else ''}{days} ago",
                f"is not more than {'a ' if one else ''}{days} ago",
            ),
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

    def when(self, period: Period) -> str:
        """A period behind a verb, with a space before it; "" for whenever."""
        hours = "24 hours" if period.days == 1 else f"{period.days} days"
        match period.when:
            case When.BEFORE | When.AFTER if period.first:
                return f" {period.when} {self.day(period.first)}"
            case When.BETWEEN if period.first and period.last:
                return f" between {self.day(period.first)} and {self.day(period.last)}"
            case When.WITHIN_DAYS:
                return f" in the last {hours}"
            case When.OLDER_THAN_DAYS:
                return f" more than {hours} ago"
            case _:
                return ""

    def joined(self, period: Period, *, yes: bool) -> str:
        return f"who {'joined' if yes else 'did not join'}{self.when(period)}"

    def stands(self, standings: Sequence[Standing], *, yes: bool) -> str:
        listed = self.any_listed([self.standing(standing) for standing in standings])
        return f"whose consent is {'' if yes else 'not '}{listed}"

    def standing(self, standing: Standing) -> str:
        """How a consent stands, in one word."""
        words = {Standing.PENDING: "pending", Standing.CONFIRMED: "confirmed", Standing.INFORMED: "unasked"}
        return words.get(standing, "withdrawn")

    def granted(self, period: Period, *, yes: bool) -> str:
        return f"whose last consent was {'' if yes else 'not '}given{self.when(period)}"

    def granted_by(self, sources: Sequence[str], *, yes: bool) -> str:
        listed = self.any_listed([self.quoted(source) for source in sources])
        return f"whose last consent {'came' if yes else 'did not come'} from {listed}"

    def domain(self, domains: Sequence[str], *, yes: bool) -> str:
        return f"with{'' if yes else 'out'} an address at {self.any_listed(domains)}"

    def did(
        self, kind: DeedKind, campaigns: Sequence[str], topics: Sequence[str], period: Period, *, yes: bool
    ) -> str:
        """Something that happens between a person and a mail; without campaigns and topics, any mail."""
        past, participle, base, link = _DEEDS[kind]
        listed = self.any_listed([self.quoted(campaign) for campaign in campaigns])
        about = f" about {self.any_listed(topics)}" if topics else ""
        if kind is DeedKind.CLICKED and topics:
            link, mail = " ", f"{'an' if yes else 'any'} article{about}{f' in {listed}' if campaigns else ''}"
        elif campaigns:
            mail = listed + (f" ({about.strip()})" if topics else "")
        else:
            mail = f"{'a' if yes else 'any'} mail{about}"
        return f"who {self._verb(past, participle, base, period, yes=yes)}{link}{mail}{self.when(period)}"

    def _verb(self, past: str, participle: str, base: str, period: Period, *, yes: bool) -> str:
        if yes:
            return past
        open_end = period.when in {When.EVER, When.WITHIN_DAYS}
        return f"have not {participle}" if open_end else f"did not {base}"

    def never(self) -> str:
        """Nothing of the kind has happened."""
        return "never"

    def acted(
        self, marks: Sequence[DeadlineMark], deadlines: Sequence[str], period: Period, *, yes: bool
    ) -> str:
        """Something that a person says about a deadline; without deadlines, about any."""
        listed = self.any_listed([self.quoted(deadline) for deadline in deadlines])
        past, participle, base, link, any_one = _ACTS[marks[0] if len(marks) == 1 else DeadlineMark.LATER]
        told = f"{link}{listed}" if deadlines else any_one[0 if yes else 1]
        verb = self._verb(past, participle, base, period, yes=yes)
        if yes and period.when is When.EVER:
            verb = f"have {participle}"
        return f"who {verb} {told}{self.when(period)}"

    def segment(self, title: str, *, yes: bool) -> str:
        return f"{'' if yes else 'not '}in the segment {self.quoted(title)}"
