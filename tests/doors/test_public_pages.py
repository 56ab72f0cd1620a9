"""The readers' pages: preferences, a mail in the browser, calendars, pictures, and the words they use."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar
from starlette.testclient import TestClient

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind
from newsletter.core.links import PersonalLinks
from newsletter.core.wording import Catalogue
from newsletter.flows.compose import compose_editions, freeze_editions, lay_desk
from newsletter.flows.deadlines import all_deadlines, move_deadline, sync_deadlines
from newsletter.flows.people import unsubscribe
from newsletter.public.app import create_public_app
from newsletter.public.languages import nearest
from newsletter.store import campaigns
from newsletter.store import people as rows

KEY = "erasmus-accreditation/accreditation"
ICS = f"/calendar/{KEY}.ics"
NOW = datetime(2021, 10, 12, 7, 2, tzinfo=UTC)


@pytest.fixture
def links(people):
    """Makes the links of a person in a campaign."""

    def of(address, campaign=7):
        with people.database.read() as connection:
            identity = rows.find_by_key(connection, address)
        return PersonalLinks("", people.secret, campaign, identity)

    return of


@pytest.fixture
def known(people):
    """What the store knows of a person."""

    def of(address):
        with people.database.read() as connection:
            identity = rows.find_by_key(connection, address)
            row = rows.person_row(connection, identity)
            events = len(rows.consents_of(connection, identity))
            return row | {"topics": rows.topics_of(connection, identity), "events": events}

    return of


@pytest.fixture
def ada(links):
    return links("ada@example.org")


@pytest.fixture
def letter(people):
    """A frozen issue; gives its id."""
    content = CampaignContent(
        "issue", ("erasmus-accreditation",), 42, {"en": "The letter", "fr": "La lettre"}
    )
    issue = Campaign(
        "letter-42", CampaignKind.ISSUE, content, "september-letter", "Europe/Brussels", timedelta(hours=6)
    )
    editions = compose_editions(lay_desk(people, issue, all_deadlines(people), NOW), issue)
    with people.database.write() as connection:
        identity = campaigns.add_campaign(connection, issue, NOW)
        freeze_editions(connection, identity, editions)
    return identity


def checked(page):
    return set(re.findall(r'value="([^"]+)" checked', page))


def test_the_form_shows_how_things_stand_and_looking_changes_nothing(site, ada, known):
    before = known("ada@example.org")
    page = site.get(ada.preferences()).text
    assert checked(page) == {"social-economy", "erasmus", "en", "every"}
    assert '<fieldset id="pause">' in page
    assert 'min="2021-10-13" max="2022-10-13"' in page
    assert ada.unsubscribe() in page
    assert site.head(ada.preferences()).status_code == 200
    assert known("ada@example.org") == before


def test_saving_stores_what_was_chosen_and_touches_no_consent(site, ada, known):
    before = known("ada@example.org")
    chosen = {
        "topic": ["events", "erasmus", "events", "no-such-topic"],
        "language": "fr",
        "until": "2021-11-02",
        "save": "yes",
    }
    for _ in range(2):
        answer = site.post(ada.preferences(), data=chosen)
        assert answer.status_code == 200
        assert "Vos choix sont enregistrés" in answer.text
        assert checked(answer.text) == {"events", "erasmus", "fr", "every"}
        assert 'value="2021-11-02"' in answer.text
    changed = known("ada@example.org")
    assert changed["topics"] == ["erasmus", "events"]
    assert changed["language"] == "fr"
    assert changed["paused_until"] == datetime(2021, 11, 1, 23, tzinfo=UTC)  # midnight in Brussels
    differs = {key for key in before if before[key] != changed[key]}
    assert differs == {"topics", "language", "paused_until", "chosen_at"}


def test_a_pause_ends_by_the_box_or_by_an_empty_date(site, ada, known):
    keep = {"topic": ["erasmus"], "language": "en", "save": "yes"}
    for end in ({"until": ""}, {"until": "2021-11-02", "resume": "yes"}):
        site.post(ada.preferences(), data={**keep, "until": "2021-11-02"})
        assert "At the moment nothing comes before 2\u00a0November 2021" in site.get(ada.preferences()).text
        site.post(ada.preferences(), data={**keep, **end})
        assert known("ada@example.org")["paused_until"] is None


def test_a_pause_that_runs_already_may_stay_though_it_is_longer_than_a_form_allows(site, ada, people, known):
    far = datetime(2023, 5, 4, 10, 30, tzinfo=UTC)
    with people.database.write() as connection:
        rows.set_pause(connection, ada.subscriber, far)
    answer = site.post(ada.preferences(), data={"language": "en", "until": "2023-05-04", "save": "yes"})
    assert answer.status_code == 200
    assert known("ada@example.org")["paused_until"] == far


@pytest.mark.parametrize(
    "until", ["2021-10-12", "2020-02-29", "2022-10-14", "9999-12-31", "tomorrow", "2021-02-30", "<b>"]
)
def test_a_day_that_cannot_be_is_explained_and_nothing_is_saved(site, ada, known, until):
    before = known("ada@example.org")
    answer = site.post(
        ada.preferences(), data={"topic": "events", "language": "fr", "until": until, "save": "yes"}
    )
    assert answer.status_code == 422
    assert "Choose a day from 13\u00a0October 2021 to 13\u00a0October 2022." in answer.text
    assert 'aria-invalid="true" aria-describedby="until-error"' in answer.text
    assert "<title>Not saved: " in answer.text
    assert checked(answer.text) == {"events", "fr", "every"}
    assert "<b>" not in answer.text
    assert known("ada@example.org") == before


def test_a_post_without_save_saves_nothing(site, ada, known):
    before = known("ada@example.org")
    assert site.post(ada.preferences(), data={"topic": "events"}).status_code == 200
    assert site.post(ada.preferences(), content=b"\x00\xff").status_code == 200
    assert known("ada@example.org") == before


def test_topics_that_no_file_names_any_more_stay_and_all_others_can_go(site, ada, people, known):
    with people.database.write() as connection:
        rows.set_topics(connection, ada.subscriber, ["retired"])
    site.post(ada.preferences(), data={"language": "en", "until": "", "save": "yes"})
    assert known("ada@example.org")["topics"] == ["retired"]


def test_somebody_who_has_left_is_told_and_saving_does_not_bring_them_back(site, ada, people, known):
    unsubscribe(people, ada.unsubscribe().rpartition("/")[2], NOW)
    assert "You have left the letter" in site.get(ada.preferences()).text
    site.post(ada.preferences(), data={"topic": "events", "language": "en", "until": "", "save": "yes"})
    assert known("ada@example.org")["standing"] == "unsubscribed"


def test_the_mail_is_shown_as_its_reader_got_it(site, links, letter):
    view = links("ben@example.org", letter).view()
    answer = site.get(view)
    assert answer.status_code == 200
    assert "Bonjour Ben," in answer.text
    assert links("ben@example.org", letter).unsubscribe() in answer.text
    english = site.get(f"{view}?language=en").text
    assert "Dear Ben," in english
    assert site.get(f"{view}?language=xx").text == answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert answer.headers["cache-control"] == "no-store"


def test_the_pictures_of_a_mail_answer_where_the_mail_says(site, links, letter, people):
    html = site.get(links("ada@example.org", letter).view()).text
    sources = set(re.findall(r'src="([^"]+)"', html))
    assert any("/images/mark.png" in source for source in sources)
    assert any("/images/erasmus-accreditation/" in source for source in sources)
    for source in sources:
        path = source.removeprefix(people.settings.public_url)
        answer = site.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), source
        assert "max-age=2592000" in answer.headers["cache-control"]


def test_a_campaign_that_was_never_frozen_has_no_page(site, links):
    assert site.get(links("ada@example.org", 999).view()).status_code == 404


def test_the_calendar_tells_the_deadline_as_it_stands_now(site, people, clock):
    answer = site.get(ICS)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="erasmus-accreditation.ics"'
    event = Calendar.from_ical(answer.content).walk("VEVENT")[0]
    assert event.decoded("dtstart") == datetime(2021, 10, 19, 10, tzinfo=UTC)
    assert event["sequence"] == 0
    clock.now += timedelta(minutes=5)
    move_deadline(people, KEY, datetime(2021, 10, 26, 17), clock.now)  # noqa: DTZ001 - wall-clock time
    moved = site.get(ICS, headers={"if-none-match": answer.headers["etag"]})
    assert moved.status_code == 200
    event = Calendar.from_ical(moved.content).walk("VEVENT")[0]
    assert event.decoded("dtstart") == datetime(2021, 10, 26, 15, tzinfo=UTC)
    assert event["sequence"] == 1


def test_the_calendar_is_not_sent_again_while_nothing_but_the_clock_has_moved(site, clock):
    first = site.get(ICS)
    clock.now += timedelta(minutes=5)
    again = site.get(ICS, headers={"if-none-match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_the_calendar_speaks_the_language_that_is_asked_for(site):
    assert "Accréditation" in site.get(f"{ICS}?language=fr").text
    assert "Accréditation" in site.get(ICS, headers={"accept-language": "fr-BE"}).text
    assert "Erasmus+ accreditation" in site.get(ICS, headers={"accept-language": "de"}).text


def test_a_deadline_whose_article_is_gone_takes_itself_out_of_calendars(site, people, workspace, clock):
    for file in (workspace / "articles" / "erasmus-accreditation").glob("*.md"):
        file.unlink()
    sync_deadlines(people, clock())
    calendar = Calendar.from_ical(site.get(ICS).content)
    assert calendar["method"] == "CANCEL"
    assert calendar.walk("VEVENT")[0]["status"] == "CANCELLED"


def test_an_event_has_a_calendar_entry_too(site, letter):
    event = Calendar.from_ical(site.get("/calendar/working-across-borders/event.ics").content).walk("VEVENT")[
        0
    ]
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(hours=3)
    assert str(event["summary"])


@pytest.mark.parametrize(
    "path", ["/calendar/erasmus-accreditation/event.ics", "/calendar/x/y.ics", "/calendar/..%2F/x.ics"]
)
def test_what_is_no_deadline_has_no_calendar(site, path):
    assert site.get(path).status_code == 404


def test_a_picture_that_the_reader_has_is_not_sent_again(site, workspace):
    picture = workspace / "articles" / "erasmus-accreditation" / "images" / "lead.png"
    first = site.get("/images/erasmus-accreditation/images/lead.png")
    assert first.content == picture.read_bytes()
    tag = first.headers["etag"]
    assert tag == f'"{hashlib.sha256(first.content).hexdigest()[:32]}"'
    for known in (tag, f"W/{tag}", "*", f'"x", {tag}'):
        again = site.get("/images/erasmus-accreditation/images/lead.png", headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
    picture.write_bytes(b"another picture")
    assert (
        site.get("/images/erasmus-accreditation/images/lead.png", headers={"if-none-match": tag}).status_code
        == 200
    )


@pytest.mark.parametrize(
    "path",
    [
        "/images/erasmus-accreditation/en.md",
        "/images/erasmus-accreditation/images/lead.svg",
        "/images/mark.svg",
        "/images/config.yaml",
        "/images/..%2F..%2Fsecret.png",
        "/images/erasmus-accreditation/..%2F..%2Fsecret.png",
        "/images/erasmus-accreditation/%2Fetc%2Fpasswd.png",
        "/images/..%2Farticles/secret.png",
        "/images/../secret.png",
        "/images/_drafts/secret.png",
        "/images/.hidden/secret.png",
        "/images/link/secret.png",
        "/images/erasmus-accreditation/images/none.png",
        "/images/erasmus-accreditation/images%00.png",
        "/images/erasmus-accreditation/images/..%5Csecret.png",
    ],
)
def test_only_pictures_of_articles_and_of_the_brand_are_given_out(site, workspace, path):
    for folder in (".", "articles/_drafts", "articles/.hidden", "var"):
        (workspace / folder).mkdir(exist_ok=True)
        (workspace / folder / "secret.png").write_bytes(b"secret")
    (workspace / "articles" / "link").symlink_to(workspace / "var")
    answer = site.get(path)
    assert answer.status_code == 404
    assert b"secret" not in answer.content


def test_a_slip_in_an_article_does_not_close_the_readers_pages(site, ada, workspace):
    (workspace / "articles" / "erasmus-accreditation" / "en.md").write_text("no front matter")
    page = site.get(ada.applied(KEY))
    assert page.status_code == 200
    assert "Tuesday 19\u00a0October 2021" in page.text


def test_pages_under_a_path_link_to_that_path(people):
    settings = people.settings.model_copy(update={"public_url": "https://example.org/news/"})
    moved = type(people)(
        **{name: getattr(people, name) for name in people.__dataclass_fields__} | {"settings": settings}
    )
    with TestClient(create_public_app(moved)) as client:
        for path in ("/nothing", "/news/nothing"):
            assert 'href="/news/public.css"' in client.get(path).text
        assert client.get("/news/public.css").status_code == client.get("/public.css").status_code == 200


def test_a_page_loads_nothing_but_its_style_sheet_and_its_icon(site, ada, links, letter):
    for link in (ada.unsubscribe(), ada.preferences(), ada.applied(KEY), ada.stop(KEY), "/nothing"):
        page = site.get(link).text
        tags = [tag for tag in re.findall(r"<link [^>]*>", page) if 'rel="alternate"' not in tag]
        assert re.findall(r'href="([^"]+)"', " ".join(tags)) == ["/images/mark.png", "/public.css"]
        assert not re.search(r"<script|<img|<iframe|\bstyle=|\bon[a-z]+=|@import|url\(https?", page)
    assert "url(" not in site.get("/public.css").text


def test_every_word_of_the_pages_is_in_both_catalogues(people):
    sources = people.library.public_sources()
    said = {text for source in sources.values() for text in re.findall(r'_\("([^"]+)"', source)}
    said |= {text for source in sources.values() for text in re.findall(r'else _\("([^"]+)"', source)}
    assert len(said) > 50
    for language, catalogue in people.library.locale_sources().items():
        known = Catalogue.from_po(language, catalogue).messages
        assert {text for text in said if not known.get(text, ("",))[0]} == set(), language


@pytest.mark.parametrize(
    ("wanted", "have", "found"),
    [
        ("fr-BE", ("en", "fr"), "fr"),
        ("pt", ("en", "pt-BR"), "pt-BR"),
        ("PT-br", ("pt", "pt-BR"), "pt-BR"),
        ("de", ("en", "fr"), ""),
        ("", ("en",), ""),
        ("e", ("en",), ""),
    ],
)
def test_the_nearest_language_is_found(wanted, have, found):
    assert nearest(wanted, have) == found
