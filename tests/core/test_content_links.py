"""Which links of a mail are counted, and the same mail with redirects."""

from __future__ import annotations

from html import escape, unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.content_links import (
    READER_SLOT,
    ContentLink,
    content_links,
    with_picture,
    with_redirects,
)
from newsletter.core.flags import TRACKED
from newsletter.core.personal import Context, Gate, GateEnd, Markers, Slot, cut_html, fill

OWN = ("https://news.example.org", "https://example.org/privacy")
CALL = "https://call.example.net/apply?a=1&b=2"
REDIRECT = "https://news.example.org/r/bzcabcdefghijklmnop"
NOBODY = frozenset()


def link(href, words="Open the call"):
    return f'<a class="lk" href="{href}" style="color:#000">{words}</a>'


def urls(html, own=OWN):
    return [each.url for each in content_links((html,), own, {})]


def test_a_link_is_found_with_its_words_and_its_article():
    html = f"<p>See {link(escape(CALL), '<strong>Open</strong> the&#160;call')}.</p>"
    assert content_links((html,), OWN, {CALL: "the-call"}) == (
        ContentLink(CALL, "Open the call", "the-call"),
    )
    broken = link("https://a.example/", "<span>Fil</span><br />com<em>mun</em>")
    assert [each.words for each in content_links((broken,), OWN, {})] == ["Fil commun"]
    picture = link(CALL.partition("?")[0], '<img src="https://x.example.org/a.png" alt="A kitchen">')
    assert content_links((picture,), OWN, {}) == (ContentLink("https://call.example.net/apply", "A kitchen"),)


def test_an_address_counts_once_in_reading_order():
    assert urls(
        link("https://b.example") + link("https://a.example") + link("https://b.example", "More")
    ) == [
        "https://b.example",
        "https://a.example",
    ]


@pytest.mark.parametrize(
    "href",
    [
        "mailto:ada@example.org",
        "tel:+3225550100",
        "#note-1",
        "",
        "/there",
        "https://news.example.org/calendar/a/b",
        "HTTPS://News.Example.org/calendar/a/b",
        "https://news.example.org",
        "https://example.org/privacy",
        "https://example.org/privacy/more?x=1",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "https:///there",
        "https://[::1",
        "https://ada:secret@example.net/",
        "https://é.example/",
        "https://example.net/a b",
        "https://example.net/&#10;Set-Cookie:x",
        "https://example.net/" + "a" * 2000,
    ],
)
def test_what_is_no_content_or_could_do_harm_is_left_alone(href):
    assert urls(link(href)) == []


@pytest.mark.parametrize(
    "href",
    ["https://example.org/privacy-day", "https://example.org/", "https://news.example.org.evil.example/"],
)
def test_only_what_lies_under_our_own_pages_is_ours(href):
    assert urls(link(href)) == [href]


@pytest.mark.parametrize("words", ["https://call.example.net", "call.example.net/apply", "www.example.net"])
def test_words_that_are_an_address_lead_where_they_say(words):
    assert urls(link(CALL, words)) == []


def test_links_in_comments_and_styles_are_left_alone():
    inside = link("https://call.example.net/")
    assert urls(f"<!--[if mso]>{inside}<![endif]--><style>{inside}</style>") == []


def test_a_personal_link_stays_personal():
    markers = Markers("0123456789")
    html = f'<p><a href="{markers.slot("view_url")}">View</a> {link(escape(CALL))} {markers.slot("name")}</p>'
    pieces = cut_html(html, markers)
    values = {"view_url": "https://news.example.org/v/x", "name": "Ada"}
    changed = with_redirects(pieces, {CALL: REDIRECT})
    plain, sent = fill(pieces, values, NOBODY), fill(changed, values, NOBODY)
    assert sent == plain.replace(escape(CALL), REDIRECT)


def test_only_who_allows_tracking_has_a_token_in_the_mail():
    pieces = with_picture(
        with_redirects((f"<body>{link(escape(CALL))}</body></html>",), {CALL: REDIRECT}), f"{OWN[0]}/o/"
    )
    assert fill(pieces, {}, NOBODY) == f"<body>{link(REDIRECT)}</body></html>"
    tracked = fill(pieces, {READER_SLOT: "bzcxyz"}, frozenset({TRACKED}))
    assert link(f"{REDIRECT}-bzcxyz") in tracked
    assert f'<img src="{OWN[0]}/o/bzcxyz" width="1" height="1" alt=""' in tracked
    assert tracked.endswith("/></body></html>")


ADDRESSES = st.sampled_from(
    [CALL, "https://a.example/", "https://b.example/x#y", "mailto:a@example.org", OWN[0]]
)
SIGNS = st.text(st.characters(exclude_characters="\0\r"), max_size=12).map(escape)
TEXTS = st.one_of(
    SIGNS, ADDRESSES.map(lambda url: link(escape(url))), st.sampled_from(["<", "<a ", "<br />"])
)
PARTS = st.one_of(
    TEXTS,
    st.just(Slot("a", Context.TEXT)),
    st.builds(Gate, st.sampled_from(["x", TRACKED]), present=st.booleans()),
    st.just(GateEnd()),
)


@given(st.lists(PARTS, max_size=12), st.booleans())
def test_redirects_change_addresses_and_nothing_else(parts, has_flag):
    """Filled for somebody, the mail with redirects is the plain one once each redirect is put back."""
    flags = frozenset({"x"}) if has_flag else NOBODY
    counted = [each.url for each in content_links(parts, OWN, {})]
    redirects = {url: f"{OWN[0]}/r/{number}z" for number, url in enumerate(counted)}
    sent = fill(with_redirects(parts, redirects), {"a": "Ada"}, flags)
    for url, redirect in redirects.items():
        sent = sent.replace(f'href="{redirect}"', f'href="{escape(url)}"')
    assert sent == fill(parts, {"a": "Ada"}, flags)
    assert all(unescape(url).startswith("https://") for url in counted)
