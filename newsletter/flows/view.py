"""What readers are shown outside their mailbox: a mail as it was sent, a deadline as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.core.deadline import DeadlineMark, DeadlineState
from newsletter.core.token import Purpose, read_token
from newsletter.core.wallclock import to_local
from newsletter.flows.fill import Filler
from newsletter.store import people as people_rows
from newsletter.store.campaigns import get_campaign
from newsletter.store.deadlines import find_deadline
from newsletter.store.ledger import ClaimedRow
from newsletter.store.occurrences import last_beats

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.article import ArticleText
    from newsletter.core.deadline import Deadline
    from newsletter.core.render import FilledMail
    from newsletter.flows.office import Office


@dataclass(frozen=True, slots=True)
class DeadlineView:
    """A deadline as a page shows it.

    Attributes:
        label: what closes, "" where no article says it any more.
        today: the day now, by the clock of the deadline's zone.
        has_passed: whether its instant is behind us.
        noted: when the reader said they have applied, or asked for silence; instant, UTC.
        has_applied: which of the two it was.
    """

    deadline: Deadline
    label: str
    today: datetime
    has_passed: bool
    noted: datetime | None = None
    has_applied: bool = False

    @property
    def days_left(self) -> int:
        """Whole days by the calendar of the deadline's zone; 0 on its own day."""
        return (self.deadline.at.date() - self.today.date()).days

    @property
    def is_cancelled(self) -> bool:
        """Whether it was called off."""
        return self.deadline.state is DeadlineState.CANCELLED


def see_deadline(office: Office, key: str, person: int, language: str, now: datetime) -> DeadlineView | None:
    """A deadline with what this person said about it; None if nobody knows it."""
    with office.database.read() as connection:
        deadline = find_deadline(connection, key)
        marks = people_rows.deadline_marks_of(connection, key, person)
    if deadline is None:
        return None
    article = _article_text(office, deadline.article, language)
    labels = (
        [entry.text.label for entry in article.deadlines if _key(article, entry.id) == key] if article else []
    )
    return DeadlineView(
        deadline,
        label=labels[0] if labels else "",
        today=to_local(now, deadline.zone),
        has_passed=now >= deadline.instant,
        noted=max(marks.values(), default=None),
        has_applied=DeadlineMark.APPLIED in marks,
    )


def remind_again(office: Office, key: str, text: str, purpose: Purpose) -> bool:
    """Take back "I have applied" or "stop reminding me"; True if the token is genuine."""
    token = read_token(office.keys, text, purpose, key)
    if token is None:
        return False
    with office.database.write() as connection:
        people_rows.clear_deadline_marks(connection, key, token.subscriber)
    return True


def mail_in_browser(office: Office, text: str, language: str) -> FilledMail | None:
    """The mail that this token came with, for its reader; None if it is not genuine or the person is not known any more.

    Args:
        office: where.
        text: a token for viewing.
        language: of another edition; the reader's own, or the first there is, when this one does not exist.
    """
    token = read_token(office.keys, text, Purpose.VIEW)
    if token is None:
        return None
    with office.database.read() as connection:
        campaign = get_campaign(connection, token.campaign)
        person = people_rows.person_row(connection, token.subscriber)
    if campaign is None or person is None:
        return None
    filler = Filler.load(office, campaign)
    wanted = (language, person["language"], *office.settings.languages)
    edition = next((each for each in wanted if each in filler.editions), None)
    if edition is None:
        return None
    its = person["address"], person["given_name"], person["granted_at"]
    return filler.copy(ClaimedRow(0, token.subscriber, edition, 0, *its))


def last_beat(office: Office) -> datetime | None:
    """When a scheduler was last alive (UTC), None if none ever ran here. Raises what the database raises."""
    with office.database.read() as connection:
        return max(last_beats(connection).values(), default=None)


def _article_text(office: Office, slug: str, language: str) -> ArticleText | None:
    """An article's words, from whichever of its files can be read: a slip in a file must not close a reader's page."""
    articles, _ = office.library.articles()
    return articles[slug].text_for(language, office.settings.languages[0]) if slug in articles else None


def _key(article: ArticleText, name: str) -> str:
    return f"{article.slug}/{name}"
