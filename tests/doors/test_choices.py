"""What readers choose on their pages beside consent: time zone, tracking, and why they left."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from newsletter.core.links import PersonalLinks
from newsletter.core.wording import Catalogue
from newsletter.flows.import_people import import_people
from newsletter.public.zones import is_zone, zone_groups
from newsletter.store import choices
from newsletter.store import people as rows

NOW = datetime(2021, 10, 12, 7, 2, tzinfo=UTC)
SAVE = {"save": "yes", "language": "en"}


@pytest.fixture
def ada(people):
    with people.database.read() as connection:
        return PersonalLinks("", people.secret, 7, rows.find_by_key(connection, "ada@example.org"))


@pytest.fixture
def known(people, ada):
    """Ada's row, and what she chose about tracking."""

    def now():
        with people.database.read() as connection:
            return rows.person_row(connection, ada.subscriber), choices.tracking_choices_of(
                connection, ada.subscriber
            )

    return now


@pytest.fixture
def counting(people):
    """An office that counts clicks, so that there is something to ask about."""
    before = people.settings
    object.__setattr__(
        people,
        "settings",
        before.model_copy(update={"tracking": before.tracking.model_copy(update={"clicks": "counted"})}),
    )
    yield people
    object.__setattr__(people, "settings", before)


def test_every_zone_of_the_list_is_one_and_none_is_there_twice():
    groups = zone_groups(Catalogue("en"))
    names = [name for group in groups.values() for name, _ in group]
    assert len(names) == len(set(names)) > 400
    assert all(is_zone(name) for name in names)
    assert ("Europe/Athens", "Athens") in groups["Europe"]
    assert not is_zone("Mars/Olympus")
    assert not is_zone("localtime")


def test_a_zone_is_saved_shown_and_left_alone_by_imports(site, ada, people, known, workspace):
    page = site.get(ada.preferences()).text
    assert re.search(r'<option value="">[^<]*Brussels', page)
    site.post(ada.preferences(), data={**SAVE, "zone": "Europe/Athens"})
    assert known()[0]["zone"] == "Europe/Athens"
    assert '<option value="Europe/Athens" selected>' in site.get(ada.preferences()).text
    file = workspace / "subscribers" / "again.csv"
    file.write_text(
        "email,zone,consent_source,consent_date,consent_wording\nada@example.org,Europe/Paris,form,2021-01-05,Yes\n",
        encoding="utf-8",
    )
    import_people(people, file, people.clock())
    assert known()[0]["zone"] == "Europe/Athens"
    for wrong in ("Mars/Olympus", "../../etc/passwd"):
        assert site.post(ada.preferences(), data={**SAVE, "zone": wrong}).status_code == 200
    assert known()[0]["zone"] == "Europe/Athens"
    site.post(ada.preferences(), data={**SAVE, "zone": ""})
    assert known()[0]["zone"] == ""


def test_how_often_is_chosen_and_nonsense_changes_nothing(site, ada, known):
    assert re.search(r'name="rhythm" value="every" checked', site.get(ada.preferences()).text)
    for chosen, stored in (
        ("monthly", "monthly"),
        ("daily", "monthly"),
        ("", "monthly"),
        ("reminders", "reminders"),
    ):
        site.post(ada.preferences(), data={**SAVE, "rhythm": chosen})
        assert known()[0]["rhythm"] == stored
    page = site.post(ada.preferences(), data={**SAVE, "rhythm": "every", "until": "1999-01-01"})
    assert (page.status_code, known()[0]["rhythm"]) == (422, "reminders")
    assert re.search(r'name="rhythm" value="every" checked', page.text), "what was chosen is still there"


def test_nobody_is_asked_about_tracking_where_nothing_is_tracked(site, ada, known):
    assert 'name="tracking"' not in site.get(ada.preferences()).text
    site.post(ada.preferences(), data={**SAVE, "tracking": "allowed"})
    assert known()[0]["tracking_at"] is None
    assert known()[1] == []


def test_tracking_is_chosen_with_evidence_and_taken_back(site, ada, known, counting):
    page = site.get(ada.preferences()).text
    assert re.search(r'name="tracking" value="refused" checked', page)
    for _ in range(2):
        site.post(ada.preferences(), data={**SAVE, "tracking": "allowed"})
    row, (event,) = known()
    assert row["tracking_at"] == NOW
    assert event["wording"].startswith("What I open and press in my letters. It helps us see")
    assert event["evidence"] == {"form": "preferences", "campaign": 7}
    site.post(f"{ada.preferences()}?language=fr", data={**SAVE, "tracking": "refused"})
    row, events = known()
    assert row["tracking_at"] is None
    assert (events[-1]["choice"], events[-1]["wording"][:4]) == ("refused", "Rien")
    for wrong in ("perhaps", ""):
        site.post(ada.preferences(), data={**SAVE, "tracking": wrong})
    assert len(known()[1]) == 2


def test_whoever_said_yes_may_take_it_back_when_nothing_is_tracked_any_more(site, ada, known, people):
    with people.database.write() as connection:
        choices.choose_tracking(
            connection, ada.subscriber, choices.TrackingChoice.ALLOWED, NOW, wording="Yes.", evidence={}
        )
    assert 'name="tracking"' in site.get(ada.preferences()).text
    site.post(ada.preferences(), data={**SAVE, "tracking": "refused"})
    assert known()[0]["tracking_at"] is None


def test_why_somebody_left_is_asked_afterwards_and_only_once(site, ada, people, run):
    page = site.post(ada.unsubscribe(), data={"confirm": "yes"}).text
    assert page.index("You have left the letter") < page.index("Would you tell us why?")
    for wrong in ({}, {"reason": "weather"}):
        answer = site.post(f"{ada.unsubscribe()}/reason", data=wrong)
        assert (answer.status_code, "Would you tell us why?" in answer.text) == (200, True)
    told = site.post(f"{ada.unsubscribe()}/reason", data={"reason": "too-much"})
    assert "your reason is noted" in told.text
    assert "Would you tell us why?" not in site.get(ada.unsubscribe()).text
    status, printed, _ = run("subscribers", "reasons", "--days", "36500", "--json")
    assert (status, json.loads(printed)["reasons"]["too-much"]) == (0, 1)


def test_nobody_gives_a_reason_who_has_not_left(site, ada, people):
    answer = site.post(f"{ada.unsubscribe()}/reason", data={"reason": "too-much"})
    assert "Leave the letter?" in answer.text
    with people.database.read() as connection:
        assert choices.leaving_reason_of(connection, ada.subscriber, NOW) is None
    assert site.post("/u/nothing/reason", data={"reason": "too-much"}).status_code == 404
