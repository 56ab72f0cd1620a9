"""The rule of retention: asked after so many months of silence, set aside without an answer, and opening is no answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.core.engagement import EngagementKind
from newsletter.flows.deliver import deliver_due
from newsletter.flows.people import known_person, suppress_address
from newsletter.flows.retention import SOURCE, Retention, keep_to_retention, look_at_retention
from newsletter.flows.sign_up import confirm, find_asked
from newsletter.settings.parts import Retention as Rule
from newsletter.store.engagements import record_engagement
from newsletter.store.people import consents_of, note_choice
from newsletter.store.tables import campaigns

ADA, BEN, CHIARA = "ada@example.org", "ben@example.org", "chiara@example.org"


@pytest.fixture
def silent(bench):
    """Three people who consented in January 2021; it is two and a half years later."""
    rule = Rule(inactive_months=24)
    bench.office = replace(
        bench.office, settings=bench.office.settings.model_copy(update={"retention": rule})
    )
    bench.enrol(ADA, BEN, CHIARA)
    bench.at("2023-07-01 08:00")
    return bench


def test_they_are_asked_once_and_who_does_not_answer_is_set_aside(silent):
    assert look_at_retention(silent.office, silent.now) == Retention(24, 3, 0)
    assert keep_to_retention(silent.office, silent.now) == Retention(24, 3, 0)
    deliver_due(silent.office)
    assert sorted(one.recipient for one in silent.transport.accepted) == [ADA, BEN, CHIARA]
    assert keep_to_retention(silent.office, silent.now).to_ask == 0
    silent.days_later(29)
    assert confirm(silent.office, silent.confirm_token(ADA), "Yes, keep me on the list", silent.now)
    assert keep_to_retention(silent.office, silent.now) == Retention(24, 0, 0)
    silent.days_later(2)
    assert keep_to_retention(silent.office, silent.now) == Retention(24, 0, 2)
    assert [silent.standing(who) for who in (ADA, BEN, CHIARA)] == [
        "confirmed",
        "unsubscribed",
        "unsubscribed",
    ]
    with silent.office.database.read() as connection:
        ben = consents_of(connection, known_person(silent.office, BEN))
        ada = consents_of(connection, known_person(silent.office, ADA))
    assert [event["source"] for event in ben] == ["form", SOURCE]
    assert (ada[-1]["action"], ada[-1]["wording"]) == ("granted", "Yes, keep me on the list")


def test_an_answer_counts_once_and_not_after_leaving(silent):
    keep_to_retention(silent.office, silent.now)
    deliver_due(silent.office)
    mine = silent.confirm_token(ADA)
    assert find_asked(silent.office, mine, silent.now).is_asked_to_stay
    for _ in range(2):
        assert confirm(silent.office, mine, "Yes", silent.now)
    with silent.office.database.read() as connection:
        assert len(consents_of(connection, known_person(silent.office, ADA))) == 2
    silent.leaves(ADA)
    assert not confirm(silent.office, mine, "Yes", silent.now)
    assert silent.standing(ADA) == "unsubscribed"


def test_signs_of_life_are_what_people_do_on_purpose_and_opening_is_none(silent):
    with silent.office.database.write() as connection:
        made = connection.execute(
            campaigns.insert().values(
                name="old", kind="issue", state="sent", content={}, segment="", exclude=[], sender="", zone="UTC",
                lateness=0, timing={}, created_at=silent.now, approved_by="", deadline="", note="", series="",
            )
        ).inserted_primary_key[0]  # fmt: skip
        lately = silent.now - timedelta(days=30)
        for who, kind in ((ADA, EngagementKind.OPENED), (BEN, EngagementKind.CLICKED)):
            record_engagement(connection, known_person(silent.office, who), made, kind, lately)
        note_choice(connection, known_person(silent.office, CHIARA), lately)
    keep_to_retention(silent.office, silent.now)
    deliver_due(silent.office)
    assert [one.recipient for one in silent.transport.accepted] == [ADA]


def test_nothing_is_done_where_the_rule_is_off_and_trying_does_nothing_either(bench):
    bench.enrol(ADA)
    bench.at("2031-07-01 08:00")
    assert keep_to_retention(bench.office, bench.now) == Retention(0, 0, 0)
    assert look_at_retention(bench.office, bench.now, months=24) == Retention(24, 1, 0)
    deliver_due(bench.office)
    assert bench.transport.accepted == []


def test_who_cannot_be_written_to_is_not_asked(silent):
    suppress_address(silent.office, ADA, "bounced", silent.now)
    assert look_at_retention(silent.office, silent.now).to_ask == 2


def test_who_was_informed_only_is_asked_too(silent):
    silent.enrol("ben@example.net", status="informed", consent_wording="We write to you about …")
    assert keep_to_retention(silent.office, silent.now).to_ask == 4
    deliver_due(silent.office)
    assert "/confirm/" in silent.text_of("ben@example.net")
    silent.days_later(31)
    assert keep_to_retention(silent.office, silent.now).to_set_aside == 4
