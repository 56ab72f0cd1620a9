"""What people did with their mail is kept once a day, first moment first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from newsletter.core.engagement import LONGEST_LINK, EngagementKind
from newsletter.store import people
from newsletter.store.engagement_tables import engagements
from newsletter.store.engagements import last_engagement, record_engagement
from newsletter.store.tables import campaigns

NOW = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLICKED, OPENED, REPLIED = EngagementKind.CLICKED, EngagementKind.OPENED, EngagementKind.REPLIED


@pytest.fixture
def connection(database):
    with database.write() as opened:
        words = {"kind": "issue", "state": "sent", "segment": "everyone", "sender": "default", "zone": "UTC"}
        more = {"content": {}, "exclude": [], "lateness": 0, "deadline": "", "approved_by": ""}
        for identity in (1, 2):
            row = words | more | {"id": identity, "name": f"letter-{identity}", "created_at": NOW}
            opened.execute(insert(campaigns).values(row))
        yield opened


def _enrol(connection, name="ada"):
    address = f"{name}@example.org"
    row = people.PersonRow(address, address, f"hash of {name}", "", "en", "", "", NOW, "form", (), None)
    return people.add_person(connection, row)


def test_the_same_click_counts_once_a_day_and_its_first_moment_stays(connection):
    ada = _enrol(connection)
    noted = [
        record_engagement(connection, ada, 1, CLICKED, at, "erasmus")
        for at in (NOW, NOW, NOW + HOUR, NOW + DAY)
    ]
    assert noted == [True, False, False, True]
    assert list(connection.scalars(select(engagements.c.at).order_by(engagements.c.at))) == [NOW, NOW + DAY]


def test_another_person_mail_kind_or_link_counts_apart(connection):
    ada, ben = _enrol(connection), _enrol(connection, "ben")
    apart = [(ada, 1, CLICKED, "a"), (ben, 1, CLICKED, "a"), (ada, 2, CLICKED, "a"), (ada, 1, CLICKED, "b")]
    for person, campaign, kind, link in [*apart, (ada, 1, OPENED, ""), (ada, 1, REPLIED, "")]:
        assert record_engagement(connection, person, campaign, kind, NOW, link)


def test_the_day_is_that_of_utc(connection):
    ada, brussels = _enrol(connection), timezone(timedelta(hours=2))
    before, after = (datetime(2021, 9, 17, hour, 59, tzinfo=brussels) for hour in (1, 2))
    assert record_engagement(connection, ada, 1, OPENED, before)
    assert not record_engagement(connection, ada, 1, OPENED, NOW)
    assert record_engagement(connection, ada, 1, OPENED, after)


def test_a_link_of_any_length_and_alphabet_is_kept_by_its_beginning(connection):
    ada = _enrol(connection)
    link = "https://example.org/" + "".join(chr(0x1F300 + turn % 700) for turn in range(3000))
    assert record_engagement(connection, ada, 1, CLICKED, NOW, link)
    assert not record_engagement(connection, ada, 1, CLICKED, NOW, link + "\0?")
    assert connection.scalar(select(engagements.c.link)) == link[:LONGEST_LINK]


def test_the_last_moment_is_told_by_kind(connection):
    ada = _enrol(connection)
    record_engagement(connection, ada, 1, CLICKED, NOW)
    record_engagement(connection, ada, 1, OPENED, NOW + DAY)
    assert last_engagement(connection, ada) == NOW + DAY
    assert last_engagement(connection, ada, (CLICKED, REPLIED)) == NOW
    assert last_engagement(connection, ada, (REPLIED,)) is None


def test_nobody_and_no_mail_are_refused(database):
    with pytest.raises(IntegrityError), database.write() as connection:
        record_engagement(connection, _enrol(connection), 99, CLICKED, NOW)
