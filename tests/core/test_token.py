"""Tokens in links: what is made is read again, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.token import Purpose, Token, Tokens, make_token, read_token

KEY = b"a key for tests"
IDS = st.integers(0, 300) | st.integers(0, 2**63)
TOKENS = st.builds(Token, st.sampled_from(Purpose), IDS, IDS)
ADA = Token(Purpose.UNSUBSCRIBE, 7, 12)


def others(purpose):
    return [other for other in Purpose if other is not purpose]


@given(TOKENS, st.binary(min_size=1), st.text())
def test_what_is_made_is_read_again(token, key, context):
    text = make_token(key, token, context)
    assert read_token([key], text, token.purpose, context) == token


@given(TOKENS)
def test_a_token_is_safe_in_any_url_and_in_capitals(token):
    text = make_token(KEY, token)
    assert text.isalnum()
    assert text.isascii()
    assert text == text.lower()
    assert read_token([KEY], text.upper(), token.purpose) == token
    assert read_token([KEY], text.title(), token.purpose) == token


@given(TOKENS, st.data())
def test_a_token_with_one_letter_changed_is_worth_nothing(token, data):
    text = make_token(KEY, token)
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(lambda one: one != text[at])
    )
    forged = f"{text[:at]}{letter}{text[at + 1 :]}"
    assert all(read_token([KEY], forged, purpose) is None for purpose in Purpose)


@given(TOKENS, st.data())
def test_a_token_that_is_cut_or_lengthened_is_worth_nothing(token, data):
    text = make_token(KEY, token)
    assert read_token([KEY], text[: data.draw(st.integers(0, len(text) - 1))], token.purpose) is None
    assert read_token([KEY], text + data.draw(st.text("ab27=\n /", min_size=1)), token.purpose) is None


@given(TOKENS)
def test_a_token_has_one_spelling(token):
    """Zeros might be written before a number, padding at the end, and the last letter might have bits to spare."""
    text = make_token(KEY, token)
    spellings = [
        *(text[:-1] + letter for letter in "abcdefghijklmnopqrstuvwxyz234567"),
        *(text + "=" * n for n in range(1, 9)),
        f"a{text}",
        text.replace("z", "za", 1),
    ]
    assert [one for one in spellings if read_token([KEY], one, token.purpose)] == [text]


@given(st.text())
def test_any_text_is_no_token(text):
    assert all(read_token([KEY], text, purpose) is None for purpose in Purpose)


@pytest.mark.parametrize(
    "text", ["", "=", "a", "é", "ſ" * 24, "K" * 24, "\ud800", "a" * 100_000, "ab cd", "1890"]
)
def test_texts_with_a_trap_are_no_tokens(text):
    assert read_token([KEY], text, Purpose.VIEW) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_is_good_for_its_purpose_only(purpose):
    """Who may look at a mail may not unsubscribe its reader."""
    text = make_token(KEY, Token(purpose, 1, 2))
    assert read_token([KEY], text, purpose) is not None
    assert all(read_token([KEY], text, other) is None for other in others(purpose))


@given(st.text(), st.text())
def test_a_token_is_good_for_its_context_only(context, other):
    text = make_token(KEY, ADA, context)
    assert (read_token([KEY], text, ADA.purpose, other) is None) == (context != other)


def test_ids_of_a_token_cannot_run_into_one_another():
    texts = {
        make_token(KEY, Token(Purpose.VIEW, one, two)) for one in range(0, 400, 3) for two in range(0, 400, 7)
    }
    assert len(texts) == len(range(0, 400, 3)) * len(range(0, 400, 7))


def test_another_key_opens_nothing():
    assert read_token([b"another key"], make_token(KEY, ADA), ADA.purpose) is None
    assert read_token([], make_token(KEY, ADA), ADA.purpose) is None


def test_old_keys_are_honoured_after_a_rotation():
    text = make_token(KEY, ADA)
    assert read_token([b"new", KEY], text, ADA.purpose) == ADA
    assert read_token([b"new", b"newer"], text, ADA.purpose) is None


def test_tokens_are_short():
    assert len(make_token(KEY, Token(Purpose.UNSUBSCRIBE, 10**6, 10**7))) <= 29


@given(st.lists(IDS, max_size=5), IDS, st.sampled_from(Purpose), st.text())
def test_tokens_made_together_are_those_made_alone(subscribers, campaign, purpose, context):
    alone = [make_token(KEY, Token(purpose, campaign, one), context) for one in subscribers]
    assert Tokens(KEY, campaign, subscribers).of(purpose, context) == alone
