"""The proof of work of a form: what it costs, and what is none."""

from __future__ import annotations

import hashlib
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.sign_up import LONGEST_NONCE, is_proven

STAMP, ADDRESS = "65a0-0123456789abcdef", "ada@example.org"


@given(st.text(), st.text(), st.integers(0, 10**LONGEST_NONCE - 1), st.integers(0, 20))
def test_it_is_so_many_zero_bits_at_the_head_of_the_hash(stamp, address, number, bits):
    digest = hashlib.sha256(f"{stamp}:{address}:{number}".encode(errors="replace")).digest()
    written = "".join(f"{byte:08b}" for byte in digest)
    expected = written.startswith("0" * bits)
    assert is_proven(stamp, address, str(number), bits) is expected


def test_a_proof_is_good_for_one_form_and_one_address():
    nonce = next(str(number) for number in count() if is_proven(STAMP, ADDRESS, str(number)))
    assert not is_proven(STAMP, "ben@example.org", nonce)
    assert not is_proven("65a1-0123456789abcdef", ADDRESS, nonce)


@pytest.mark.parametrize("nonce", ["", "-1", "1.0", "0x10", " 7", "٣", "²", "1" * (LONGEST_NONCE + 1)])
def test_what_is_no_number_proves_nothing(nonce):
    assert not is_proven(STAMP, ADDRESS, nonce, 0)
