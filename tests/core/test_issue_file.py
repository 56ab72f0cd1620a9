"""An issue as a file: what it says becomes a draft, and every mistake in it is told with its line."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from newsletter.core.campaign import CampaignKind, CampaignState
from newsletter.core.issue_file import parse_issue
from newsletter.core.refusal import ContentRefused

ISSUE = """\
kind: issue
number: 42
subject:
  en: Forty-two
  fr: Quarante-deux
preheader:
  en: A letter
  fr: Une lettre
opening:
  en: Dear reader
articles:
  - sse-global-action
  - erasmus-accreditation
segment: everybody
exclude: [press]
sender: default
at: 2021-09-16T09:30
zone: Europe/Lisbon
"""
SMALLEST = "subject: {en: A, fr: B}\npreheader: {en: A, fr: B}\narticles: [one]\nsegment: everybody\n"


def read(text, name="september-2021", languages=("en", "fr")):
    return parse_issue(
        text,
        "articles/x.issue.yaml",
        name,
        languages=languages,
        zone="Europe/Brussels",
        lateness=timedelta(hours=6),
    )


def problems_of(text, **more):
    with pytest.raises(ContentRefused) as caught:
        read(text, **more)
    return caught.value.problems


def test_an_issue_becomes_a_draft():
    campaign = read(ISSUE)
    assert (campaign.name, campaign.kind, campaign.state) == (
        "september-2021",
        CampaignKind.ISSUE,
        CampaignState.DRAFT,
    )
    assert campaign.content.articles == ("sse-global-action", "erasmus-accreditation")
    assert campaign.content.number == 42
    assert campaign.content.subjects == {"en": "Forty-two", "fr": "Quarante-deux"}
    assert campaign.content.openings == {"en": "Dear reader"}
    assert (campaign.segment, campaign.exclude, campaign.sender) == ("everybody", ("press",), "default")
    assert campaign.at == datetime.fromisoformat("2021-09-16T09:30")
    assert campaign.zone == "Europe/Lisbon"
    assert campaign.lateness == timedelta(hours=6)


def test_hours_and_each_readers_own_zone():
    campaign = read(
        SMALLEST + "zone: reader\nwindow: [08:00-12:00, 14:00-18:00]\nquiet: 12:30-13:00\ndays: weekdays\n"
    )
    assert (campaign.zone, campaign.timing.each_reader) == ("Europe/Brussels", True)
    assert str(campaign.timing.window) == "08:00-12:00, 14:00-18:00, weekdays, not 12:30-13:00"
    assert read(SMALLEST).timing.window is None
    assert read(SMALLEST + "window: always\n").timing.window.is_always


def test_what_an_issue_does_not_say_is_the_habit_of_the_office():
    campaign = read(SMALLEST)
    assert campaign.kind is CampaignKind.ISSUE
    assert campaign.content.template == "issue"
    assert campaign.content.number is None
    assert (campaign.zone, campaign.sender, campaign.at, campaign.exclude) == (
        "Europe/Brussels",
        "default",
        None,
        (),
    )


def test_an_announcement_takes_the_template_of_announcements():
    assert read(f"{SMALLEST}kind: announcement\n").content.template == "announcement"


@pytest.mark.parametrize(
    ("before", "after", "line", "field", "what", "remedy"),
    [
        ("kind: issue", "kind: reminder", 1, "kind", "'reminder' is not known", "issue, announcement"),
        ("number: 42", "number: forty", 2, "number", "whole number", "digits"),
        ("number: 42", "number: 0", 2, "number", "whole number", "digits"),
        ("number: 42", "number: true", 2, "number", "whole number", "digits"),
        ("number: 42", "number: 042", 2, "number", "whole number", "digits"),
        ("  fr: Quarante-deux\n", "", 3, "subject.fr", "no text in 'fr'", "every edition"),
        ("fr: Quarante-deux", 'fr: " "', 5, "subject.fr", "no text in 'fr'", "every edition"),
        ("fr: Quarante-deux", "fr: 42", 3, "subject", "a text for each language", "{en: …, fr: …}"),
        ("fr: Quarante-deux", "fr:", 3, "subject", "a text for each language", "{en: …, fr: …}"),
        (
            "  en: A letter\n  fr: Une lettre",
            "  A letter",
            6,
            "preheader",
            "a text for each language",
            "{en: …",
        ),
        ("  en: Dear reader", "  - Dear reader", 9, "opening", "a text for each language", "{en: …"),
        ("  - erasmus-accreditation", "  - 5", 11, "articles", "a list of names", "after a dash"),
        (
            "  - erasmus-accreditation",
            "  - sse-global-action",
            13,
            "articles[2]",
            "stands here twice",
            "Keep one",
        ),
        ("segment: everybody", "segment:", 14, "segment", "'segment' is missing", "Write it"),
        ("segment: everybody", "segment: [everybody]", 14, "segment", "should be a text", "words"),
        ("exclude: [press]", "exclude: press", 15, "exclude", "a list of names", "after a dash"),
        ("sender: default", 'sender: ""', 16, "sender", "should be a text", "words"),
        ("09:30", "9:30", 17, "at", "not a date and time that exists", "2021-09-16T09:30"),
        ("T09:30", "", 17, "at", "no time of day", "2021-09-16T09:30"),
        ("09:30", "09:30Z", 17, "at", "has an offset", "2021-09-16T09:30"),
        ("Europe/Lisbon", "Lisbon", 18, "zone", "not the name of a time zone", "Europe/Brussels"),
        ("segment:", "segmnet:", 14, "segmnet", "is not known here", "Did you mean 'segment'?"),
        ("kind: issue", "colour: red", 1, "colour", "is not known here", "Keys are kind, "),
    ],
)
def test_each_mistake_is_told_with_its_line_and_the_way_out(before, after, line, field, what, remedy):
    assert ISSUE.count(before) == 1
    problem = next(problem for problem in problems_of(ISSUE.replace(before, after)) if problem.field == field)
    assert (problem.path, problem.line) == ("articles/x.issue.yaml", line)
    assert what in problem.what
    assert remedy in problem.remedy


@pytest.mark.parametrize("key", ["subject", "preheader", "articles", "segment"])
def test_what_every_issue_needs_is_asked_for(key):
    text = "\n".join(line for line in SMALLEST.splitlines() if not line.startswith(key))
    (problem,) = problems_of(text)
    assert problem.field == key
    assert problem.remedy


def test_every_mistake_is_told_at_once_in_the_order_of_the_lines():
    text = (
        ISSUE.replace("kind: issue", "kind: party")
        .replace("sender:", "sendre:")
        .replace("number: 42", "number: x")
    )
    lines = [problem.line for problem in problems_of(text)]
    assert lines == [1, 2, 16]


@pytest.mark.parametrize("text", ["", "- one\n", "one\n", "5\n"])
def test_a_file_that_is_no_issue_is_refused(text):
    (problem,) = problems_of(text)
    assert (problem.what, problem.line) == ("An issue is a list of keys.", 1)


def test_a_file_that_is_no_yaml_is_refused_with_its_line():
    (problem,) = problems_of("kind: issue\nnumber: [\n")
    assert problem.line >= 2


@pytest.mark.parametrize("name", ["September", "a b", "", "-a", "a--b", "été", "a/b", "a" * 121])
def test_a_name_that_scripts_could_not_call_it_by_is_refused(name):
    (problem,) = problems_of(SMALLEST, name=name)
    assert "september-2021.issue.yaml" in problem.remedy


def test_an_office_with_one_language_needs_one_text():
    assert read("subject: {en: A}\npreheader: {en: A}\narticles: [one]\nsegment: x\n", languages=("en",))


def test_an_issue_may_say_how_late_it_may_leave():
    assert read(SMALLEST + "lateness: 2h\n").lateness == timedelta(hours=2)
    assert read(SMALLEST).lateness == timedelta(hours=6)
    with pytest.raises(ContentRefused) as caught:
        read(SMALLEST + "lateness: soon\n")
    problem = caught.value.problems[0]
    assert (problem.line, problem.what) == (5, "'soon' is no length of time.")
