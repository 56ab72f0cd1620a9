"""Campaigns: the table of moves, and content that survives being stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.campaign import (
    CAMPAIGN_MOVES,
    Campaign,
    CampaignContent,
    CampaignKind,
    CampaignState,
    check_campaign_move,
)
from newsletter.core.refusal import MoveRefused

LAST = {CampaignState.SENT, CampaignState.CANCELLED}
TEXTS = st.dictionaries(st.sampled_from(["en", "fr"]), st.text(max_size=20))


def reachable(start):
    found, waiting = {start}, [start]
    while waiting:
        fresh = CAMPAIGN_MOVES[waiting.pop()] - found
        found |= fresh
        waiting += fresh
    return found


def test_the_table_knows_every_state():
    assert set(CAMPAIGN_MOVES) == set(CampaignState)


def test_every_state_can_be_reached_from_a_draft():
    assert reachable(CampaignState.DRAFT) == set(CampaignState)


def test_what_is_sent_or_cancelled_stays_so_and_everything_else_can_get_there():
    assert {state for state, moves in CAMPAIGN_MOVES.items() if not moves} == LAST
    assert all(reachable(state) & LAST for state in CampaignState)


def test_nothing_is_sent_that_was_not_approved_and_scheduled():
    before = {CampaignState.APPROVED: set(), CampaignState.SCHEDULED: set(), CampaignState.SENDING: set()}
    for state, moves in CAMPAIGN_MOVES.items():
        for after in moves & set(before):
            before[after].add(state)
    assert before[CampaignState.APPROVED] <= {CampaignState.DRAFT, CampaignState.SCHEDULED}
    assert before[CampaignState.SCHEDULED] == {CampaignState.APPROVED, CampaignState.MISSED}
    resumed = {CampaignState.PAUSED, CampaignState.MISSED}  # both by an officer's word
    assert before[CampaignState.SENDING] == {CampaignState.SCHEDULED} | resumed


def test_whatever_has_begun_to_go_out_does_not_become_a_draft_again():
    for state in (CampaignState.SENDING, CampaignState.PAUSED):
        assert not reachable(state) & {CampaignState.DRAFT, CampaignState.APPROVED, CampaignState.SCHEDULED}


@pytest.mark.parametrize(("before", "after"), list(product(CampaignState, CampaignState)))
def test_a_move_is_allowed_by_the_table_or_refused_with_what_is_allowed(before, after):
    if after in CAMPAIGN_MOVES[before]:
        check_campaign_move("september", before, after)
        return
    with pytest.raises(MoveRefused) as caught:
        check_campaign_move("september", before, after)
    (problem,) = caught.value.problems
    assert problem.what == f"Campaign 'september' is {before} and cannot become {after}."
    assert all(state in problem.remedy for state in CAMPAIGN_MOVES[before])
    assert ("last state" in problem.remedy) == (before in LAST)


@given(
    st.builds(
        CampaignContent,
        template=st.text(max_size=9),
        articles=st.lists(st.text(max_size=9), max_size=4).map(tuple),
        number=st.none() | st.integers(1, 999),
        subjects=TEXTS,
        preheaders=TEXTS,
        openings=TEXTS,
        closings=TEXTS,
        signatures=TEXTS,
    )
)
def test_content_that_is_stored_comes_back_the_same(content):
    assert CampaignContent.from_json(json.loads(json.dumps(content.to_json()))) == content


def test_the_instant_of_a_campaign_follows_its_zone():
    campaign = Campaign(
        "september",
        CampaignKind.ISSUE,
        CampaignContent("issue"),
        "everybody",
        "Europe/Brussels",
        timedelta(hours=6),
    )
    assert campaign.instant is None
    assert campaign.schedule == "campaign:september"
    at = datetime.fromisoformat("2021-09-16T09:30")
    timed = Campaign(
        "september",
        CampaignKind.ISSUE,
        CampaignContent("issue"),
        "everybody",
        "Europe/Brussels",
        timedelta(0),
        at=at,
    )
    assert timed.instant == datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
