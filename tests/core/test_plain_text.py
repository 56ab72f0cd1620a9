from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.core.plain_text import WIDTH, rewrapped, tidy, underlined

WORDS = st.lists(st.text("abcxyzé\u00a0,.", min_size=1, max_size=30), min_size=1, max_size=60)


@settings(deadline=None, max_examples=200)
@given(WORDS)
def test_wrapping_loses_no_word_and_makes_no_line_too_long(words):
    text = tidy(" ".join(words))
    assert text.split() == " ".join(words).split()
    assert all(len(line) <= WIDTH for line in text.split("\n"))


@settings(deadline=None, max_examples=200)
@given(WORDS)
def test_tidy_text_is_not_changed_again(words):
    text = tidy("| 1. " + " ".join(words))
    assert tidy(text) == text
    assert rewrapped(text) == text


def test_an_address_is_never_broken():
    address = "https://example.org/" + "a-" * 60
    assert tidy(f"Open the call: {address}") == f"Open the call:\n{address}\n"
    assert rewrapped(f"Open the call: {address}\n") == f"Open the call:\n{address}\n"


def test_a_step_in_a_box_hangs_behind_its_number():
    lines = tidy("| 1. " + "word " * 30).split("\n")
    assert lines[0].startswith("| 1. word")
    assert lines[1].startswith("|    word")


def test_a_space_that_must_not_break_does_not():
    text = tidy("x" * 68 + " 19\u00a0October")
    assert "19\u00a0October" in text.split("\n")[1]


def test_several_blank_lines_become_one():
    assert tidy("\n\nA\n\n\n\nB  \n\n") == "A\n\nB\n"


def test_a_title_is_underlined_as_far_as_it_reaches():
    assert underlined("Title", "=") == "Title\n====="
    long = underlined("word " * 20, "-").split("\n")
    assert set(long[-1]) == {"-"}
    assert len(long[-1]) == max(map(len, long[:-1]))
