"""How often readers want letters: a month at least between two, or none; reminders come whatever it is."""

from __future__ import annotations

import shutil

import pytest

from newsletter.core.choice import Rhythm
from newsletter.flows.people import known_person
from newsletter.store.people import set_rhythm

ADA, BEN, CHIARA = (f"{name}@example.org" for name in ("ada", "ben", "chiara"))


@pytest.fixture
def readers(bench):
    """Ada wants every letter, Ben one a month, Chiara reminders alone."""
    bench.enrol(ADA, BEN, CHIARA)
    with bench.office.database.write() as connection:
        set_rhythm(connection, known_person(bench.office, BEN), Rhythm.MONTHLY)
        set_rhythm(connection, known_person(bench.office, CHIARA), Rhythm.REMINDERS)
    return bench


def letter(bench, name, at):
    folder = bench.workspace / "articles"
    if not (folder / f"{name}.issue.yaml").exists():
        shutil.copy(folder / "september-2021.issue.yaml", folder / f"{name}.issue.yaml")
    bench.schedule(name, at)
    bench.beat(at)
    return bench.rows(name, "state", "withheld")


def test_a_letter_goes_to_those_for_whom_it_is_time(readers):
    sent, left_out = ("sent", None), ("skipped", "less_often")
    first = letter(readers, "september-2021", "2021-09-16T09:30")
    assert first == {ADA: sent, BEN: sent, CHIARA: left_out}
    soon = letter(readers, "soon", "2021-09-30T09:30")
    assert soon == {ADA: sent, BEN: left_out, CHIARA: left_out}
    # What he was left out of does not count, and an hour less than four weeks is a month: the clocks may have changed.
    later = letter(readers, "later", "2021-10-14T08:30")
    assert later == {ADA: sent, BEN: sent, CHIARA: left_out}


def test_two_letters_of_one_moment_are_one_for_who_wants_one_a_month(readers):
    folder = readers.workspace / "articles"
    shutil.copy(folder / "september-2021.issue.yaml", folder / "twin.issue.yaml")
    for name in ("september-2021", "twin"):
        readers.schedule(name, "2021-09-16T09:30")
    readers.beat("2021-09-16T09:30")
    got = [readers.rows(name, "state", "withheld")[BEN] for name in ("september-2021", "twin")]
    assert sorted(got, key=str) == [("sent", None), ("skipped", "less_often")]


def test_reminders_come_to_everybody(readers):
    readers.sync()
    letter(readers, "september-2021", "2021-09-16T09:30")
    readers.beat("2021-09-19T09:00")
    reminder = next(name for name in readers.beat("2021-10-12T09:00") if "accreditation" in name)
    assert readers.rows(reminder) == dict.fromkeys((ADA, BEN, CHIARA), "sent")
