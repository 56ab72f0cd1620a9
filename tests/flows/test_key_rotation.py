"""A new secret: links of old mails work, and addresses that were suppressed stay so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.core.token import Purpose, Token, make_token
from newsletter.flows.people import known_person, lift_suppression, suppress_address, unsubscribe
from newsletter.wiring import open_office

ADA, BEN = "ada@example.org", "ben@example.org"


@pytest.fixture
def rotated(bench):
    """Two rotations later."""
    bench.enrol(ADA)
    suppress_address(bench.office, BEN, "request", bench.now)
    return replace(bench.office, secret=b"the third", former_secrets=(b"the second", bench.office.secret))


@pytest.mark.parametrize("secret", [b"a key for tests", b"the second", b"the third"])
def test_links_that_were_signed_with_any_of_them_work(rotated, bench, secret):
    ada = known_person(rotated, ADA)
    assert unsubscribe(rotated, make_token(secret, Token(Purpose.UNSUBSCRIBE, 1, ada)), bench.now)


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.UNSUBSCRIBE])
def test_a_link_for_something_else_or_with_an_unknown_key_does_nothing(rotated, bench, purpose):
    ada = known_person(rotated, ADA)
    assert not unsubscribe(rotated, make_token(b"the third", Token(purpose, 1, ada)), bench.now)
    foreign = make_token(b"the fourth", Token(Purpose.UNSUBSCRIBE, 1, ada))
    assert not unsubscribe(rotated, foreign, bench.now)


def test_a_suppressed_address_stays_suppressed_and_can_be_lifted(rotated, bench):
    assert not suppress_address(rotated, BEN, "request", bench.now), "it was already"
    bench.office = rotated
    assert bench.enrol(BEN).counts == {"suppressed": 1}
    assert lift_suppression(rotated, BEN)


def test_former_secrets_come_from_the_environment_newest_first(workspace, monkeypatch, tmp_path):
    (tmp_path / "former").write_text("second\nthe-first\n", encoding="ascii")
    monkeypatch.setenv("NEWSLETTER_SECRET", "new")
    monkeypatch.setenv("NEWSLETTER_FORMER_SECRETS", "second, first")
    office = open_office(workspace)
    assert office.keys == (b"new", b"second", b"first")
    assert office.hash_key == b"first"
    office.database.close()
    monkeypatch.delenv("NEWSLETTER_FORMER_SECRETS")
    monkeypatch.setenv("NEWSLETTER_FORMER_SECRETS_FILE", str(tmp_path / "former"))
    office = open_office(workspace)
    assert office.hash_key == b"the-first"
    office.database.close()
