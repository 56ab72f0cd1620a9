"""People press one link; machines press all of them. And what a request says of itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.machine_visit import by_machine, picture_by_machine
from newsletter.core.recent_clicks import Judged, Press, RecentClicks

NOW = datetime(2021, 9, 16, 8, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
PERSON, MACHINE = Judged(by_machine=False), Judged(by_machine=True)


def press(link, seconds=0.0, campaign=1):
    return Press(campaign, link, NOW + timedelta(seconds=seconds))


def judged(*presses, visitor="ada", by_machine=False):
    recent = RecentClicks()
    return [recent.judge(visitor, one, by_machine=by_machine) for one in presses]


def test_one_link_now_and_another_later_are_a_persons():
    assert judged(press(1), press(2, 3), press(1, 9)) == [PERSON] * 3


def test_two_links_at_once_are_a_machines_and_the_first_is_corrected():
    first, second, third = press(1), press(2, 0.4), press(3, 2.2)
    assert judged(first, second, third) == [PERSON, Judged(by_machine=True, corrected=(first,)), MACHINE]


def test_the_same_link_twice_at_once_counts_once():
    assert judged(press(1), press(1, 0.5), press(1, 1)) == [PERSON, Judged(None), Judged(None)]


def test_what_says_that_it_is_a_machine_corrects_nothing_of_its_own():
    assert judged(press(1), press(2), by_machine=True) == [MACHINE, MACHINE]


def test_other_visitors_and_other_campaigns_are_others():
    recent = RecentClicks()
    seen = [
        recent.judge(visitor, press(link, campaign=campaign), by_machine=False)
        for visitor, campaign, link in (("ada", 1, 1), ("ben", 1, 2), ("ada", 2, 3))
    ]
    assert seen == [PERSON] * 3


MOMENTS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.floats(0, 3, allow_nan=False), st.booleans()),
    max_size=12,
)


@given(MOMENTS)
def test_what_is_counted_and_corrected_adds_up(moments):
    """Each link counts at most once in a burst, no correction comes twice, and no count falls below nothing."""
    recent, at, people, machines = RecentClicks(), NOW, {}, 0
    taken = 0
    for visitor, link, wait, says_so in moments:
        at += timedelta(seconds=wait)
        one = Press(1, link, at)
        found = recent.judge(visitor, one, by_machine=says_so)
        for back in found.corrected:
            people[visitor, back.link] -= 1
            machines += 1
            assert people[visitor, back.link] >= 0
        if found.by_machine is None:
            continue
        taken += 1
        machines += found.by_machine
        people[visitor, link] = people.get((visitor, link), 0) + (not found.by_machine)
    assert taken == machines + sum(people.values())


def test_nobody_is_remembered_for_long_and_never_too_many():
    recent = RecentClicks()
    for number in range(10_050):
        recent.judge(str(number), press(1), by_machine=False)
    assert len(recent) <= 10_001
    recent.judge("ada", press(1, 5), by_machine=False)
    assert len(recent) == 1


@pytest.mark.parametrize(
    ("headers", "machine"),
    [
        ({"user-agent": FIREFOX}, False),
        (
            {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"},
            False,
        ),
        ({"user-agent": "Opera/9.80 (J2ME/MIDP; Opera Mini/9) Presto/2.8"}, False),
        ({}, True),
        ({"user-agent": ""}, True),
        ({"user-agent": "curl/8.0"}, True),
        ({"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}, True),
        ({"user-agent": "Mozilla/5.0 (compatible; Barracuda Sentinel)"}, True),
        ({"user-agent": "Mozilla/5.0 (X11) HeadlessChrome/120"}, True),
        ({"user-agent": FIREFOX, "sec-purpose": "prefetch;prerender"}, True),
        ({"user-agent": FIREFOX, "purpose": "prefetch"}, True),
        ({"user-agent": FIREFOX, "x-moz": "prefetch"}, True),
        ({"user-agent": FIREFOX, "x-purpose": "preview"}, True),
    ],
)
def test_requests_that_say_that_nobody_pressed(headers, machine):
    assert by_machine(headers) is machine
    assert picture_by_machine(headers) is machine


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "YahooMailProxy; https://help.yahoo.com/",
    ],
)
def test_pictures_that_a_proxy_loads_say_nothing_of_a_reader(agent):
    assert picture_by_machine({"user-agent": agent})
