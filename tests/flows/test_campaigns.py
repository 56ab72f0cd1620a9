"""From draft to report: each verb is a move of the campaign's table, and what the table does not allow is refused."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from newsletter.core.refusal import ContentRefused, Level, MoveRefused
from newsletter.core.wallclock import parse_local
from newsletter.flows.approve import (
    approve_campaign,
    cancel_campaign,
    create_campaign,
    known_campaign,
    pause_campaign,
    reopen_campaign,
    resume_campaign,
    schedule_campaign,
)
from newsletter.flows.build import build_previews
from newsletter.flows.check import check_campaign
from newsletter.flows.issues import read_issue
from newsletter.flows.send_test import send_test
from newsletter.store.campaigns import load_editions

ISSUE = "september-2021"
ARTICLE = "articles/sse-global-action/en.md"


def _draft(bench):
    return create_campaign(bench.office, read_issue(bench.office, ISSUE), bench.now)


def _approve(bench):
    return approve_campaign(bench.office, ISSUE, "Ada", bench.now)


def _schedule(bench, local="2021-09-16T09:30"):
    return schedule_campaign(bench.office, ISSUE, parse_local(local), "Europe/Brussels", bench.now)


def _frozen(bench):
    with bench.office.database.read() as connection:
        return load_editions(connection, bench.campaign(ISSUE).id)


def test_a_draft_follows_its_file_until_it_is_approved(bench):
    first = _draft(bench)
    bench.rewrite(f"articles/{ISSUE}.issue.yaml", "number: 42", "number: 43")
    again = _draft(bench)
    assert (again.id, again.content.number) == (first.id, 43)
    _approve(bench)
    with pytest.raises(MoveRefused, match="approved already"):
        _draft(bench)


def test_approval_freezes_what_was_seen(bench):
    bench.enrol("ada@example.org")
    bench.schedule()
    frozen = _frozen(bench)
    bench.rewrite(ARTICLE, "OECD", "OSCE")
    bench.beat("2021-09-16T09:30")
    assert _frozen(bench) == frozen
    assert set(frozen) == {"en", "fr"}
    assert b"OSCE" not in bench.transport.accepted[0].content


def test_an_approval_taken_back_takes_the_time_with_it(bench):
    bench.enrol("ada@example.org")
    bench.schedule()
    reopen_campaign(bench.office, ISSUE)
    assert bench.campaign(ISSUE).state == "draft"
    assert bench.beat("2021-09-16T09:30") == []
    with pytest.raises(MoveRefused, match="is draft and cannot become scheduled"):
        _schedule(bench, "2021-09-17T09:30")
    _approve(bench)
    _schedule(bench, "2021-09-17T09:30")
    assert bench.beat("2021-09-17T09:30") == [ISSUE]


def test_a_time_that_has_passed_is_refused(bench):
    _draft(bench)
    _approve(bench)
    with pytest.raises(ContentRefused, match="has passed"):
        _schedule(bench, "2021-09-15T07:59")
    assert bench.campaign(ISSUE).state == "approved"


@pytest.mark.parametrize(
    ("verb", "state"),
    [
        (_schedule, "draft"),
        (lambda bench: pause_campaign(bench.office, ISSUE), "draft"),
        (lambda bench: resume_campaign(bench.office, ISSUE), "draft"),
        (lambda bench: reopen_campaign(bench.office, ISSUE), "draft"),
        (_approve, "approved"),
        (lambda bench: pause_campaign(bench.office, ISSUE), "scheduled"),
        (_schedule, "scheduled"),
        (lambda bench: resume_campaign(bench.office, ISSUE), "sending"),
        (_approve, "sent"),
        (lambda bench: cancel_campaign(bench.office, ISSUE, bench.now), "sent"),
        (lambda bench: reopen_campaign(bench.office, ISSUE), "sent"),
        (lambda bench: resume_campaign(bench.office, ISSUE), "cancelled"),
    ],
)
def test_moves_that_the_table_does_not_allow_are_refused_and_change_nothing(bench, verb, state):
    bench.enrol("ada@example.org")
    _draft(bench)
    if state != "draft":
        _approve(bench)
    if state in {"scheduled", "sending", "sent", "cancelled"}:
        _schedule(bench)
    if state in {"sending", "sent"}:
        bench.at("2021-09-16T09:30")
        bench.launch()
    if state == "sent":
        bench.deliver()
    if state == "cancelled":
        cancel_campaign(bench.office, ISSUE, bench.now)
    with pytest.raises(MoveRefused, match=f"is {state}"):
        verb(bench)
    assert bench.campaign(ISSUE).state == state


def test_cancelling_says_how_many_will_not_get_it(bench):
    bench.enrol("ada@example.org", "ben@example.org")
    bench.schedule()
    bench.at("2021-09-16T09:30")
    bench.launch()
    assert cancel_campaign(bench.office, ISSUE, bench.now) == 2
    assert dict(bench.report(ISSUE).withheld) == {"cancelled": 2}


def test_a_campaign_nobody_knows_is_refused_with_those_there_are(bench):
    _draft(bench)
    with pytest.raises(ContentRefused, match=ISSUE):
        known_campaign(bench.office, "october-2021")


def test_the_sample_issue_is_without_errors_but_for_having_nobody_to_go_to(bench):
    campaign = _draft(bench)
    problems = check_campaign(bench.office, campaign, bench.now)
    assert not [problem for problem in problems if problem.level is Level.ERROR]
    assert any("Nobody in segment 'september-letter'" in problem.what for problem in problems)
    bench.enrol("ada@example.org")
    assert not any("Nobody" in problem.what for problem in check_campaign(bench.office, campaign, bench.now))


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        (ARTICLE, "  alt:", "  old:", "articles/sse-global-action/en.md:"),
        (
            "templates/email/parts/footer.mjml.j2",
            "me.reason",
            "me.treason",
            "templates/email/parts/footer.mjml.j2:",
        ),
    ],
)
def test_what_is_wrong_stops_approval_and_freezes_nothing(bench, path, old, new, told):
    campaign = _draft(bench)
    bench.rewrite(path, old, new)
    problems = check_campaign(bench.office, campaign, bench.now)
    assert any(problem.place.startswith(told) and problem.level is Level.ERROR for problem in problems)
    with pytest.raises(ContentRefused, match=told):
        _approve(bench)
    assert bench.campaign(ISSUE).state == "draft"
    assert _frozen(bench) == {}


def test_previews_are_files_in_each_language_and_store_nothing(bench):
    files = build_previews(bench.office, _draft(bench), bench.workspace / "look", bench.now)
    assert [path.name for path in files] == [
        f"{ISSUE}.{language}.{ending}" for language in ("en", "fr") for ending in ("html", "txt")
    ]
    assert all(path.stat().st_size for path in files)
    assert _frozen(bench) == {}


def test_a_test_send_reaches_the_named_only_and_writes_no_ledger(bench):
    bench.enrol("ada@example.org")
    sent = send_test(bench.office, _draft(bench), ["ben@example.org"], bench.now)
    assert sent == ["ben@example.org en", "ben@example.org fr"]
    assert [one.recipient for one in bench.transport.accepted] == ["ben@example.org"] * 2
    for one in bench.transport.accepted:
        mail = message_from_bytes(one.content, policy=policy.default)
        assert mail["Subject"].startswith("[Test] ")
        assert mail["List-Unsubscribe"] is None
    assert bench.rows(ISSUE) == {}


def test_the_report_counts_what_happened(bench):
    bench.enrol("ada@example.org")
    bench.enrol("ben@example.org", language="fr-BE")
    bench.enrol("chiara@example.org", language="it")
    bench.enrol("dana@example.org", status="pending")
    bench.schedule()
    bench.beat("2021-09-16T09:30")
    report = bench.report(ISSUE).as_dict()
    assert report["sent"] == {"en": 2, "fr": 1}
    assert report["deliveries"] == {"sent": 3, "skipped": 1}
    assert report["withheld"] == {"not_confirmed": 1}
    assert report["launched_at"] == report["finished_at"] == "2021-09-16T07:30:00+00:00"
