"""The script of the sign-up form in a real browser: it works while the form is filled in, and the form works without it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from reader_site import serving

from newsletter.core.refusal import ContentRefused
from newsletter.flows.people import known_person
from newsletter.flows.sign_up import MOST_UNPROVEN
from newsletter.flows.simulated_clock import SimulatedClock
from newsletter.public.app import create_public_app
from newsletter.wiring import open_office

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def place(starter, tables, tmp_path_factory):
    """An office that asks for a proof of work; gives its address, the office and its clock."""
    folder = shutil.copytree(starter, tmp_path_factory.mktemp("proof") / "workspace")
    (folder / "var").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(tables, folder / "var" / "newsletter.sqlite")
    clock = SimulatedClock(NOW)
    office = open_office(folder, clock, {"secret": "a key for tests", "sign_up": {"proof_of_work": "on"}})
    with serving(create_public_app(office)) as root:
        yield root, office, clock
    office.database.close()


def fill_in(page, place, address):
    """As a person does, who reads for twenty seconds; whoever is quick presses before the proof is there."""
    root, _, clock = place
    page.goto(f"{root}/subscribe?language=en")
    page.locator("#mail").fill(address)
    clock.set(clock() + timedelta(seconds=20))
    with page.expect_navigation():
        page.locator("form.card button[type=submit]").click()
    return page.locator("h1").inner_text()


def test_a_browser_brings_a_proof_and_one_without_scripts_signs_up_as_well(browser, place):
    with_script, without = browser.new_context(), browser.new_context(java_script_enabled=False)
    try:
        faults = []
        page, plain = with_script.new_page(), without.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        taken = [fill_in(plain, place, f"ben{number}@example.org") for number in range(MOST_UNPROVEN)]
        assert len(set(taken)) == 1
        fill_in(plain, place, "ben.late@example.org")
        assert "Too many forms" in plain.locator("[role=alert]").inner_text()
        with pytest.raises(ContentRefused, match="Nobody here"):
            known_person(place[1], "ben.late@example.org")
        assert fill_in(page, place, "ada.new@example.org") == taken[0]
        assert known_person(place[1], "ada.new@example.org")
        assert faults == []
    finally:
        with_script.close()
        without.close()
