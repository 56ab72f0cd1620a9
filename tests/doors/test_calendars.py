"""Calendars over HTTP: the page, the file, the feed of a topic and the feed of a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import vobject
from calendar_reader import read_calendar

from newsletter.core.links import PersonalLinks, own_feed_url, topic_feed_url
from newsletter.core.token import Purpose, Token, make_token
from newsletter.flows.calendar_feeds import own_address, renew_own_address
from newsletter.flows.deadlines import cancel_deadline, move_deadline, sync_deadlines
from newsletter.flows.people import unsubscribe
from newsletter.store import people as rows

KEY = "erasmus-accreditation/accreditation"
EVENT = "working-across-borders/event"
UID = f"{KEY}@letter.news.example.org"
NOW = datetime(2021, 10, 12, 7, 2, tzinfo=UTC)
ERASMUS = "/calendar/topics/erasmus/en.ics"


class Calendars:
    """One person's calendar, by the address that their preferences show."""

    def __init__(self, office, address):
        self.office = office
        with office.database.read() as connection:
            self.id = rows.find_by_key(connection, address)
        self.links = PersonalLinks("", office.secret, 7, self.id)

    @property
    def path(self):
        return own_address(self.office, self.id)[0].removeprefix(self.office.settings.public_url)


@pytest.fixture
def ada(people):
    return Calendars(people, "ada@example.org")


@pytest.fixture
def ben(people):
    return Calendars(people, "ben@example.org")


def events(answer):
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = read_calendar(answer.content)
    found = {event.one("UID"): event for event in calendar.of("VEVENT")}
    assert len(getattr(vobject.readOne(answer.text), "vevent_list", [])) == len(found)
    return found


def edit(workspace, slug, old, new, languages=("en", "fr")):
    for language in languages:
        path = workspace / "articles" / slug / f"{language}.md"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_feed_of_a_topic_has_its_deadlines_and_says_whose_noon_it_is(site):
    found = events(site.get(ERASMUS))
    event = found[UID]
    assert event.words("SUMMARY") == "Erasmus+ accreditation 2021"
    assert event.words("DESCRIPTION").startswith(
        "Closes Tuesday 19\u00a0October 2021, 12:00\u00a0noon, Brussels\u00a0time\n"
    )
    assert event.instant("DTSTART") == datetime(2021, 10, 19, 10, tzinfo=UTC)
    assert len(event.of("VALARM")) == 1
    french = events(site.get("/calendar/topics/erasmus/fr.ics"))
    assert found.keys() == french.keys()
    assert "12\u00a0h\u00a0(midi), heure de\u00a0Bruxelles" in french[UID].words("DESCRIPTION")
    calendar = read_calendar(site.get("/calendar/topics/erasmus/fr.ics").content)
    assert calendar.words("X-WR-CALNAME") == "Fil commun, Erasmus+\u00a0: dates limites et rencontres"
    assert EVENT.split("/", maxsplit=1)[0] not in "".join(
        events(site.get("/calendar/topics/partnerships/en.ics"))
    )


@pytest.mark.parametrize(
    "path",
    [
        "/calendar/topics/erasmus/de.ics",
        "/calendar/topics/nothing/en.ics",
        "/calendar/topics//en.ics",
        "/calendar/topics/erasmus",
        "/calendar/none/at-all",
        "/calendar/none.ics",
    ],
)
def test_what_is_no_calendar_is_the_page_for_nothing(site, path):
    answer = site.get(path)
    assert answer.status_code == 404
    assert answer.content == site.get("/there-is-nothing-here").content


def test_a_person_gets_the_dates_of_their_topics_in_their_language(site, ada, ben, people):
    with people.database.write() as connection:
        rows.replace_topics(connection, ada.id, ["erasmus"])
        rows.replace_topics(connection, ben.id, [])
    assert events(site.get(ada.path)).keys() == events(site.get(ERASMUS)).keys()
    assert events(site.get(ben.path)) == {}
    with people.database.write() as connection:
        rows.replace_topics(connection, ben.id, ["events", "erasmus", "social-economy"])
        rows.set_language(connection, ben.id, "fr-BE")
    found = events(site.get(ben.path, headers={"accept-language": "en"}))
    assert f"{EVENT}@letter.news.example.org" in found
    assert "Accréditation" in found[UID].words("SUMMARY")


def test_a_calendar_that_has_it_is_told_so_and_nothing_is_sent(site, ada, clock):
    for path in (ERASMUS, ada.path, f"/calendar/{KEY}.ics"):
        first = site.get(path)
        changed = parsedate_to_datetime(first.headers["last-modified"])
        assert changed == NOW - timedelta(days=30)
        assert "max-age=" in first.headers["cache-control"]
        clock.now += timedelta(minutes=5)
        again = site.get(path)
        assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
        known = site.get(path, headers={"if-none-match": f'"x", {first.headers["etag"]}'})
        assert (known.status_code, known.content) == (304, b"")
        assert known.headers["etag"] == first.headers["etag"]
        assert site.get(path, headers={"if-none-match": '"x"'}).status_code == 200
        head = site.head(path)
        assert (head.status_code, head.headers["etag"]) == (200, first.headers["etag"])
        assert "set-cookie" not in first.headers
    assert site.get(ada.path).headers["cache-control"].startswith("private")
    assert site.get(ERASMUS).headers["cache-control"].startswith("public")


def test_a_deadline_that_moves_moves_everywhere_with_a_higher_sequence(site, ada, people, clock):
    paths = (ERASMUS, ada.path, f"/calendar/{KEY}.ics")
    before = {path: site.get(path) for path in paths}
    clock.now += timedelta(minutes=5)
    move_deadline(people, KEY, datetime(2021, 10, 26, 17), clock())  # noqa: DTZ001 - wall-clock time
    for path, answer in before.items():
        moved = site.get(path, headers={"if-none-match": answer.headers["etag"]})
        event = events(moved)[UID]
        assert event.instant("DTSTART") == datetime(2021, 10, 26, 15, tzinfo=UTC)
        assert (event.one("SEQUENCE"), event.instant("LAST-MODIFIED")) == ("1", clock.now)
        assert parsedate_to_datetime(moved.headers["last-modified"]) == clock.now


def test_a_deadline_that_is_called_off_says_so_for_a_month(site, ada, people, clock):
    cancel_deadline(people, KEY, clock())
    for path in (ERASMUS, ada.path):
        event = events(site.get(path))[UID]
        assert (event.one("STATUS"), event.one("SEQUENCE")) == ("CANCELLED", "1")
        assert event.words("SUMMARY") == "Called off: Erasmus+ accreditation 2021"
        assert event.of("VALARM") == []
    kept = site.get(ERASMUS).content
    clock.now += timedelta(days=1)
    sync_deadlines(people, clock())
    assert site.get(ERASMUS).content == kept
    file = site.get(f"/calendar/{KEY}.ics")
    assert read_calendar(file.content).one("METHOD") == "CANCEL"
    clock.now += timedelta(days=30)
    assert UID not in events(site.get(ERASMUS))
    assert site.get(f"/calendar/{KEY}.ics").content == file.content


def test_what_is_over_stays_for_a_month(site, clock):
    clock.now = datetime(2021, 11, 18, 9, tzinfo=UTC)
    assert UID in events(site.get(ERASMUS))
    clock.now = datetime(2021, 11, 18, 11, tzinfo=UTC)
    assert UID not in events(site.get(ERASMUS))


def test_an_event_that_moves_or_goes_is_told_like_a_deadline(site, people, workspace, clock):
    path, uid = "/calendar/topics/events/en.ics", f"{EVENT}@letter.news.example.org"
    before = events(site.get(path))[uid]
    assert before.one("SEQUENCE") == "0"
    clock.now += timedelta(minutes=5)
    edit(workspace, "working-across-borders", "2021-11-04T09:30", "2021-11-04T09:00", ["fr"])
    edit(workspace, "working-across-borders", "2021-11-04T09:30", "2021-11-04T09:00", ["en"])
    sync_deadlines(people, clock())
    moved = events(site.get(path))[uid]
    assert (moved.one("SEQUENCE"), moved.instant("DTSTAMP")) == ("1", clock.now)
    assert moved.instant("DTSTART") == before.instant("DTSTART") - timedelta(minutes=30)
    for file in (workspace / "articles" / "working-across-borders").glob("*.md"):
        file.unlink()
    clock.now += timedelta(minutes=5)
    sync_deadlines(people, clock())
    gone = events(site.get(path))[uid]
    assert (gone.one("STATUS"), gone.one("SEQUENCE")) == ("CANCELLED", "2")
    assert "Called off" in site.get(f"/calendar/{EVENT}").text


def test_only_what_a_reader_sees_changes_an_entry(site, people, workspace, clock):
    before = {path: site.get(path).content for path in (ERASMUS, "/calendar/topics/erasmus/fr.ics")}
    clock.now += timedelta(minutes=5)
    edit(workspace, "erasmus-accreditation", "audience: ", "audience:  ")
    sync_deadlines(people, clock())
    assert {path: site.get(path).content for path in before} == before
    edit(
        workspace,
        "erasmus-accreditation",
        "Erasmus+ accreditation 2021",
        "Accreditation, one more time",
        ["en"],
    )
    sync_deadlines(people, clock())
    event = events(site.get(ERASMUS))[UID]
    assert event.words("SUMMARY") == "Accreditation, one more time"
    assert (event.one("SEQUENCE"), event.instant("DTSTAMP")) == ("0", clock.now)
    assert site.get("/calendar/topics/erasmus/fr.ics").content == before["/calendar/topics/erasmus/fr.ics"]


@pytest.mark.parametrize("link", ["applied", "stop"])
def test_nothing_rings_for_somebody_who_has_applied_or_wants_no_reminders(site, ada, link):
    address = getattr(ada.links, link)(KEY)
    before = site.get(ada.path)
    site.post(address, data={"confirm": "yes"})
    after = site.get(ada.path, headers={"if-none-match": before.headers["etag"]})
    event = events(after)[UID]
    assert event.of("VALARM") == []
    assert event.one("STATUS") == "CONFIRMED"
    site.post(address, data={"undo": "yes"})
    assert site.get(ada.path).content == before.content


def test_somebody_who_has_left_has_an_empty_calendar_that_names_nobody(site, ada, people):
    unsubscribe(people, ada.links.unsubscribe().rpartition("/")[2], NOW)
    answer = site.get(ada.path)
    assert events(answer) == {}
    assert "last-modified" not in answer.headers
    for word in (b"ada", b"Ada", b"@example.org"):
        assert word not in answer.content
    assert 'id="calendar"' not in site.get(ada.links.preferences()).text


def test_a_pause_is_about_mail_and_leaves_the_calendar_as_it_is(site, ada, people):
    before = site.get(ada.path).content
    with people.database.write() as connection:
        rows.set_pause(connection, ada.id, NOW + timedelta(days=30))
    assert site.get(ada.path).content == before


def test_an_address_of_somebody_who_is_not_known_any_more_is_gone(site, people):
    path = own_feed_url("", people.secret, 999_999, 0)
    for answer in (site.get(path), site.get(path, headers={"if-none-match": "*"})):
        assert answer.status_code == 410
        assert answer.content == site.get("/there-is-nothing-here").content


def test_tokens_of_other_purposes_and_damaged_ones_open_no_calendar(site, ada, people):
    nothing = site.get("/there-is-nothing-here").content
    token = ada.path.rpartition("/")[2].removesuffix(".ics")
    assert site.get(f"/calendar/{token.upper()}.ics").status_code == 200
    wrong = [
        make_token(people.secret, Token(other, 0, ada.id))
        for other in Purpose
        if other is not Purpose.CALENDAR
    ]
    wrong += [
        make_token(b"another key", Token(Purpose.CALENDAR, 0, ada.id)),
        token[:-1],
        token + "a",
        "%00",
        "a" * 3000,
    ]
    for each in wrong:
        answer = site.get(f"/calendar/{each}.ics")
        assert (answer.status_code, answer.content) == (404, nothing)
    for page in ("u", "p", "v"):
        assert site.get(f"/{page}/{token}").status_code == 404


def test_the_preferences_show_the_address_and_a_press_makes_it_anew(site, ada, people):
    page = site.get(ada.links.preferences()).text
    first, address = ada.path, own_address(people, ada.id)[0]
    assert f'value="{address}"' in page
    assert f'href="{address.replace("https://", "webcal://")}"' in page
    assert site.post(ada.links.preferences(), data={"new-address": "yes"}).status_code == 200
    assert (
        site.post(ada.links.preferences(), data={"new-address": "yes", "edition": "\u0663"}).status_code
        == 200
    )
    assert ada.path == first
    for _ in range(2):  # a page that is loaded again sends its form again
        answer = site.post(ada.links.preferences(), data={"new-address": "yes", "edition": "0"})
        assert f'value="{own_address(people, ada.id)[0]}"' in answer.text
        assert own_address(people, ada.id)[1] == 1
    assert (
        "Your calendar has a new address"
        in site.post(ada.links.preferences(), data={"new-address": "yes", "edition": "1"}).text
    )
    gone = site.get(first)
    assert (gone.status_code, gone.content) == (410, site.get("/there-is-nothing-here").content)
    assert UID in events(site.get(ada.path))


def test_the_page_offers_a_date_to_every_calendar_in_both_languages(site):
    page = site.get(f"/calendar/{KEY}", headers={"accept-language": "en"}).text
    assert "Add to your calendar" in page
    assert f'href="/calendar/{KEY}.ics?language=en"' in page
    for house in ("calendar.google.com", "outlook.live.com", "outlook.office.com"):
        assert f'href="https://{house}/' in page
    assert "20211019T100000Z%2F20211019T100100Z" in page
    feed = topic_feed_url("webcal://news.example.org", "erasmus", "en")
    assert f'href="{feed}"' in page
    assert "<script" not in page
    french = site.get(f"/calendar/{KEY}?language=fr").text
    assert "Ajouter à votre agenda" in french
    assert f'href="/calendar/{KEY}.ics?language=fr"' in french
    event = site.get(f"/calendar/{EVENT}", headers={"accept-language": "en"}).text
    assert "Thursday 4\u00a0November 2021, 9:30 to 12:30, Brussels\u00a0time" in event
    assert "days left" not in event


def test_the_page_of_what_is_over_or_called_off_offers_it_to_nobody(site, people, clock):
    clock.now = NOW + timedelta(days=10)
    page = site.get(f"/calendar/{KEY}").text
    assert "<em>Closed</em>" in page
    assert "calendar.google.com" not in page
    cancel_deadline(people, KEY, NOW)
    page = site.get(f"/calendar/{KEY}").text
    assert "<em>Called off</em>" in page
    assert "Take it out of your calendar" in page
    assert "calendar.google.com" not in page


def test_when_the_database_is_gone_calendars_ask_to_come_back_later(site, ada, people, workspace):
    path = ada.path
    people.database.close()
    for file in (workspace / "var").glob("newsletter.sqlite*"):
        file.unlink()
    (workspace / "var" / "newsletter.sqlite").write_bytes(b"this is no database" * 100)
    for each in (path, ERASMUS, f"/calendar/{KEY}.ics", f"/calendar/{KEY}"):
        answer = site.get(each)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert answer.headers["cache-control"] == "no-store"


def test_making_an_address_anew_is_for_the_one_that_was_seen(people, ada):
    assert not renew_own_address(people, ada.id, 5, NOW)
    assert renew_own_address(people, ada.id, 0, NOW)
