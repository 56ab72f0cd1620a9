"""The file of a series: what may stand in it, and what is said of what may not."""

from __future__ import annotations

from datetime import time

import pytest

from newsletter.core.refusal import ContentRefused
from newsletter.core.segment.tree import FieldType
from newsletter.core.series_file import Known, parse_series

KNOWN = Known(
    languages=("en", "fr"),
    zone="Europe/Brussels",
    fields={"member_since": FieldType.DATE, "kind": FieldType.CHOICE},
    segments=("everybody", "press"),
    senders=("default",),
    templates=("issue", "plain", "welcome"),
    articles=("call",),
)
PATH = "articles/welcome.series.yaml"
GOOD = """\
starts: joined
segment: everybody
zone: reader
steps:
  - name: welcome
    after: 0 days
    at: "09:00"
    template: welcome
    subject: {en: Welcome, fr: Bienvenue}
    preheader: {en: Before, fr: Avant}
    articles: [call]
  - name: how-we-write
    after: 1 week
    subject: {en: How, fr: Comment}
    preheader: {en: Before, fr: Avant}
"""


def read(text=GOOD, name="welcome"):
    return parse_series(text, PATH, name, KNOWN)


def problems(*changes):
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(ContentRefused) as caught:
        read(text)
    return [(problem.line, f"{problem.what} {problem.remedy}") for problem in caught.value.problems]


def test_a_series_is_read():
    one = read()
    assert (one.name, one.starts, one.segment, one.zone, one.yearly) == (
        "welcome", "joined", "everybody", "reader", False,
    )  # fmt: skip
    assert [(step.name, step.days, step.at) for step in one.steps] == [
        ("welcome", 0, time(9)),
        ("how-we-write", 7, time(9)),
    ]
    assert one.steps[0].content.articles == ("call",)
    assert one.steps[1].content.template == "plain"
    assert one.steps[1].content.subjects == {"en": "How", "fr": "Comment"}


def test_steps_stand_in_the_order_in_which_they_come():
    text = GOOD.replace("after: 0 days", "after: 30 days").replace("starts: joined", "starts: member_since")
    text = text.replace("after: 1 week", "before: 7 days\n    at: 07:05")
    assert [(step.name, step.days) for step in read(text).steps] == [("how-we-write", -7), ("welcome", 30)]


def test_anniversaries_may_be_told_before():
    one = read(
        GOOD.replace("starts: joined", "starts: joined\nrepeat: yearly").replace("after: 0", "before: 3")
    )
    assert one.yearly
    assert one.steps[0].days == -3


def test_without_a_zone_the_office_has_its_own():
    assert read(GOOD.replace("zone: reader\n", "")).zone == "Europe/Brussels"


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("starts: joined", "starts: membr_since", 1, "Did you mean 'member_since'?"),
        ("starts: joined", "starts: kind", 1, "'kind' is of type choice"),
        ("starts: joined\n", "", 1, "The key 'starts' is missing"),
        ("segment: everybody", "segment: evrybody", 2, "Did you mean 'everybody'?"),
        ("segment: everybody", "segment: [x]", 2, "There is no segment"),
        ("zone: reader", "zone: Mars/Base", 3, "'Mars/Base' is not the name of a time zone"),
        ("zone: reader", "zone: reader\nrepeat: monthly", 4, "'monthly' is not known here"),
        ("zone: reader", "zone: reader\nexclude: [nobody]", 4, "There is no 'nobody'"),
        ("zone: reader", "zone: reader\nsender: nobody", 4, "'nobody' is not known here"),
        ("zone: reader", "zone: reader\nstep: 1", 4, "The key 'step' is not known here"),
        ("after: 0 days", "after: -3 days", 6, "less than nothing. Write before: 3 days."),
        ("after: 0 days", "after: soon", 6, "'soon' is no number of days"),
        ("after: 0 days", "after: 9999 days", 6, "too many"),
        ("after: 0 days", "before: 7 days", 6, "Nobody is known before they join"),
        ("after: 0 days", "after: 0 days\n    before: 1 day", 7, "one of them"),
        ("    after: 0 days\n", "", 5, "does not say when it comes"),
        ('at: "09:00"', 'at: "25:00"', 7, "'25:00' is no time of day"),
        ("template: welcome", "template: welcom", 8, "Did you mean 'welcome'?"),
        ("template: welcome", "template: reminder", 8, "There is no template 'reminder'"),
        (
            "subject: {en: Welcome, fr: Bienvenue}",
            "subject: {en: Welcome}",
            9,
            "'subject' has no text in 'fr'",
        ),
        ("subject: {en: Welcome, fr: Bienvenue}", "subject: Welcome", 9, "a text for each language"),
        ("    subject: {en: Welcome, fr: Bienvenue}\n", "", 5, "The step has no subject"),
        ("articles: [call]", "articles: [cal]", 11, "Did you mean 'call'?"),
        ("articles: [call]", "articles: [call, call]", 11, "stands here twice"),
        ("articles: [call]", "opening: {en: Hello}", 11, "'opening' has no text in 'fr'"),
        ("name: how-we-write", "name: welcome", 12, "Two steps are called 'welcome'"),
        ("name: how-we-write", "name: How we write", 12, "cannot be the name of a step"),
        ("after: 1 week", "after: 0", 12, "comes at the same moment as 'welcome'"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old, new, line, word):
    found = problems((old, new))
    assert [at for at, _ in found] == [line], found
    assert word in found[0][1]


def test_what_comes_each_year_cannot_be_a_year_away():
    found = problems(
        ("starts: joined", "starts: member_since\nrepeat: yearly"), ("after: 1 week", "after: 200")
    )
    assert [line for line, _ in found] == [14]


def test_everything_wrong_is_told_at_once():
    assert (
        len(problems(("starts: joined", "starts: x"), ("zone: reader", "zone: y"), ("after: 0", "after: z")))
        == 3
    )


@pytest.mark.parametrize(
    "text", ["", "- a", "starts: joined\nsegment: everybody\nsteps: []", "steps: 3", "a: [b"]
)
def test_what_is_no_series_is_refused(text):
    with pytest.raises(ContentRefused):
        read(text)


@pytest.mark.parametrize("name", ["Welcome", "a b", "x" * 41, "-a"])
def test_its_name_is_a_word(name):
    with pytest.raises(ContentRefused, match="name of a series"):
        read(name=name)
