"""Strikes: enough refusals, each for another mail and over enough days, speak for a suppression."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.core.reply import classify
from newsletter.store import people
from newsletter.store.strikes import forget_blocks, note_block, strike

NOW = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
DAY = timedelta(days=1)
FULL = classify(stage="rcpt", code=452, enhanced="4.2.2", text="mailbox full")
POLICY = classify(stage="rcpt", code=550, enhanced="5.7.26", text="not authenticated")


@pytest.fixture
def connection(database):
    with database.write() as opened:
        yield opened


def _enrol(connection, name="ada"):
    address = f"{name}@example.org"
    row = people.PersonRow(address, address, f"hash of {name}", "", "en", "", "", NOW, "form", (), None)
    return people.add_person(connection, row)


def test_a_full_mailbox_is_given_up_after_four_mails_and_thirty_days(connection):
    ada = _enrol(connection)
    assert (FULL.strikes, FULL.strike_days) == (4, 30)
    days = [0, 10, 20, 29, 30]
    assert [strike(connection, ada, turn, FULL, NOW + day * DAY) for turn, day in enumerate(days)] == [
        False, False, False, False, True,
    ]  # fmt: skip


def test_many_mails_in_a_few_days_and_many_tries_of_one_mail_prove_nothing(connection):
    ada, ben = _enrol(connection), _enrol(connection, "ben")
    assert not any(strike(connection, ada, turn, FULL, NOW + turn * DAY) for turn in range(9))
    assert not any(strike(connection, ben, 1, FULL, NOW + turn * 10 * DAY) for turn in range(9))


def test_other_people_and_other_reasons_are_counted_apart(connection):
    ada, ben = _enrol(connection), _enrol(connection, "ben")
    other = classify(stage="rcpt", code=550, text="no reason")
    for turn, (person, verdict) in enumerate(
        [(ada, FULL), (ben, FULL), (ada, other), (ada, FULL), (ada, FULL)]
    ):
        assert not strike(connection, person, turn, verdict, NOW + turn * 20 * DAY)


def test_a_policy_refusal_is_no_strike(connection):
    ada = _enrol(connection)
    assert not any(strike(connection, ada, turn, POLICY, NOW + turn * 30 * DAY) for turn in range(9))


def test_blocks_are_counted_by_mail_and_reason_until_they_are_forgotten(connection):
    ada, ben = _enrol(connection), _enrol(connection, "ben")
    counts = [note_block(connection, who, 1, "on-a-list", NOW) for who in (ada, ada, ben)]
    assert counts == [1, 1, 2]
    assert note_block(connection, ada, 2, "on-a-list", NOW) == 1
    assert note_block(connection, ada, 1, "bad-name", NOW) == 1
    forget_blocks(connection, 1, ["on-a-list"])
    assert note_block(connection, ada, 1, "on-a-list", NOW) == 1
    assert note_block(connection, ada, 1, "bad-name", NOW) == 1
