"""Lanes at work: limits that all workers share, what an answer does to a pace, and who goes first."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from newsletter.core.campaign import CampaignKind
from newsletter.core.destination import DestinationGroup
from newsletter.core.lane import OTHERS, WAY_OUT, Lane, Lanes, WarmUp
from newsletter.core.refusal import MoveRefused
from newsletter.flows import deliver
from newsletter.flows.approve import cancel_campaign, pause_campaign, resume_campaign
from newsletter.flows.doctor import examine
from newsletter.flows.lanes import list_lanes, release_lane
from newsletter.store.lanes import paces
from newsletter.store.leases import end_lease, take_lease
from newsletter.store.people import list_suppressions
from newsletter.store.tables import campaigns
from newsletter.transports.contract import Outcome, Receipt, Stage
from newsletter.wiring import open_office

ISSUE = "september-2021"
PEOPLE = [f"p{number}@example.org" for number in range(6)]
SOME = [f"g{number}@some.example" for number in range(6)]
GROUPS = (DestinationGroup("some", ("some.example",)),)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
TOO_FAST = Receipt("", "", Outcome.LATER, Stage.RCPT, 421, "4.7.0", "4.7.0 too many messages")
BLOCKED = Receipt("", "", Outcome.NEVER, Stage.RCPT, 554, "5.7.1", "5.7.1 listed on spamhaus")
FULL = Receipt("", "", Outcome.LATER, Stage.RCPT, 452, "4.2.2", "4.2.2 mailbox full")
POLICY = Receipt("", "", Outcome.NEVER, Stage.RCPT, 550, "5.7.26", "5.7.26 not authenticated")


def _launch(bench, *lanes, people=(*PEOPLE, *SOME)):
    bench.office = replace(bench.office, lanes=Lanes.of(lanes), groups=GROUPS)
    bench.enrol(*people)
    bench.schedule()
    bench.at("2021-09-16T09:30")
    bench.launch()
    return bench


def _states(bench):
    return Counter(bench.rows(ISSUE).values())


def _pass_time(bench, time):
    bench.clock.set(bench.now + time)
    bench.deliver()


def _lane(bench, name):
    return next(lane for lane in list_lanes(bench.office, bench.now) if lane.name == name)


def _after(bench, count, act):
    """Let `act` happen once, while the message number `count` is handed over."""

    def send(envelope, send=bench.transport.send):
        receipt = send(envelope)
        if len(bench.transport.accepted) == count:
            bench.transport.send = send
            act()
        return receipt

    bench.transport.send = send


@pytest.fixture(params=["sqlite", "postgresql"])
def two(bench, request):
    """Two workers of one office, on either database."""
    with ExitStack() as stack:
        settings = {"secret": "a key for tests"}
        if request.param == "postgresql":
            settings["database"] = stack.enter_context(request.getfixturevalue("postgresql_tables")())
        offices = [open_office(bench.workspace, bench.clock, settings) for _ in range(2)]
        for one in offices:
            stack.callback(one.database.close)
        way = bench.office.open_transport
        yield [replace(bench, office=replace(one, open_transport=way)) for one in offices]


def test_a_limit_lets_so_many_go_and_the_rest_later(bench):
    _launch(bench, Lane(WAY_OUT, 720))  # one in five seconds
    bench.deliver()
    assert len(bench.sent()) == 2
    bench.deliver()
    assert len(bench.sent()) == 2
    _pass_time(bench, 4 * SECOND)
    assert len(bench.sent()) == 2
    _pass_time(bench, SECOND)
    assert len(bench.sent()) == 3
    for _ in range(9):
        _pass_time(bench, 5 * SECOND)
    assert _states(bench) == {"sent": 12}
    assert bench.campaign(ISSUE).state == "sent"
    assert set(bench.rows(ISSUE, "attempts").values()) == {1}


def test_two_workers_share_one_bucket(two):
    first, second = two
    lanes = Lane(WAY_OUT, 1440)  # four in ten seconds
    _launch(first, lanes)
    second.office = replace(second.office, lanes=first.office.lanes, groups=GROUPS)
    _after(first, 1, second.deliver)
    first.deliver()
    second.deliver()
    assert len(first.transport.accepted) == 4
    first.clock.set(first.now + 5 * SECOND)
    second.deliver()
    first.deliver()
    assert len(first.transport.accepted) == 6


def test_workers_share_the_connections_of_a_lane(two):
    first, second = two
    _launch(first, Lane("some", connections=1))
    second.office = replace(second.office, lanes=first.office.lanes, groups=GROUPS)
    meanwhile = []

    def let_the_other_work():
        before = len(first.transport.accepted)
        second.deliver()
        meanwhile.extend(one.recipient for one in first.transport.accepted[before:])

    def send(envelope, send=first.transport.send):
        receipt = send(envelope)
        if envelope.recipient in SOME and not meanwhile:
            let_the_other_work()
        return receipt

    first.transport.send = send
    first.deliver()
    assert meanwhile
    assert not set(meanwhile) & set(SOME)
    assert sorted(first.sent()) == sorted(PEOPLE + SOME)


def test_a_group_is_limited_while_the_others_go_on(bench):
    _launch(bench, Lane("some", 360))
    bench.deliver()
    assert [one for one in bench.sent() if one in PEOPLE] == PEOPLE
    assert len(bench.sent()) == 7
    _pass_time(bench, 10 * SECOND)
    assert len(bench.sent()) == 8
    assert (_lane(bench, "some").sent_today, _lane(bench, "others").sent_today) == (2, None)


def test_a_lane_that_fills_while_others_are_sent_is_not_forgotten_for_the_whole_pass(bench):
    _launch(bench, Lane("some", connections=1), people=(*PEOPLE, "g0@some.example"))
    with bench.office.database.write() as connection:
        take_lease(connection, "other", bench.now + HOUR, lane="some", connections=1)

    def the_other_ends():
        with bench.office.database.write() as connection:
            end_lease(connection, "other")
        bench.clock.set(bench.now + SECOND)

    _after(bench, 3, the_other_ends)
    bench.deliver()
    assert sorted(bench.sent()) == sorted([*PEOPLE, "g0@some.example"])


def test_a_throttling_answer_slows_its_lane_only_and_costs_no_attempt(bench):
    _launch(bench)
    bench.transport.answers = dict.fromkeys(SOME, TOO_FAST)
    bench.deliver()
    assert sorted(bench.sent()) == PEOPLE
    assert {bench.rows(ISSUE, "state", "attempts")[one] for one in SOME} == {("ready", 0)}
    lane = _lane(bench, "some")
    assert (lane.slowness, lane.held_until, lane.per_hour) == (1, bench.now + 30 * SECOND, 600)
    assert "too many messages" in lane.note
    assert (_lane(bench, "others").slowness, _lane(bench, "*").slowness) == (0, 0)
    bench.transport.answers = {}
    _pass_time(bench, 29 * SECOND)
    assert len(bench.sent()) == 6
    for _ in range(40):
        _pass_time(bench, 10 * SECOND)
    assert _states(bench) == {"sent": 12}
    _pass_time(bench, 10 * MINUTE)
    assert (_lane(bench, "some").slowness, _lane(bench, "some").note) == (0, "")


@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.GREETING, Stage.MAIL])
def test_what_is_said_before_a_recipient_was_named_slows_everything(bench, stage):
    _launch(bench)
    bench.transport.answers = dict.fromkeys(PEOPLE + SOME, TOO_FAST._replace(stage=stage))
    bench.deliver()
    assert (_lane(bench, "*").slowness, _lane(bench, "some").slowness) == (1, 0)
    assert set(bench.rows(ISSUE, "state", "attempts").values()) == {("ready", 0)}
    bench.transport.answers = {}
    bench.deliver()
    assert bench.sent() == []
    for _ in range(40):
        _pass_time(bench, 10 * SECOND)
    assert _states(bench) == {"sent": 12}


def test_a_second_complaint_after_the_rest_slows_down_further(bench):
    _launch(bench, Lane("some", 3600))
    bench.transport.answers = dict.fromkeys(SOME, TOO_FAST)
    bench.deliver()
    _pass_time(bench, MINUTE)
    assert (_lane(bench, "some").slowness, _lane(bench, "some").per_hour) == (2, 900)
    assert _lane(bench, "some").held_until == bench.now + MINUTE


def test_a_block_holds_the_lane_and_enough_of_them_pause_the_campaign(bench):
    _launch(bench)
    bench.transport.answers = dict.fromkeys(SOME, BLOCKED)
    bench.deliver()
    assert sorted(bench.sent()) == PEOPLE
    blocks = Counter(bench.rows(ISSUE).values())["failed"]
    assert (blocks, _lane(bench, "some").held_until) == (1, bench.now + HOUR)
    assert bench.campaign(ISSUE).state == "sending"
    _pass_time(bench, HOUR - SECOND)
    assert _states(bench)["failed"] == 1
    _pass_time(bench, SECOND)
    _pass_time(bench, HOUR)
    assert bench.campaign(ISSUE).state == "paused"
    notes = [one.what for one in examine(bench.office, bench.now).problems if "paused by itself" in one.what]
    assert "block list" in notes[0]
    with bench.office.database.read() as connection:
        assert list_suppressions(connection, 9) == []


def test_a_campaign_that_goes_on_after_blocks_is_not_paused_by_the_next_one(bench):
    _launch(bench, people=SOME)
    bench.transport.answers = dict.fromkeys(SOME[:4], BLOCKED)
    for _ in range(3):
        _pass_time(bench, HOUR)
    assert bench.campaign(ISSUE).state == "paused"
    resume_campaign(bench.office, ISSUE)
    release_lane(bench.office, "some", bench.now)
    bench.deliver()
    assert bench.campaign(ISSUE).state == "sending"
    release_lane(bench.office, "some", bench.now)
    bench.deliver()
    assert bench.campaign(ISSUE).state == "sent"
    assert bench.sent() == SOME[4:]


def test_the_doctor_tells_of_each_lane_that_is_held_or_slow_and_of_the_way_out(bench):
    _launch(bench, Lane(WAY_OUT, 3600))
    assert examine(bench.office, bench.now).facts["lanes"] == "1 with a limit, 0 slowed, 0 held"
    bench.transport.answers = {PEOPLE[0]: TOO_FAST._replace(stage=Stage.MAIL), SOME[0]: BLOCKED}
    for _ in range(6):
        if _lane(bench, WAY_OUT).note and _lane(bench, "some").note:
            break  # a later pass may try the slowed one again, and be told again
        _pass_time(bench, 31 * SECOND)
    bench.clock.set(bench.now + 31 * SECOND)
    findings = examine(bench.office, bench.now)
    told = [one for one in findings.problems if "lanes release" in one.remedy]
    assert findings.facts["lanes"] == "1 with a limit, 1 slowed, 1 held"
    assert [one.level for one in told] == ["warning", "warning"]
    assert "everything goes slowly, 1,800 an hour" in told[0].what
    assert "'*'" in told[0].remedy
    assert "some is held until" in told[1].what
    assert "spamhaus" in told[1].what


def test_a_lane_is_released_by_name_and_a_name_that_nobody_knows_is_refused(bench):
    _launch(bench)
    bench.transport.answers = dict.fromkeys(PEOPLE, BLOCKED)
    bench.deliver()
    assert _lane(bench, "others").held_until
    with pytest.raises(MoveRefused, match=r"'otters'.*\*, some, others"):
        release_lane(bench.office, "otters", bench.now)
    bench.transport.answers = {}
    released = release_lane(bench.office, "others", bench.now)
    assert (released.held_until, released.note) == (None, "")
    bench.deliver()
    assert _states(bench) == {"sent": 11, "failed": 1}
    with bench.office.database.read() as connection:
        assert sorted(paces(connection)) == [OTHERS, "some"]


def test_a_confirmation_goes_before_a_newsletter_under_way(bench, monkeypatch):
    monkeypatch.setattr(
        deliver, "LOOK_SECONDS", 0
    )  # a worker looks several times a second, and this takes less
    source = bench.workspace / "articles" / f"{ISSUE}.issue.yaml"
    source.with_name("confirmation.issue.yaml").write_bytes(source.read_bytes())
    _launch(bench)
    bench.schedule("confirmation", "2021-09-16T09:31")

    def ask():
        bench.at("2021-09-16T09:31")
        bench.launch()
        with bench.office.database.write() as connection:
            here = campaigns.c.name == "confirmation"
            connection.execute(update(campaigns).where(here).values(kind=CampaignKind.SYSTEM))

    _after(bench, 3, ask)
    bench.deliver()
    order = [
        "confirmation" if b"X-Campaign: confirmation" in one.content else ISSUE
        for one in bench.transport.accepted
    ]
    last = max(at for at, name in enumerate(order) if name == "confirmation")
    assert order.index("confirmation") <= 4  # the window in hand is finished
    assert order[order.index("confirmation") : last + 1] == ["confirmation"] * 12


def test_warm_up_goes_by_the_day_in_the_offices_zone(bench):
    plan = WarmUp(date(2021, 9, 16), (3, 5))
    _launch(bench, Lane(WAY_OUT, warm_up=plan))
    bench.deliver()
    assert (len(bench.sent()), _lane(bench, "*").sent_today, _lane(bench, "*").limit_today) == (3, 3, 3)
    bench.clock.set(datetime(2021, 9, 16, 21, 59, tzinfo=UTC))
    bench.deliver()
    assert len(bench.sent()) == 3
    bench.clock.set(datetime(2021, 9, 16, 22, 0, tzinfo=UTC))  # midnight in Brussels
    bench.deliver()
    assert (len(bench.sent()), _lane(bench, "*").sent_today, _lane(bench, "*").limit_today) == (8, 5, 5)
    bench.at("2021-09-18T00:00")
    bench.deliver()
    assert _states(bench) == {"sent": 12}


def test_what_did_not_go_is_given_back(bench):
    _launch(bench, Lane(WAY_OUT, warm_up=WarmUp(date(2021, 9, 16), (100,))))

    def down_after_four(envelope, send=bench.transport.send):
        bench.transport.down = len(bench.transport.accepted) == 4
        return send(envelope)

    bench.transport.send = down_after_four
    bench.deliver()
    assert (len(bench.sent()), _lane(bench, "*").sent_today) == (4, 4)


@pytest.mark.parametrize(
    ("act", "state"),
    [(lambda bench: pause_campaign(bench.office, ISSUE), "ready"),
     (lambda bench: cancel_campaign(bench.office, ISSUE, bench.now), "skipped")],
)  # fmt: skip
def test_a_pause_and_a_cancel_take_hold_within_a_second_in_the_middle_of_a_window(bench, act, state):
    _launch(bench, people=[f"p{number:02}@example.org" for number in range(40)])
    moment = []

    def send(envelope, send=bench.transport.send):
        receipt = send(envelope)
        bench.clock.set(bench.now + timedelta(milliseconds=250))
        if len(bench.transport.accepted) == 10:  # the window of eight has just begun
            act(bench)
            moment.append(bench.now)
        return receipt

    bench.transport.send = send
    bench.deliver()
    assert len(bench.sent()) < 16
    assert bench.now - moment[0] <= 2 * SECOND
    bench.deliver()  # what had been in hand comes back, and is withheld with the rest
    assert _states(bench) == {"sent": len(bench.sent()), state: 40 - len(bench.sent())}
    if state == "ready":
        resume_campaign(bench.office, ISSUE)
        bench.deliver()
        assert len(set(bench.sent())) == len(bench.sent()) == 40


def _four_mails_in_forty_days(bench, answer):
    source = bench.workspace / "articles" / f"{ISSUE}.issue.yaml"
    text = source.read_text(encoding="utf-8")
    bench.enrol(PEOPLE[0])
    bench.transport.answers = {PEOPLE[0]: answer}
    for turn, day in enumerate(["2021-09-16", "2021-09-29", "2021-10-10", "2021-10-18"]):
        name = f"letter-{turn}"
        source.with_name(f"{name}.issue.yaml").write_text(text, encoding="utf-8")
        bench.schedule(name, f"{day}T09:30")
        bench.at(f"{day}T09:30")
        bench.launch()
        bench.deliver()
        for _ in range(4):  # tries of one mail are one refusal
            _pass_time(bench, 9 * HOUR)
        if bench.campaign(name).state == "paused":
            cancel_campaign(bench.office, name, bench.now)
    with bench.office.database.read() as connection:
        return [row["address"] for row in list_suppressions(connection, 9)]


def test_soft_refusals_of_four_mails_over_thirty_days_suppress(bench):
    assert _four_mails_in_forty_days(bench, FULL) == PEOPLE[:1]


def test_refusals_for_our_own_faults_never_suppress(bench):
    assert _four_mails_in_forty_days(bench, POLICY) == []
