"""What is done to a whole column of values is what is done to each."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.core.mime_bodies import clean_body, coded_each, quoted_printable
from newsletter.core.personal import Context, Gate, GateEnd, Slot, fill, set_values, write_each
from newsletter.core.strange import strange_characters

VALUE = st.one_of(
    st.text(st.sampled_from(" \t\r\n.=?<>&\"'éß日👩‍🔬F\u00a0\u202f\u2028\x0b\x7f\x85\ud800"), max_size=20),
    st.text(st.characters(), max_size=120),
    st.sampled_from(["", "Ada", "From Ben", ". ", "a  b", "x ", "x" * 80, "é" * 40, "https://example.org/a=b", "https://example.org/é"]),
)  # fmt: skip
COLUMN = st.one_of(
    st.lists(VALUE, min_size=1, max_size=6),
    st.lists(st.sampled_from(["Ada", "Chloé", "a b", ".", "From x", "http://a", "= ", "1\u00a0May"]), min_size=1, max_size=6),
)  # fmt: skip


@given(COLUMN)
@example(["Ada\nBen", "Chiara"])
@example(["", ""])
@example([" ", " "])
@example(["From ", "From Ada"])
def test_texts_coded_together_are_coded_as_alone(column):
    assert coded_each(column) == [quoted_printable(clean_body(text)).encode() for text in column]


def test_no_texts_are_no_texts():
    assert coded_each([]) == []


@given(st.sampled_from(Context), COLUMN)
@example(Context.URL, ["https://example.org/a\nhttps://example.org/b"])
@example(Context.PLAIN, ["Ada\nBen"])
def test_values_written_together_are_written_as_alone(context, column):
    slot = Slot("a", context)
    assert list(write_each(context, column)) == [fill((slot,), {"a": value}, frozenset()) for value in column]


@given(
    st.lists(
        st.one_of(
            st.builds(Slot, st.sampled_from("ab"), st.sampled_from(Context)),
            st.text(max_size=5),
            st.builds(Gate, st.just("x"), st.booleans()),
            st.just(GateEnd()),
        ),
        max_size=8,
    ),
    VALUE,
    VALUE,
    st.frozensets(st.just("x")),
)
def test_a_value_that_all_share_may_be_put_in_before_the_others(pieces, one, other, flags):
    shared = set_values(pieces, {"a": one})
    assert not any(isinstance(piece, Slot) and piece.name == "a" for piece in shared)
    assert fill(shared, {"b": other}, flags) == fill(pieces, {"a": one, "b": other}, flags)


@given(VALUE)
def test_strange_is_what_is_neither_printable_ascii_nor_a_line_feed(text):
    assert strange_characters(text) == {char for char in text if not (" " <= char <= "~" or char == "\n")}
