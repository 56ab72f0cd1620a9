"""One reader from the first form to the last button, in a real browser: both languages, telephone and desktop.

The mail that asks to confirm is fetched from the Maildir it was delivered to, and its link is followed as it stands there.
"""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from accessibility import page_for_axe
from reader_site import Walk, serving

from newsletter.flows.deliver import deliver_due
from newsletter.flows.people import known_person
from newsletter.flows.simulated_clock import SimulatedClock
from newsletter.public.app import create_public_app
from newsletter.store.people import consents_of, person_row, topics_of
from newsletter.wiring import open_office

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
BACK = "2026-12-01"
WIDTHS = {"phone": 390, "desktop": 1280}


@pytest.fixture(scope="module")
def clock():
    return SimulatedClock(NOW)


@pytest.fixture(scope="module")
def place(starter, tables, tmp_path_factory, clock):
    """An office with nobody in it, whose links lead to where it is served; gives its address and the office."""
    folder = shutil.copytree(starter, tmp_path_factory.mktemp("walk") / "workspace")
    (folder / "var").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(tables, folder / "var" / "newsletter.sqlite")
    opened = []

    def made(root):
        opened.append(open_office(folder, clock, {"secret": "a key for tests", "public_url": root}))
        return create_public_app(opened[0])

    with serving(made) as root:
        yield root, opened[0], folder / "var" / "outbox"
    opened[0].database.close()


@pytest.fixture(params=WIDTHS)
def reader(request, place, browser, language):
    """Ada, in one language and at one width; at the end nothing may have been found on any page that came."""
    with page_for_axe(browser, width=WIDTHS[request.param]) as page:
        walked = Ada(page, place, language, f"ada.{language}.{request.param}@example.org")
        yield walked
    assert walked.found == []


@pytest.fixture(params=["en", "fr"])
def language(request):
    return request.param


class Ada(Walk):
    """Somebody who signs up, and what the office knows of her."""

    def __init__(self, page, place, language, address):
        root, self.office, self.outbox = place
        super().__init__(page, root, language)
        self.address = address

    def click(self, where, comes):
        """Press what is found there, and look at the page that comes."""
        self.page.locator(where).first.click()
        self.look(comes)

    def newest_mail(self):
        """The last mail that reached her, its words and the links of its text part."""
        deliver_due(self.office)
        mails = [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in sorted((self.outbox / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        ]
        return [mail for mail in mails if self.address in str(mail["To"])][-1]

    @property
    def row(self):
        identity = known_person(self.office, self.address)
        with self.office.database.read() as connection:
            topics = topics_of(connection, identity)
            return person_row(connection, identity) | {"topics": topics}

    @property
    def events(self):
        identity = known_person(self.office, self.address)
        with self.office.database.read() as connection:
            return [(event["action"], event["source"]) for event in consents_of(connection, identity)]


def signs_up(ada, clock):
    ada.to("/subscribe")
    ada.look("sign-up")
    ada.page.locator("#mail").fill("ada@")
    ada.click("form.card button[type=submit]", "not an address")
    ada.page.locator("#mail").fill(ada.address)
    ada.page.locator("#name").fill("Ada")
    ada.page.locator("input[name=topic][value=erasmus]").check()
    ada.page.locator(f"input[name=language][value={ada.language}]").check()
    clock.set(clock() + timedelta(seconds=20))
    ada.click("form.card button[type=submit]", "look in your inbox")
    assert ada.address in ada.page.locator("main").inner_text()
    assert (ada.row["standing"], ada.row["language"]) == ("pending", ada.language)


def confirms(ada):
    mail = ada.newest_mail()
    assert str(mail["Content-Language"]) == ada.language
    link = re.search(rf"{ada.root}/confirm/\S+", mail.get_body(("plain",)).get_content())[0]
    ada.page.goto(link)
    ada.look("confirm")
    assert ada.row["standing"] == "pending", "a look is no press"
    ada.click("main form button", "on the list")
    assert (ada.row["standing"], ada.row["topics"]) == ("confirmed", ["erasmus"])


def chooses(ada):
    ada.click("main ul.rows a", "preferences")
    ada.page.locator("input[name=topic][value=social-economy]").check()
    ada.page.locator("#zone-name").select_option("Europe/Paris")
    ada.press("save", "saved")
    assert ada.page.locator("[role=status]").first.is_visible()
    assert ada.row["topics"] == ["erasmus", "social-economy"]
    ada.page.locator("#until").fill(BACK)
    ada.press("save", "paused")
    assert ada.row["paused_until"] == datetime(2026, 11, 30, 23, tzinfo=UTC), "the first of December in Paris"


def leaves_and_comes_back(ada):
    ada.click(".save a.quiet", "unsubscribe")
    assert ada.row["standing"] == "confirmed"
    ada.press("confirm", "goodbye")
    assert ada.row["standing"] == "unsubscribed"
    ada.page.locator("input[name=reason]").first.check()
    ada.click("form[action*=reason] button", "reason")
    ada.click("form[action*=undo] button", "back")
    assert ada.row["standing"] == "confirmed"


@pytest.mark.browser
def test_from_the_form_to_the_last_button(reader, clock):
    signs_up(reader, clock)
    confirms(reader)
    chooses(reader)
    leaves_and_comes_back(reader)
    assert [action for action, _ in reader.events] == ["asked", "granted", "withdrawn", "granted"]
    assert reader.page.context.cookies() == []
