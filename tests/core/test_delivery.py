"""The ledger's table of moves: nothing comes back from the dead, and nothing is stuck."""

from __future__ import annotations

from newsletter.core.delivery import DELIVERY_MOVES, SETTLED, DeliveryState, Withheld

READY, HANDING, SENT, FAILED, SKIPPED, UNSURE = DeliveryState


def reachable(start):
    found, waiting = {start}, [start]
    while waiting:
        fresh = DELIVERY_MOVES[waiting.pop()] - found
        found |= fresh
        waiting += fresh
    return found


def test_the_table_knows_every_state():
    assert set(DELIVERY_MOVES) == set(DeliveryState)


def test_every_state_can_be_reached_from_ready():
    assert reachable(READY) == set(DeliveryState)


def test_settled_states_are_last_and_no_other_is():
    assert {state for state, moves in DELIVERY_MOVES.items() if not moves} == SETTLED


def test_every_open_row_can_be_settled():
    assert all(reachable(state) & SETTLED for state in DeliveryState)


def test_nothing_is_sent_that_was_not_handing_or_decided_by_a_person():
    assert {state for state, moves in DELIVERY_MOVES.items() if SENT in moves} == {HANDING, UNSURE}
    assert {state for state, moves in DELIVERY_MOVES.items() if HANDING in moves} == {READY}


def test_what_may_have_been_handed_over_is_not_said_to_be_withheld_unless_a_person_decides():
    assert {state for state, moves in DELIVERY_MOVES.items() if SKIPPED in moves} == {READY, UNSURE}


def test_reasons_are_words_that_fit_their_column():
    assert all(reason == reason.lower() and len(reason) <= 40 for reason in Withheld)
