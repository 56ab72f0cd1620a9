"""A deadline belongs to its article's files; its reminders follow it wherever it goes."""

from __future__ import annotations

from datetime import datetime

import pytest

from newsletter.core.refusal import ContentRefused, MoveRefused
from newsletter.core.wallclock import parse_local
from newsletter.flows.deadlines import all_deadlines, cancel_deadline, move_deadline
from newsletter.flows.ladders import known_ladder
from newsletter.flows.plan import forecast
from newsletter.transports.contract import Outcome

KEY, STEM = "erasmus-accreditation/accreditation", "erasmus-accreditation-accreditation"
KITCHEN = "kitchen-partners/partners-call"
LEAP = datetime.fromisoformat("2022-06-01T00:00+00:00")


def _move(bench, local):
    return move_deadline(bench.office, KEY, parse_local(local), bench.now)


def _planned(bench, brussels):
    """What is still to come about the accreditation, by campaign."""
    found = forecast(bench.office, bench.now, LEAP, bench.now)
    return {
        one.campaign.name.removeprefix(f"{STEM}-"): brussels(one.instant)
        for one in found
        if one.campaign.deadline == KEY
    }


def test_the_deadlines_of_the_articles_become_known_once(bench):
    assert sorted(bench.sync()) == [(KEY, "known"), (KITCHEN, "known")]
    assert bench.sync() == []
    assert all_deadlines(bench.office)[KEY].instant == datetime.fromisoformat("2021-10-19T10:00+00:00")


def test_reminders_go_at_the_configured_hour_of_the_deadlines_own_wall(bench, brussels):
    bench.sync()
    assert _planned(bench, brussels) == {
        "reminder-30": "2021-09-19T09:00",
        "reminder-7": "2021-10-12T09:00",
        "reminder-1": "2021-10-18T09:00",
    }


def test_a_rung_that_has_passed_when_the_deadline_becomes_known_is_skipped(bench, brussels):
    bench.enrol("ada@example.org")
    bench.at("2021-10-02T10:00")
    bench.sync()
    assert set(_planned(bench, brussels)) == {"reminder-7", "reminder-1"}
    assert bench.launch() == []
    states = [rung.state for rung in known_ladder(bench.office, KEY, bench.now).rungs]
    assert states == ["skipped", "planned", "planned"]


def test_moving_writes_the_new_time_into_every_language_and_nothing_else(bench):
    bench.sync()
    folder = bench.workspace / "articles" / "erasmus-accreditation"
    before = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    others = {path: path.read_bytes() for path in bench.workspace.rglob("articles/**/*") if path.is_file()}
    change = _move(bench, "2021-10-27T12:00")
    assert (change.what, change.after.sequence) == ("moved", 1)
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")} == {
        name: text.replace("at: 2021-10-19T12:00", "at: 2021-10-27T12:00") for name, text in before.items()
    }
    changed = {path.name for path, data in others.items() if path.read_bytes() != data}
    assert changed == set(before) == {"en.md", "fr.md"}


def test_a_move_without_anybody_told_needs_no_correction(bench, brussels):
    bench.enrol("ada@example.org")
    bench.sync()
    _move(bench, "2021-10-27T12:00")
    assert set(_planned(bench, brussels)) == {
        "reminder-30-moved-1",
        "reminder-7-moved-1",
        "reminder-1-moved-1",
    }
    assert bench.launch() == []


def test_a_move_is_corrected_once_for_those_who_were_told_and_have_not_acted(bench):
    bench.enrol("ada@example.org", "ben@example.org", "chiara@example.org")
    bench.sync()
    assert bench.beat("2021-09-19T09:00") == [f"{STEM}-reminder-30"]
    bench.applies("ben@example.org", KEY)
    bench.leaves("chiara@example.org")
    bench.enrol("dana@example.org")
    bench.at("2021-09-20T10:00")
    _move(bench, "2021-10-27T12:00")
    assert bench.beat() == [f"{STEM}-correction-moved-1"]
    assert bench.rows(f"{STEM}-correction-moved-1", "state", "withheld") == {
        "ada@example.org": ("sent", None),
        "ben@example.org": ("skipped", "applied"),
        "chiara@example.org": ("skipped", "unsubscribed"),
    }
    assert bench.beat("2021-09-20T10:01") == []


def test_moved_twice_before_the_correction_leaves_there_is_one_correction(bench, brussels):
    bench.enrol("ada@example.org")
    bench.sync()
    bench.beat("2021-09-19T09:00")
    bench.at("2021-09-20T10:00")
    _move(bench, "2021-10-27T12:00")
    _move(bench, "2021-11-03T12:00")
    assert _planned(bench, brussels)["correction-moved-2"] == "2021-09-20T10:00"
    assert bench.beat() == [f"{STEM}-correction-moved-2"]
    assert bench.sent("correction") == ["ada@example.org"]


def test_a_second_move_is_corrected_for_those_who_got_the_first_correction(bench):
    bench.enrol("ada@example.org")
    bench.sync()
    bench.beat("2021-09-19T09:00")
    bench.at("2021-09-20T10:00")
    _move(bench, "2021-10-27T12:00")
    bench.beat()
    bench.at("2021-09-22T10:00")
    _move(bench, "2021-11-03T12:00")
    assert bench.beat() == [f"{STEM}-correction-moved-2"]
    assert bench.sent("correction") == ["ada@example.org"] * 2


def test_moved_and_then_cancelled_nothing_more_leaves(bench, brussels):
    bench.enrol("ada@example.org")
    bench.sync()
    bench.beat("2021-09-19T09:00")
    bench.at("2021-09-20T10:00")
    _move(bench, "2021-10-27T12:00")
    cancel_deadline(bench.office, KEY, bench.now, silent=True)
    assert _planned(bench, brussels) == {}
    assert bench.beat("2021-10-20T09:00") == []
    assert bench.sent() == ["ada@example.org"]


def test_a_cancelled_deadline_stops_its_reminders_and_the_files_do_not_revive_it(bench):
    bench.enrol("ada@example.org")
    bench.sync()
    assert cancel_deadline(bench.office, KEY, bench.now).what == "cancelled"
    assert bench.sync() == []
    assert bench.beat("2021-09-19T09:00") == []
    with pytest.raises(ContentRefused, match="cancelled"):
        _move(bench, "2021-10-27T12:00")
    with pytest.raises(MoveRefused, match="already"):
        cancel_deadline(bench.office, KEY, bench.now)


def test_a_deadline_that_no_article_names_any_more_is_cancelled(bench):
    bench.sync()
    for language in ("en", "fr"):
        path = bench.workspace / "articles" / "kitchen-partners" / f"{language}.md"
        head, _, rest = path.read_text(encoding="utf-8").partition("deadlines:\n")
        kept = [line for line in rest.split("\n") if not line.startswith(("  ", "    "))]
        path.write_text(head + "\n".join(kept), encoding="utf-8")
    assert bench.sync() == [(KITCHEN, "cancelled")]


def test_a_deadline_cannot_move_into_the_past(bench):
    bench.sync()
    path = bench.workspace / "articles" / "erasmus-accreditation" / "en.md"
    before = path.read_bytes()
    with pytest.raises(ContentRefused, match="has passed"):
        _move(bench, "2021-09-14T12:00")
    assert path.read_bytes() == before
    assert all_deadlines(bench.office)[KEY].sequence == 0


def test_an_unknown_deadline_is_refused_with_those_there_are(bench):
    bench.sync()
    with pytest.raises(ContentRefused, match=KEY):
        move_deadline(bench.office, "erasmus-accreditation/none", parse_local("2021-10-27T12:00"), bench.now)


def test_a_move_withholds_what_is_under_way_with_the_former_date(bench):
    people = [f"p{number}@example.org" for number in range(4)]
    bench.enrol(*people)
    bench.sync()
    bench.at("2021-09-19T09:00")
    bench.launch()
    bench.deliver(stop=lambda: len(bench.transport.accepted) >= 2)
    told = bench.sent()
    _move(bench, "2021-10-27T12:00")
    bench.beat()
    assert {a for a, state in bench.rows(f"{STEM}-reminder-30").items() if state == "skipped"} == set(
        people
    ) - set(told)
    assert bench.sent("correction") == told


def test_a_row_that_comes_back_after_the_move_does_not_leave_with_the_former_date(bench):
    bench.enrol("ada@example.org", "ben@example.org")
    bench.sync()
    bench.transport.answers["ben@example.org"] = Outcome.LATER
    move = iter([True])

    def moved_while_ben_is_in_hand(envelope, send=bench.transport.send):
        receipt = send(envelope)
        if envelope.recipient == "ben@example.org" and next(move, False):
            _move(bench, "2021-10-27T12:00")
        return receipt

    bench.transport.send = moved_while_ben_is_in_hand
    bench.beat("2021-09-19T09:00")
    bench.transport.answers.clear()
    bench.beat("2021-09-19T10:00")
    assert bench.rows(f"{STEM}-reminder-30", "state", "withheld") == {
        "ada@example.org": ("sent", None),
        "ben@example.org": ("skipped", "cancelled"),
    }
    assert bench.sent() == ["ada@example.org", "ada@example.org"]


@pytest.mark.parametrize("how", ["moved", "cancelled"])
def test_an_approved_issue_follows_the_deadline_that_it_announces(bench, how):
    bench.enrol("ada@example.org")
    bench.sync()
    bench.schedule()
    if how == "moved":
        _move(bench, "2021-10-27T12:00")
    else:
        cancel_deadline(bench.office, KEY, bench.now)
    bench.beat("2021-09-16T09:30")
    (mail,) = bench.transport.accepted
    text = mail.content.replace(b"=\r\n", b"")
    assert b"DEADLINE\r\n| Tuesday 19" not in text
    assert (b"DEADLINE\r\n| Wednesday 27" in text) is (how == "moved")
