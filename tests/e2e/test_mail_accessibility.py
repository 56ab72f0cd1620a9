"""axe-core over every mail that an office makes, in both languages, light and dark, as on a phone."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime

import pytest
from accessibility import COLOURS, PAGE_ONLY, findings, page_for_axe
from every_mail import every_mail

from newsletter.flows.simulated_clock import SimulatedClock

NAMES = {
    *("announcement", "cancelled", "confirmation", "correction", "digest", "issue", "notice", "plain"),
    *("reminder-30", "reminder-7", "reminder-1", "reminders", "welcome"),
}


@pytest.fixture(scope="module")
def mails(starter, tables, tmp_path_factory):
    folder = shutil.copytree(starter, tmp_path_factory.mktemp("mails") / "workspace")
    (folder / "var").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(tables, folder / "var" / "newsletter.sqlite")
    return every_mail(folder, SimulatedClock(datetime(2021, 9, 15, 6, 0, tzinfo=UTC)))


@pytest.fixture(scope="module", params=["light", "dark"])
def phone(request, browser):
    """A page without the network: pictures of a mail stay away, as in many mail programs until they are allowed."""
    with page_for_axe(browser, width=390, scheme=request.param) as page:
        page.route("**/*", lambda route: route.abort())
        page.only = COLOURS if request.param == "dark" else ()
        yield page


def test_every_template_has_a_mail_in_each_language(mails, starter):
    assert {(mail.name, mail.language) for mail in mails} == {
        (name, language) for name in NAMES for language in ("en", "fr")
    }
    templates = {path.name.split(".")[0] for path in (starter / "templates" / "email").glob("*.mjml.j2")}
    assert {name.rstrip("-1370") for name in NAMES} == templates


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_in_a_mail_and_nothing_sticks_out(mails, phone, language):
    found = []
    for mail in (each for each in mails if each.language == language):
        phone.set_content(mail.html, wait_until="domcontentloaded")
        found += [f"{mail.name}: {line}" for line in findings(phone, without=PAGE_ONLY, only=phone.only)]
        if (wide := phone.evaluate("document.documentElement.scrollWidth")) > 390:
            found.append(f"{mail.name}: {wide} px wide")
    assert found == []


def test_an_issue_says_what_closes_soon(mails):
    words = {"en": "Closing soon", "fr": "Bientôt clos"}
    for mail in (each for each in mails if each.name == "issue"):
        assert words[mail.language] in mail.html


def test_a_mail_that_names_a_button_names_it_as_it_is(mails):
    for mail in (each for each in mails if each.name in {"cancelled", "correction"}):
        text = re.sub(r"\s+", " ", mail.text)
        (button,) = re.findall(r"[“«] ?(.+?) ?[”»]", text)
        assert text.count(button) == 2, (mail.name, mail.language, button)


def test_a_french_mail_keeps_its_spaces_before_signs(mails):
    """Before « : ; ! ? » and inside « » stands a space that does not break (Imprimerie nationale)."""
    for mail in (each for each in mails if each.language == "fr"):
        words = f"{mail.subject}\n{mail.text}"
        wrong = re.findall(r".* [:;!?»].*|.*« .*|.*[a-zéè][;!?](?:\s.*|$)", words)
        assert wrong == [], mail.name
