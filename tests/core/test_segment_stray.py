"""Whatever stands in segments.yaml, it is read or refused with a place and a way out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from segment_file import FIELDS, PATH, segment_file

from newsletter.core.refusal import ContentRefused
from newsletter.core.segment.parse import parse_segments

KEYS = (
    "all any none topic language country attribute is is_not in contains at_least before after exists joined"
    " within_days received applied segment title where clicked consent granted between campaign deadline domain has acted"
)
JSONISH = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["one", "erasmus", "2021-01-01", ""])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=3)
    ),
    max_leaves=12,
)


def _yaml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else f"'{value}'" if value == "" else str(value)


@settings(deadline=None, max_examples=300)
@given(JSONISH)
def test_whatever_is_written_is_read_or_refused_with_places(value):
    try:
        assert set(parse_segments(segment_file(_yaml(value)), PATH, FIELDS)) == {"one"}
        problems = ()
    except ContentRefused as refused:
        problems = refused.problems
        assert problems
    assert all(problem.line == 4 and problem.what and problem.remedy for problem in problems)
