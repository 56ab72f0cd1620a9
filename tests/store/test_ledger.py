"""The ledger, statement by statement: whose a row is, what may become of it, and what the database itself refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind, CampaignState
from newsletter.core.consent import ConsentAction
from newsletter.core.deadline import Deadline, DeadlineMark
from newsletter.core.delivery import DELIVERY_MOVES, DeliveryState, Withheld
from newsletter.core.segment.tree import AllOf, Segment
from newsletter.store import ledger, people
from newsletter.store.audience import freeze_audience
from newsletter.store.campaigns import add_campaign, get_campaign, move_campaign
from newsletter.store.deadlines import add_deadline
from newsletter.store.lanes import know_lanes
from newsletter.store.leases import (
    bury,
    dead_workers,
    take_lease,
)
from newsletter.store.tables import deliveries

NOW = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
LEASE = timedelta(minutes=2)
UNTIL = NOW + LEASE
CALL = "call/closing"
READY, HANDING, SENT, FAILED, SKIPPED, UNSURE = DeliveryState


def enrol(connection, number):
    address = f"reader{number}@example.org"
    row = people.PersonRow(address, address, address, "Ada", "en", "", "", NOW, "form")
    identity = people.add_person(connection, row)
    people.record_consent(connection, identity, ConsentAction.GRANTED, NOW, source="form")
    return identity


def launch(connection, name="september", **more):
    content = CampaignContent("issue", ("one",))
    values = {"state": CampaignState.SENDING, "deadline": ""} | more
    campaign = Campaign(name, CampaignKind.ISSUE, content, "everybody", "UTC", LEASE, **values)
    campaign = get_campaign(connection, add_campaign(connection, campaign, NOW))
    freeze_audience(connection, campaign, {"everybody": Segment("everybody", AllOf(()))}, ["en"], NOW)
    return campaign


def open_book(database, count=3, **more):
    """A campaign under way with so many ready rows; gives it and the ids of its rows."""
    with database.write() as connection:
        if more.get("deadline"):
            at = datetime.fromisoformat("2021-10-19T12:00")
            add_deadline(connection, Deadline(CALL, at, "UTC", "", "everybody", (7,), planned_at=NOW))
        for number in range(count):
            enrol(connection, number)
        campaign = launch(connection, **more)
        return campaign, list(connection.scalars(select(deliveries.c.id).order_by(deliveries.c.id)))


def claim(database, campaign, worker="one", now=NOW, limit=50, lane=""):
    """What a worker has in hand after a claim, with its lease."""
    with database.write() as connection:
        take_lease(connection, worker, now + LEASE)
        return [row.id for row in ledger.claim_batch(connection, campaign, lane, worker, now, limit).rows]


def settle(database, ids, state, worker="one", now=NOW, **more):
    with database.write() as connection:
        return ledger.settle(connection, worker, [ledger.Settlement(one, state, **more) for one in ids], now)


def bury_dead(database, now, *, harmless=False):
    """What becomes of the rows of workers whose lease has run out: how many moved."""
    with database.write() as connection:
        dead = [worker for worker in dead_workers(connection, now) if bury(connection, worker, now)]
        return sum(ledger.let_go(connection, worker, resend_is_harmless=harmless) for worker in dead)


def rows(database):
    with database.read() as connection:
        return {
            row["id"]: row
            for row in connection.execute(select(deliveries).order_by(deliveries.c.id)).mappings()
        }


def states(database):
    return [row["state"] for _, row in sorted(rows(database).items())]


def handed(database, count=3, **more):
    """A campaign whose rows are all handing, by worker `one`."""
    campaign, ids = open_book(database, count, **more)
    assert claim(database, campaign) == ids
    return campaign, ids


def test_a_claim_takes_the_oldest_due_rows_and_no_more_than_asked(database):
    campaign, ids = open_book(database)
    with database.write() as connection:
        taken = ledger.claim_batch(connection, campaign, "", "one", NOW, 2).rows
    assert [row.id for row in taken] == ids[:2]
    assert (taken[0].address, taken[0].language, taken[0].attempts) == ("reader0@example.org", "en", 0)


def test_it_is_written_down_before_anything_is_handed_over(database):
    campaign, ids = open_book(database)
    later = NOW + timedelta(minutes=1)
    claim(database, campaign, limit=1, now=later)
    row = rows(database)[ids[0]]
    assert (row["state"], row["leased_by"], row["attempts"], row["handed_at"]) == (HANDING, "one", 1, later)
    assert states(database) == [HANDING, READY, READY]


def test_a_claim_takes_rows_of_its_campaign_only(database):
    campaign, ids = open_book(database)
    with database.write() as connection:
        other = launch(connection, "october")
    assert not set(claim(database, other)) & set(ids)
    assert claim(database, campaign) == ids


def test_two_workers_never_share_a_row(database):
    campaign, ids = open_book(database, 40)

    def work(name):
        mine = []
        while batch := claim(database, campaign, name, limit=3):
            mine += batch
        return mine

    with ThreadPoolExecutor(4) as threads:
        shares = list(threads.map(work, ["one", "two", "three", "four"]))
    assert sorted(one for share in shares for one in share) == ids
    for name, share in zip(["one", "two", "three", "four"], shares, strict=True):
        assert all(rows(database)[one]["leased_by"] == name for one in share)


def test_a_claim_keeps_to_its_lane(database):
    campaign, ids = open_book(database)
    with database.write() as connection:
        connection.execute(update(deliveries).where(deliveries.c.id == ids[1]).values(lane="google"))
        know_lanes(connection, ["google", "yahoo"])
    with database.read() as connection:
        assert sorted(ledger.due_turns(connection, NOW)) == [(campaign.id, ""), (campaign.id, "google")]
    assert claim(database, campaign, lane="yahoo") == []
    assert claim(database, campaign, lane="google") == [ids[1]]
    assert claim(database, campaign) == [ids[0], ids[2]]
    with database.read() as connection:
        assert ledger.due_turns(connection, NOW) == []


def leave(connection, identity):
    people.record_consent(connection, identity, ConsentAction.WITHDRAWN, NOW, source="one-click")


def suppress(connection, identity):
    people.suppress(connection, people.person_row(connection, identity)["address_hash"], "bounced", NOW)


def pause(connection, identity):
    people.set_pause(connection, identity, NOW + timedelta(days=1))


def say(mark, connection, identity):
    people.mark_deadline(connection, CALL, identity, mark, NOW)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (leave, Withheld.UNSUBSCRIBED),
        (suppress, Withheld.SUPPRESSED),
        (pause, Withheld.PAUSED),
        (partial(say, DeadlineMark.APPLIED), Withheld.APPLIED),
        (partial(say, DeadlineMark.STOPPED), Withheld.STOPPED),
    ],
)
def test_what_a_person_said_after_the_launch_still_counts(database, change, reason):
    campaign, ids = open_book(database, deadline=CALL)
    with database.write() as connection:
        change(connection, rows(database)[ids[1]]["subscriber_id"])
    with database.write() as connection:
        taken = ledger.claim_batch(connection, campaign, "", "one", NOW, 50)
    assert ([row.id for row in taken.rows], taken.withheld, taken.found) == ([ids[0], ids[2]], 1, 3)
    row = rows(database)[ids[1]]
    assert (row["state"], row["withheld"], row["settled_at"]) == (SKIPPED, reason, NOW)
    assert (row["attempts"], row["leased_by"]) == (0, None)


def test_marks_about_a_deadline_do_not_stop_a_mail_about_something_else(database):
    _, ids = open_book(database, deadline=CALL)
    with database.write() as connection:
        say(DeadlineMark.APPLIED, connection, rows(database)[ids[0]]["subscriber_id"])
        other = launch(connection, "october")
    assert len(claim(database, other)) == 3


def test_a_pause_that_is_over_withholds_nothing(database):
    campaign, ids = open_book(database, 1)
    with database.write() as connection:
        people.set_pause(connection, rows(database)[ids[0]]["subscriber_id"], NOW)
    assert claim(database, campaign) == ids


def test_nothing_about_a_deadline_is_handed_over_after_it(database):
    campaign, ids = open_book(database, not_after=NOW + timedelta(minutes=1))
    assert claim(database, campaign, limit=1) == ids[:1]
    assert claim(database, campaign, now=NOW + timedelta(minutes=1)) == []
    assert states(database) == [HANDING, SKIPPED, SKIPPED]
    assert rows(database)[ids[1]]["withheld"] == Withheld.DEADLINE_PASSED


@pytest.mark.parametrize("state", [SENT, FAILED])
def test_an_answer_settles_a_row_once_and_for_its_owner_only(database, state):
    _, ids = handed(database)
    assert settle(database, ids[:1], state, "two") == 0
    assert settle(database, ids[:2], state, reply_code=250, reply="é" * 2000) == 2
    assert settle(database, ids[:2], state) == 0
    row = rows(database)[ids[0]]
    assert (row["state"], row["settled_at"], row["reply_code"]) == (state, NOW, 250)
    assert row["reply"] == "é" * 1000
    assert row["leased_by"] is None
    assert states(database) == [state, state, HANDING]


def test_different_answers_are_written_down_together(database):
    _, ids = handed(database)
    answers = [
        ledger.Settlement(ids[2], UNSURE, None, "connection lost"),
        ledger.Settlement(ids[0], SENT, 250, 'ok "\\ ok'),
        ledger.Settlement(ids[1], READY, 451, "", NOW + LEASE),
    ]
    with database.write() as connection:
        assert ledger.settle(connection, "one", answers, NOW) == 3
        assert ledger.settle(connection, "one", [], NOW) == 0
    kept = [(row["state"], row["reply_code"], row["reply"]) for row in rows(database).values()]
    assert kept == [(SENT, 250, 'ok "\\ ok'), (READY, 451, ""), (UNSURE, None, "connection lost")]


def test_a_row_that_should_come_again_waits_for_its_time(database):
    campaign, ids = handed(database, 1)
    settle(database, ids, READY, not_before=NOW + timedelta(minutes=5))
    assert claim(database, campaign, now=NOW + timedelta(minutes=4)) == []
    assert claim(database, campaign, now=NOW + timedelta(minutes=5)) == ids
    assert rows(database)[ids[0]]["attempts"] == 2


def test_what_nobody_judged_was_no_attempt(database):
    _, ids = handed(database, 2)
    settle(database, ids[:1], READY, not_before=UNTIL, counts=False)
    settle(database, ids[1:], READY, not_before=UNTIL, reply_code=451)
    kept = rows(database)
    assert [(kept[one]["attempts"], kept[one]["not_before"]) for one in ids] == [(0, UNTIL), (1, UNTIL)]


@pytest.mark.parametrize("state", sorted(set(DeliveryState) - DELIVERY_MOVES[HANDING]))
def test_an_answer_cannot_be_what_the_table_of_moves_forbids(database, state):
    _, ids = handed(database, 1)
    with pytest.raises(ValueError, match="cannot become"):
        settle(database, ids, state)
    assert states(database) == [HANDING]


def test_taking_back_is_no_attempt(database):
    campaign, ids = handed(database)
    settle(database, ids[:1], SENT)
    with database.write() as connection:
        assert ledger.take_back(connection, "two", ids) == 0
        assert ledger.take_back(connection, "one", ids) == 2
    assert states(database) == [SENT, READY, READY]
    row = rows(database)[ids[1]]
    assert (row["attempts"], row["handed_at"], row["leased_by"]) == (0, None, None)
    assert claim(database, campaign, "two") == ids[1:]


@pytest.mark.parametrize(("harmless", "after"), [(False, UNSURE), (True, READY)])
def test_what_a_dead_worker_had_in_hand_is_in_doubt(database, harmless, after):
    campaign, ids = open_book(database)
    claim(database, campaign, limit=2)
    assert bury_dead(database, UNTIL - timedelta(seconds=1), harmless=harmless) == 0
    with database.read() as connection:
        assert ledger.rows_in_hand(connection, "one") == ids[:2]
    assert bury_dead(database, UNTIL, harmless=harmless) == 2
    assert states(database) == [after, after, READY]
    assert bury_dead(database, UNTIL, harmless=harmless) == 0
    assert settle(database, ids[:1], SENT) == 0  # the worker was only slow: too late now


def test_rows_that_come_back_to_a_cancelled_campaign_do_not_stay_open(database):
    campaign, ids = handed(database, 1)
    with database.write() as connection:
        move_campaign(connection, campaign.id, CampaignState.SENDING, CampaignState.CANCELLED)
        assert ledger.skip_open_rows(connection, campaign.id, Withheld.CANCELLED, NOW) == 0
    settle(database, ids, READY, not_before=UNTIL)
    with database.write() as connection:
        assert ledger.withhold_cancelled(connection, NOW) == 1
    row = rows(database)[ids[0]]
    assert (row["state"], row["withheld"]) == (SKIPPED, Withheld.CANCELLED)


def test_cancelling_withholds_what_was_not_handed_over(database):
    campaign, _ = open_book(database)
    claim(database, campaign, limit=1)
    with database.write() as connection:
        other = launch(connection, "october")
        assert ledger.skip_open_rows(connection, campaign.id, Withheld.CANCELLED, NOW) == 2
        assert ledger.ids_in_state(connection, other.id, READY) != []
    assert states(database)[:3] == [HANDING, SKIPPED, SKIPPED]
    assert claim(database, campaign) == []


@pytest.mark.parametrize(("again", "after"), [(True, READY), (False, SENT)])
def test_the_officer_decides_about_what_is_in_doubt_and_about_nothing_else(database, again, after):
    campaign, ids = handed(database)
    settle(database, ids[:1], SENT)
    settle(database, ids[1:2], UNSURE)
    with database.write() as connection:
        assert ledger.decide_unsure(connection, ids, send_again=again, now=UNTIL) == 1
        assert ledger.decide_unsure(connection, ids, send_again=again, now=UNTIL) == 0
    assert states(database) == [SENT, after, HANDING]
    assert rows(database)[ids[1]]["settled_at"] == (None if again else UNTIL)
    assert claim(database, campaign, now=UNTIL) == (ids[1:2] if again else [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "flying"},
        {"state": SKIPPED},
        {"withheld": Withheld.PAUSED},
        {"state": SKIPPED, "withheld": "tired"},
    ],
)
def test_the_database_itself_refuses_a_row_that_makes_no_sense(database, wrong):
    open_book(database, 1)
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(update(deliveries).values(wrong))


def test_the_database_itself_refuses_a_second_row_for_the_same_person(database):
    campaign, ids = open_book(database, 1)
    row = {"campaign_id": campaign.id, "subscriber_id": rows(database)[ids[0]]["subscriber_id"]}
    row |= {"state": READY, "language": "en", "attempts": 0, "not_before": NOW}
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(deliveries).values(row))


def test_where_anything_is_due(database):
    def due(now=NOW):
        with database.read() as connection:
            return ledger.due_turns(connection, now)

    assert due() == []
    campaign, ids = open_book(database, 1)
    assert due() == [(campaign.id, "")]
    claim(database, campaign)
    assert due() == []
    settle(database, ids, READY, not_before=UNTIL)
    assert due() == []
    assert due(UNTIL) == [(campaign.id, "")]
    with database.write() as connection:
        move_campaign(connection, campaign.id, CampaignState.SENDING, CampaignState.PAUSED)
    assert due(UNTIL) == []


def test_rows_are_listed_and_counted(database):
    campaign, ids = handed(database)
    settle(database, ids[:1], SENT, reply="250 ok")
    with database.read() as connection:
        (sent,) = ledger.list_deliveries(connection, campaign=campaign.id, state="sent")
        assert (sent["campaign"], sent["address"], sent["reply"]) == (
            "september",
            "reader0@example.org",
            "250 ok",
        )
        someone = rows(database)[ids[1]]["subscriber_id"]
        assert [row["id"] for row in ledger.list_deliveries(connection, subscriber=someone)] == [ids[1]]
        assert len(ledger.list_deliveries(connection, limit=2)) == 2
        assert ledger.ids_in_state(connection, campaign.id, HANDING) == ids[1:]
        assert ledger.tally(connection, campaign.id) == [("handing", "en", None, 2), ("sent", "en", None, 1)]
