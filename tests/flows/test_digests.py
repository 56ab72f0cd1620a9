"""Digests in an office: made once, of what nobody has, told to officers, sent in time or missed."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import timedelta
from email import policy

import pytest

from newsletter.core.campaign import CampaignState
from newsletter.core.digest import LeftOut
from newsletter.core.refusal import ContentRefused, MoveRefused
from newsletter.flows import digests as flow
from newsletter.flows.approve import cancel_campaign, create_campaign, reopen_campaign, schedule_campaign
from newsletter.flows.digest_files import read_digest, read_digests
from newsletter.flows.digests import (
    approve_issue,
    last_issues,
    prepare_due_digests,
    preview_digest,
    skip_digest,
)
from newsletter.flows.issues import read_issue
from newsletter.flows.notices import send_notices
from newsletter.flows.plan import forecast
from newsletter.store.occurrences import list_occurrences
from newsletter.wiring import open_office

DIGEST = """\
every: every Monday at 09:30
begins: 2021-09-01
topics: [erasmus]
segment: erasmus-interested
prepare: 1 day before
approval: {approval}
subject: {{en: "New: {{lead}}", fr: "Du neuf : {{lead}}"}}
preheader: {{en: "{{count}} pieces", fr: "{{count}} articles"}}
"""
ARTICLE = """\
---
title: About {slug}
summary: Short.
language: {language}
published: {published}
topics: [{topics}]
{more}link: {{label: Read it, url: https://example.org/{slug}}}
---
Words about {slug}.
"""


class Desk:
    """The bench, with digests and articles of its own instead of the sample's."""

    def __init__(self, bench):
        self.bench, self.folder = bench, bench.workspace / "articles"
        for file in self.folder.glob("*/*.md"):
            file.unlink()

    def digest(self, name="weekly", approval="required", **keys):
        text = DIGEST.format(approval=approval)
        for key, value in keys.items():
            lines = [line for line in text.splitlines() if not line.startswith(f"{key}:")]
            text = "\n".join([*lines, f"{key}: {value}"]) + "\n"
        (self.folder / f"{name}.digest.yaml").write_text(text, encoding="utf-8")

    def article(self, slug, published="2021-09-16", topics="erasmus", more=""):
        (self.folder / slug).mkdir(exist_ok=True)
        for language in ("en", "fr"):
            text = ARTICLE.format(slug=slug, language=language, published=published, topics=topics, more=more)
            (self.folder / slug / f"{language}.md").write_text(text, encoding="utf-8")

    def prepare(self, local):
        done, refusals = prepare_due_digests(self.bench.office, self.bench.at(local))
        assert not refusals, refusals
        return [(one.digest, one.outcome.value, one.campaign or one.reason) for one in done]

    def preview(self, name="weekly"):
        return preview_digest(self.bench.office, name, self.bench.now)

    def issues(self, name="weekly"):
        digest = read_digest(self.bench.office, name)
        return [
            (row.outcome.value, row.state) for row in last_issues(self.bench.office, digest, self.bench.now)
        ]

    def approve(self, name="weekly"):
        return approve_issue(self.bench.office, name, "Ada", self.bench.now)


@pytest.fixture
def desk(bench):
    bench.office = replace(
        bench.office,
        settings=bench.office.settings.model_copy(update={"officers": ("ben@example.org",)}),
    )
    bench.at("2021-09-15T08:00")
    bench.enrol("ada@example.org", "chiara@example.net")
    return Desk(bench)


# 20 and 27 September 2021 are Mondays.


def test_an_issue_is_made_the_day_before_once_and_waits(desk):
    desk.digest()
    desk.article("one")
    assert desk.prepare("2021-09-19T09:29") == []
    assert desk.prepare("2021-09-19T09:30") == [("weekly", "prepared", "weekly-2021-09-20")]
    assert desk.prepare("2021-09-19T09:31") == []
    campaign = desk.bench.campaign("weekly-2021-09-20")
    assert campaign.state is CampaignState.DRAFT
    assert campaign.content.articles == ("one",)
    assert campaign.content.subjects == {"en": "New: About one", "fr": "Du neuf : About one"}


def test_an_approved_issue_leaves_at_its_moment(desk):
    desk.digest()
    desk.article("one")
    desk.prepare("2021-09-19T10:00")
    desk.approve()
    assert desk.bench.beat("2021-09-20T09:29") == []
    assert desk.bench.beat("2021-09-20T09:30") == ["weekly-2021-09-20"]
    assert desk.bench.sent("weekly") == ["ada@example.org", "chiara@example.net"]
    assert b"Words about" not in desk.bench.transport.accepted[0].content  # it links to where it is told


def test_officers_get_one_notice_with_the_command(desk):
    desk.digest()
    desk.article("one")
    desk.prepare("2021-09-19T10:00")
    assert send_notices(desk.bench.office, desk.bench.now) == 1
    assert send_notices(desk.bench.office, desk.bench.now) == 0
    notice = desk.bench.transport.accepted[-1]
    text = notice.content.decode()
    assert notice.recipient == "ben@example.org"
    assert "Subject: To be approved: weekly-2021-09-20" in text
    assert "newsletter digests approve weekly" in text
    assert "About one" in text
    assert "Auto-Submitted: auto-generated" in text
    assert "List-Unsubscribe" not in text


def test_a_notice_that_is_refused_is_tried_again(desk, monkeypatch):
    desk.digest()
    desk.article("one")
    desk.prepare("2021-09-19T10:00")
    transport = desk.bench.transport
    with monkeypatch.context() as patch:
        patch.setattr(
            transport,
            "send",
            lambda envelope: type(transport).send(transport, envelope)._replace(outcome="later"),
        )
        assert send_notices(desk.bench.office, desk.bench.now) == 0
    assert send_notices(desk.bench.office, desk.bench.now) == 1
    one, two = transport.accepted[-2:]
    assert one.message_id == two.message_id


def test_french_officers_read_french(desk, workspace, clock):
    config = workspace / "config.yaml"
    text = config.read_text(encoding="utf-8").replace("languages: [en, fr]", "languages: [fr, en]")
    config.write_text(text.replace("officers: []", "officers: [ben@example.org]"), encoding="utf-8")
    office = open_office(workspace, clock, {"secret": "a key for tests"})
    desk.bench.office = replace(office, open_transport=lambda: desk.bench.transport)
    desk.digest()
    desk.article("one")
    desk.prepare("2021-09-19T10:00")
    send_notices(desk.bench.office, desk.bench.now)
    assert b"newsletter digests approve weekly" in desk.bench.transport.accepted[-1].content
    assert _subject(desk.bench.transport.accepted[-1].content).startswith("À valider")
    office.database.close()


def _subject(content):
    return str(email.message_from_bytes(content, policy=policy.default)["Subject"])


def test_what_nobody_approves_in_time_is_missed_in_the_usual_way(desk):
    desk.digest()
    desk.article("one")
    desk.prepare("2021-09-19T10:00")
    desk.bench.at("2021-09-20T09:30")
    desk.bench.at("2021-09-20T09:31")
    assert desk.bench.launch() == [("weekly-2021-09-20", "missed", 0)]
    assert desk.bench.launch() == []
    assert desk.bench.campaign("weekly-2021-09-20").state is CampaignState.MISSED
    with desk.bench.office.database.read() as connection:
        missed = list_occurrences(connection, "missed")
    assert [row["schedule"] for row in missed] == ["campaign:weekly-2021-09-20"]
    assert desk.bench.transport.accepted == []
    at = desk.bench.now + timedelta(hours=1)
    with pytest.raises(MoveRefused, match="before anybody approved it"):
        schedule_campaign(
            desk.bench.office, "weekly-2021-09-20", at.replace(tzinfo=None), "UTC", desk.bench.now
        )
    reopen_campaign(desk.bench.office, "weekly-2021-09-20")
    assert desk.bench.campaign("weekly-2021-09-20").state is CampaignState.DRAFT


def test_without_approval_it_goes_by_itself(desk):
    desk.digest(approval="none")
    desk.article("one")
    desk.prepare("2021-09-19T10:00")
    assert desk.bench.campaign("weekly-2021-09-20").state is CampaignState.SCHEDULED
    assert send_notices(desk.bench.office, desk.bench.now) == 0
    assert desk.bench.beat("2021-09-20T09:30") == ["weekly-2021-09-20"]
    assert len(desk.bench.sent("weekly")) == 2


def test_an_issue_with_an_error_does_not_go_by_itself_and_an_officer_is_told(desk):
    desk.digest(approval="none")
    desk.article("one", more="image: {src: nothing.png, alt: A picture}\n")
    desk.prepare("2021-09-19T10:00")
    assert desk.bench.campaign("weekly-2021-09-20").state is CampaignState.DRAFT
    send_notices(desk.bench.office, desk.bench.now)
    assert b"nothing.png" in desk.bench.transport.accepted[-1].content


def test_too_few_articles_skip_the_issue_with_a_reason_and_the_next_has_them(desk):
    desk.digest(approval="none", least=2)
    desk.article("one")
    reason = "Only 1 of at least 2 articles are new."
    assert desk.prepare("2021-09-19T10:00") == [("weekly", "skipped", reason)]
    assert desk.issues() == [("skipped", "")]
    desk.article("two", "2021-09-21")
    desk.prepare("2021-09-26T10:00")
    assert desk.bench.campaign("weekly-2021-09-27").content.articles == ("two", "one")


def test_nothing_new_is_no_issue(desk):
    desk.digest()
    assert desk.prepare("2021-09-19T10:00") == [("weekly", "skipped", "Nothing is new.")]


def test_only_what_is_new_since_the_last_issue_and_what_had_no_room(desk):
    desk.digest(approval="none", most=2)
    for slug, day in (("one", 14), ("two", 15), ("three", 16)):
        desk.article(slug, f"2021-09-{day}")
    desk.prepare("2021-09-19T10:00")
    desk.bench.beat("2021-09-20T09:30")
    assert desk.bench.campaign("weekly-2021-09-20").content.articles == ("three", "two")
    desk.article("four", "2021-09-22")
    desk.prepare("2021-09-26T10:00")
    assert desk.bench.campaign("weekly-2021-09-27").content.articles == ("four", "one")
    desk.bench.beat("2021-09-27T09:30")
    desk.article("late", "2021-09-02")
    assert desk.preview().assembly.left_out["late"] is LeftOut.OLDER


def test_what_went_out_in_any_campaign_to_these_people_is_left_out(desk):
    desk.digest()
    desk.article("one")
    desk.article("two")
    issue = read_issue(desk.bench.office, "september-2021")
    issue = replace(issue, content=replace(issue.content, articles=("one",)))
    create_campaign(desk.bench.office, issue, desk.bench.now)
    assert desk.preview().assembly.articles == ("one", "two")  # a draft of a person may never go
    flow.approve_campaign(desk.bench.office, issue.name, "Ada", desk.bench.now)
    assert desk.preview().assembly.left_out == {"one": LeftOut.WAITING}
    flow.schedule_campaign(desk.bench.office, issue.name, issue.at, issue.zone, desk.bench.now)
    desk.bench.beat("2021-09-16T09:30")
    assert desk.preview().assembly.left_out == {"one": LeftOut.SENT}
    assert desk.preview().assembly.articles == ("two",)


def test_what_went_to_other_people_only_is_new_for_these(desk):
    desk.digest()
    desk.article("one")
    desk.bench.enrol("ben@example.com", topics="social-economy")
    desk.bench.rewrite(
        "subscribers/segments.yaml",
        "  press:",
        "  economy:\n    title: {en: E, fr: E}\n    where: {topic: social-economy}\n\n  press:",
    )
    issue = read_issue(desk.bench.office, "september-2021")
    issue = replace(issue, segment="economy", content=replace(issue.content, articles=("one",)))
    create_campaign(desk.bench.office, issue, desk.bench.now)
    flow.approve_campaign(desk.bench.office, issue.name, "Ada", desk.bench.now)
    flow.schedule_campaign(desk.bench.office, issue.name, issue.at, issue.zone, desk.bench.now)
    desk.bench.beat("2021-09-16T09:30")
    assert desk.bench.sent("september") == ["ben@example.com"]
    desk.prepare("2021-09-19T10:00")
    desk.approve()
    # He joins the segment after the issue was made: what he has does not come to him again.
    desk.bench.enrol("ben@example.com", topics="erasmus")
    desk.bench.beat("2021-09-20T09:30")
    assert desk.bench.rows("weekly-2021-09-20", "state", "withheld") == {
        "ada@example.org": ("sent", None),
        "chiara@example.net": ("sent", None),
        "ben@example.com": ("skipped", "had_it"),
    }


def test_of_two_digests_for_the_same_people_one_has_the_article(desk):
    desk.digest("weekly", "none")
    desk.digest("other", "none")
    desk.article("one")
    assert desk.prepare("2021-09-19T10:00") == [
        ("other", "prepared", "other-2021-09-20"),
        ("weekly", "skipped", "Nothing is new."),
    ]


def test_two_schedulers_make_one_issue(desk, monkeypatch):
    desk.digest()
    desk.article("one")
    monkeypatch.setattr(flow.rows, "issues_since", lambda *_: {})  # neither has seen the other's row
    done = desk.prepare("2021-09-19T10:00") + desk.prepare("2021-09-19T10:00")
    assert done == [("weekly", "prepared", "weekly-2021-09-20")]
    with desk.bench.office.database.read() as connection:
        schedules = [row["schedule"] for row in list_occurrences(connection, "launched")]
    assert schedules == ["digest:weekly:prepare"]


def test_an_article_that_is_wrong_is_told_and_the_issue_is_made_when_it_is_mended(desk):
    desk.digest()
    desk.article("one")
    good = (desk.folder / "one" / "en.md").read_text(encoding="utf-8")
    (desk.folder / "one" / "en.md").write_text("no front matter", encoding="utf-8")
    done, refusals = prepare_due_digests(desk.bench.office, desk.bench.at("2021-09-19T10:00"))
    assert done == []
    assert "articles/one/en.md" in str(refusals[0])
    (desk.folder / "one" / "en.md").write_text(good, encoding="utf-8")
    assert desk.prepare("2021-09-19T11:00") == [("weekly", "prepared", "weekly-2021-09-20")]


def test_nobody_was_there_in_time(desk):
    desk.digest()
    desk.article("one")
    told = "Nobody was there in time to make it."
    assert desk.prepare("2021-09-20T20:00") == [("weekly", "missed", told)]
    assert desk.prepare("2021-09-20T20:01") == []
    assert desk.prepare("2021-09-26T10:00") == [("weekly", "prepared", "weekly-2021-09-27")]


def test_an_officer_skips_the_next_issue_before_and_after_it_was_made(desk):
    desk.digest(approval="none")
    desk.article("one")
    first = skip_digest(desk.bench.office, "weekly", desk.bench.now)
    assert f"{first:%m-%d}" == "09-20"
    assert desk.prepare("2021-09-19T10:00") == []
    desk.prepare("2021-09-26T10:00")
    assert f"{skip_digest(desk.bench.office, 'weekly', desk.bench.now):%m-%d}" == "09-27"
    assert desk.bench.beat("2021-09-27T09:30") == []
    assert desk.issues() == [("skipped", ""), ("prepared", "cancelled")]
    assert desk.preview().assembly.articles == ("one",)  # what was cancelled is still new


def test_the_forecast_shows_what_is_to_come(desk):
    desk.digest()
    desk.article("one")
    now = desk.bench.at("2021-09-15T08:00")
    found = forecast(desk.bench.office, now, now + timedelta(days=14), now)
    mine = [one for one in found if one.campaign.content.digest]
    assert [(one.campaign.name, one.recipients) for one in mine] == [
        ("weekly-2021-09-20", 2),
        ("weekly-2021-09-27", 2),
    ]
    desk.prepare("2021-09-19T10:00")
    for step in (lambda: None, desk.approve):
        step()
        now = desk.bench.now
        names = [one.campaign.name for one in forecast(desk.bench.office, now, now + timedelta(days=9), now)]
        assert names == ["weekly-2021-09-20", "weekly-2021-09-27"]


def test_a_wrong_file_is_told_and_holds_up_no_other(desk):
    desk.digest()
    desk.digest("broken", segment="nobody")
    found, refusals = read_digests(desk.bench.office)
    assert [one.name for one in found] == ["weekly"]
    assert "There is no segment 'nobody'" in str(refusals[0])
    with pytest.raises(ContentRefused, match="here: broken, weekly"):
        read_digest(desk.bench.office, "nothing")


def test_there_is_nothing_to_approve(desk):
    desk.digest()
    with pytest.raises(MoveRefused, match="waits for an approval"):
        desk.approve()


def test_a_cancelled_issue_counts_as_not_sent(desk):
    desk.digest()
    desk.article("one")
    desk.prepare("2021-09-19T10:00")
    cancel_campaign(desk.bench.office, "weekly-2021-09-20", desk.bench.now)
    desk.prepare("2021-09-26T10:00")
    assert desk.bench.campaign("weekly-2021-09-27").content.articles == ("one",)
