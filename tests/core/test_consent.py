"""Where a person stands is what their consent events add up to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.consent import ConsentAction, standing_after
from newsletter.core.subscriber import Standing

ASKED, GRANTED, WITHDRAWN = ConsentAction
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
    assert standing_after([*left, GRANTED]) is Standing.CONFIRMED


@given(HISTORIES)
def test_asking_again_never_silences_somebody_who_is_confirmed(actions):
    confirmed = standing_after(actions) is Standing.CONFIRMED
    assert (standing_after([*actions, ASKED]) is Standing.CONFIRMED) == confirmed


@given(HISTORIES, st.sampled_from(ConsentAction))
def test_the_same_event_twice_is_the_same_as_once(actions, action):
    assert standing_after([*actions, action]) is standing_after([*actions, action, action])


@given(HISTORIES)
def test_the_last_grant_or_withdrawal_decides(actions):
    """Everything before it may be forgotten, which is what makes an import of a history safe."""
    decisive = [at for at, action in enumerate(actions) if action is not ASKED]
    rest = actions[decisive[-1] :] if decisive else actions
    assert standing_after(actions) is standing_after(rest)


@given(HISTORIES)
def test_events_may_come_as_a_stream(actions):
    assert standing_after(iter(actions)) is standing_after(actions)
