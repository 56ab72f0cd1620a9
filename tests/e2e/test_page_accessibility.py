"""Every page that a reader can come to: axe-core, widths, languages, light and dark, and that no script stands in one."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from accessibility import COLOURS, PAGE_ONLY, page_for_axe
from reader_site import Walk, page_faults, serving
from starlette.testclient import TestClient

from newsletter.core.links import PersonalLinks, redirect_url
from newsletter.core.wallclock import parse_local
from newsletter.flows import approve
from newsletter.flows.deadlines import cancel_deadline, sync_deadlines
from newsletter.flows.deliver import deliver_due
from newsletter.flows.import_people import import_people
from newsletter.flows.issues import read_issue
from newsletter.flows.simulated_clock import SimulatedClock
from newsletter.flows.tick import launch_due
from newsletter.public.app import create_public_app
from newsletter.store.people import find_by_key
from newsletter.wiring import open_office

NOW = datetime(2021, 10, 12, 7, 2, tzinfo=UTC)
CALL, OFF = "erasmus-accreditation/accreditation", "kitchen-partners/partners-call"
STATUS = {"missing": 404, "click on a link of another office": 404, "trouble": 503}


@pytest.fixture(scope="module")
def office(starter, tables, tmp_path_factory):
    """Ada has every choice before her, Ben has left, Chiara has applied; one deadline is called off, a letter was sent."""
    folder = shutil.copytree(starter, tmp_path_factory.mktemp("pages") / "workspace")
    (folder / "var").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(tables, folder / "var" / "newsletter.sqlite")
    clock = SimulatedClock(NOW - timedelta(days=27))
    opened = open_office(folder, clock, {"secret": "a key for tests"})
    sample = folder / "subscribers" / "sample.csv"
    sample.write_text(
        "".join(sample.read_text(encoding="utf-8").splitlines(keepends=True)[:4]), encoding="utf-8"
    )
    import_people(opened, sample, clock())
    sync_deadlines(opened, clock())
    approve.create_campaign(opened, read_issue(opened, "september-2021"), clock())
    approve.approve_campaign(opened, "september-2021", "officer", clock())
    approve.schedule_campaign(
        opened, "september-2021", parse_local("2021-09-16T09:30"), "Europe/Brussels", clock()
    )
    clock.set(datetime(2021, 9, 16, 7, 30, tzinfo=UTC))
    launch_due(opened, clock())
    deliver_due(opened)
    clock.set(NOW)
    cancel_deadline(opened, OFF, clock(), silent=True)
    yield opened
    opened.database.close()


@pytest.fixture(scope="module")
def people(office):
    """The links of Ada, Ben and Chiara."""

    def of(address):
        with office.database.read() as connection:
            return PersonalLinks("", office.secret, 1, find_by_key(connection, address))

    return tuple(of(f"{name}@example.org") for name in ("ada", "ben", "chiara"))


@pytest.fixture(scope="module")
def paths(office, people):
    """Name and path of every page; what has to be pressed first is pressed."""
    ada, ben, chiara = people
    with TestClient(create_public_app(office)) as client:
        client.post(ben.unsubscribe(), data={"confirm": "yes"})
        client.post(chiara.applied(CALL), data={"confirm": "yes"})
    return {
        "unsubscribe": ada.unsubscribe(),
        "goodbye": ben.unsubscribe(),
        "preferences": ada.preferences(),
        "preferences of one who left": ben.preferences(),
        "applied": ada.applied(CALL),
        "stop": ada.stop(CALL),
        "stop what is called off": ada.stop(OFF),
        "noted": chiara.applied(CALL),
        "later": ada.later(CALL),
        "too late for later": ada.later(OFF),
        "calendar": f"/calendar/{CALL}",
        "calendar of what is called off": f"/calendar/{OFF}",
        "calendar of an event": "/calendar/working-across-borders/event",
        "subscribe": "/subscribe",
        "form for other sites": "/subscribe/embed",
        "archive": "/archive",
        "letter": "/archive/september-2021",
        "article with a deadline": "/articles/erasmus-accreditation",
        "article with an event": "/articles/working-across-borders",
        "missing": "/u/nothing",
        "click on a link of another office": redirect_url("", b"another key, as long as ours", 1, 1),
        "mail": ada.view(),
    }


@pytest.fixture(scope="module")
def root(office):
    """The pages on a port of this machine, and one that fails, to see what is said then."""
    app = create_public_app(office)

    @app.get("/fails")
    def fails():
        raise RuntimeError("on purpose")

    with serving(app) as address:
        yield address


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
)
def test_every_page_reads_well(paths, root, browser, width, scheme):
    found = []
    only = () if (width, scheme) == (390, "light") else (*COLOURS, "target-size")
    with page_for_axe(browser, width=width, scheme=scheme) as page:
        for name, path in {**paths, "trouble": "/fails"}.items():
            for language in ("en", "fr"):
                answer = page.goto(f"{root}{path}?{urlencode({'language': language})}")
                assert answer.status == STATUS.get(name, 200), name
                found += [
                    f"{name}, {language}: {fault}"
                    for fault in page_faults(
                        page, language, without=PAGE_ONLY if name == "mail" else (), only=only
                    )
                ]
    assert found == []


@pytest.mark.browser
def test_a_search_reads_well(walk):
    walk.to("/archive")
    for words, comes in (("coop", "found"), ("zebra", "nothing found")):
        walk.page.locator("#q").fill(words)
        walk.page.locator("form.filter button").click()
        walk.look(comes)


@pytest.fixture(params=["en", "fr"])
def walk(request, root, browser):
    """Presses buttons one after the other; at the end nothing may have been found on any page that came."""
    with page_for_axe(browser, width=390) as page:
        walked = Walk(page, root, request.param)
        yield walked
    assert walked.found == []


@pytest.mark.browser
def test_leaving_and_coming_back_reads_well(walk, people):
    walk.to(people[0].unsubscribe())
    walk.press("confirm", "goodbye")
    walk.page.locator("form[action*=undo] button").click()
    walk.look("back")


@pytest.mark.browser
def test_preferences_read_well_after_a_press(walk, people):
    walk.to(people[0].preferences())
    walk.page.locator("form").first.evaluate("each => { each.noValidate = true; }")  # as an old browser
    for until, comes in (("2031-01-01", "wrong date"), ("2021-11-02", "paused"), ("", "saved")):
        walk.page.locator("#until").fill(until)
        walk.press("save", comes)
    walk.press("new-address", "new address")


@pytest.mark.browser
def test_answers_to_a_reminder_read_well(walk, people):
    for link in (people[0].applied(CALL), people[0].stop(CALL)):
        walk.to(link)
        walk.press("confirm", "noted")
        walk.press("undo", "on again")
    walk.to(people[0].later(CALL))
    walk.page.locator("button[name=until]").first.evaluate("each => { each.value = 'soon'; }")
    for button, comes in (("until", "refused"), ("until", "chosen"), ("undo", "as planned")):
        walk.press(button, comes)


@pytest.mark.browser
def test_what_is_over_reads_well(walk, people, office, monkeypatch):
    monkeypatch.setattr(office.clock, "now", NOW + timedelta(days=30))
    for path in (people[0].applied(CALL), people[0].stop(CALL), f"/calendar/{CALL}"):
        walk.to(path)
        walk.look(path)
