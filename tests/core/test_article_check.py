"""Checks between languages and in the body: each rule finds its fault, at its line, and a good article passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from newsletter.core.article import Article, ArticleText, DeadlineEntry, Event, Image
from newsletter.core.article_check import check_article
from newsletter.core.deadline import DeadlineText
from newsletter.core.refusal import Level

NOON = datetime(2021, 10, 19, 12)  # noqa: DTZ001 - wall-clock
CALL = DeadlineEntry(
    "call", NOON, "Europe/Brussels", "https://example.org/call", "everyone", DeadlineText("Call")
)


def text(language="en", body="Text.\n", **changes):
    made = ArticleText(
        slug="call",
        language=language,
        path=f"articles/call/{language}.md",
        title="A call",
        summary="Short.",
        body=body,
        body_line=10,
        published=date(2021, 9, 14),
        topics=("erasmus",),
        image=Image("images/lead.png", "Arches"),
        deadlines=(CALL,),
        lines={"deadlines": 5, "deadlines[1].at": 7, "deadlines[1].id": 6, "image.src": 4},
    )
    return replace(made, **changes)


def check(*texts, today=date(2021, 9, 20)):
    article = Article("call", {text.language: text for text in texts or (text(), text("fr"))})
    return check_article(
        article,
        languages=("en", "fr"),
        segments=frozenset({"everyone"}),
        topics=frozenset({"erasmus"}),
        files=frozenset({"images/lead.png", "images/lead.svg", "images/à b.png"}),
        today=today,
    )


def only(problems):
    (problem,) = problems
    return problem


def in_body(body):
    return check(text(body=body), text("fr"))


def test_a_good_article_has_no_problems():
    body = """\
Text with [a link](https://example.org), [mail](mailto:ada@example.org) and [phone](tel:+3220000000).

## Part

### Deeper

## Part

![Arches](images/lead.png) ![](images/lead.png "decorative") ![à](<images/à b.png>)

`{{ code }}` and todo
"""
    assert check(text(body=body), text("fr", body=body)) == []


def test_a_missing_translation_is_a_warning():
    problem = only(check(text()))
    assert (problem.level, problem.path) == (Level.WARNING, "articles/call/fr.md")


def test_a_language_without_edition_is_a_warning():
    problem = only(check(text(), text("fr"), text("de")))
    assert (problem.level, problem.path, problem.field) == (Level.WARNING, "articles/call/de.md", "language")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("at", datetime(2021, 10, 19, 13)),  # noqa: DTZ001 - wall-clock
        ("zone", "Europe/Paris"),
        ("url", "https://example.org/appel"),
        ("audience", "nobody"),
    ],
)
def test_a_deadline_must_say_the_same_in_every_language(name, value):
    problems = check(text(), text("fr", deadlines=(replace(CALL, **{name: value}),)))
    assert (problems[0].path, problems[0].field) == ("articles/call/fr.md", f"deadlines[1].{name}")
    assert "articles/call/en.md" in problems[0].what


def test_the_line_of_a_differing_deadline_is_told():
    late = replace(CALL, at=datetime(2021, 10, 20, 12))  # noqa: DTZ001 - wall-clock
    problem = only(check(text(), text("fr", deadlines=(late,))))
    assert problem.line == 7
    assert "2021-10-20T12:00" in problem.what


def test_a_deadline_missing_in_a_language_is_told_on_either_side():
    assert only(check(text(), text("fr", deadlines=()))).path == "articles/call/fr.md"
    assert only(check(text(deadlines=()), text("fr"))).field == "deadlines[1].id"


def test_an_event_must_be_at_the_same_time_in_every_language():
    event = Event(NOON, None, "Europe/Brussels")
    problem = only(check(text(event=event), text("fr", event=replace(event, zone="Europe/Paris"))))
    assert problem.field == "event.zone"
    assert only(check(text(event=event), text("fr"))).field == "event"


def test_unknown_topics_and_segments_are_told_with_those_there_are():
    problem = only(check(text(topics=("erasmus", "bees")), text("fr")))
    assert (problem.field, problem.remedy) == ("topics[2]", "Topics: erasmus.")
    nobody = (replace(CALL, audience="nobody"),)
    problems = check(text(deadlines=nobody), text("fr", deadlines=nobody))
    assert [problem.field for problem in problems] == ["deadlines[1].audience"] * 2
    assert problems[0].remedy == "Segments: everyone."


@pytest.mark.parametrize(
    ("src", "word"), [("images/gone.png", "There is no file"), ("images/lead.svg", "do not show")]
)
def test_a_picture_that_cannot_be_shown_is_told(src, word):
    problem = only(check(text(image=Image(src, "")), text("fr")))
    assert (problem.line, problem.field) == (4, "image.src")
    assert word in problem.what


def test_a_past_deadline_is_a_warning_and_its_own_day_is_not_past():
    assert check(today=date(2021, 10, 19)) == []
    assert check(today=None) == []
    problems = check(today=date(2021, 10, 20))
    assert {problem.level for problem in problems} == {Level.WARNING}
    assert {problem.field for problem in problems} == {"deadlines[1].at"}


@pytest.mark.parametrize(
    ("body", "line", "word"),
    [
        ("a\n\n# Title\n", 12, "level 1"),
        ("a\n\n### Deep\n", 12, "level 3"),
        ("## a\n\n#### Deep\n", 12, "Write ### here."),
        ("a\nb\n![](images/lead.png)\n", 12, '![](images/lead.png "decorative")'),
        ("- a\n- *b\n  c* ![](images/lead.png)\n", 12, "no text alternative"),
        ("![x](images/gone.png)\n", 10, "There is no file"),
        ("![x](https://example.org/x.png)\n", 10, "not in the article's folder"),
        ("![x](data:image/png;base64,AA)\n", 10, "not in the article's folder"),
        ("a\n\n[x](http://example.org)\n", 12, "does not work"),
        ("[x](javascript:alert(1))\n", 10, "does not work"),
        ("[x](https://example.org:99999/)\n", 10, "does not work"),
        ("[x](other.html)\n", 10, "does not work"),
        ("| a |\n|---|\n| [x](ftp://example.org) |\n", 12, "does not work"),
        ("a\n[](https://example.org)\n", 11, "no words"),
        ('[![](images/lead.png "decorative")](https://example.org)\n', 10, "no words"),
        ("a\n\n<div>x</div>\n", 12, "HTML"),
        ("a\nb <b>x</b>\n", 11, "HTML"),
        ("<!-- note -->\n", 10, "HTML"),
        ("Dear {{ name }}\n", 10, "placeholder"),
        ("a\nTODO: ask Ben\n", 11, "note to yourself"),
        ("a[^1]\n\n[^1]: Lorem ipsum dolor\n", 12, "dummy"),
    ],
)
def test_each_fault_in_the_body_is_told_at_its_line(body, line, word):
    problem = only(in_body(body))
    assert (problem.path, problem.line) == ("articles/call/en.md", line)
    assert word in f"{problem.what} {problem.remedy}"


def test_leftovers_in_the_front_matter_are_warnings():
    problem = only(check(text(title="TODO title"), text("fr")))
    assert (problem.field, problem.level) == ("title", Level.WARNING)


def test_an_article_without_any_text_is_no_crash():
    problems = check_article(
        Article("empty", {}),
        languages=("en",),
        segments=frozenset(),
        topics=frozenset(),
        files=frozenset(),
        today=None,
    )
    assert only(problems).level is Level.WARNING
