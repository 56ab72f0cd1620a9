"""Who was in a frozen audience and why is told by the rules of then, whatever has changed since."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from newsletter.core.consent import ConsentAction
from newsletter.core.refusal import ContentRefused
from newsletter.flows.frozen_rules import explain_frozen
from newsletter.flows.segments import sample_people
from newsletter.store.engagement_tables import campaign_topics
from newsletter.store.people import find_by_key, record_consent, replace_topics
from newsletter.store.tables import subscribers

ISSUE = "september-2021"
PEOPLE = [f"{name}@example.org" for name in ("ada", "ben", "chiara")]


def _change(bench, address, change):
    with bench.office.database.write() as connection:
        change(connection, find_by_key(connection, address))


def _sent(bench):
    """Ada and Ben are in the segment, Ben has left; Chiara follows nothing."""
    bench.enrol(*PEOPLE)
    _change(bench, PEOPLE[1], lambda connection, ben: _leave(connection, ben, bench.now))
    _change(bench, PEOPLE[2], lambda connection, chiara: replace_topics(connection, chiara, ()))
    bench.schedule()
    bench.at("2021-09-16T09:30")
    bench.launch()


def _leave(connection, person, at):
    record_consent(connection, person, ConsentAction.WITHDRAWN, at, source="one-click")


def test_whoever_was_in_is_explained_by_the_rules_of_then(bench):
    _sent(bench)
    path = bench.workspace / "subscribers" / "segments.yaml"
    path.write_text("segments: {}\n", encoding="utf-8")
    ada, ben, chiara = (explain_frozen(bench.office, ISSUE, address, "en") for address in PEOPLE)
    assert (ada.inside, ada.state, ada.withheld, ada.differs) == (True, "ready", None, False)
    assert (ben.inside, ben.withheld) == (True, "unsubscribed")
    assert (chiara.inside, chiara.state, chiara.differs) == (False, None, False)
    assert len(ada.version) == 64
    assert ada.sentence.startswith("People ")
    said = [line.words for _, line in next(iter(ada.explanations.values())).lines()]
    assert "interested in Erasmus+" in said


def test_a_person_who_has_changed_since_is_said_to_have_changed(bench):
    _sent(bench)
    _change(bench, PEOPLE[0], lambda connection, ada: replace_topics(connection, ada, ()))
    explained = explain_frozen(bench.office, ISSUE, PEOPLE[0], "fr")
    assert explained.inside
    assert explained.differs
    assert explained.as_dict()["changed_since"] is True


def test_before_the_launch_there_is_nothing_to_explain(bench):
    bench.enrol(*PEOPLE)
    bench.schedule()
    with pytest.raises(ContentRefused, match="segments explain"):
        explain_frozen(bench.office, ISSUE, PEOPLE[0], "en")


def test_what_a_campaign_is_about_is_frozen_with_it(bench):
    _sent(bench)
    with bench.office.database.read() as connection:
        about = {
            tuple(row)
            for row in connection.execute(select(campaign_topics.c.article, campaign_topics.c.topic))
        }
    assert ("erasmus-accreditation", "erasmus") in about


def test_a_sample_is_told_with_its_number_and_sentence(bench):
    bench.enrol(*PEOPLE)
    with bench.office.database.write() as connection:
        connection.execute(update(subscribers).values(country="BE"))
    found = sample_people(bench.office, "erasmus-interested", 2, bench.now, "en")
    assert (found.people, len(found.sample)) == (3, 2)
    assert found.as_dict()["who"] == "People interested in Erasmus+."
    with pytest.raises(ContentRefused, match="no segment"):
        sample_people(bench.office, "nobody", 2, bench.now, "en")
