"""YAML with lines: plain values, nothing guessed, and every refusal with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.located_yaml import dotted, parse_yaml
from newsletter.core.refusal import ContentRefused


def problem_of(text, **more):
    with pytest.raises(ContentRefused) as caught:
        parse_yaml(text, "x.yaml", **more)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("1000", 1000),
        ("2.5", 2.5),
        ('"5"', "5"),
        ("'true'", "true"),
        ("a text", "a text"),
    ],
)
def test_plain_values_are_read(written, value):
    read = parse_yaml(f"key: {written}", "x.yaml").value["key"]
    assert read == value
    assert type(read) is type(value)


LOOKS = """NO no yes on off True 2021-10-19 2021-10-19T12:00:00Z 9:30 09:00 1:30.5 01000 0x1F 0b1 0o17 1_000 +32
.inf .nan 1e3 5. = << -a + 1.2.3"""


@pytest.mark.parametrize("written", LOOKS.split())
def test_nothing_is_guessed_from_looks(written):
    assert parse_yaml(f"key: {written}", "x.yaml").value == {"key": written}


def test_an_empty_document_is_nothing():
    assert parse_yaml("", "x.yaml").value is None
    assert parse_yaml("# only words\n", "x.yaml").value is None


DOCUMENT = """\
title: One
deadlines:
  - at: noon
    zone: UTC

  - at: midnight
tags: [a,
  b]
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ((), 1),
        (("title",), 1),
        (("deadlines",), 2),
        (("deadlines", 0), 3),
        (("deadlines", 0, "zone"), 4),
        (("deadlines", 1, "at"), 6),
        (("tags", 1), 8),
        (("deadlines", 0, "nothing"), 3),
        (("nothing", 5, "at"), 1),
    ],
)
def test_every_value_knows_its_line(keys, line):
    assert parse_yaml(DOCUMENT, "x.yaml").line(*keys) == line
    assert parse_yaml(DOCUMENT, "x.yaml", first_line=11).line(*keys) == line + 10


def test_a_problem_stands_where_its_value_stands():
    problem = parse_yaml(DOCUMENT, "x.yaml").problem("Wrong.", "Mend it.", "deadlines", 1, "at")
    assert str(problem) == "x.yaml:6: deadlines[2].at: Wrong. Mend it."


def test_places_are_counted_as_people_count():
    assert dotted(("deadlines", 0, "at")) == "deadlines[1].at"
    assert dotted(()) == ""
    assert dotted((0,)) == "[1]"


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "The key 'a' stands here a second time.", 3),
        ("a:\n  b: 1\n  b: 2\n", "The key 'b' stands here a second time.", 3),
        ('a: 1\n"a": 2\n', "The key 'a' stands here a second time.", 2),
        ("a: &x 1\nb: *x\n", "an alias (*) is not taken here", 2),
        ("a: b: c\n", "This is not valid YAML", 1),
        ("a: 1\n b: 2\n", "This is not valid YAML", 2),
        ("a: [1, 2\n", "This is not valid YAML", 2),
        ("a: 'open\n", "This is not valid YAML", 2),
        ("a: 1\n---\nb: 2\n", "expected a single document in the stream, but found another document", 2),
        ("a: 1\nb: x\x00y\n", "This is not valid YAML", 2),
        ("a: 1\nb: \ud800\n", "This is not valid YAML", 2),
        ('a: 1\nb: "\\ud800"\n', "U+D800", 2),
        ('a: 1\nb: "\\0"\n', "U+0000", 2),
        ('a: 1\n"\\0": b\n', "U+0000", 2),
        ('a: "\\UFFFFFFFF"\n', "This is not valid YAML", 1),
        ("a: 1\n? [b, c]\n: 2\n", "A key should be one word.", 2),
        ("a: 1\n? {b: c}\n: 2\n", "A key should be one word.", 2),
        ("a: 1\nb: !!python/object:os.system x\n", "could not determine a constructor", 2),
        ("a: 1\nb: !!binary aGFsbG8=\n", "This value cannot be read.", 2),
        ("a: 1\nb: !!timestamp 2021-10-19\n", "This value cannot be read.", 2),
        ("a: 1\nb: !!int abc\n", "This value cannot be read.", 2),
        ("a: 1\nb: !!bool maybe\n", "This value cannot be read.", 2),
        (f"a: 1\nb: {'9' * 5000}\n", "This value cannot be read.", 2),
        ("a: " + "[" * 5000, "nested too deeply", 1),
        ("\ta: 1\n", "This is not valid YAML", 1),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text, what, line):
    problem = problem_of(text)
    assert what in problem.what
    assert problem.remedy
    assert (problem.path, problem.line) == ("x.yaml", line)
    assert problem_of(text, first_line=4).line == line + 3


@given(
    st.text(st.characters(), max_size=40)
    | st.text(st.sampled_from("a:-[]{}\"'\\u0UxF \n\t#&*!|>%@`,?01"), max_size=25)
)
def test_any_text_is_read_or_refused(text):
    """Anything else would be a traceback before somebody who has mistyped a sign."""
    lines = []
    try:
        parse_yaml(text, "x.yaml")
    except ContentRefused as refusal:
        lines = [problem.line for problem in refusal.problems]
    assert all(1 <= line <= len(text) + 2 for line in lines)


PLAIN = st.recursive(
    st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=8)
    | st.integers()
    | st.booleans()
    | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc-é", min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def written(value):
    """As flow YAML: texts in quotes, so that nothing has to be guessed."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}": {written(inner)}' for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(inner) for inner in value) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


@given(PLAIN)
def test_what_is_written_is_what_is_read(value):
    assert parse_yaml(written(value), "x.yaml").value == value


def test_what_is_read_twice_is_the_readers_own_each_time():
    first = parse_yaml("people: [Ada]", "x.yaml")
    first.value["people"].append("Ben")
    assert parse_yaml("people: [Ada]", "x.yaml").value == {"people": ["Ada"]}
