"""Series over random weeks and lives, with schedulers that die: each step once, in order, at its hour on the wall.

The expectation is worked out here from zones and dates alone, person by person; the real store and the real planner must come to the
same. Only the mails themselves are not compiled anew for each launch: what they say is no part of this.
"""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text
from told_attributes import tell_attributes

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind
from newsletter.core.consent import ConsentAction
from newsletter.core.series import READER, Series, SeriesState, Step
from newsletter.flows import send_off
from newsletter.flows.compose import compose_editions, lay_desk
from newsletter.flows.planned import planned_mails
from newsletter.flows.series_steps import series_digest
from newsletter.flows.simulated_clock import SimulatedClock
from newsletter.flows.tick import launch_due
from newsletter.store import people
from newsletter.store.campaigns import list_campaigns
from newsletter.store.ledger import list_deliveries
from newsletter.store.series import KnownSeries, keep_series
from newsletter.store.tables import metadata
from newsletter.wiring import open_office

OFFICE_ZONE = "Europe/Brussels"
ZONES = (
    "",
    "Europe/Brussels",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/New_York",
    "Pacific/Kiritimati",
)
STARTS = {
    "Brussels, spring": datetime(2026, 3, 25, tzinfo=UTC),
    "Brussels, autumn": datetime(2026, 10, 21, tzinfo=UTC),
    "Lord Howe, spring": datetime(2026, 9, 30, tzinfo=UTC),
    "Lord Howe, autumn": datetime(2026, 4, 1, tzinfo=UTC),
    "Samoa's lost day": datetime(2011, 12, 26, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 25, tzinfo=UTC),
    "no leap day": datetime(2027, 2, 24, tzinfo=UTC),
}
HOURS = ("00:00", "00:30", "01:45", "02:15", "02:30", "03:10", "09:00", "15:00", "23:45")
DATES = (("member_since", False), ("member_since", True))
LENGTH, LATENESS = timedelta(days=10), timedelta(hours=24)
MINUTES = int(LENGTH.total_seconds()) // 60


@dataclass
class Life:
    """A person: minutes are counted from the beginning of the weeks.

    Attributes:
        known: when we first hear of them.
        joined: days before that at which they joined.
        leaves: minutes at which they unsubscribe; each time they come back `back` minutes later.
        day: their own date as days from the beginning, and when it changes to another: (minute, days).
    """

    zone: str
    known: int
    joined: int
    leaves: tuple[int, ...]
    back: int
    day: int
    change: tuple[int, int] | None
    identity: int = 0
    had: set = field(default_factory=set)


def at_minute(start, minute):
    return start + timedelta(minutes=minute)


def some_life(dice):
    """Somebody who comes in these weeks or before, often on the very day of a step."""
    minute = dice.choice([0, 420, 540, 541, 870, 1410]) + 1440 * dice.randint(-2, 9)
    return Life(
        zone=dice.choice(ZONES),
        known=minute,
        joined=dice.choice([0, 0, 0, 0, 1, 3, 365, 366]),
        leaves=tuple(sorted(dice.sample(range(MINUTES), dice.choice([0, 0, 1, 2])))),
        back=dice.choice([30, 600, 3000, 10**6]),
        day=dice.randint(-3, 10),
        change=dice.choice([None, (dice.randint(0, MINUTES), dice.randint(-4, 12))]),
    )


def some_series(dice):
    starts, yearly = dice.choice([*[("confirmed", False)] * 2, ("joined", False), ("joined", True), *DATES])
    least = dice.choice([-3, -1, 0]) if starts == "member_since" or yearly else 0
    chosen = {
        (dice.randint(least, least + 4), time.fromisoformat(dice.choice(HOURS)))
        for _ in range(dice.randint(1, 4))
    }
    steps = tuple(Step(f"s{n}", d, at, CampaignContent("plain")) for n, (d, at) in enumerate(sorted(chosen)))
    zone = dice.choice([READER, READER, *ZONES[1:]])
    return Series("life", starts, "everybody", zone, steps, yearly=yearly)


@dataclass
class Weeks:
    """One example being played."""

    office: object
    start: datetime
    series: Series
    lives: list[Life]
    gaps: list[tuple[int, int]]
    crashes: set[int]

    def events(self):
        """What people do, by minute."""
        for life in self.lives:
            yield life.known, life, self.come
            for minute in life.leaves:
                if minute > life.known:
                    yield minute, life, self.leave
                    yield minute + life.back, life, self.return_
            if life.change and life.change[0] > life.known:
                yield life.change[0], life, self.change

    def row(self, life, now, day):
        address = f"person-{id(life)}@example.org"
        own = (self.start.date() + timedelta(days=day) - timedelta(days=365 * self.series.yearly)).isoformat()
        joined = now - timedelta(days=life.joined)
        attributes = {"member_since": own}
        return people.PersonRow(
            address, address, address, "", "en", "", life.zone, joined, "form",
            attributes=attributes, told_at=now,
        )  # fmt: skip

    def come(self, connection, life, now):
        life.identity = people.add_person(connection, self.row(life, now, life.day))
        people.record_consent(connection, life.identity, ConsentAction.GRANTED, now, source="form")

    def leave(self, connection, life, now):
        people.record_consent(connection, life.identity, ConsentAction.WITHDRAWN, now, source="form")

    def return_(self, connection, life, now):
        people.record_consent(connection, life.identity, ConsentAction.GRANTED, now, source="form")

    def change(self, connection, life, now):
        tell_attributes(connection, life.identity, self.row(life, now, life.change[1]).attributes, now)

    def alive(self, minute):
        return not any(first <= minute < last for first, last in self.gaps)


def play(weeks):
    """Run the scheduler at every planned moment and after everything that happens; gives (step, person, instant, launched at)."""
    office, got, events = weeks.office, [], sorted(weeks.events(), key=lambda one: one[0])
    moments = iter(
        sorted({*range(0, MINUTES, 720), *(minute for minute, _, _ in events), *(e for _, e in weeks.gaps)})
    )
    pending, now = list(events), weeks.start - timedelta(days=4)
    queue = [minute for minute in moments if minute <= MINUTES]
    while queue:
        wanted = at_minute(weeks.start, queue[0])
        planned = [
            m.occurrence.instant for m in planned_mails(office, now, wanted) if m.occurrence.instant > now
        ]
        now = min([wanted, *planned])
        minute = (now - weeks.start) // timedelta(minutes=1)
        if now == wanted:
            queue.pop(0)
        with office.database.write() as connection:
            while pending and at_minute(weeks.start, pending[0][0]) <= now:
                _, life, act = pending.pop(0)
                act(connection, life, now)
        beat(weeks, minute, now)
        got += expected_now(weeks, minute, now)
    return got


def beat(weeks, minute, now):
    if not weeks.alive(minute):
        return
    _launches, refusals = [], []

    def die(_name, _connection):
        raise SystemError("killed in the middle of a launch")

    if minute in weeks.crashes:
        with contextlib.suppress(SystemError):
            _launches, refusals = launch_due(weeks.office, now, die)
    assert not refusals
    for _ in range(2):  # two schedulers, one after the other
        _again, refusals = launch_due(weeks.office, now)
        assert not refusals


def instant_of(local, zone):
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def zone_of(weeks, life):
    return (life.zone or OFFICE_ZONE) if weeks.series.zone == READER else weeks.series.zone


def facts(weeks, life, now):
    """What is true of a person: in the list, when joined, when confirmed, the date and since when it is known."""
    granted, standing, day, told = None, False, None, None
    for minute, who, act in sorted(weeks.events(), key=lambda one: one[0]):
        at = at_minute(weeks.start, minute)
        if who is not life or at > now:
            continue
        standing = False if act == weeks.leave else standing or act in (weeks.come, weeks.return_)
        if act in (weeks.come, weeks.return_):
            granted = at
        if act in (weeks.come, weeks.change):
            new = life.day if act == weeks.come else life.change[1]
            if new != day:
                day, told = new, at
    return granted, standing, day, told


def expected_now(weeks, minute, now):
    """Who gets what from a beat at `now`, by the rules as they are written in the documentation."""
    if not weeks.alive(minute):
        return []
    found = []
    for life in weeks.lives:
        granted, standing, day, told = facts(weeks, life, now)
        if granted is not None:
            found += due_to(weeks, life, now, (granted, standing, day, told))
    return found


def due_to(weeks, life, now, known):
    granted, standing, day, told = known
    series, zone = weeks.series, zone_of(weeks, life)
    first_known = at_minute(weeks.start, life.known)
    moment = granted if series.starts == "confirmed" else first_known - timedelta(days=life.joined)
    since = told if series.starts == "member_since" else first_known
    for base, turn in bases(series, moment, day, weeks.start, zone, now):
        falls = [
            instant_of(datetime.combine(base + timedelta(days=s.days), s.at), zone) for s in series.steps
        ]
        for index, step in enumerate(series.steps):
            instant, key = falls[index], (turn, index)
            ends = [*falls[index + 1 : index + 2]]
            ends += (
                [instant_of(datetime.combine(base + timedelta(days=1), time()), zone)]
                if step.days < 0
                else []
            )
            if not instant <= now or any(now >= end or end <= instant for end in ends):
                continue
            if (
                now - instant > LATENESS
                or instant <= since
                or (instant, turn, index, life.identity) in SETTLED
            ):
                continue
            SETTLED.add((instant, turn, index, life.identity))
            if standing and not any((turn, later) in life.had for later in range(index, len(series.steps))):
                life.had.add(key)
                yield step.name, life.identity, instant, now


SETTLED: set = set()


def bases(series, moment, day, start, zone, now):
    """The days that the steps of this person are counted from, each with the name of its round."""
    own = start.date() + timedelta(days=day) - timedelta(days=365 * series.yearly)
    local = moment.astimezone(ZoneInfo(zone)).date()
    if series.yearly:
        born = own if series.starts == "member_since" else local
        for year in range(born.year + 1, now.year + 2):
            leap = born.month == 2 and born.day == 29
            common = year % 4 != 0
            yield (date(year, 2, 28) if leap and common else born.replace(year=year)), str(year)
    elif series.starts == "member_since":
        yield own, own.isoformat()
    else:
        first = series.steps[0]
        if first.days == 0 and moment >= instant_of(datetime.combine(local, first.at), zone):
            local += timedelta(days=1)
            noon = instant_of(datetime.combine(local, time(12)), zone)
            local = noon.astimezone(ZoneInfo(zone)).date()
        yield local, ""


@dataclass(repr=False)
class Stage:
    """Where the weeks are played; its own words would drown what hypothesis has to say."""

    office: object
    edition: object


@pytest.fixture(scope="module")
def bare(tmp_path_factory, starter):
    """An office in memory with one segment and one date, and what its mails say."""
    workspace = tmp_path_factory.mktemp("life") / "workspace"
    shutil.copytree(starter, workspace)
    clock = SimulatedClock(datetime(2021, 9, 15, tzinfo=UTC))
    office = open_office(workspace, clock, {"secret": "x", "database": "sqlite:///:memory:"})
    with office.database.write() as connection:  # weeks are played one after the other in one database
        for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {name}"))
    campaign = Campaign(
        "life",
        CampaignKind.ANNOUNCEMENT,
        CampaignContent("plain", subjects={"en": "Hello"}),
        "everybody",
        "UTC",
        LATENESS,
    )
    edition = compose_editions(lay_desk(office, campaign, {}, clock.now), campaign)["en"]
    shutil.rmtree(workspace / "articles")
    (workspace / "articles").mkdir()
    (workspace / "articles" / "life.series.yaml").write_text("approved\n")
    (workspace / "subscribers" / "fields.yaml").write_text(
        "fields: {member_since: {type: date, label: {en: x}}}\n"
    )
    (workspace / "subscribers" / "segments.yaml").write_text(
        "segments: {everybody: {title: {en: All}, where: {language: en}}}\n"
    )
    yield Stage(office, edition)
    office.database.close()


def empty_again(office):
    with office.database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_each_step_goes_once_in_order_at_its_hour(bare, monkeypatch, seed):
    dice = Random(seed)
    series, start = some_series(dice), dice.choice(sorted(STARTS.values()))
    everybody = [some_life(dice) for _ in range(dice.randint(4, 9))]
    outages = [
        (first, first + dice.choice([5, 300, 1400, 4000]))
        for first in dice.sample(range(MINUTES), dice.randint(0, 3))
    ]
    office, edition = bare.office, bare.edition
    empty_again(office)
    SETTLED.clear()
    monkeypatch.setattr(send_off, "compose_editions", lambda _desk, _campaign: {"en": edition})
    with office.database.write() as connection:
        begun = start - timedelta(days=4)
        known = KnownSeries(
            series, SeriesState.RUNNING, series_digest(office, "life"), begun, begun, "officer"
        )
        keep_series(connection, known)
    weeks = Weeks(office, start, series, everybody, outages, set(range(dice.randint(0, 3), MINUTES, 4)))
    expected = play(weeks)
    assert what_went(office) == sorted((step, person, instant) for step, person, instant, _ in expected)
    check_order_and_clock(weeks, expected)


def what_went(office):
    """From the ledger itself: step, person and planned instant of every row that was to be sent."""
    with office.database.read() as connection:
        campaigns = {one.name: one for one in list_campaigns(connection)}
        rows = list_deliveries(connection, limit=100_000)
        names = {
            people.person_row(connection, n)["address"]: n
            for n in range(1, 10)
            if people.person_row(connection, n)
        }
    gone = [row for row in rows if row["state"] == "ready"]
    return sorted(
        (
            campaigns[row["campaign"]].series.partition("/")[2],
            names[row["address"]],
            campaigns[row["campaign"]].instant,
        )
        for row in gone
    )


def check_order_and_clock(weeks, expected):
    for life in weeks.lives:
        mine = [(instant, now, step) for step, person, instant, now in expected if person == life.identity]
        assert [now for _, now, _ in mine] == sorted({now for _, now, _ in mine}), "two at once"
        for instant, _, name in mine:
            step = next(step for step in weeks.series.steps if step.name == name)
            local = instant.astimezone(ZoneInfo(zone_of(weeks, life)))
            skipped = local.replace(tzinfo=None) - datetime.combine(local.date(), step.at)
            assert skipped in {timedelta(0), timedelta(hours=1), timedelta(minutes=30)}
