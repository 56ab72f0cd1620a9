"""What was missed waits for the officer: it is sent after all or skipped, once, with the reason and the name written down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from newsletter.core.refusal import ContentRefused, MoveRefused
from newsletter.core.wallclock import parse_local
from newsletter.flows.approve import cancel_campaign, schedule_campaign
from newsletter.flows.deadlines import move_deadline
from newsletter.flows.doctor import examine
from newsletter.flows.missed import list_missed, send_missed, skip_missed
from newsletter.flows.tick import note_alive
from newsletter.store.tables import occurrences
from newsletter.wiring import open_office

ISSUE = "september-2021"
KEY, STEM = "erasmus-accreditation/accreditation", "erasmus-accreditation-accreditation"
REMINDER_30, REMINDER_7 = f"{STEM}-reminder-30", f"{STEM}-reminder-7"


def _missed(bench):
    return {one.campaign.name: one for one in list_missed(bench.office, bench.now)}


def _decisions(bench):
    row = occurrences.c
    with bench.office.database.read() as connection:
        return [
            tuple(found)
            for found in connection.execute(select(row.decision, row.decided_by).order_by(row.id))
        ]


@pytest.fixture
def late(bench):
    """The thirty-day reminder was due on the 19th at nine; somebody comes back on the 22nd."""
    bench.enrol("ada@example.org", "ben@example.org")
    bench.enrol("chiara@example.org", status="pending")
    bench.sync()
    note_alive(bench.office, bench.at("2021-09-18T17:00"))
    note_alive(bench.office, bench.at("2021-09-22T08:00"))
    assert bench.launch() == [(REMINDER_30, "missed", 0)]
    return bench


def test_what_was_missed_says_when_and_why_and_whom_it_would_reach(late):
    missed = _missed(late)[REMINDER_30]
    told = missed.as_dict()
    assert told["why"] == "Nobody was there between 2021-09-18 17:00 and 2021-09-22 08:00 (Europe/Brussels)."
    assert (told["local"], told["zone"]) == ("2021-09-19T09:00", "Europe/Brussels")
    assert (told["nobody_from"], told["nobody_until"]) == (
        "2021-09-18T15:00:00+00:00",
        "2021-09-22T06:00:00+00:00",
    )
    assert (told["would_get_it"], told["withheld"]) == ({"en": 2}, {"not_confirmed": 1})
    assert (told["can_be_sent"], told["rung"], told["deadline"]) == (True, 30, KEY)


def test_a_scheduler_that_was_there_and_could_not_is_another_reason(bench):
    bench.enrol("ada@example.org")
    bench.sync()
    note_alive(bench.office, bench.at("2021-09-19T08:59:30"))
    note_alive(bench.office, bench.at("2021-09-19T09:00:20"))
    bench.at("2021-09-20T08:00")
    bench.launch()
    assert "its log says why" in _missed(bench)[REMINDER_30].why


def test_without_any_heartbeat_nobody_is_known_to_have_been_there(bench):
    bench.sync()
    bench.at("2021-09-20T08:00")
    bench.launch()
    assert _missed(bench)[REMINDER_30].why == "No scheduler is known to have been there."


def test_a_missed_reminder_is_sent_after_all_and_says_how_many_days_are_left_now(late):
    launch = send_missed(late.office, REMINDER_30, "Ada", late.now)
    assert (launch.rows, launch.campaign.state) == (3, "sending")
    late.deliver()
    assert late.sent() == ["ada@example.org", "ben@example.org"]
    assert b"27 days" in late.transport.accepted[0].content
    assert _decisions(late) == [("sent", "Ada")]
    assert _missed(late) == {}
    assert late.campaign(REMINDER_30).state == "sent"


def test_a_missed_issue_is_sent_as_it_was_approved(bench):
    bench.enrol("ada@example.org")
    bench.schedule()
    bench.rewrite("articles/erasmus-accreditation/en.md", "alt:", "alternative:")
    bench.at("2021-09-17T08:00")
    bench.launch()
    send_missed(bench.office, ISSUE, "officer", bench.now)
    bench.deliver()
    assert bench.sent() == ["ada@example.org"]


def test_a_second_word_is_refused(late):
    send_missed(late.office, REMINDER_30, "Ada", late.now)
    with pytest.raises(MoveRefused, match="nobody is asked"):
        send_missed(late.office, REMINDER_30, "Ben", late.now)
    with pytest.raises(MoveRefused):
        skip_missed(late.office, REMINDER_30, "Ben", late.now)
    assert _decisions(late) == [("sent", "Ada")]


def test_of_officers_who_press_at_the_same_moment_one_sends(late):
    offices = [open_office(late.workspace, late.clock, {"secret": "a key for tests"}) for _ in range(4)]

    def press(office):
        try:
            return send_missed(office, REMINDER_30, office.worker, late.now).rows
        except MoveRefused:
            return 0

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(press, offices)) == [0, 0, 0, 3]
    late.deliver()
    assert late.sent() == ["ada@example.org", "ben@example.org"]
    for office in offices:
        office.database.close()


def test_a_missed_mail_is_skipped_with_who_and_when(late):
    skip_missed(late.office, REMINDER_30, "Chiara", late.now)
    late.deliver()
    assert (late.sent(), _missed(late)) == ([], {})
    assert _decisions(late) == [("skipped", "Chiara")]
    assert late.campaign(REMINDER_30).state == "cancelled"


def test_after_the_deadline_it_can_only_be_skipped(late):
    late.at("2021-10-19T12:00")
    told = _missed(late)[REMINDER_30].as_dict()
    assert (told["can_be_sent"], told["would_get_it"]) == (False, {})
    with pytest.raises(ContentRefused, match="has passed: 2021-10-19 12:00"):
        send_missed(late.office, REMINDER_30, "Ada", late.now)
    skip_missed(late.office, REMINDER_30, "Ada", late.now)


def test_an_article_that_is_wrong_now_is_told_and_nothing_is_decided(late):
    late.rewrite("articles/erasmus-accreditation/en.md", "alt:", "alternative:")
    with pytest.raises(ContentRefused):
        send_missed(late.office, REMINDER_30, "Ada", late.now)
    assert list(_missed(late)) == [REMINDER_30]
    assert late.campaign(REMINDER_30).state == "missed"


def test_a_deadline_that_moves_takes_what_was_missed_of_the_former_date_with_it(late):
    move_deadline(late.office, KEY, parse_local("2021-10-27T12:00"), late.now)
    assert _missed(late) == {}
    with pytest.raises(MoveRefused):
        send_missed(late.office, REMINDER_30, "Ada", late.now)


def test_a_new_time_and_a_cancellation_are_decisions_too(bench):
    bench.enrol("ada@example.org")
    bench.schedule()
    bench.at("2021-09-17T08:00")
    bench.launch()
    schedule_campaign(bench.office, ISSUE, parse_local("2021-09-17T09:30"), "Europe/Brussels", bench.now)
    bench.at("2021-09-18T08:00")
    assert bench.launch() == [(ISSUE, "missed", 0)]
    assert list(_missed(bench)) == [ISSUE]
    cancel_campaign(bench.office, ISSUE, bench.now)
    assert _missed(bench) == {}
    assert [decision for decision, _ in _decisions(bench)] == ["rescheduled", "skipped"]


def test_a_correction_that_would_correct_nobody_is_no_miss(bench):
    bench.enrol("ada@example.org")
    bench.sync()
    move_deadline(bench.office, KEY, parse_local("2021-10-27T12:00"), bench.now)
    bench.clock.set(bench.now + timedelta(days=2))
    assert bench.launch() == []
    assert _missed(bench) == {}


def test_the_doctor_tells_what_waits_until_somebody_has_decided(late):
    told = [problem for problem in examine(late.office, late.now).problems if REMINDER_30 in problem.what]
    assert len(told) == 1
    assert "Nobody was there between" in told[0].what
    assert f"campaigns send-now {REMINDER_30}" in told[0].remedy
    skip_missed(late.office, REMINDER_30, "officer", late.now)
    findings = examine(late.office, late.now)
    assert findings.facts["missed"] == "0"
    assert not [problem for problem in findings.problems if REMINDER_30 in problem.what]
