"""What one edition of a mail says, before it has a shape: the input of the renderer, and its default words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind
from newsletter.core.deadline import DeadlineState, RungText
from newsletter.core.flags import count_flag, first_flag
from newsletter.core.moments import NBSP, Moments
from newsletter.core.sign_up import CONFIRM_DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from newsletter.core.article import ArticleText, DeadlineEntry
    from newsletter.core.deadline import Deadline
    from newsletter.core.personal import Markers
    from newsletter.core.wording import Catalogue

_WEEK = 7
_MONTH = (28, 31)


@dataclass(frozen=True, slots=True)
class DueRung:
    """One of the reminders in a mail that merges them: where the deadline stands, and how many days before this is."""

    deadline: Deadline
    rung: int


@dataclass(frozen=True, slots=True)
class MailContent:
    """One campaign in one language.

    Attributes:
        template: "issue", "announcement", "reminder", "correction", "confirmation", "plain" or an own one.
        campaign: its name.
        languages: the editions that exist; readers are offered the others.
        sent_on: local date of the planned send; days left are counted from it.
        number: of an issue, None when it has none.
        opening: Markdown, before the articles.
        closing: Markdown, after them.
        signature: one line.
        articles: in reading order; the first is the lead, or what a reminder is about.
        deadlines: where each deadline stands now, by key; it overrides the date in the article's text.
        other_zones: cities in which times are told too; the first two that differ from the deadline's own are shown.
        deadline: what a reminder or a correction is about.
        rung: days before, for a reminder.
        ladder_planned: (days before, wall-clock time in the deadline's zone) of each reminder, earliest first.
        rungs: the reminders that a mail merges, most urgent first; which of them a reader sees is decided for each.
        closing_soon: articles with a deadline that an issue lists besides its own, soonest first.
        valid_days: for how many days a confirmation link works.
        counts_clicks: whether it is counted how often its links are pressed; the footer says so.
    """

    kind: CampaignKind
    template: str
    campaign: str
    language: str
    languages: tuple[str, ...]
    subject: str
    preheader: str
    sent_on: date
    number: int | None = None
    opening: str = ""
    closing: str = ""
    signature: str = ""
    articles: tuple[ArticleText, ...] = ()
    deadlines: Mapping[str, Deadline] = field(default_factory=dict)
    other_zones: tuple[str, ...] = ("Europe/Lisbon", "Europe/Brussels", "Europe/Athens")
    deadline: Deadline | None = None
    rung: int | None = None
    ladder_planned: tuple[tuple[int, datetime], ...] = ()
    rungs: tuple[DueRung, ...] = ()
    closing_soon: tuple[tuple[ArticleText, DeadlineEntry], ...] = ()
    valid_days: int = CONFIRM_DAYS
    counts_clicks: bool = False

    @property
    def other_languages(self) -> tuple[str, ...]:
        """The languages of the other editions."""
        return tuple(language for language in self.languages if language != self.language)

    @property
    def deadline_key(self) -> str:
        """Key of the deadline that this mail is about, "" when it is about none."""
        return self.deadline.key if self.deadline else ""

    @property
    def about(self) -> tuple[ArticleText, DeadlineEntry] | None:
        """The article and its entry of the deadline that this mail is about; None when the article is not here."""
        return self.entry_of(self.deadline_key)

    def entry_of(self, key: str) -> tuple[ArticleText, DeadlineEntry] | None:
        """The article and its entry of a deadline; None when the article is not here."""
        for article in self.articles:
            for entry in article.deadlines:
                if f"{article.slug}/{entry.id}" == key:
                    return article, entry
        return None

    @property
    def is_cancelled(self) -> bool:
        """Whether this mail says that what it is about has been called off."""
        return self.deadline is not None and self.deadline.state is DeadlineState.CANCELLED

    @property
    def rung_text(self) -> RungText:
        """The words that the article gives to this rung; empty where it has none."""
        about = self.about
        if about is None or self.rung is None:
            return RungText()
        return about[1].text.reminders.get(self.rung, RungText())

    @property
    def label(self) -> str:
        """What closes, as the article calls it; the deadline's key where the article is not here."""
        about = self.about
        return about[1].text.label if about else self.deadline_key

    @property
    def is_last_rung(self) -> bool:
        """Whether no reminder follows this one."""
        return self.deadline is not None and self.rung is not None and is_last(self.deadline, self.rung)

    def stands(self, article: ArticleText, entry: DeadlineEntry) -> tuple[datetime, str]:
        """Wall-clock time and zone at which a deadline stands now."""
        deadline = self.deadlines.get(f"{article.slug}/{entry.id}")
        return (deadline.at, deadline.zone) if deadline else (entry.at, entry.zone)

    def is_open(self, article: ArticleText, entry: DeadlineEntry) -> bool:
        """Whether there is still something to be told: not cancelled, and not before the day of sending."""
        deadline = self.deadlines.get(f"{article.slug}/{entry.id}")
        cancelled = deadline is not None and deadline.state is DeadlineState.CANCELLED
        return not cancelled and self.stands(article, entry)[0].date() >= self.sent_on


def is_last(deadline: Deadline, rung: int) -> bool:
    """Whether no reminder of this deadline follows the one so many days before."""
    return rung <= min(deadline.ladder, default=rung)


def default_title(content: MailContent, catalogue: Catalogue) -> str:
    """The heading of a reminder or a correction: the rung's own, else general words by the number of days."""
    if content.is_cancelled:
        return catalogue.gettext("Called off: {label}", label=content.label)
    if content.kind is CampaignKind.CORRECTION:
        return catalogue.gettext("The date has changed: {label}", label=content.label)
    return content.rung_text.title or time_left(content.rung or 0, content.label, catalogue)


def default_subject(content: MailContent, catalogue: Catalogue) -> str:
    """The subject of a reminder or a correction when nobody has written one; of other mail, its own subject."""
    if content.rungs:
        return catalogue.gettext("Deadlines that are near")
    if content.kind is CampaignKind.REMINDER or content.is_cancelled:
        return default_title(content, catalogue)
    if content.kind is CampaignKind.CORRECTION and content.deadline:
        date = Moments(catalogue).day(content.deadline.at).replace(NBSP, " ")
        return catalogue.gettext("Correction: {label} closes on {date}", label=content.label, date=date)
    return content.subject


def merged_subject(content: MailContent, catalogue: Catalogue, markers: Markers) -> str:
    """The subject of a mail that merges reminders, with marks: for each reader their most urgent one, and how many more.

    `One week left: Erasmus+ accreditation 2021, and 1 more date`.
    """
    words = []
    for due in content.rungs:
        about = content.entry_of(due.deadline.key)
        label = about[1].text.label if about else due.deadline.key
        text = time_left(due.rung, label, catalogue)
        words += [markers.when(first_flag(due.deadline.key)), text, markers.end()]
    for count in range(2, len(content.rungs) + 1):
        more = catalogue.ngettext(
            ", and {count} more date", ", and {count} more dates", count - 1, count=count - 1
        )
        words += [markers.when(count_flag(count)), more, markers.end()]
    return "".join(map(str, words))


def default_preheader(content: MailContent, catalogue: Catalogue) -> str:
    """The line that the inbox shows after the subject: the date itself, so that it is read without opening."""
    if content.rungs:
        return catalogue.gettext("Each date with what to do, and the way to stop its reminders.")
    if content.deadline is None:
        return content.preheader
    moments, at, zone = Moments(catalogue), content.deadline.at, content.deadline.zone
    if content.is_cancelled:
        return catalogue.gettext(
            "The deadline of {date} is no more. There is nothing to send.", date=moments.day(at)
        )
    if content.kind is CampaignKind.CORRECTION:
        return catalogue.gettext(
            "New date: {date}. Your reminders follow it.", date=moments.full(at, None, zone)
        )
    line = moments.line(at, None, zone)
    return catalogue.gettext("{date}. What to do, and the way to stop these reminders.", date=line)


def time_left(days: int, label: str, catalogue: Catalogue) -> str:
    """`One week left: Erasmus+ accreditation 2021`."""
    if days <= 0:
        return catalogue.gettext("Today: {label}", label=label)
    if days == 1:
        return catalogue.gettext("One day left: {label}", label=label)
    if days == _WEEK:
        return catalogue.gettext("One week left: {label}", label=label)
    if _MONTH[0] <= days <= _MONTH[1]:
        return catalogue.gettext("One month left: {label}", label=label)
    return catalogue.ngettext(
        "{days} day left: {label}", "{days} days left: {label}", days, days=days, label=label
    )
