"""SPF and DMARC records: which texts are some, where they stand, and what is wrong with none or two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.refusal import Level
from newsletter.core.sender_records import (
    dmarc_names,
    dmarc_problems,
    dmarc_records,
    spf_problems,
    spf_records,
)

LABELS = st.lists(st.sampled_from(["a", "news", "example", "co", "org"]), min_size=2, max_size=40)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("v=spf1 -all", True), ("v=spf1", True), ("V=SPF1 mx -all", True), ("v=spf10 -all", False),
     (" v=spf1 -all", False), ("v=spf2.0/pra -all", False), ("", False)],
)  # fmt: skip
def test_what_is_an_spf_record(text, is_one):
    assert spf_records(["a word", text]) == ((text,) if is_one else ())


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("v=DMARC1; p=none", True), ("v = DMARC1 ;p=none", True), ("v=DMARC1", True), ("v=dmarc1; p=none", False),
     ("p=none; v=DMARC1", False), ("v=DMARC12; p=none", False), ("", False)],
)  # fmt: skip
def test_what_is_a_dmarc_record(text, is_one):
    assert dmarc_records(["v=spf1 -all", text]) == ((text,) if is_one else ())


def test_a_dmarc_record_may_stand_at_a_parent_and_never_at_the_top():
    assert dmarc_names("example.org") == ("_dmarc.example.org",)
    assert dmarc_names("letter.news.example.org") == (
        "_dmarc.letter.news.example.org",
        "_dmarc.news.example.org",
        "_dmarc.example.org",
    )


@given(LABELS)
def test_few_names_are_asked_for_however_long_the_domain(labels):
    domain = ".".join(labels)
    names = dmarc_names(domain)
    assert names[0] == f"_dmarc.{domain}"
    assert names[-1] == f"_dmarc.{'.'.join(labels[-2:])}"
    assert len(names) <= 7
    assert all(domain.endswith(name.removeprefix("_dmarc.")) for name in names)


def test_one_record_of_each_is_right_and_anything_else_is_a_warning_with_the_way_out():
    assert spf_problems("example.org", ["v=spf1 -all"]) == ()
    assert dmarc_problems("example.org", "_dmarc.example.org", ["v=DMARC1; p=none"]) == ()
    two = ["v=spf1 -all", "v=spf1 mx"]
    wrong = [
        *spf_problems("example.org", []),
        *spf_problems("example.org", two),
        *dmarc_problems("example.org", "", []),
        *dmarc_problems("example.org", "_dmarc.example.org", two),
    ]
    assert len(wrong) == 4
    assert all(problem.level is Level.WARNING and problem.remedy for problem in wrong)
    assert "v=spf1" in wrong[0].remedy
    assert "2 SPF records" in wrong[1].what
    assert "_dmarc.example.org" in wrong[2].remedy
