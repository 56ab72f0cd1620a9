"""Ladders of a deadline's own, called off with a notice, approved before anything leaves, and looked at beforehand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_string

import pytest

from newsletter.core.refusal import ContentRefused, MoveRefused
from newsletter.core.wallclock import parse_local
from newsletter.flows.approve import approve_campaign, create_campaign, known_campaign
from newsletter.flows.deadlines import approve_deadline, cancel_deadline, move_deadline, sync_deadlines
from newsletter.flows.doctor import examine
from newsletter.flows.issues import read_issue
from newsletter.flows.ladder_preview import preview_ladder
from newsletter.flows.ladders import known_ladder
from newsletter.flows.plan import forecast
from newsletter.flows.workspace import check_articles
from newsletter.wiring import open_office

KEY, STEM = "erasmus-accreditation/accreditation", "erasmus-accreditation-accreditation"
KITCHEN = "kitchen-partners/partners-call"


def write(bench, lines, languages=("en", "fr")):
    for language in languages:
        path = f"articles/erasmus-accreditation/{language}.md"
        bench.rewrite(
            path, "    audience: erasmus-interested\n", f"    audience: erasmus-interested\n{lines}"
        )


def configured(bench, old, new):
    bench.rewrite("config.yaml", old, new)
    opened = open_office(bench.workspace, bench.clock, {"secret": "a key for tests"})
    bench.office.database.close()
    bench.office = replace(opened, open_transport=bench.office.open_transport)


def mail_of(bench):
    return bench.transport.accepted[-1].content.replace(b"=\r\n", b"").decode()


def test_a_ladder_of_its_own_at_an_hour_of_its_own(bench):
    write(bench, '    ladder: [14, 2]\n    remind_at: "17:30"\n')
    bench.enrol("ada@example.org")
    bench.sync()
    rungs = [(rung.rung, rung.when, rung.state) for rung in known_ladder(bench.office, KEY, bench.now).rungs]
    assert rungs == [(14, "2021-10-05T17:30", "planned"), (2, "2021-10-17T17:30", "planned")]
    assert bench.beat("2021-10-05T17:30") == [f"{STEM}-reminder-14"]
    assert bench.beat("2021-10-17T17:30") == [f"{STEM}-reminder-2"]
    text = mail_of(bench)
    assert "This is our last note about this deadline." in text
    assert "What is still needed" in text


def test_a_rung_with_a_segment_of_its_own(bench):
    for language in ("en", "fr"):
        path = f"articles/erasmus-accreditation/{language}.md"
        bench.rewrite(path, "      30:\n", "      30:\n        audience: partners\n")
    bench.rewrite(
        "subscribers/segments.yaml",
        "segments:\n",
        "segments:\n  partners:\n    title: {en: P, fr: P}\n    where: {topic: partnerships}\n",
    )
    bench.enrol("ada@example.org")
    bench.enrol("ben@example.org", topics="partnerships")
    bench.sync()
    bench.beat("2021-09-19T09:00")
    assert bench.sent() == ["ben@example.org"]
    bench.beat("2021-10-12T09:00")
    assert bench.sent("reminder-7") == ["ada@example.org"]


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("    ladder: [7, -1]\n", "'-1' is not a number of days"),
        ("    ladder: [7, 7]\n", "stands here a second time"),
        ("    ladder: [7, soon]\n", "'soon' is not a number of days"),
        ('    ladder: [7, 0]\n    remind_at: "12:00"\n', "at or after the deadline"),
        ('    remind_at: "25:00"\n', "not a time of day"),
    ],
)
def test_a_ladder_that_cannot_be_is_refused_in_both_languages_and_nothing_is_planned(bench, lines, what):
    bench.sync()
    before = known_ladder(bench.office, KEY, bench.now)
    write(bench, lines)
    found = [problem for problem in check_articles(bench.office) if what in problem.what]
    assert [problem.path for problem in found] == [
        f"articles/erasmus-accreditation/{language}.md" for language in ("en", "fr")
    ]
    assert all(problem.line and problem.remedy for problem in found)
    with pytest.raises(ContentRefused, match=what):
        sync_deadlines(bench.office, bench.now)
    assert known_ladder(bench.office, KEY, bench.now) == before


def test_a_zone_or_a_date_that_does_not_exist_changes_nothing(bench):
    bench.sync()
    before = known_ladder(bench.office, KEY, bench.now)
    path = "articles/erasmus-accreditation/en.md"
    for old, new in (("Europe/Brussels", "Europe/Bruxelles"), ("2021-10-19T12:00", "2021-02-29T12:00")):
        bench.rewrite(path, old, new)
        with pytest.raises(ContentRefused) as caught:
            sync_deadlines(bench.office, bench.now)
        assert (caught.value.problems[0].path, bool(caught.value.problems[0].line)) == (path, True)
        bench.rewrite(path, new, old)
    assert known_ladder(bench.office, KEY, bench.now) == before


def test_languages_that_disagree_about_the_ladder_are_told(bench):
    write(bench, "    ladder: [14, 2]\n", languages=("en",))
    fields = [problem.field for problem in check_articles(bench.office) if problem.path.endswith("fr.md")]
    assert "deadlines[1].ladder" in fields


def test_a_rung_that_is_added_later_and_has_passed_is_skipped_and_not_missed(bench):
    bench.enrol("ada@example.org")
    bench.sync()
    bench.beat("2021-09-19T09:00")
    bench.at("2021-10-09T10:00")
    write(bench, "    ladder: [30, 14, 7, 1]\n")
    assert bench.sync() == [(KEY, "changed")]
    assert bench.launch() == []
    states = [rung.state for rung in known_ladder(bench.office, KEY, bench.now).rungs]
    assert states == ["sent", "skipped", "planned", "planned"]


def test_called_off_those_who_were_told_get_one_notice(bench):
    bench.enrol("ada@example.org", "ben@example.org")
    bench.sync()
    bench.beat("2021-09-19T09:00")
    bench.applies("ben@example.org", KEY)
    bench.enrol("chiara@example.org")
    bench.at("2021-09-20T10:00")
    cancel_deadline(bench.office, KEY, bench.now)
    assert bench.beat() == [f"{STEM}-deadline-cancelled"]
    assert bench.rows(f"{STEM}-deadline-cancelled", "state", "withheld") == {
        "ada@example.org": ("sent", None),
        "ben@example.org": ("skipped", "applied"),
    }
    text = mail_of(bench)
    assert "Subject: Called off: Erasmus+ accreditation 2021" in text
    assert "text/calendar; method=CANCEL" in text
    (calendar,) = [part for part in message_from_string(text).walk() if part.get_filename()]
    assert b"METHOD:CANCEL" in calendar.get_payload(decode=True)
    assert bench.beat("2021-09-21T10:00") == []


@pytest.mark.parametrize("how", ["silent", "nobody told"])
def test_no_notice_when_it_is_silent_or_nobody_was_told(bench, how):
    bench.enrol("ada@example.org")
    bench.sync()
    if how == "silent":
        bench.beat("2021-09-19T09:00")
    before = len(bench.sent())
    cancel_deadline(bench.office, KEY, bench.now, silent=how == "silent")
    assert bench.beat() == []
    assert len(bench.sent()) == before


def test_where_approval_is_asked_for_nothing_leaves_without_it(bench):
    configured(bench, "approval: none", "approval: required")
    bench.enrol("ada@example.org")
    bench.sync()
    (warning, _) = [one for one in examine(bench.office, bench.now).problems if "approval" in one.what]
    assert KEY in warning.what
    assert bench.beat("2021-09-19T09:00") == []
    planned = forecast(bench.office, bench.now, bench.now + timedelta(days=30), bench.now)
    waiting = {one.campaign.name: one.waits for one in planned}
    assert waiting[f"{STEM}-reminder-30"] == "approval"
    assert known_ladder(bench.office, KEY, bench.now).rungs[0].state == "waits for approval"
    bench.at("2021-09-19T10:00")
    approve_deadline(bench.office, KEY, bench.now)
    assert bench.beat() == [f"{STEM}-reminder-30"]
    with pytest.raises(MoveRefused, match="already"):
        approve_deadline(bench.office, KEY, bench.now)


def test_a_deadline_that_moves_wants_approval_anew(bench):
    configured(bench, "approval: none", "approval: required")
    bench.enrol("ada@example.org")
    bench.sync()
    approve_deadline(bench.office, KEY, bench.now)
    bench.beat("2021-09-19T09:00")
    bench.at("2021-09-20T10:00")
    move_deadline(bench.office, KEY, parse_local("2021-10-27T12:00"), bench.now)
    assert bench.beat("2021-09-20T10:01") == []
    approve_deadline(bench.office, KEY, bench.at("2021-09-22T10:00"))
    assert bench.beat() == [f"{STEM}-correction-moved-1"]


def test_rungs_that_passed_while_nobody_approved_are_skipped(bench):
    configured(bench, "approval: none", "approval: required")
    bench.enrol("ada@example.org")
    bench.sync()
    approve_deadline(bench.office, KEY, bench.at("2021-09-25T10:00"))
    assert bench.launch() == []
    assert known_ladder(bench.office, KEY, bench.now).rungs[0].state == "skipped"
    with pytest.raises(ContentRefused, match="over"):
        approve_deadline(bench.office, KEY, bench.at("2021-10-19T12:00"))


def test_a_ladder_is_looked_at_before_it_goes(bench, tmp_path):
    for language in ("en", "fr"):
        path = f"articles/kitchen-partners/{language}.md"
        bench.rewrite(path, "at: 2021-11-30T18:00", "at: 2021-10-12T18:00")
    bench.enrol("ada@example.org", "ben@example.org")
    bench.sync()
    found = preview_ladder(bench.office, KEY, bench.now, tmp_path)
    shown = [
        (rung.campaign.name.removeprefix(f"{STEM}-"), rung.recipients, rung.together) for rung in found.rungs
    ]
    assert shown == [("reminder-30", 2, ()), ("reminder-7", 2, ()), ("reminder-1", 2, ())]
    assert found.rungs[1].subjects["fr"].startswith("Plus qu’une semaine")
    assert sorted(path.name for path in found.files) == sorted(
        f"{STEM}-reminder-{days}.{language}.{ending}"
        for days in (30, 7, 1)
        for language in ("en", "fr")
        for ending in ("html", "txt")
    )
    for language in ("en", "fr"):
        bench.rewrite(
            f"articles/kitchen-partners/{language}.md", "at: 2021-10-12T18:00", "at: 2021-10-25T18:00"
        )
        bench.rewrite(f"articles/kitchen-partners/{language}.md", "Europe/Lisbon", "Europe/Brussels")
    write(bench, "    ladder: [30, 1]\n")
    bench.sync()
    merged, alone = [rung for rung in preview_ladder(bench.office, KEY, bench.now).rungs if rung.together]
    assert (merged.is_merged, merged.recipients, merged.together) == (True, 2, (f"{KITCHEN}, 7 days before",))
    assert (alone.recipients, alone.withheld, alone.together) == (0, {"merged": 2}, merged.together)
    assert merged.subjects["en"] == "One day left: Erasmus+ accreditation 2021, and 1 more date"
    assert merged.as_dict()["together_with"] == [f"{KITCHEN}, 7 days before"]


CLOSING = "closing_soon: {days: 90, most: 5}\n"


def issue(bench, more=CLOSING):
    """An issue without the article about the kitchen."""
    bench.rewrite("articles/september-2021.issue.yaml", "  - kitchen-partners\n", f"{more}" if more else "")


def test_an_issue_lists_what_closes_soon_besides_its_own(bench):
    issue(bench)
    bench.enrol("ada@example.org")
    bench.enrol("ben@example.org", language="fr")
    bench.sync()
    bench.schedule()
    bench.beat("2021-09-16T09:30")
    english, french = (one.content.replace(b"=\r\n", b"").decode() for one in bench.transport.accepted)
    part = english.split("Closing soon", 1)[1]
    assert "30 November: Two partners for a training kitchen" in part.replace("=C2=A0", " ")
    assert "75 days left" in part
    assert "Erasmus+ accreditation 2021" not in part.split("Content-Type: text/html")[0]
    assert "Bient=C3=B4t clos" in french
    assert known_campaign(bench.office, "september-2021").not_after.isoformat() == "2021-10-19T10:00:00+00:00"


def test_closing_soon_keeps_to_its_days_and_follows_a_move(bench):
    issue(bench, "closing_soon: {days: 30}\n")
    bench.enrol("ada@example.org")
    bench.sync()
    bench.schedule()
    move_deadline(bench.office, KITCHEN, parse_local("2021-10-05T18:00"), bench.now)
    bench.beat("2021-09-16T09:30")
    assert "5 October: Two partners" in mail_of(bench).replace("=C2=A0", " ")
    assert bench.campaign("september-2021").not_after.isoformat() == "2021-10-05T17:00:00+00:00"


def test_without_anything_that_closes_there_is_no_such_part(bench):
    issue(bench, "closing_soon: {days: 3}\n")
    bench.enrol("ada@example.org")
    bench.sync()
    bench.schedule()
    bench.beat("2021-09-16T09:30")
    assert "Closing soon" not in mail_of(bench)


@pytest.mark.parametrize("value", ["{days: 0}", "{most: 50}", "{weeks: 2}", "30", "{days: soon}"])
def test_closing_soon_that_cannot_be_meant_is_refused_with_its_line(bench, value):
    issue(bench, f"closing_soon: {value}\n")
    with pytest.raises(ContentRefused) as caught:
        create_campaign(bench.office, read_issue(bench.office, "september-2021"), bench.now)
    assert caught.value.problems[0].line
    assert "closing_soon" in caught.value.problems[0].field


def test_the_list_is_frozen_with_the_approval(bench):
    issue(bench)
    bench.sync()
    create_campaign(bench.office, read_issue(bench.office, "september-2021"), bench.now)
    editions = approve_campaign(bench.office, "september-2021", "officer", bench.now)
    html = "".join(piece for piece in editions["en"].mail.html if isinstance(piece, str))
    assert html.count("Closing soon") == 1
