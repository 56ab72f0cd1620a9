"""Filling: the mails of many people at once, each as it would be alone, and the browser shows the same."""

from __future__ import annotations

from email import policy
from email.parser import BytesParser

import pytest
from sqlalchemy import text

from newsletter.flows.fill import Filler
from newsletter.store import ledger

ISSUE = "september-2021"
PEOPLE = [f"{name}@example.org" for name in ("ada", "ben", "chiara", "chloe")]


@pytest.fixture
def rows(bench):
    """Four people, leased: two read French, one has no name, and one no topic any more."""
    bench.enrol(PEOPLE[0])
    bench.enrol(PEOPLE[1], given_name="")
    bench.enrol(PEOPLE[2], PEOPLE[3], language="fr", given_name="Chloé")
    bench.schedule()
    bench.at("2021-09-16T09:30")
    bench.launch()
    with bench.office.database.write() as connection:
        connection.execute(text("DELETE FROM subscriber_topics WHERE subscriber_id IN (1, 4)"))
        campaign = bench.campaign(ISSUE)
        return ledger.claim_batch(connection, campaign, "", "test", bench.now, 10).rows


def body_of(message, kind):
    return message.get_body((kind,)).get_content().replace("\r\n", "\n")


def test_a_mail_is_the_same_in_a_window_and_alone_and_in_the_browser(bench, rows):
    filler = Filler.load(bench.office, bench.campaign(ISSUE))
    together = filler.messages(rows, bench.now)
    assert list(together) == [row.id for row in rows]
    for row in rows:
        made = together[row.id]
        assert made == Filler.load(bench.office, bench.campaign(ISSUE)).messages([row], bench.now)[row.id]
        assert made.size == sum(map(len, made.pieces))
        assert (made.recipient, made.tag) == (row.address, row.id)
        message = BytesParser(policy=policy.SMTP).parsebytes(b"".join(made.pieces))
        assert message["Message-ID"] == f"<{made.message_id}>"
        copy = filler.copy(row)
        assert body_of(message, "plain") == copy.text
        assert body_of(message, "html").rstrip("\n") == copy.html.rstrip("\n")


def test_only_whoever_has_no_topic_is_asked_to_choose(bench, rows):
    made = Filler.load(bench.office, bench.campaign(ISSUE)).messages(rows, bench.now)
    wholes = [b"".join(made[row.id].pieces) for row in sorted(rows, key=lambda row: row.subscriber_id)]
    assert [b"Choose your topics: https" in whole for whole in wholes] == [True, False, False, False]
    assert [b"Choisir vos th=C3=A8mes" in whole for whole in wholes] == [False, False, False, True]


def test_copies_of_a_merged_reminder_are_the_same_in_a_window_and_alone_and_in_the_browser(bench):
    for language in ("en", "fr"):
        path = f"articles/kitchen-partners/{language}.md"
        bench.rewrite(path, "at: 2021-11-30T18:00", "at: 2021-10-19T18:00")
        bench.rewrite(path, "zone: Europe/Lisbon", "zone: Europe/Brussels")
    bench.enrol(*PEOPLE[:3])
    bench.enrol(PEOPLE[3], language="fr", given_name="Chloé")
    bench.sync()
    bench.at("2021-10-12T09:00")
    bench.launch()
    bench.applies(PEOPLE[0], "erasmus-accreditation/accreditation")
    bench.applies(PEOPLE[1], "kitchen-partners/partners-call")
    merged = bench.campaign("erasmus-accreditation-accreditation-reminder-7-merged")
    with bench.office.database.write() as connection:
        rows = ledger.claim_batch(connection, merged, "", "test", bench.now, 10).rows
    filler = Filler.load(bench.office, merged)
    together = filler.messages(rows, bench.now)
    subjects = {}
    for row in rows:
        made = together[row.id]
        assert made == Filler.load(bench.office, merged).messages([row], bench.now)[row.id]
        message = BytesParser(policy=policy.SMTP).parsebytes(b"".join(made.pieces))
        copy = filler.copy(row)
        assert message["Subject"] == copy.subject
        assert body_of(message, "plain") == copy.text
        assert body_of(message, "html").rstrip("\n") == copy.html.rstrip("\n")
        subjects[row.address] = copy.subject
    assert subjects == {
        PEOPLE[0]: "One week left: Two partners for a training kitchen",
        PEOPLE[1]: "One week left: Erasmus+ accreditation 2021",
        PEOPLE[2]: "One week left: Erasmus+ accreditation 2021, and 1 more date",
        PEOPLE[3]: "Plus qu’une semaine\u00a0: Accréditation Erasmus+ 2021, et 1 autre date",
    }
