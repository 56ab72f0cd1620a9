"""The pages about calendars in a browser: nothing sticks out, everything has a name and room for a thumb."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime

import pytest
import uvicorn

from newsletter.core.links import PersonalLinks
from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.import_people import import_people
from newsletter.public.app import create_public_app
from newsletter.store.people import find_by_key

NOW = datetime(2021, 9, 15, 6, tzinfo=UTC)
KEY = "erasmus-accreditation/accreditation"


@pytest.fixture
def served(office, workspace):
    """The readers' pages on a port of this machine, and the paths of those about calendars."""
    import_people(office, workspace / "subscribers" / "sample.csv", NOW)
    sync_deadlines(office, NOW)
    with office.database.read() as connection:
        ada = find_by_key(connection, "ada@example.org")
    links = PersonalLinks("", office.secret, 7, ada)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_public_app(office), log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        root = f"http://127.0.0.1:{listening.getsockname()[1]}"
        yield root, [links.preferences(), f"/calendar/{KEY}", "/calendar/working-across-borders/event"]
        server.should_exit = True
        thread.join()


@pytest.mark.browser
def test_the_pages_fit_and_every_link_has_a_name_and_room(served, browser):
    root, paths = served
    for width in (320, 390, 1280):
        page = browser.new_page(viewport={"width": width, "height": 900})
        for path in paths:
            for language in ("en", "fr"):
                page.goto(f"{root}{path}?language={language}")
                assert page.evaluate("document.documentElement.scrollWidth") == width, path
                assert page.locator("html").get_attribute("lang") == language
                assert page.locator("h1").count() == 1
                for link in page.locator("main a, main button").all():
                    assert link.inner_text().strip()
                    assert link.bounding_box()["height"] >= 24  # WCAG 2.2, 2.5.8
                for field in page.locator("main input:visible").all():
                    assert field.evaluate("each => each.labels.length") == 1
        page.close()


@pytest.mark.browser
def test_a_press_gives_a_new_address_and_shows_it(served, browser):
    root, paths = served
    page = browser.new_page()
    page.goto(f"{root}{paths[0]}?language=en")
    before = page.get_by_label("Or copy this address").input_value()
    page.get_by_role("button", name="Give me a new address").click()
    assert page.get_by_role("status").inner_text() == "Your calendar has a new address"
    assert page.get_by_label("Or copy this address").input_value() != before
    page.close()
