"""From the content of a mail to its parts: which box, which form, which words for every date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.deadline import RungText
from newsletter.core.flags import count_flag, deadline_flag
from newsletter.core.mail_content import default_title, is_last
from newsletter.core.mail_parts import (
    ArticleView,
    Box,
    ClosingRow,
    CountTitle,
    DateRow,
    DueView,
    MailView,
    Picture,
    Rung,
)
from newsletter.core.moments import Moments
from newsletter.core.wallclock import to_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from newsletter.core.article import ArticleText, DeadlineEntry
    from newsletter.core.brand import Brand
    from newsletter.core.deadline import Deadline
    from newsletter.core.mail_content import DueRung, MailContent
    from newsletter.core.wording import Catalogue

_EARLY = 14  # days before: from here on a reminder is about what and why
_FULL_BOXES = 3
_LONGEST_MONTH = 7  # letters that fit beside the figure
_LONGEST_STUB_WORD = 16  # characters of the label that the narrow cell of a box can show on one line


def view_of(content: MailContent, brand: Brand, catalogue: Catalogue) -> MailView:
    """Everything that the templates of this mail can ask for.

    Raises:
        ContentRefused: a time zone does not exist.
    """
    viewer = _Viewer(content, brand, catalogue, Moments(catalogue))
    articles = tuple(viewer.article(article) for article in content.articles)
    brief = _brief(articles)
    rung = content.rung_text
    return MailView(
        title=viewer.title(),
        month=viewer.moments.month(content.sent_on),
        date=viewer.moments.long(content.sent_on),
        direction=viewer.moments.locale.text_direction,
        dates=tuple(sorted(viewer.dates(), key=lambda row: row.instant)),
        articles=articles[: len(articles) - len(brief)],
        brief=brief,
        box=viewer.subject_box(),
        former=viewer.former(),
        opening=content.opening or rung.opening or viewer.default_opening(),
        notes_title=rung.notes_title,
        notes=rung.notes,
        about=viewer.article(content.about[0]) if content.about else None,
        ladder=viewer.ladder(),
        plan_line=viewer.plan_line(),
        language=viewer.language(),
        next_box=viewer.next_box(),
        may_wait=may_wait(content.rung),
        due=viewer.due(),
        due_titles=viewer.due_titles(),
        closing=tuple(viewer.closing()),
    )


def may_wait(rung: int | None) -> bool:
    """Whether there is a day between this reminder and the last one on which a reader may want to be reminded."""
    return rung is not None and rung > 1


def _brief(articles: tuple[ArticleView, ...]) -> tuple[ArticleView, ...]:
    """The text-only articles at the end, when there are at least two: they share one heading."""
    count = 0
    for article in reversed(articles[1:]):
        if article.form != "brief":
            break
        count += 1
    return articles[-count:] if count > 1 else ()


@dataclass(frozen=True, slots=True)
class _Viewer:
    content: MailContent
    brand: Brand
    catalogue: Catalogue
    moments: Moments

    def title(self) -> str:
        if self.content.deadline is not None:
            return default_title(self.content, self.catalogue)
        if self.content.rungs or not self.content.articles:
            return self.content.subject
        return self.content.articles[0].title

    def article(self, article: ArticleText) -> ArticleView:
        entries = [entry for entry in article.deadlines if self.content.is_open(article, entry)]
        boxes = [self._entry_box(article, entry) for entry in entries]
        form = _form(article, has_box=bool(boxes))
        # On a card that is its box, the box bears the article's title and says what it is about.
        titled = [replace(box, title=article.title, summary=article.summary) for box in boxes[:1]]
        boxes += [self._event_box(article)] if article.event else []
        image = article.image
        return ArticleView(
            slug=article.slug,
            form=form,
            title=article.title,
            kicker=article.kicker,
            summary=article.summary,
            body=article.body,
            picture=Picture(self.brand.image_url(image.src, article.slug), image.alt, image.credit)
            if image
            else None,
            credits=article.credits,
            contacts=article.contacts,
            facts=article.facts,
            boxes=tuple(boxes),
            card_boxes=(*titled, *boxes[1:]),
            link=article.link,
            page=self._page(article),
        )

    def _page(self, article: ArticleText) -> str:
        page = self.brand.article_url(article.slug, article.language)
        return page or (article.link.url if article.link else "")

    def dates(self) -> Iterator[DateRow]:
        gettext = self.catalogue.gettext
        for article in self.content.articles:
            for entry in article.deadlines:
                if self.content.is_open(article, entry):
                    at, zone = self.content.stands(article, entry)
                    when = gettext("Closes {when}", when=self.moments.row(at, None, zone))
                    yield DateRow(to_instant(at, zone), "amber", self.moments.day(at), entry.text.label, when)
            event = article.event
            if event and event.at.date() >= self.content.sent_on:
                when = self.moments.row(event.at, event.until, event.zone)
                day = self.moments.day(event.at)
                yield DateRow(
                    to_instant(event.at, event.zone),
                    "accent",
                    day,
                    article.title,
                    when[:1].upper() + when[1:],
                )

    def subject_box(self) -> Box | None:
        """The box of a reminder or a correction: the rung's own steps, else the article's."""
        about = self.content.about
        if about is None:
            return None
        gettext, rung = self.catalogue.gettext, self.content.rung_text
        if self.content.is_cancelled:
            return self._cancelled_box(*about)
        moved = self.content.rung is None
        return replace(
            self._entry_box(*about),
            label=gettext("New deadline") if moved else gettext("Deadline"),
            solid=self.content.is_last_rung,
            former=self.former() if moved else "",
            steps_title=rung.steps_title or self._steps_title(self.content.deadline, self.content.rung),
            steps=rung.steps or about[1].text.steps,
            calendar=gettext("Update calendar") if moved else gettext("Add to calendar"),
            promise="",
        )

    def language(self) -> str:
        name = self.moments.locale.get_language_name() or self.content.language
        return name[:1].upper() + name[1:]

    def next_box(self) -> Box | None:
        found = [
            (to_instant(*self.content.stands(article, entry)), article, entry)
            for article in self.content.articles
            for entry in article.deadlines
            if self.content.is_open(article, entry)
        ]
        if not found:
            return None
        _, article, entry = min(found, key=lambda one: one[0])
        label = self.catalogue.gettext("Next deadline")
        return replace(self._entry_box(article, entry), label=label, steps=(), promise="")

    def _cancelled_box(self, article: ArticleText, entry: DeadlineEntry) -> Box:
        gettext = self.catalogue.gettext
        return replace(
            self._entry_box(article, entry),
            tone="accent",
            label=gettext("Was to close"),
            left=(gettext("Called off"), ""),
            summary=gettext("There is nothing to send, and no reminder of this deadline comes any more."),
            steps=(),
            action="",
            calendar=gettext("Take it out of your calendar"),
            promise="",
        )

    def due(self) -> tuple[DueView, ...]:
        """The boxes of a mail that merges reminders; those after the third are short, so that the mail stays one."""
        views = []
        for place, due in enumerate(self.content.rungs):
            about = self.content.entry_of(due.deadline.key)
            if about is not None:
                box = self._due_box(due, *about)
                box = box if place < _FULL_BOXES else replace(box, summary="", steps=())
                views.append(DueView(box.key, deadline_flag(box.key), box, may_wait(due.rung)))
        return tuple(views)

    def due_titles(self) -> tuple[CountTitle, ...]:
        """The heading of such a mail, by how many deadlines a reader's copy tells."""
        titles = []
        for count in range(1, len(self.content.rungs) + 1):
            title = self.catalogue.ngettext(
                "{count} deadline is near", "{count} deadlines are near", count, count=count
            )
            titles.append(CountTitle(count_flag(count), title))
        return tuple(titles)

    def _due_box(self, due: DueRung, article: ArticleText, entry: DeadlineEntry) -> Box:
        rung = entry.text.reminders.get(due.rung, RungText())
        # Days are counted on the wall of the deadline, which may show another date than the sender's.
        counted = due.deadline.at.date() - timedelta(days=due.rung)
        return replace(
            self._entry_box(article, entry),
            solid=is_last(due.deadline, due.rung),
            left=(self.moments.days_left(due.rung), self.moments.counted(counted)),
            summary=rung.opening or (article.summary if due.rung >= _EARLY else ""),
            steps_title=rung.steps_title or self._steps_title(due.deadline, due.rung),
            steps=rung.steps or entry.text.steps,
            promise="",
        )

    def closing(self) -> Iterator[ClosingRow]:
        """What closes soon besides what the issue tells in its boxes."""
        for article, entry in self.content.closing_soon:
            at, zone = self.content.stands(article, entry)
            known = self.content.deadlines.get(f"{article.slug}/{entry.id}")
            yield ClosingRow(
                day=str(at.day),
                month=self.moments.month_alone(at, _LONGEST_MONTH),
                date=self.moments.day(at),
                title=entry.text.label,
                url=known.url if known else entry.url,
                when=self.moments.row(at, None, zone),
                left=self.moments.days_left((at.date() - self.content.sent_on).days),
            )

    def former(self) -> str:
        deadline = self.content.deadline
        if deadline is None or deadline.former_at is None:
            return ""
        return self.moments.when(deadline.former_at, deadline.zone)

    def default_opening(self) -> str:
        """What a reminder or a correction says when nobody wrote an opening for it."""
        deadline = self.content.deadline
        if deadline is None:
            return ""
        gettext = self.catalogue.gettext
        if self.content.rung is not None:
            about = self.content.about
            return self._rung_opening(deadline, self.content.rung, about[0] if about else None)
        if self.content.is_cancelled:
            day = self.moments.day(deadline.at)
            return gettext("We told you of a deadline on {date}. The call has been cancelled.", date=day)
        if deadline.former_at is None:
            return gettext("The date of this deadline has changed. The new one is in the box.")
        dates = {"former": self.moments.day(deadline.former_at), "date": self.moments.day(deadline.at)}
        return gettext("We told you {former}. The date has moved to {date}.", **dates)

    def _rung_opening(self, deadline: Deadline, rung: int, article: ArticleText | None) -> str:
        """General words: early on what it is and why, later what is still to be done, at last that it is the last."""
        gettext = self.catalogue.gettext
        if is_last(deadline, rung):
            return gettext("This is our last note about this deadline. The date and the hour are in the box.")
        if rung < _EARLY:
            return gettext(
                "This is the time to see what is still missing. The date and the hour are in the box."
            )
        words = gettext("There is time to prepare it well. The date and the hour are in the box.")
        return f"{article.summary} {words}" if article else words

    def _steps_title(self, deadline: Deadline | None, rung: int | None) -> str:
        gettext = self.catalogue.gettext
        if deadline is None or rung is None:
            return gettext("What to do")
        if rung >= _EARLY:
            return gettext("What to do first")
        return gettext("What to do today") if rung <= 1 else gettext("What is still needed")

    def plan_line(self) -> str:
        """When the reminders will come now, after the deadline has moved."""
        days = [self.moments.day(at) for _, at in self.content.ladder_planned]
        if not days:
            return self.catalogue.gettext("No reminder comes before the new date: please note it now.")
        return self.catalogue.ngettext(
            "Your reminder follows the new date: {dates}.",
            "Your reminders follow the new date: {dates}.",
            len(days),
            dates=self.moments.listed(days),
        )

    def ladder(self) -> tuple[Rung, ...]:
        deadline, current = self.content.deadline, self.content.rung
        if deadline is None or current is None:
            return ()
        planned = self.content.ladder_planned or ((current, self.content.sent_on),)
        cells = [self._rung(days, at, current) for days, at in planned]
        return (
            *cells,
            Rung(self.catalogue.gettext("Closes"), self.moments.short(deadline.at), reached=False, now=False),
        )

    def _rung(self, days: int, at: date, current: int) -> Rung:
        label = self.catalogue.ngettext("{days} day", "{days} days", days, days=days)
        return Rung(label, self.moments.short(at), reached=days >= current, now=days == current)

    def _entry_box(self, article: ArticleText, entry: DeadlineEntry) -> Box:
        gettext = self.catalogue.gettext
        at, zone = self.content.stands(article, entry)
        key = f"{article.slug}/{entry.id}"
        deadline = self.content.deadlines.get(key)
        days = (at.date() - self.content.sent_on).days
        return replace(
            self._box(key, at, None, zone),
            tone="amber",
            label=gettext("Deadline"),
            left=(self.moments.days_left(days), self.moments.counted(self.content.sent_on)),
            title=entry.text.label,
            steps_title=gettext("What to do"),
            steps=entry.text.steps,
            action=entry.text.action or gettext("Open the call"),
            url=deadline.url if deadline else entry.url,
            promise=self._promise(rung for rung in (deadline.ladder if deadline else ()) if rung < days),
        )

    def _promise(self, rungs: Iterable[int]) -> str:
        ladder = sorted(set(rungs), reverse=True)
        if not ladder:
            return ""
        days = self.moments.listed(map(str, ladder))
        return self.catalogue.ngettext(
            "We remind you {days} day before.", "We remind you {days} days before.", ladder[0], days=days
        )

    def _event_box(self, article: ArticleText) -> Box:
        event, gettext = article.event, self.catalogue.gettext
        assert event is not None
        days = (event.at.date() - self.content.sent_on).days
        is_short = 0 < len(event.place) <= _LONGEST_STUB_WORD
        to_go = self.catalogue.ngettext("In {days} day", "In {days} days", days, days=days)
        return replace(
            self._box(f"{article.slug}/event", event.at, event.until, event.zone),
            label=event.place if is_short else gettext("Event"),
            left=(to_go, self.moments.counted(self.content.sent_on)) if days > 0 else (gettext("Today"), ""),
            title="" if is_short else event.place,
            summary=article.summary,
            steps_title=gettext("Good to know") if article.facts else "",
            steps=tuple(
                gettext("{label}: {value}", label=fact.label, value=fact.value) for fact in article.facts
            ),
            numbered=False,
            action=(event.action or gettext("Take part")) if event.url else "",
            url=event.url,
        )

    def _box(self, key: str, at: datetime, until: datetime | None, zone: str) -> Box:
        return Box(
            key=key,
            tone="accent",
            label="",
            day=str(at.day),
            month=self.moments.month(at),
            weekday=self.moments.weekday(at),
            hour=self.moments.hours(at, until),
            zone=self.moments.zone(zone),
            elsewhere=self.moments.elsewhere(at, zone, self.content.other_zones),
            line=self.moments.line(at, until, zone),
            left=("", ""),
            title="",
            calendar=self.catalogue.gettext("Add to calendar"),
        )


def _form(article: ArticleText, *, has_box: bool) -> str:
    if has_box and not article.facts:
        return "box"
    if article.event:
        return "event"
    return "card" if article.image or article.facts or has_box else "brief"
