"""Where a person stands is what their consent events add up to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.consent import ConsentAction, standing_after
from newsletter.core.subscriber import Standing

ASKED, INFORMED, GRANTED, WITHDRAWN = ConsentAction
HISTORIES = st.lists(st.sampled_from(ConsentAction), max_size=12)


@pytest.mark.parametrize(
    ("actions", "standing"),
    [
        ([], Standing.PENDING),
        ([ASKED], Standing.PENDING),
        ([GRANTED], Standing.CONFIRMED),
        ([ASKED, GRANTED], Standing.CONFIRMED),
        ([ASKED, GRANTED, WITHDRAWN], Standing.UNSUBSCRIBED),
        ([WITHDRAWN], Standing.UNSUBSCRIBED),
        ([GRANTED, ASKED], Standing.CONFIRMED),
        ([GRANTED, WITHDRAWN, ASKED], Standing.PENDING),
        ([GRANTED, WITHDRAWN, ASKED, GRANTED], Standing.CONFIRMED),
        ([INFORMED], Standing.INFORMED),
        ([ASKED, INFORMED], Standing.INFORMED),
        ([INFORMED, ASKED], Standing.INFORMED),
        ([INFORMED, GRANTED], Standing.CONFIRMED),
        ([GRANTED, INFORMED], Standing.CONFIRMED),
        ([INFORMED, WITHDRAWN, INFORMED], Standing.UNSUBSCRIBED),
        ([WITHDRAWN, ASKED, INFORMED], Standing.PENDING),
    ],
)
def test_histories_and_what_they_add_up_to(actions, standing):
    assert standing_after(actions) is standing


@given(HISTORIES)
def test_nobody_is_confirmed_without_a_grant(actions):
    if standing_after(actions) is Standing.CONFIRMED:
        assert GRANTED in actions


@given(HISTORIES)
def test_after_a_withdrawal_only_a_new_grant_confirms(actions):
    left = [*actions, WITHDRAWN]
    assert standing_after(left) is Standing.UNSUBSCRIBED
    assert standing_after([*left, ASKED]) is Standing.PENDING
    assert standing_after([*left, ASKED, ASKED]) is Standing.PENDING
    assert standing_after([*left, INFORMED]) is Standing.UNSUBSCRIBED
    assert standing_after([*left, ASKED, INFORMED]) is Standing.PENDING
    assert standing_after([*left, GRANTED]) is Standing.CONFIRMED


@given(HISTORIES)
def test_asking_again_never_silences_somebody(actions):
    before = standing_after(actions)
    assert not before.is_written_to or standing_after([*actions, ASKED]) is before


@given(HISTORIES)
def test_telling_somebody_of_our_interest_never_brings_them_back_and_never_takes_a_consent_away(actions):
    before, after = standing_after(actions), standing_after([*actions, INFORMED])
    assert after is before or (before, after) == (Standing.PENDING, Standing.INFORMED)


@given(HISTORIES, st.sampled_from(ConsentAction))
def test_the_same_event_twice_is_the_same_as_once(actions, action):
    assert standing_after([*actions, action]) is standing_after([*actions, action, action])


@given(HISTORIES)
def test_the_last_grant_or_withdrawal_decides(actions):
    """Everything before it may be forgotten, which is what makes an import of a history safe."""
    decisive = [at for at, action in enumerate(actions) if action in {GRANTED, WITHDRAWN}]
    rest = actions[decisive[-1] :] if decisive else actions
    assert standing_after(actions) is standing_after(rest)


@given(HISTORIES)
def test_events_may_come_as_a_stream(actions):
    assert standing_after(iter(actions)) is standing_after(actions)
