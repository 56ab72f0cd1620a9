"""Marker words: plain, unguessable, and none gets lost or changed unseen."""

from __future__ import annotations

import pytest
from jinja2 import Environment

from newsletter.core.mjml.compile import compile_mjml
from newsletter.core.personal import Markers, cut_html, cut_plain
from newsletter.core.refusal import ContentRefused

NONCE = "0123456789"


def test_a_marker_that_is_lost_is_named():
    markers = Markers(NONCE)
    markers.slot("given_name")
    with pytest.raises(ContentRefused, match="not in the finished mail: given_name"):
        cut_html("<p>x</p>", markers)


@pytest.mark.parametrize(
    "change", [str.upper, lambda word: word[:-1], lambda word: word.replace("v0000", "v0001")]
)
def test_a_marker_that_is_changed_or_unknown_is_refused(change):
    for cut_it in (cut_html, cut_plain):
        markers = Markers(NONCE)
        word = markers.slot("a")
        with pytest.raises(ContentRefused, match="came back changed"):
            cut_it(f"{word} {change(str(word))}", markers)


def test_a_slot_dropped_by_the_compiler_is_noticed():
    markers = Markers(NONCE)
    image = f'<mj-image src="https://example.org/a.png" alt="" width="{markers.slot("width")}" />'
    html = compile_mjml(
        f"<mjml><mj-body><mj-section><mj-column>{image}</mj-column></mj-section></mj-body></mjml>"
    )
    with pytest.raises(ContentRefused, match="width"):
        cut_html(html, markers)


@pytest.mark.parametrize("nonce", ["", "0123456789a", "012345678G", "0123456789\n", "ABCDEF0123"])
def test_a_nonce_is_ten_lower_case_hexadecimal_digits(nonce):
    with pytest.raises(ValueError, match="10 lower-case"):
        Markers(nonce)


def test_markers_pass_through_autoescape_and_are_plain_words():
    markers = Markers(NONCE)
    words = [markers.slot("<b>"), markers.when("x"), markers.unless("x"), markers.end()]
    assert Environment(autoescape=True).from_string("{{ x }}").render(x=words[0]) == words[0]
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in words)
    assert len(set(words)) == 4
