"""Series at work: approved once, launched day by day, and standing still when their file is another."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from newsletter.core.refusal import ContentRefused, MoveRefused
from newsletter.core.wallclock import parse_local, to_instant
from newsletter.flows.doctor import examine
from newsletter.flows.import_people import import_people
from newsletter.flows.launch import launch_mail
from newsletter.flows.plan import forecast
from newsletter.flows.planned import due_mails, planned_mails
from newsletter.flows.series import (
    approve_series,
    build_steps,
    ladder_for,
    list_standings,
    pause_series,
    resume_series,
    standing_of,
)
from newsletter.flows.tick import launch_due
from newsletter.store import people
from newsletter.store.campaigns import add_campaign
from newsletter.store.occurrences import list_occurrences
from newsletter.transports.contract import Outcome
from newsletter.wiring import open_office

FILE = "articles/welcome.series.yaml"
FIRST, SECOND = "welcome-welcome-2021-09-16", "welcome-how-we-write-2021-09-23"


@pytest.fixture
def welcome(bench):
    """The sample series in the office's zone, approved at eight on 15 September."""
    bench.rewrite(FILE, "zone: reader #", "zone: Europe/Brussels #")
    bench.rewrite(
        "subscribers/fields.yaml",
        "  employees:\n",
        "  member_since:\n    type: date\n    label: {en: x, fr: x}\n  employees:\n",
    )
    approve_series(bench.office, "welcome", "officer", bench.now)
    return bench


def confirm(bench, *addresses, **columns):
    """They confirm now."""
    stamp = bench.now.isoformat()
    return bench.enrol(*addresses, consent_date=stamp, **columns)


def missed(bench):
    with bench.office.database.read() as connection:
        return [row["schedule"] for row in list_occurrences(connection, "missed")]


def test_each_step_goes_to_those_whose_day_it_is(welcome):
    confirm(welcome, "ada@example.org", language="fr")
    confirm(welcome, "ben@example.org", topics="events")
    assert welcome.beat("2021-09-15T23:59") == ["welcome-welcome-2021-09-15"]
    welcome.at("2021-09-16T08:30")
    confirm(welcome, "chiara@example.org")
    assert welcome.beat("2021-09-16T08:59:59") == []
    assert welcome.beat("2021-09-16T09:00") == [FIRST]
    assert welcome.beat("2021-09-22T09:00") == ["welcome-how-we-write-2021-09-22"]
    assert welcome.beat("2021-09-23T09:00") == [SECOND]
    assert welcome.sent("welcome-welcome") == ["ada@example.org", "chiara@example.org"]
    assert welcome.sent("how-we-write") == ["ada@example.org", "chiara@example.org"]
    assert standing_of(welcome.office, "welcome").sent == {"welcome": 2, "how-we-write": 2}


def test_a_welcome_comes_as_it_is_drawn(welcome):
    confirm(welcome, "ada@example.org")
    welcome.beat("2021-09-15T09:00")
    (mail,) = welcome.transport.accepted
    assert b"Welcome to Common Thread" in mail.content
    assert b"Auto-Submitted: auto-generated" in mail.content
    text = message_from_bytes(mail.content, policy=policy.default).get_body(("plain",)).get_content()
    assert "- Topics: Erasmus+" in text
    assert "NEXT DEADLINE\r\n| Tuesday 19 October 2021" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert welcome.campaign("welcome-welcome-2021-09-15").label == "Series welcome, welcome"


def test_days_without_anybody_and_without_their_segment_make_no_campaign(welcome):
    confirm(welcome, "ada@example.org", topics="events")
    for day in range(15, 30):
        assert welcome.beat(f"2021-09-{day}T09:00") == []
    assert missed(welcome) == []


def test_those_left_out_have_their_reason_in_the_ledger(welcome):
    confirm(welcome, "ada@example.org", "ben@example.org", "chiara@example.org")
    welcome.beat("2021-09-15T09:00")
    welcome.leaves("ben@example.org")
    confirm(welcome, "dana@example.org", paused_until="2021-09-30")
    welcome.beat("2021-09-16T09:00")
    welcome.beat("2021-09-22T09:00")
    assert welcome.rows("welcome-how-we-write-2021-09-22", "state", "withheld") == {
        "ada@example.org": ("sent", None),
        "ben@example.org": ("skipped", "unsubscribed"),
        "chiara@example.org": ("sent", None),
    }
    assert welcome.rows(FIRST, "withheld") == {"dana@example.org": "paused"}
    assert "dana@example.org" not in welcome.sent()


def test_a_late_step_still_comes_but_not_too_late_and_never_with_the_next(welcome):
    confirm(welcome, "ada@example.org")
    welcome.at("2021-09-16T08:59")
    assert welcome.beat() == ["welcome-welcome-2021-09-15"]
    welcome.at("2021-09-23T09:00:01")
    assert welcome.launch() == [("welcome-how-we-write-2021-09-22", "missed", 0)]
    assert missed(welcome) == ["series:welcome:how-we-write:2021-09-22"]
    assert welcome.sent() == ["ada@example.org"]


def test_a_row_that_is_delayed_does_not_come_after_the_next_step(welcome):
    confirm(welcome, "ada@example.org")
    welcome.rewrite(FILE, "after: 7 days", "after: 1 day")
    approve_series(welcome.office, "welcome", "officer", welcome.now)
    welcome.transport.answers["ada@example.org"] = Outcome.LATER
    welcome.beat("2021-09-15T09:00")
    welcome.transport.answers.clear()
    assert welcome.beat("2021-09-16T09:00") == ["welcome-how-we-write-2021-09-16"]
    assert welcome.rows("welcome-welcome-2021-09-15", "withheld") == {"ada@example.org": "deadline_passed"}
    assert welcome.sent() == ["ada@example.org"]


def test_old_moments_bring_nothing_at_once(welcome):
    welcome.enrol("ada@example.org", consent_date="2021-09-09")
    welcome.enrol("ben@example.org", consent_date="2020-01-01")
    assert welcome.beat("2021-09-15T08:59") == []
    assert [name for day in range(15, 31) for name in welcome.beat(f"2021-09-{day}T12:00")] == [
        "welcome-how-we-write-2021-09-16"
    ]
    assert welcome.sent() == ["ada@example.org"]


def test_nothing_from_before_the_series_began_to_run(bench):
    bench.rewrite(FILE, "zone: reader #", "zone: Europe/Brussels #")
    confirm(bench, "ada@example.org")
    bench.at("2021-09-15T09:30")
    approve_series(bench.office, "welcome", "officer", bench.now)
    assert bench.beat("2021-09-15T10:00") == []
    assert bench.beat("2021-09-22T09:00") == ["welcome-how-we-write-2021-09-22"]


def test_who_comes_back_goes_on_where_they_were(welcome):
    confirm(welcome, "ada@example.org")
    welcome.beat("2021-09-15T09:00")
    welcome.leaves("ada@example.org")
    welcome.at("2021-09-17T10:00")
    rejoin(welcome, "ada@example.org")
    assert [name for day in range(18, 31) for name in welcome.beat(f"2021-09-{day}T09:00")] == [
        "welcome-how-we-write-2021-09-25"
    ]
    assert len(welcome.sent("welcome-welcome")) == 1


def rejoin(bench, address):
    with bench.office.database.write() as connection:
        identity = people.find_by_key(connection, address)
        people.record_consent(connection, identity, "granted", bench.now, source="form")


def test_a_changed_file_stands_still_until_it_is_approved_anew(welcome):
    confirm(welcome, "ada@example.org")
    welcome.rewrite(FILE, "Welcome to Common Thread", "Welcome, welcome")
    assert standing_of(welcome.office, "welcome").state == "changed"
    assert any(
        "Series 'welcome' stands still" in problem.what
        for problem in examine(welcome.office, welcome.now).problems
    )
    assert welcome.beat("2021-09-15T09:00") == []
    with pytest.raises(MoveRefused, match="not paused"):
        resume_series(welcome.office, "welcome", welcome.now)
    approve_series(welcome.office, "welcome", "officer", welcome.now)
    assert standing_of(welcome.office, "welcome").state == "running"
    assert welcome.beat("2021-09-15T09:01") == []
    assert welcome.beat("2021-09-22T09:00") == ["welcome-how-we-write-2021-09-22"]


def test_approving_what_runs_changes_nothing(welcome):
    before = standing_of(welcome.office, "welcome").known
    welcome.at("2021-09-15T12:00")
    approve_series(welcome.office, "welcome", "somebody else", welcome.now)
    assert standing_of(welcome.office, "welcome").known == before


def test_what_falls_into_a_pause_is_skipped(welcome):
    confirm(welcome, "ada@example.org")
    pause_series(welcome.office, "welcome")
    with pytest.raises(MoveRefused, match="does not run"):
        pause_series(welcome.office, "welcome")
    assert welcome.beat("2021-09-15T09:00") == []
    resume_series(welcome.office, "welcome", welcome.now)
    assert welcome.beat("2021-09-15T09:05") == []
    assert welcome.beat("2021-09-22T09:00") == ["welcome-how-we-write-2021-09-22"]


def test_a_file_that_is_gone_or_wrong_stands_still(welcome):
    path = welcome.workspace / FILE
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("template: welcome", "template: welcom"), encoding="utf-8")
    found = standing_of(welcome.office, "welcome")
    assert (found.state, [problem.line for problem in found.problems]) == ("changed", [14])
    with pytest.raises(ContentRefused, match="Did you mean 'welcome'"):
        approve_series(welcome.office, "welcome", "officer", welcome.now)
    path.unlink()
    confirm(welcome, "ada@example.org")
    assert [one.state for one in list_standings(welcome.office)] == ["file is gone"]
    assert welcome.beat("2021-09-15T09:00") == []
    with pytest.raises(ContentRefused, match="no series 'other'"):
        standing_of(welcome.office, "other")


def test_the_plan_shows_what_comes_with_counts(welcome):
    confirm(welcome, "ada@example.org", language="fr")
    confirm(welcome, "ben@example.org", status="pending")
    confirm(welcome, "chiara@example.org", topics="events")
    end = to_instant(parse_local("2022-09-15T00:00"), "Europe/Brussels")
    found = forecast(welcome.office, welcome.now, end, welcome.now)
    assert [(one.campaign.name, one.recipients) for one in found if one.campaign.series] == [
        ("welcome-welcome-2021-09-15", 1),
        ("welcome-how-we-write-2021-09-22", 1),
    ]
    assert len([mail for mail in planned_mails(welcome.office, welcome.now, end) if mail.step]) == 2


def test_in_readers_own_time_each_has_nine_on_their_own_wall(bench):
    approve_series(bench.office, "welcome", "officer", bench.now)
    confirm(bench, "ada@example.org")
    zoned(bench, "ben@example.org", "America/New_York")
    zoned(bench, "chiara@example.org", "Pacific/Auckland")
    assert bench.beat("2021-09-15T09:00") == ["welcome-welcome-2021-09-15-utc-plus-0200"]
    assert bench.beat("2021-09-15T15:00") == ["welcome-welcome-2021-09-15-utc-minus-0400"]
    assert bench.beat("2021-09-15T23:00") == ["welcome-welcome-2021-09-16-utc-plus-1200"]
    assert bench.sent() == ["ada@example.org", "ben@example.org", "chiara@example.org"]


def zoned(bench, address, zone):
    confirm(bench, address)
    with bench.office.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE subscribers SET zone = '{zone}' WHERE address = '{address}'")


def test_a_date_of_a_person_has_its_anniversary(welcome):
    path = welcome.workspace / "articles" / "thanks.series.yaml"
    text = (welcome.workspace / FILE).read_text(encoding="utf-8")
    text = text.replace("starts: confirmed", "starts: member_since\nrepeat: yearly")
    path.write_text(text.replace("after: 0 days", "before: 1 day"), encoding="utf-8")
    approve_series(welcome.office, "thanks", "officer", welcome.now)
    file = welcome.workspace / "dates.csv"
    file.write_text(
        "email,language,topics,consent_source,consent_date,consent_wording,member_since\n"
        "ada@example.org,en,erasmus,form,2021-01-05,Yes,2016-09-17\n"
        "ben@example.org,en,erasmus,form,2021-01-05,Yes,2021-09-17\n"
    )
    import_people(welcome.office, file, welcome.now)
    names = [name for day in range(15, 31) for name in welcome.beat(f"2021-09-{day}T09:00")]
    assert names == ["thanks-welcome-2021-09-16", "thanks-how-we-write-2021-09-24"]
    assert welcome.sent("thanks") == ["ada@example.org", "ada@example.org"]


def test_two_offices_launch_a_step_once_and_one_that_dies_loses_nothing(welcome):
    confirm(welcome, "ada@example.org")
    other = open_office(welcome.workspace, welcome.clock, {"secret": "a key for tests"})
    welcome.at("2021-09-15T09:00")

    def die(_name, _connection):
        raise SystemError("killed")

    with pytest.raises(SystemError):
        launch_due(other, welcome.now, die)
    mine, theirs = due_mails(welcome.office, welcome.now), due_mails(other, welcome.now)
    assert [launch_mail(welcome.office, mail, welcome.now).rows for mail in mine] == [1]
    assert [launch_mail(other, mail, welcome.now) for mail in theirs] == [None]
    other.database.close()


def test_a_name_that_is_taken_does_not_stop_the_clock(welcome):
    confirm(welcome, "ada@example.org")
    (due,) = [m for m in planned_mails(welcome.office, welcome.now, welcome.at("2021-09-15T09:00")) if m.step]
    with welcome.office.database.write() as connection:
        add_campaign(connection, replace(due.campaign, series=""), welcome.now)
    launches, refusals = launch_due(welcome.office, welcome.now)
    assert launches == []
    assert "There is a campaign 'welcome-welcome-2021-09-15' already" in str(refusals[0])


def test_two_series_cannot_make_the_same_names(welcome):
    text = (welcome.workspace / FILE).read_text(encoding="utf-8").replace("name: how-we-write", "name: write")
    path = welcome.workspace / "articles" / "welcome-how-we.series.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentRefused, match="same name as 'how-we-write'"):
        approve_series(welcome.office, "welcome-how-we", "officer", welcome.now)


def test_a_ladder_for_one_person(welcome):
    ladder = ladder_for(welcome.office, "welcome", "2021-10-24T10:00", "", welcome.now)
    assert [f"{one.local:%Y-%m-%dT%H:%M}" for one in ladder] == ["2021-10-25T09:00", "2021-11-01T09:00"]
    files = build_steps(welcome.office, "welcome", welcome.workspace / "out", welcome.now)
    assert sorted(path.name for path in files)[:2] == [
        "welcome-how-we-write.en.html",
        "welcome-how-we-write.en.txt",
    ]
