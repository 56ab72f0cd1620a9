"""The moment of launch: in time, too late, or never; once, whoever is there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.core.refusal import ContentRefused
from newsletter.core.wallclock import parse_local
from newsletter.flows.approve import schedule_campaign
from newsletter.flows.deadlines import move_deadline
from newsletter.flows.launch import launch_mail
from newsletter.flows.planned import due_mails
from newsletter.flows.tick import launch_due
from newsletter.transports.contract import Outcome
from newsletter.wiring import open_office

ISSUE = "september-2021"
KEY, STEM = "erasmus-accreditation/accreditation", "erasmus-accreditation-accreditation"
REMINDER_30, REMINDER_7 = f"{STEM}-reminder-30", f"{STEM}-reminder-7"


def test_nothing_leaves_before_its_time(bench):
    bench.enrol("ada@example.org")
    bench.sync()
    bench.schedule()
    assert bench.beat("2021-09-16T09:29:59") == []
    assert bench.beat("2021-09-16T09:30") == [ISSUE]
    assert bench.sent() == ["ada@example.org"]


def test_a_launch_freezes_everybody_with_the_reason_for_those_left_out(bench):
    bench.enrol("ada@example.org", language="fr")
    bench.enrol("ben@example.org", status="pending")
    bench.enrol("chiara@example.org", paused_until="2021-12-01")
    bench.enrol("dana@example.org", status="bounced")
    bench.enrol("emil@example.org", topics="events")
    bench.schedule()
    bench.at("2021-09-16T09:30")
    assert bench.launch() == [(ISSUE, "launched", 4)]
    assert bench.rows(ISSUE, "state", "withheld", "language") == {
        "ada@example.org": ("ready", None, "fr"),
        "ben@example.org": ("skipped", "not_confirmed", "en"),
        "chiara@example.org": ("skipped", "paused", "en"),
        "dana@example.org": ("skipped", "suppressed", "en"),
    }


def test_late_within_what_is_allowed_still_launches(bench):
    bench.enrol("ada@example.org")
    bench.schedule()
    bench.at("2021-09-16T15:30")
    assert bench.launch() == [(ISSUE, "launched", 1)]


def test_too_late_is_missed_and_the_officer_may_give_a_new_time(bench):
    bench.enrol("ada@example.org")
    bench.schedule()
    bench.at("2021-09-16T15:31")
    assert bench.launch() == [(ISSUE, "missed", 0)]
    assert bench.campaign(ISSUE).state == "missed"
    assert bench.launch() == []
    schedule_campaign(bench.office, ISSUE, parse_local("2021-09-17T09:30"), "Europe/Brussels", bench.now)
    assert bench.beat("2021-09-17T09:30") == [ISSUE]
    assert bench.sent() == ["ada@example.org"]


def test_a_reminder_nobody_was_there_for_is_missed_and_not_bunched_up_with_the_next(bench):
    bench.enrol("ada@example.org")
    bench.sync()
    bench.at("2021-10-12T09:00")
    assert bench.launch() == [(REMINDER_30, "missed", 0), (REMINDER_7, "launched", 1)]


def test_nothing_about_a_deadline_leaves_after_it(bench):
    bench.enrol("ada@example.org")
    bench.rewrite("config.yaml", "reminders: 12h", "reminders: 90d")
    generous = open_office(bench.workspace, bench.clock, {"secret": "a key for tests"})
    bench.office = replace(generous, open_transport=bench.office.open_transport)
    bench.sync()
    bench.at("2021-10-19T12:00")
    assert {state for _, state, _ in bench.launch()} == {"missed"}
    bench.deliver()
    assert bench.sent() == []
    generous.database.close()


def test_a_reminder_delayed_on_its_way_does_not_leave_after_the_deadline(bench):
    bench.enrol("ada@example.org", "ben@example.org")
    bench.sync()
    bench.transport.answers["ben@example.org"] = Outcome.LATER
    bench.beat("2021-10-18T09:00")
    bench.transport.answers.clear()
    bench.beat("2021-10-19T12:00")
    last = bench.rows(f"{STEM}-reminder-1", "state", "withheld")
    assert last == {"ada@example.org": ("sent", None), "ben@example.org": ("skipped", "deadline_passed")}


def test_an_issue_that_announces_a_deadline_does_not_leave_after_it(bench):
    bench.enrol("ada@example.org")
    bench.sync()
    bench.schedule(at="2021-10-19T11:00")
    bench.at("2021-10-19T12:00")
    assert bench.launch() == [
        (REMINDER_30, "missed", 0),
        (REMINDER_7, "missed", 0),
        (f"{STEM}-reminder-1", "missed", 0),
        (ISSUE, "missed", 0),
    ]


def test_an_issue_cannot_be_scheduled_after_a_deadline_that_it_announces(bench):
    bench.sync()
    with pytest.raises(ContentRefused, match="deadline that this mail announces"):
        bench.schedule(at="2021-10-19T12:00")


def test_an_issue_may_leave_later_once_its_deadline_has_moved(bench):
    bench.sync()
    bench.schedule(at="2021-10-19T11:00")
    move_deadline(bench.office, KEY, parse_local("2021-10-27T12:00"), bench.now)
    # The call for partners closes on 30 November: now the accreditation is the first again, on its new day.
    assert bench.campaign(ISSUE).not_after.isoformat() == "2021-10-27T10:00:00+00:00"


def test_who_joins_late_gets_the_next_rung_only(bench):
    bench.enrol("ada@example.org")
    bench.sync()
    bench.beat("2021-09-19T09:00")
    bench.at("2021-09-25T10:00")
    bench.enrol("ben@example.org")
    assert bench.beat("2021-09-25T10:01") == []
    bench.beat("2021-10-12T09:00")
    assert bench.sent("reminder-30") == ["ada@example.org"]
    assert bench.sent("reminder-7") == ["ada@example.org", "ben@example.org"]


def test_two_offices_on_one_database_launch_once(bench):
    bench.enrol("ada@example.org", "ben@example.org")
    bench.sync()
    bench.schedule()
    other = open_office(bench.workspace, bench.clock, {"secret": "a key for tests"})
    bench.at("2021-09-19T09:00")
    mine, theirs = due_mails(bench.office, bench.now), due_mails(other, bench.now)
    assert len(mine) == len(theirs) == 2
    first = [launch_mail(bench.office, mail, bench.now) for mail in mine]
    assert [launch.state for launch in first] == ["missed", "launched"]
    assert [launch_mail(other, mail, bench.now) for mail in theirs] == [None, None]
    assert len(bench.rows(REMINDER_30)) == 2
    other.database.close()


def test_a_wrong_article_holds_up_its_own_mail_only(bench):
    bench.enrol("ada@example.org")
    bench.sync()
    bench.schedule(at="2021-09-19T09:00")
    path = bench.workspace / "articles" / "erasmus-accreditation" / "en.md"
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("alt:", "alternative:"), encoding="utf-8")
    bench.at("2021-09-19T09:00")
    launches, refusals = launch_due(bench.office, bench.now)
    assert [launch.campaign.name for launch in launches] == [ISSUE]
    assert [refusal.problems[0].path for refusal in refusals] == ["articles/erasmus-accreditation/en.md"]
    path.write_text(good, encoding="utf-8")
    assert bench.beat("2021-09-19T10:00") == [REMINDER_30]


def test_a_half_written_article_does_not_hold_up_the_mail_of_others(bench):
    bench.enrol("ada@example.org")
    bench.sync()
    folder = bench.workspace / "articles" / "half-written"
    folder.mkdir()
    (folder / "en.md").write_text("---\ntitle: To be written\n---\n", encoding="utf-8")
    assert bench.beat("2021-09-19T09:00") == [REMINDER_30]


def test_a_segment_that_is_gone_is_told_and_launches_nothing(bench):
    bench.enrol("ada@example.org")
    bench.schedule()
    bench.rewrite("subscribers/segments.yaml", "september-letter:", "autumn-letter:")
    bench.at("2021-09-16T09:30")
    launches, refusals = launch_due(bench.office, bench.now)
    assert launches == []
    assert "september-letter" in str(refusals[0])
    assert bench.campaign(ISSUE).state == "scheduled"
