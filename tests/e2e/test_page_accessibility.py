"""Every page that a reader can come to: axe-core, widths, languages, light and dark, and that no script stands in one."""

from __future__ import annotations

import shutil
import socket
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import uvicorn
from accessibility import COLOURS, findings, page_for_axe
from starlette.testclient import TestClient

from newsletter.core.links import PersonalLinks
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
def paths(office):
    """Name and path of every page; what has to be pressed first is pressed."""

    def of(address):
        with office.database.read() as connection:
            return PersonalLinks("", office.secret, 1, find_by_key(connection, address))

    ada, ben, chiara = (of(f"{name}@example.org") for name in ("ada", "ben", "chiara"))
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
        "missing": "/u/nothing",
        "mail": ada.view(),
    }


@pytest.fixture(scope="module")
def root(office):
    """The pages on a port of this machine, and one that fails, to see what is said then."""
    app = create_public_app(office)

    @app.get("/fails")
    def fails():
        raise RuntimeError("on purpose")

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def _faults(page, name, language, only=()):
    without = ("page-has-heading-one", "landmark-one-main", "region") if name == "mail" else ()
    yield from findings(page, without=without, only=only)
    facts = page.evaluate(
        "({wide: document.documentElement.scrollWidth - innerWidth, lang: document.documentElement.lang,"
        " titles: document.querySelectorAll('h1').length, scripts: document.querySelectorAll('script').length})"
    )
    if facts["wide"] > 0:
        yield f"{facts['wide']} px too wide"
    if facts["lang"] != language:
        yield f"says that it is {facts['lang']}"
    if facts["titles"] != 1:
        yield f"{facts['titles']} headings of the first rank"
    if facts["scripts"]:
        yield "a script"


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
                answer = page.goto(
                    f"{root}{path}?{urlencode({'language': language})}", wait_until="domcontentloaded"
                )
                assert answer.status == {"missing": 404, "trouble": 503}.get(name, 200), name
                found += [f"{name}, {language}: {fault}" for fault in _faults(page, name, language, only)]
    assert found == []
