"""The forecast: what will go to how many and when, read from the same plan that the scheduler works by."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import Campaign, CampaignKind
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.segment.tree import AllOf, AnyOf, InSegment, NoneOf, asks_the_clock
from newsletter.core.wallclock import to_local
from newsletter.flows.merge import by_day, day_forecast, is_reminder, merged_campaign
from newsletter.flows.planned import fresh_mails, planned_mails
from newsletter.flows.sending_hours import wave_moments, window_of
from newsletter.flows.workspace import People, read_people
from newsletter.store.audience import (
    Audience,
    forecast_audience,
    forecast_merged,
    forecast_reminder,
    forecast_zones,
    marked_deadlines,
    pause_ends,
)
from newsletter.store.reminders import sharing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from newsletter.core.due_mail import DueMail, SharedDay
    from newsletter.core.schedule import Occurrence
    from newsletter.core.segment.tree import Node, Segment
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection


_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Going:
    """When mail of a campaign goes once it is launched.

    Attributes:
        waves: instants and how many people each, for a campaign that goes by each reader's clock.
        opens: when its window opens; None when it is open at the moment of launch.
    """

    waves: tuple[tuple[datetime, int], ...] = ()
    opens: datetime | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """One mail to come, and its audience then, if nobody does anything until then.

    Attributes:
        instant: when it is launched, UTC.
        occurrence: with what it was moved for, if it was.
        going: when mail then really goes.
        waits: what must happen before it may leave, "" when nothing must.
    """

    campaign: Campaign
    instant: datetime
    audience: Audience
    occurrence: Occurrence
    going: Going
    waits: str = ""

    @property
    def recipients(self) -> int:
        return sum(count for (_, reason), count in self.audience.items() if reason is None)

    def withheld(self) -> dict[str, int]:
        """Counts of people left out, by reason."""
        return withheld_counts(self.audience)

    def as_dict(self) -> dict[str, Any]:
        """The line for scripts."""
        campaign = self.campaign
        return {
            "at": self.instant.isoformat(),
            "utc": self.instant.isoformat(),
            "local": to_local(self.instant, campaign.zone).isoformat(timespec="minutes"),
            "zone": campaign.zone,
            "kind": campaign.kind.value,
            "campaign": campaign.name,
            "segment": campaign.segment,
            "exclude": list(campaign.exclude),
            "recipients": self.recipients,
            "counts": counts_by_language(self.audience),
            "withheld": self.withheld(),
            "deadline": campaign.deadline or None,
            "rung": campaign.rung,
            "waits": self.waits or None,
        }


def withheld_counts(audience: Audience) -> dict[str, int]:
    """People left out, by reason, most first."""
    counts: dict[str, int] = {}
    for (_, reason), count in audience.items():
        if reason is not None:
            counts[reason] = counts.get(reason, 0) + count
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def counts_by_language(audience: Audience) -> dict[str, int]:
    """People who get it, by the language of their mail."""
    counts: dict[str, int] = {}
    for (language, reason), count in sorted(audience.items(), key=str):
        if reason is None:
            counts[language] = counts.get(language, 0) + count
    return counts


def audience_of(office: Office, campaign: Campaign, now: datetime) -> Audience:
    """A campaign's audience as it would be frozen at `now`."""
    people = _people_for(read_people(office), campaign)
    with office.database.read() as connection:
        return forecast_audience(connection, campaign, people.segments, office.settings.languages, now)


def audience_of_mail(office: Office, mail: DueMail, now: datetime) -> Audience:
    """The same for a mail that its planner has made: a reminder beside those of the day, a step for its own people."""
    people, languages = _people_for(read_people(office), mail.campaign), office.settings.languages
    with office.database.read() as connection:
        if is_reminder(mail):
            day = day_forecast(office, mail, {}, now)
            return forecast_reminder(connection, mail, day, people.segments, languages, now)
        return forecast_audience(connection, mail.campaign, people.segments, languages, now, mail.step)


def going_of(office: Office, campaign: Campaign, launched: datetime) -> Going:
    """When mail of a campaign goes that is launched at `launched`."""
    if not campaign.timing.each_reader:
        window = window_of(office, campaign)
        opens = window.goes_at(launched, campaign.zone, campaign.not_after)
        return Going(opens=opens if opens > launched else None)
    return Going(_waves(office, campaign, launched))


def _waves(office: Office, campaign: Campaign, now: datetime) -> tuple[tuple[datetime, int], ...]:
    people = read_people(office)
    with office.database.read() as connection:
        zones = forecast_zones(connection, campaign, people.segments, office.settings.languages, now)
    moments = wave_moments(office, campaign, zones, now) or {}
    waves: Counter[datetime] = Counter()
    for zone, count in zones.items():
        waves[max(moments[zone], now)] += count
    return tuple(sorted(waves.items()))


def forecast(office: Office, start: datetime, end: datetime, now: datetime) -> list[Forecast]:
    """Everything planned from `start` up to `end` (instants), earliest first.

    Each audience is that of the mail's own moment, when pauses have ended and newcomers are none any more. Reminders that
    fall on one day for the same people stand here as one mail more, and these people are left out of each.

    Raises:
        ContentRefused: the time ends before it begins, or a segment of a planned mail is not there.
    """
    refuse_bad_range(start, end)
    # A day beyond the end: what falls on the last day goes together with it.
    fresh = fresh_mails(office, list(planned_mails(office, now, end + _A_DAY)))
    found: list[Forecast] = []
    days, people = by_day(office, fresh, now), read_people(office)
    with office.database.read() as connection:
        counter = _Counter(office, connection, people, now)
        for mail in fresh:
            occurrence, instant = mail.occurrence, mail.occurrence.instant
            if start <= instant < end and not occurrence.is_too_late(now):
                if is_reminder(mail):
                    found += _rung(office, counter, mail, days, now)
                else:
                    found += _other(office, counter, mail, now)
    return sorted(found, key=lambda one: (one.instant, one.campaign.name))


def _other(office: Office, counter: _Counter, mail: DueMail, now: datetime) -> list[Forecast]:
    occurrence, moment = mail.occurrence, max(mail.occurrence.instant, now)
    audience = counter.audience(mail, moment)
    if not audience and (mail.campaign.kind is CampaignKind.CORRECTION or mail.step is not None):
        return []
    going = going_of(office, mail.campaign, moment)
    return [Forecast(mail.campaign, occurrence.instant, audience, occurrence, going, mail.waits)]


def forecast_rung(
    office: Office, people: People, mail: DueMail, days: Mapping[datetime, list[DueMail]], now: datetime
) -> list[Forecast]:
    """A reminder, and before it the mail for those who are due for others that day too.

    Args:
        days: every reminder planned that has not been claimed, by day; see `merge.by_day`.
    """
    with office.database.read() as connection:
        return _rung(office, _Counter(office, connection, people, now), mail, days, now)


def _rung(
    office: Office, counter: _Counter, mail: DueMail, days: Mapping[datetime, list[DueMail]], now: datetime
) -> list[Forecast]:
    occurrence, moment = mail.occurrence, max(mail.occurrence.instant, now)
    others, audience, shared = counter.rung(mail, day_forecast(office, mail, days, now), moment)
    told = [(mail.campaign, audience)]
    if shared:
        told.insert(0, (merged_campaign(mail, others), shared))
    return [
        Forecast(
            campaign,
            occurrence.instant,
            counted,
            occurrence,
            going_of(office, campaign, moment),
            mail.waits,
        )
        for campaign, counted in told
    ]


def refuse_bad_range(start: datetime, end: datetime) -> None:
    """Refuse a time that ends before it has begun.

    Raises:
        ContentRefused: it does.
    """
    if end <= start:
        what = f"{end:%Y-%m-%d %H:%M} is not after {start:%Y-%m-%d %H:%M} (UTC)."
        raise ContentRefused(Problem(what, "Let --to be later than --from."))


def _people_for(people: People, campaign: Campaign) -> People:
    for segment in (campaign.segment, *campaign.exclude):
        people.segment(segment)
    return people


# What a campaign has that makes no difference to who is in its audience; the rest of it tells two audiences apart.
_NO_MATTER = {"id", "name", "state", "content", "sender", "at", "zone", "lateness", "not_after", "rung"}
_NO_MATTER |= {"deadline", "sequence"}  # they are looked at below
_MATTER = tuple(field.name for field in fields(Campaign) if field.name not in _NO_MATTER)


class _Counter:
    """Counts audiences; those that must be the same are counted once.

    An audience changes with time only when a pause ends, when a segment asks how long ago somebody joined, or after
    `not_after`; and from deadline to deadline only where somebody has said something about that deadline. Where any of that can
    be, it is counted anew.
    """

    def __init__(self, office: Office, connection: Connection, people: People, now: datetime) -> None:
        self._languages, self._connection, self._people = office.settings.languages, connection, people
        self._ends = pause_ends(connection, now)
        self._marked = marked_deadlines(connection)
        self._counted: dict[tuple[Any, ...], Audience] = {}
        self._rungs: dict[tuple[Any, ...], tuple[list[int], Audience, Audience | None]] = {}
        self._now = now

    def audience(self, mail: DueMail, at: datetime) -> Audience:
        """The audience as it would be frozen at `at` if nobody does anything until then."""
        campaign = mail.campaign
        if mail.step is not None:  # each day of a step has people of its own
            people = _people_for(self._people, campaign)
            return forecast_audience(
                self._connection, campaign, people.segments, self._languages, at, mail.step
            )
        key = self._key(_people_for(self._people, campaign), campaign, at)
        if key not in self._counted:
            self._counted[key] = forecast_audience(
                self._connection, campaign, self._people.segments, self._languages, at
            )
        return self._counted[key]

    def rung(
        self, mail: DueMail, day: SharedDay, moment: datetime
    ) -> tuple[list[DueMail], Audience, Audience | None]:
        """A reminder on its day: which others share somebody with it, its own audience, and that of the mail for those."""
        segments = _people_for(self._people, mail.campaign).segments
        known = [other for other in day.ahead if other.campaign.segment in segments]
        key = self._rung_key(mail, replace(day, ahead=tuple(known)), moment)
        counted = self._rungs.get(key) if key else None
        if counted is None:
            others = sharing(self._connection, mail, known, segments, moment)
            day = replace(day, ahead=tuple(others))
            given = self._connection, mail, day, segments, self._languages, moment
            shared = forecast_merged(*given) if others else None
            counted = [known.index(other) for other in others], forecast_reminder(*given), shared
            if key:
                self._rungs[key] = counted
        return [known[place] for place in counted[0]], counted[1], counted[2]

    def _rung_key(self, mail: DueMail, day: SharedDay, moment: datetime) -> tuple[Any, ...] | None:
        """What the answer depends on; None where it is about some people alone, or about what has gone today."""
        about = (mail, *day.ahead, *day.before)
        if day.start <= self._now or any(one.wished for one in about):
            return None
        if any(one.campaign.deadline in self._marked for one in about):
            return None
        ahead, before = ([one.campaign.segment for one in some] for some in (day.ahead, day.before))
        when = self._when(self._people, (mail.campaign.segment, *ahead, *before), moment)
        return mail.campaign.segment, tuple(ahead), tuple(before), when

    def _key(self, people: People, campaign: Campaign, at: datetime) -> tuple[Any, ...]:
        over = campaign.not_after is not None and at >= campaign.not_after
        own = campaign.deadline in self._marked or campaign.kind is CampaignKind.CORRECTION
        about: tuple[Any, ...] = (campaign.deadline, campaign.sequence, at) if own else ()
        about += campaign.content.articles if campaign.content.digest else ()  # who has had one of them
        when = self._when(people, (campaign.segment, *campaign.exclude), at)
        return *(getattr(campaign, name) for name in _MATTER), over, about, when

    def _when(self, people: People, names: Sequence[str], at: datetime) -> datetime | int:
        """What of the time matters to these segments: all of it, or only which pauses have ended."""
        moves = any(_moves_with_time(people.segments[name].where, people.segments) for name in set(names))
        return at if moves else bisect_right(self._ends, at)


def _moves_with_time(node: Node, segments: Mapping[str, Segment]) -> bool:
    """Whether somebody may be in a segment today and not tomorrow though nothing has been done."""
    match node:
        case AllOf(parts) | AnyOf(parts) | NoneOf(parts):
            return any(_moves_with_time(part, segments) for part in parts)
        case InSegment(segment):
            return _moves_with_time(segments[segment].where, segments)
        case _:
            return asks_the_clock(node)
