"""Reading segments.yaml and fields.yaml: what is taken, and that every mistake is told with its line and a way out."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from segment_file import FIELDS, PATH, node_of, problems_of, segment_file

from newsletter.core.deadline import DeadlineMark
from newsletter.core.engagement import DeedKind
from newsletter.core.refusal import ContentRefused
from newsletter.core.segment.conditions import MOST_DEPTH
from newsletter.core.segment.fields import parse_fields
from newsletter.core.segment.parse import MOST_CONDITIONS, parse_segments
from newsletter.core.segment.tree import (
    EVER,
    Acted,
    AllOf,
    AnyOf,
    Attribute,
    Did,
    FieldType,
    Granted,
    GrantedBy,
    HasTopic,
    InCountry,
    InDomain,
    InSegment,
    Joined,
    NoneOf,
    Operator,
    Period,
    Reads,
    Stands,
    When,
)
from newsletter.core.subscriber import Standing

LATELY = Period(When.WITHIN_DAYS, 90)
SPRING = Period(When.BETWEEN, first=date(2021, 1, 1), last=date(2021, 3, 31))
WORKSPACE = Path(__file__).parents[2]


def _founded(operator, operand):
    return Attribute("founded", FieldType.DATE, operator, operand)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{topic: erasmus}", HasTopic(("erasmus",))),
        ("{topic: [erasmus, social-economy]}", HasTopic(("erasmus", "social-economy"))),
        ("{language: fr}", Reads(("fr",))),
        ("{language: [no, pt-BR]}", Reads(("no", "pt-BR"))),
        ("{country: NO}", InCountry(("NO",))),
        ("{attribute: city, is: Lyon}", Attribute("city", FieldType.TEXT, Operator.IS, "Lyon")),
        ("{attribute: city, contains: '%'}", Attribute("city", FieldType.TEXT, Operator.CONTAINS, "%")),
        ("{is_not: press, attribute: kind}", Attribute("kind", FieldType.CHOICE, Operator.IS_NOT, "press")),
        ("{attribute: kind, in: [press]}", Attribute("kind", FieldType.CHOICE, Operator.IN, ("press",))),
        (
            "{attribute: employees, at_least: 0}",
            Attribute("employees", FieldType.INTEGER, Operator.AT_LEAST, 0),
        ),
        (
            "{attribute: member, is: false}",
            Attribute("member", FieldType.BOOLEAN, Operator.IS, operand=False),
        ),
        (
            "{attribute: city, exists: false}",
            Attribute("city", FieldType.TEXT, Operator.EXISTS, operand=False),
        ),
        (
            "{attribute: founded, before: 2021-01-01}",
            Attribute("founded", FieldType.DATE, Operator.BEFORE, "2021-01-01"),
        ),
        ("{joined: {before: 2021-06-01}}", Joined(Period(When.BEFORE, first=date(2021, 6, 1)))),
        ("{joined: {after: 2021-06-01}}", Joined(Period(When.AFTER, first=date(2021, 6, 1)))),
        ("{joined: {within_days: 90}}", Joined(LATELY)),
        ("{joined: {older_than_days: 90}}", Joined(Period(When.OLDER_THAN_DAYS, 90))),
        ("{joined: {between: [2021-01-01, 2021-03-31]}}", Joined(SPRING)),
        ("{received: september-2021}", Did(DeedKind.RECEIVED, ("september-2021",))),
        ("{opened: [july-2021, september-2021]}", Did(DeedKind.OPENED, ("july-2021", "september-2021"))),
        ("{replied: anything}", Did(DeedKind.REPLIED)),
        ("{clicked: {within_days: 90}}", Did(DeedKind.CLICKED, period=LATELY)),
        (
            "{clicked: {topic: erasmus, between: [2021-01-01, 2021-03-31]}}",
            Did(DeedKind.CLICKED, (), ("erasmus",), SPRING),
        ),
        ("{opened: {campaign: july-2021}}", Did(DeedKind.OPENED, ("july-2021",), (), EVER)),
        (
            "{applied: erasmus-accreditation/accreditation}",
            Acted((DeadlineMark.APPLIED,), ("erasmus-accreditation/accreditation",)),
        ),
        ("{stopped: anything}", Acted((DeadlineMark.STOPPED,))),
        (
            "{acted: {deadline: [call/first, call/second], within_days: 90}}",
            Acted(
                (DeadlineMark.APPLIED, DeadlineMark.STOPPED, DeadlineMark.LATER),
                ("call/first", "call/second"),
                LATELY,
            ),
        ),
        ("{consent: confirmed}", Stands((Standing.CONFIRMED,))),
        ("{consent: [pending, unsubscribed]}", Stands((Standing.PENDING, Standing.UNSUBSCRIBED))),
        ("{consent: {granted: {within_days: 90}}}", Granted(LATELY)),
        (
            "{consent: {standing: confirmed, source: sign-up form}}",
            AllOf((Stands((Standing.CONFIRMED,)), GrantedBy(("sign-up form",)))),
        ),
        ("{domain: [Example.org, école.example.fr]}", InDomain(("example.org", "xn--cole-9oa.example.fr"))),
        ("{attribute: founded, within_days: 90}", _founded(Operator.WITHIN_DAYS, 90)),
        ("{attribute: founded, older_than_days: 90}", _founded(Operator.OLDER_THAN_DAYS, 90)),
        ("{attribute: founded, in_next_days: 90}", _founded(Operator.IN_NEXT_DAYS, 90)),
        (
            "{attribute: founded, between: [2021-01-01, 2021-03-31]}",
            _founded(Operator.BETWEEN, ("2021-01-01", "2021-03-31")),
        ),
        (
            "{attribute: budget, at_least: 12.5}",
            Attribute("budget", FieldType.DECIMAL, Operator.AT_LEAST, 12.5),
        ),
        ("{attribute: budget, is: 12}", Attribute("budget", FieldType.DECIMAL, Operator.IS, 12.0)),
        ("{attribute: roles, has: press}", Attribute("roles", FieldType.CHOICES, Operator.HAS, ("press",))),
        (
            "{attribute: tags, has_all: [' École  d’été ', VIP]}",
            Attribute("tags", FieldType.TAGS, Operator.HAS_ALL, ("école d’été", "vip")),
        ),
        ("{any: [{topic: erasmus}]}", AnyOf((HasTopic(("erasmus",)),))),
        ("{all: [{none: [{country: FR}]}]}", AllOf((NoneOf((InCountry(("FR",)),)),))),
    ],
)
def test_each_condition_is_read_as_it_is_written(written, meant):
    assert node_of(written) == meant


@pytest.mark.parametrize(
    ("written", "what", "remedy"),
    [
        ("{topic: erasmsu}", "The topic 'erasmsu'", "Did you mean 'erasmus'?"),
        ("{topic: []}", "The list is empty", "at least one topic"),
        ("{topic: 5}", "should be a text", 'Put it in quotes: "5".'),
        ("{language: french}", "'french' is not the code of a language", "en, fr or pt-BR"),
        ("{language: xx}", "'xx' is not the code of a language", "en, fr or pt-BR"),
        ("{country: fr}", "'fr' is not the code of a country", "Write FR."),
        ("{country: Belgium}", "'Belgium' is not the code of a country", "Write BE."),
        ("{country: EU}", "'EU' is not the code of a country", "two capital letters"),
        ("{attribute: knid, is: press}", "The field 'knid' is not in fields.yaml", "Did you mean 'kind'?"),
        ("{attribute: [kind], is: press}", "is not in fields.yaml", "Known here: city, kind"),
        ("{attribute: kind}", "not said what 'kind' is compared with", "is, is_not, in, exists"),
        ("{attribute: kind, equals: press}", "'equals' is no way to compare", "Known here: is, is_not"),
        ("{attribute: employees, atleast: 5}", "'atleast' is no way to compare", "Did you mean 'at_least'?"),
        ("{attribute: kind, is: press, in: [press]}", "Two comparisons", "its own hyphen"),
        ("{attribute: kind, is: press, country: FR}", "A second condition, 'country'", "its own hyphen"),
        ("{attribute: kind, is: prss}", "'prss' is no choice of 'kind'", "Did you mean 'press'?"),
        ("{attribute: kind, contains: press}", "cannot be compared with 'contains'", "type choice"),
        ("{attribute: kind, in: []}", "needs a list", "Write in: [association, press]."),
        ("{attribute: kind, in: press}", "needs a list", "Write in: [association, press]."),
        ("{attribute: employees, at_least: '50'}", "is a whole number, not '50'", "without quotes"),
        ("{attribute: employees, at_least: true}", "is a whole number, not 'True'", "without quotes"),
        ("{attribute: employees, is: 1.5}", "is a whole number, not '1.5'", "digits only"),
        ("{attribute: employees, is: 1000000000000000}", "too big", "999999999999999"),
        ("{attribute: city, is: 69001}", "is a text, not '69001'", 'Put it in quotes: "69001".'),
        ("{attribute: city, contains: ''}", "is a text", "Write one text."),
        ("{attribute: member, is: yes}", "is true or false, not 'yes'", "Write true or false."),
        ("{attribute: city, exists: maybe}", "'exists' is true or false", "exists: false"),
        ("{attribute: founded, before: 2021-02-30}", "not a day that exists", "2021-10-19"),
        ("{joined: {before: 1 June}}", "not a day that exists", "2021-10-19"),
        ("{joined: {within_days: 0}}", "not a number of days", "from 1 to"),
        ("{joined: {within_days: 10, after: 2021-06-01}}", "exactly one of before", "within_days: 30"),
        (
            "{joined: {since: 2021-06-01}}",
            "'since' is not known here",
            "before, after, between, within_days, older_than_days",
        ),
        (
            "{joined: {between: [2021-03-31, 2021-01-01]}}",
            "2021-03-31 is after 2021-01-01",
            "the earlier one first",
        ),
        ("{joined: {between: 2021-03-31}}", "needs a list of two days", "[2021-01-01, 2021-03-31]"),
        ("{clicked: {}}", "not said what 'clicked' is about", "clicked: anything, or one of campaign, topic"),
        ("{clicked: {campain: x}}", "'campain' is not known here", "Did you mean 'campaign'?"),
        ("{clicked: {topic: erasmsu}}", "The topic 'erasmsu'", "Did you mean 'erasmus'?"),
        ("{clicked: {within_days: 9, before: 2021-01-01}}", "exactly one of before", "within_days: 30"),
        ("{clicked: []}", "not the name of a campaign", "or anything"),
        ("{acted: {}}", "not said what 'acted' is about", "acted: anything, or one of deadline"),
        ("{stopped: call}", "not the key of a deadline", "a slash between"),
        ("{consent: {}}", "not said what the consent should be", "consent: confirmed"),
        ("{consent: confirmd}", "no standing of a consent", "Did you mean 'confirmed'?"),
        (
            "{consent: {standing: withdrawn}}",
            "no standing of a consent",
            "Known here: pending, informed, confirmed",
        ),
        ("{consent: {granted: 2021-01-01}}", "Named values should stand here", "indented"),
        ("{domain: '@example.org'}", "not the domain of an address", "behind the @"),
        ("{domain: org}", "not the domain of an address", "such as example.org"),
        ("{attribute: founded, within_days: soon}", "not a number of days", "from 1 to"),
        ("{attribute: founded, older_than: 30}", "'older_than' is no way", "Did you mean 'older_than_days'?"),
        ("{attribute: kind, within_days: 30}", "cannot be compared with 'within_days'", "type choice"),
        ("{attribute: budget, is: '5'}", "is a number, not '5'", "12.5"),
        ("{attribute: roles, has: prss}", "'prss' is no choice of 'roles'", "Did you mean 'press'?"),
        ("{attribute: tags, is: vip}", "cannot be compared with 'is'", "exists, has, has_all"),
        ("{attribute: tags, has: ' '}", "The tag is empty", "remove it"),
        ("{received: 'September letter'}", "not the name of a campaign", "september-2021"),
        ("{applied: accreditation}", "not the key of a deadline", "a slash between"),
        ("{segment: two}", "There is no segment 'two'", "Known here: one."),
        ("{topc: erasmus}", "'topc' is no condition", "Did you mean 'topic'?"),
        ("{is: press}", "'is' is no condition", "attribute: with the name of a field"),
        ("{topic: erasmus, country: FR}", "A second condition, 'country'", "under all:"),
        ("{all: []}", "The list is empty", "under all:"),
        ("{all: {topic: erasmus}}", "'all' should be a list", "after a hyphen"),
        ("{all: [erasmus]}", "A condition should stand here", "Write one of all, any, none, topic"),
        ("erasmus", "A condition should stand here", "Write one of"),
        ("{}", "A condition should stand here", "Write one of"),
    ],
)
def test_a_condition_that_cannot_be_used_is_told_with_a_way_out(written, what, remedy):
    first = problems_of(segment_file(written))[0]
    assert what in first.what
    assert remedy in first.remedy
    assert (first.path, first.line) == (PATH, 4)


def test_every_mistake_of_a_file_is_told_at_once_by_line():
    text = """segments:
  Big-One:
    title: The big one
    where:
      all:
        - topic: erasmsu
        - attribute: kind
          is: prss
        - joined: {after: soon}
  nameless:
    where: {topic: erasmus}
    colour: red
  empty:
    title: {en: '', fra nce: x}
"""
    told = [(problem.line, problem.field) for problem in problems_of(text)]
    assert told == [
        (2, "segments.Big-One"),
        (3, "segments.Big-One.title"),
        (6, "segments.Big-One.where.all[1].topic"),
        (8, "segments.Big-One.where.all[2].is"),
        (9, "segments.Big-One.where.all[3].joined.after"),
        (10, "segments.nameless"),
        (12, "segments.nameless.colour"),
        (13, "segments.empty"),
        (14, "segments.empty.title.en"),
        (14, "segments.empty.title.fra nce"),
    ]


def _chain(**references):
    lines = ["segments:"]
    for name, targets in references.items():
        lines += [f"  {name}:", "    title: {en: X}", "    where:", "      any:", "        - country: FR"]
        lines += [f"        - segment: {target}" for target in targets]
    return "\n".join(lines)


def test_a_circle_of_references_is_refused_with_its_chain():
    problems = problems_of(_chain(a=["b"], b=["c"], c=["a"], outside=["a"]))
    assert [problem.what for problem in problems] == [
        "The segments refer to one another in a circle: a → b → c → a."
    ]
    assert problems[0].field == "segments.c.where.any[2].segment"
    assert problems[0].line == 19


def test_a_segment_that_refers_to_itself_is_a_circle():
    assert "circle: a → a." in problems_of(_chain(a=["a"]))[0].what


def test_two_circles_are_two_problems():
    chains = {
        problem.what.rsplit(": ", 1)[1] for problem in problems_of(_chain(a=["b"], b=["a"], c=["d"], d=["c"]))
    }
    assert chains == {"a → b → a.", "c → d → c."}


def test_references_may_share_a_target_and_come_before_it():
    segments = parse_segments(_chain(a=["b", "c"], b=["c"], c=[]), PATH, FIELDS)
    assert segments["a"].where == AnyOf((InCountry(("FR",)), InSegment("b"), InSegment("c")))


def test_references_cannot_multiply_into_more_than_a_database_takes():
    names = [f"s{number}" for number in range(60)]
    text = _chain(**{name: [following, following] for name, following in pairwise(names)}, s59=[])
    assert any(f"Keep to {MOST_CONDITIONS}." == problem.remedy for problem in problems_of(text))


def test_an_empty_file_has_no_segments():
    assert parse_segments("", PATH, FIELDS) == {}
    assert parse_segments("segments:\n", PATH, FIELDS) == {}


@pytest.mark.parametrize(
    "text", ["- one\n", "segments: [one]\n", "segmnets: {}\n", "a: [\n", "segments: {one: 5}\n"]
)
def test_a_file_of_another_shape_is_refused_and_not_guessed(text):
    assert all(problem.path == PATH and problem.line for problem in problems_of(text))


def test_a_title_falls_back_to_english_and_then_to_whatever_there_is():
    text = segment_file("{topic: erasmus}").replace("{en: One}", "{en: One, fr: 'Le  premier'}")
    segment = parse_segments(text, PATH, FIELDS)["one"]
    assert [segment.title(language) for language in ("en", "fr", "fr-BE", "de")] == [
        *("One", "Le premier", "Le premier", "One")
    ]


def test_the_shipped_segments_and_fields_can_be_read():
    folder = WORKSPACE / "subscribers"
    fields = parse_fields((folder / "fields.yaml").read_text(encoding="utf-8"), "subscribers/fields.yaml")
    segments = parse_segments((folder / "segments.yaml").read_text(encoding="utf-8"), PATH, fields)
    assert {"erasmus-interested", "sse-partners"} <= set(segments)
    assert "erasmus" in fields.topics


def test_fields_and_topics_are_read_with_their_words():
    assert [kind.type for kind in FIELDS.fields.values()] == list(FieldType)
    assert FIELDS.field_label("kind", "fr") == "Type d’organisation"
    assert FIELDS.choice_label("kind", "press", "fr") == "Presse"
    assert FIELDS.choice_label("kind", "gone", "fr") == "gone"
    assert FIELDS.topic_label("social-economy", "de") == "Social economy"
    assert FIELDS.topics["social-economy"].descriptions["en"] == "About once a month."


@pytest.mark.parametrize(
    ("text", "line", "what", "remedy"),
    [
        ("fields:\n  a: {label: {en: A}}", 2, "'type' is missing", "text, choice, integer, boolean, date"),
        ("fields:\n  a: {type: textt, label: {en: A}}", 2, "'textt' is no type", "Did you mean 'text'?"),
        ("fields:\n  a: {type: [text], label: {en: A}}", 2, "is no type of field", "Known here: text"),
        ("fields:\n  a: {type: text}", 2, "'label' is missing", "en: and fr:"),
        ("fields:\n  a: {type: choice, label: {en: A}}", 2, "needs choices", "choices:"),
        ("fields:\n  a: {type: choice, label: {en: A}, choices: {}}", 2, "no choices", "at least one"),
        (
            "fields:\n  a: {type: choice, label: {en: A}, choices: {É: {en: É}}}",
            2,
            "as a name",
            "without accents",
        ),
        (
            "fields:\n  a: {type: text, label: {en: A}, choices: {b: {en: B}}}",
            2,
            "has no choices",
            "type: choice",
        ),
        ("fields:\n  a: {type: text, lable: {en: A}, label: {en: A}}", 2, "'lable' is not known", "'label'"),
        ("fields:\n  'a b': {type: text, label: {en: A}}", 2, "'a b' cannot be used", "small letters"),
        ("topics:\n  x:\n    label: Erasmus", 3, "Words by language", "en: and fr:"),
        (f"topics:\n  {'x' * 65}: {{label: {{en: X}}}}", 2, "too long", "64"),
        ("topic:\n  x: 1", 1, "'topic' is not known", "Did you mean 'topics'?"),
    ],
)
def test_a_field_or_topic_that_cannot_be_used_is_told_with_its_line(text, line, what, remedy):
    with pytest.raises(ContentRefused) as refused:
        parse_fields(text, "subscribers/fields.yaml")
    problem = refused.value.problems[0]
    assert what in problem.what
    assert remedy in problem.remedy
    assert (problem.path, problem.line) == ("subscribers/fields.yaml", line)


def test_conditions_may_be_nested_so_deep_and_no_deeper():
    where = "{topic: erasmus}"
    for _ in range(MOST_DEPTH):
        where = f"{{all: [{where}]}}"
    assert node_of(where)
    (problem,) = problems_of(segment_file(f"{{all: [{where}]}}"))
    assert f"more than {MOST_DEPTH} deep" in problem.what
