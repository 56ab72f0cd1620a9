"""Redirects and the invisible picture: where they lead, what they count, and of whom nothing is known."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update
from starlette.testclient import TestClient

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind
from newsletter.core.content_links import ContentLink
from newsletter.core.engagement import EngagementKind
from newsletter.core.links import redirect_url
from newsletter.core.token import Purpose, Token, make_token
from newsletter.flows.import_people import import_people
from newsletter.flows.report import report_campaign
from newsletter.flows.simulated_clock import SimulatedClock
from newsletter.public.app import create_public_app
from newsletter.store import campaigns, clicks
from newsletter.store import people as rows
from newsletter.store.click_tables import link_counts
from newsletter.store.engagement_tables import engagements
from newsletter.store.tables import deliveries, subscribers
from newsletter.wiring import open_office

NOW = datetime(2021, 9, 16, 22, 30, tzinfo=UTC)  # the next day in Brussels
DAY = date(2021, 9, 17)
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"}
SAFARI = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"}
LINKS = [
    ContentLink("https://call.example.net/apply?a=1&b=2#now", "Open the call", "the-call"),
    ContentLink("http://paper.example.org/", "Read it"),
]
ADA = "ada@example.org"


@pytest.fixture(scope="module")
def desk(starter, tmp_path_factory):
    """An office that counts clicks, with one campaign of two links and its people."""
    workspace = shutil.copytree(starter, tmp_path_factory.mktemp("clicks") / "workspace")
    tracking = {"clicks": "counted", "opens": "consented"}
    clock = SimulatedClock(NOW - timedelta(days=1))
    office = open_office(workspace, clock, {"secret": "a key for tests", "tracking": tracking})
    import_people(office, workspace / "subscribers" / "sample.csv", clock())
    clock.set(NOW)
    content = CampaignContent("issue", (), 42, {"en": "The letter"})
    letter = Campaign(
        "letter", CampaignKind.ISSUE, content, "everybody", "Europe/Brussels", timedelta(hours=6)
    )
    with office.database.write() as connection:
        identity = campaigns.add_campaign(connection, letter, NOW)
        clicks.set_links(connection, identity, LINKS)
    with TestClient(create_public_app(office), raise_server_exceptions=False, follow_redirects=False) as site:
        yield Desk(office, clock, site, identity)
    office.database.close()


class Desk:
    """The office, its pages, and a look into the store."""

    def __init__(self, office, clock, site, campaign):
        self.office, self.clock, self.site, self.campaign = office, clock, site, campaign
        with office.database.read() as connection:
            self.ada = rows.find_by_key(connection, ADA)

    def link(self, number=1, key=None):
        return redirect_url("", key or self.office.secret, self.campaign, number)

    def reader(self, campaign=None):
        token = Token(Purpose.READER, campaign or self.campaign, self.ada)
        return make_token(self.office.secret, token)

    def press(self, path, headers=FIREFOX, after=10.0, method="GET"):
        self.clock.set(self.clock() + timedelta(seconds=after))
        return self.site.request(method, path, headers=headers)

    def allow(self, at=NOW):
        with self.office.database.write() as connection:
            connection.execute(update(subscribers).where(subscribers.c.id == self.ada).values(tracking_at=at))

    def took(self, settled):
        """Ada's provider took the letter at this instant."""
        row = {"campaign_id": self.campaign, "subscriber_id": self.ada, "state": "sent", "language": "en"}
        when = {"not_before": NOW, "attempts": 1, "settled_at": settled}
        with self.office.database.write() as connection:
            connection.execute(insert(deliveries).values(row | when))

    @property
    def counts(self):
        with self.office.database.read() as connection:
            found = clicks.counts_by_day(connection, self.campaign)
        return {(number, day): (people, machines) for day, number, people, machines in found}

    @property
    def known(self):
        row = engagements.c
        with self.office.database.read() as connection:
            query = select(row.subscriber_id, row.kind, row.link).order_by(row.id)
            return [tuple(found) for found in connection.execute(query)]


@pytest.fixture
def letter(desk):
    """The desk as it is before anybody pressed anything; nobody allows tracking."""
    desk.allow(None)
    with desk.office.database.write() as connection:
        for table in (link_counts, engagements, deliveries):
            connection.execute(delete(table))
    return desk


def test_a_link_leads_on_and_counts_without_a_person(letter):
    answer = letter.press(letter.link())
    assert (answer.status_code, answer.headers["location"]) == (302, LINKS[0].url)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert not answer.headers.get("set-cookie")
    assert letter.press(letter.link(2), SAFARI).headers["location"] == LINKS[1].url
    letter.press(letter.link())
    assert letter.counts == {(1, DAY): (2, 0), (2, DAY): (1, 0)}
    assert letter.known == []


def test_looking_without_following_is_not_counted(letter):
    assert letter.press(letter.link(), method="HEAD").headers["location"] == LINKS[0].url
    for method in ("POST", "PUT", "DELETE"):
        assert letter.press(letter.link(), method=method).status_code == 405
    assert letter.counts == {}


def test_machines_stand_apart(letter):
    letter.press(letter.link(), {**FIREFOX, "Sec-Purpose": "prefetch"})
    letter.press(letter.link(), {"User-Agent": "Mozilla/5.0 (compatible; Mimecast)"})
    assert letter.counts == {(1, DAY): (0, 2)}


def test_whoever_follows_every_link_at_once_is_a_machine(letter):
    letter.press(letter.link(1))
    letter.press(letter.link(2), after=0.5)
    letter.press(letter.link(2), SAFARI, after=0.5)
    assert letter.counts == {(1, DAY): (0, 1), (2, DAY): (1, 1)}


def test_two_presses_at_once_are_one_click(letter):
    for after in (10, 0.3):
        assert letter.press(letter.link(), after=after).status_code == 302
    assert letter.counts == {(1, DAY): (1, 0)}


def test_with_consent_it_is_known_who_pressed_what(letter):
    letter.allow()
    for number in (1, 2, 1):
        letter.press(f"{letter.link(number)}-{letter.reader()}")
    clicked = EngagementKind.CLICKED
    assert letter.known == [(letter.ada, clicked, "the-call"), (letter.ada, clicked, LINKS[1].url)]
    assert letter.counts == {(1, DAY): (2, 0), (2, DAY): (1, 0)}


def test_consent_that_was_withdrawn_since_leaves_only_the_count(letter):
    letter.allow(None)
    assert letter.press(f"{letter.link()}-{letter.reader()}").headers["location"] == LINKS[0].url
    assert (letter.known, letter.counts) == ([], {(1, DAY): (1, 0)})


@pytest.mark.parametrize("agent", [FIREFOX, {"User-Agent": "curl/8"}])
def test_what_a_machine_pressed_is_no_readers(letter, agent):
    letter.allow()
    letter.press(f"{letter.link(1)}-{letter.reader()}", agent)
    letter.press(f"{letter.link(2)}-{letter.reader()}", agent, after=0.5)
    assert letter.known == []
    assert letter.counts == {(1, DAY): (0, 1), (2, DAY): (0, 1)}


def test_a_click_right_after_the_mail_was_taken_is_a_scanners(letter):
    letter.allow()
    letter.took(letter.office.clock() + timedelta(seconds=8))
    own = f"{letter.link(1)}-{letter.reader()}"
    letter.press(own)
    assert (letter.known, letter.counts) == ([], {(1, DAY): (0, 1)})
    letter.press(f"{letter.link(2)}-{letter.reader()}", after=0.5)
    letter.press(own)
    assert letter.known == [(letter.ada, EngagementKind.CLICKED, "the-call")]
    assert letter.counts == {(1, DAY): (1, 1), (2, DAY): (0, 1)}


def test_a_readers_part_that_is_not_genuine_is_as_good_as_none(letter):
    letter.allow()
    other = make_token(b"another key", Token(Purpose.READER, letter.campaign, letter.ada))
    unsubscribe = make_token(letter.office.secret, Token(Purpose.UNSUBSCRIBE, letter.campaign, letter.ada))
    for own in ("", "abc", letter.reader(campaign=99), other, unsubscribe, letter.reader()[:-1]):
        assert letter.press(f"{letter.link()}-{own}").headers["location"] == LINKS[0].url
    assert (letter.known, letter.counts) == ([], {(1, DAY): (6, 0)})


def test_a_link_that_is_not_genuine_leads_to_a_page_that_helps(letter):
    forged = [letter.link(key=b"another key"), letter.link(3), f"{letter.link()}x", letter.link()[:-1]]
    forged += [
        f"/r/{letter.reader()}",
        "/r/https:%2F%2Fevil.example",
        "/r/-",
        "/r/%00",
        "/r/a?url=https://evil.example",
    ]
    for path in forged:
        answer = letter.press(path)
        assert answer.status_code == 404
        assert "Open it from the mail again" in answer.text
        assert "location" not in answer.headers
    assert letter.counts == {}


PATHS = st.one_of(
    st.text(max_size=60),
    st.text("abcdefghijklmnopz234567-/.:@%", max_size=40),
    st.sampled_from(["https://evil.example", "//evil.example/", "\\\\evil.example", "@evil.example"]),
)


@settings(max_examples=150)
@given(PATHS, st.sampled_from(["", "?url=https://evil.example", "#x"]))
def test_no_path_leads_anywhere_else(desk, path, more):
    """Whatever stands in the address, a redirect goes to a link that was frozen, or nowhere."""
    for written in (path, f"{desk.link()[3:]}{path}"):
        quoted = "".join(f"%{octet:02X}" for octet in written.encode("utf-8", "surrogatepass"))
        answer = desk.site.get(f"/r/{quoted}{more}", headers=FIREFOX)
        assert answer.status_code in {302, 404}
        if answer.status_code == 302:
            assert answer.headers["location"] == LINKS[0].url
            assert written.lower().startswith(desk.link()[3:])


def test_the_picture_is_the_same_for_everybody_and_known_only_of_those_who_allow_it(letter):
    genuine = f"/o/{letter.reader()}"
    answers = [letter.press(path) for path in (genuine, "/o/x", f"/o/{letter.link()[3:]}")]
    assert {(one.status_code, one.headers["content-type"], one.content[:6]) for one in answers} == {
        (200, "image/gif", b"GIF89a")
    }
    assert all(one.headers["cache-control"] == "no-store" for one in answers)
    assert (letter.known, letter.counts) == ([], {})
    letter.allow()
    letter.press(genuine, method="HEAD")
    letter.press(genuine, {"User-Agent": "Mozilla/5.0"})
    assert (letter.known, letter.counts) == ([], {(0, DAY): (0, 1)})
    letter.press(genuine)
    letter.press(genuine)
    assert letter.known == [(letter.ada, EngagementKind.OPENED, "")]
    assert letter.counts == {(0, DAY): (2, 1)}
    letter.allow(None)
    letter.press(genuine)
    assert letter.counts == {(0, DAY): (2, 1)}


def test_the_report_tells_clicks_by_link_and_opens_as_what_they_are(letter):
    letter.allow()
    letter.took(NOW)
    letter.press(f"{letter.link(1)}-{letter.reader()}")
    letter.press(letter.link(2), {"User-Agent": "curl/8"})
    letter.press(f"/o/{letter.reader()}")
    report = report_campaign(letter.office, "letter").as_dict()
    known = {"readers": 1, "opened": 1, "clicked": 1, "replied": 0, "machines": 0}
    assert report["allowing"] == known
    assert report["clicks"]["days"] == [{"day": "2021-09-17", "people": 1, "machines": 1}]
    assert report["clicks"]["links"] == [
        {
            "number": 1,
            "url": LINKS[0].url,
            "words": "Open the call",
            "article": "the-call",
            "people": 1,
            "machines": 0,
        },
        {"number": 2, "url": LINKS[1].url, "words": "Read it", "article": "", "people": 0, "machines": 1},
    ]


def test_a_link_leads_on_when_the_count_fails(letter, monkeypatch, caplog):
    monkeypatch.setattr(clicks, "count", lambda *_, **__: 1 / 0)
    assert letter.press(letter.link()).headers["location"] == LINKS[0].url
    assert "a click was not counted" in caplog.text


def test_while_the_database_is_away_known_links_lead_on(letter, monkeypatch, caplog):
    letter.allow()
    letter.press(letter.link(1))
    letter.site.app.state.turnstile.known.pop(letter.link(2)[3:], None)
    with monkeypatch.context() as broken:
        broken.setattr(clicks, "link_target", lambda *_: 1 / 0)
        assert letter.press(f"{letter.link(1)}-{letter.reader()}").headers["location"] == LINKS[0].url
        assert "without its reader" in caplog.text
        assert letter.press(letter.link(2)).status_code == 503
        assert letter.press(letter.link(key=b"another key")).status_code == 404
    assert letter.counts == {(1, DAY): (2, 0)}
    assert letter.known == []


def test_when_tracking_is_switched_off_old_links_lead_on_and_nothing_is_counted(letter, monkeypatch):
    letter.allow()
    tracking = letter.office.settings.tracking.model_copy(update={"clicks": "off", "opens": "off"})
    # Frozen as they are, the settings of this office are changed for one test.
    monkeypatch.setitem(letter.office.settings.__dict__, "tracking", tracking)
    assert letter.press(f"{letter.link()}-{letter.reader()}").headers["location"] == LINKS[0].url
    letter.press(f"/o/{letter.reader()}")
    assert (letter.known, letter.counts) == ([], {})
