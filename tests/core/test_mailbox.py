"""What counts as an address in a cell, what is sent to, and when two are the same."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.core.mailbox import Addresses, address_key, is_role_address, parse_address, wire_address
from newsletter.core.refusal import ContentRefused


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("ada@example.org", "ada@example.org"),
        (" ada@example.org\r\n", "ada@example.org"),
        ("\ufeff\u00a0ada@example.org\t", "ada@example.org"),
        ("Ada.L+News@Example.ORG", "Ada.L+News@example.org"),
        ("mailto:ada@example.org", "ada@example.org"),
        ("MAILTO:ada@example.org.", "ada@example.org"),
        ("<ada@example.org>", "ada@example.org"),
        ("<mailto:ada@example.org>;", "ada@example.org"),
        ('"Lovelace, Ada" <ada@example.org>', "ada@example.org"),
        ("ada@example.org.", "ada@example.org"),
        ("ada@example.org;", "ada@example.org"),
        ("ada@example.org ; ,", "ada@example.org"),
        ("ada@exämple.org", "ada@xn--exmple-cua.org"),
        ("ada@EXÄMPLE.org", "ada@xn--exmple-cua.org"),
        ("ada@xn--exmple-cua.org", "ada@xn--exmple-cua.org"),
        ("ada@faß.example.org", "ada@xn--fa-hia.example.org"),
        ("ada@exämple。org", "ada@xn--exmple-cua.org"),
        ("zoé@example.org", "zoé@example.org"),
        ("zoe\u0301@example.org", "zoe\u0301@example.org"),
        ("o'neil@example.org", "o'neil@example.org"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
        ("ada@mail.test", "ada@mail.test"),
    ],
)
def test_a_cell_with_one_address_gives_what_is_sent_to(cell, address):
    assert parse_address(cell) == address
    assert parse_address(address) == address
    assert wire_address(address) == address


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("", "no address"),
        (" ;", "no address"),
        ("ada", "not an address"),
        ("ada@localhost", "not an address"),
        ("@example.org", "not an address"),
        ("ada@example.org; ben@example.org", "more than one"),
        ("ada@example.org, ben@example.org", "more than one"),
        ("ada@example.org ben@example.org", "more than one"),
        ("ada@example.org\nben@example.org", "invisible"),
        ('"ben@example.org" <ada@example.org>', "more than one"),
        ("<ada@example.org> <ben@example.org>", "more than one"),
        ("ada@@example.org", "more than one"),
        ("ada lovelace@example.org", "space"),
        ("ada@exa mple.org", "space"),
        ("mailto:ada@example.org?cc=ben@example.org", "link"),
        ("mailto:ada%40example.org", "link"),
        ("ada..l@example.org", "not an address"),
        (".ada@example.org", "not an address"),
        ("ada@example..org", "not an address"),
        ("ada@-example.org", "not an address"),
        ("ada@ex_ample.org", "not an address"),
        ("ada@[127.0.0.1]", "not an address"),
        ("ada@127.0.0.1", "not an address"),
        ("ada@example.org..", "not an address"),
        ("a\0da@example.org", "U+0000"),
        ("ada\x1f@example.org", "U+001F"),
        ("ada@example.org\x1f", "U+001F"),
        ("ada\r\n@example.org", "U+000D"),
        ("ada\u200b@example.org", "U+200B"),
        ("\u202eada@example.org", "U+202E"),
        ("ada@exam\u00adple.org", "U+00AD"),
        ("ada\ud800@example.org", "U+D800"),
        ("a" * 65 + "@example.org", "65 octets, 64"),
        ("é" * 33 + "@example.org", "66 octets, 64"),
        ("ada@" + "a" * 64 + ".org", "not an address"),
        ("ada@" + ".".join(["a" * 60] * 4) + ".example.org", "too long"),
        ('"ada lovelace"@example.org', "quotes"),
        ("=?utf-8?q?ada?=@example.org", "not valid"),
        ("ada@☃.example.org", "not an address"),
        ("ada＠example.org", "not an address"),
    ],
)  # fmt: skip
def test_a_cell_that_is_not_one_address_is_refused_with_a_reason(cell, says):
    with pytest.raises(ContentRefused) as caught:
        parse_address(cell)
    (problem,) = caught.value.problems
    assert says in problem.what
    assert problem.what.endswith(".")
    assert problem.remedy.endswith(".")
    assert problem.what.isprintable()
    assert len(problem.what) < 260


def test_a_quoted_local_part_is_a_matter_of_configuration():
    assert parse_address('"ada lovelace"@Example.org', quoted_local=True) == '"ada lovelace"@example.org'
    assert parse_address('<"ada"@example.org>', quoted_local=True) == '"ada"@example.org'
    with pytest.raises(ContentRefused):
        parse_address('"ada"@example.org, "ben"@example.org', quoted_local=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.org", "ada@example.org"),
        ("ada@exämple.org", "ada@xn--exmple-cua.org"),
        ("ada@EXÄMPLE.org", "ADA@XN--EXMPLE-CUA.ORG"),
        ("zoé@example.org", "zoe\u0301@example.org"),
    ],
)
def test_two_ways_of_writing_an_address_have_one_key(one, other):
    assert address_key(one) == address_key(other)


@pytest.mark.parametrize("other", ["ada+news@example.org", "a.da@example.org", "ada@example.net"])
def test_tags_and_dots_stay_apart(other):
    assert address_key("ada@example.org") != address_key(other)


def test_role_addresses_are_those_of_machines_and_duties():
    assert all(map(is_role_address, ["Postmaster@example.org", "abuse@example.org", "no-reply@example.org"]))
    assert not any(map(is_role_address, ["ada@example.org", "info@example.org", "abuse.ada@example.org", "contact@noreply.example.org"]))  # fmt: skip


CELLS = st.one_of(
    st.text(st.characters(), max_size=60),
    st.text(st.sampled_from('ab.+@<>,;: "\\\r\n\0éß.org=?'), max_size=40).map(
        lambda text: text + "@example.org"
    ),
    st.emails(),
    st.emails().map(lambda address: f" <{address.upper()}>;"),
)


@settings(deadline=None, max_examples=400)
@given(cell=CELLS, quoted=st.booleans())
@example(cell='"\\"@example.org', quoted=True)
def test_whatever_the_cell_it_is_refused_or_gives_one_sendable_address(cell, quoted):
    try:
        address = parse_address(cell, quoted_local=quoted)
    except ContentRefused:
        return
    assert parse_address(address, quoted_local=quoted) == address == wire_address(address)
    assert not set(address) & set("\r\n\0")
    local, _, domain = address.rpartition("@")
    assert local in cell
    assert domain.isascii()
    assert domain == domain.lower()
    assert len(address.encode()) <= 254
    assert (
        address_key(address_key(address)) == address_key(address) == address_key(f"{local}@{domain.upper()}")
    )


PLAIN = st.text("abzAZ09._+-@ ", min_size=1, max_size=12)


@given(
    st.lists(
        st.one_of(
            st.builds(
                "{}@{}".format,
                PLAIN,
                st.sampled_from(
                    ["example.org", "EXAMPLE.net", "localhost", "a.b", "x_y.org", "-a.org", "exämple.org"]
                ),
            ),
            PLAIN,
        )
    )
)
def test_many_addresses_are_read_as_each_alone(texts):
    many = Addresses()
    for text in [*texts, *texts]:
        assert _answer(many.read, text) == _answer(
            lambda text: (parse_address(text), address_key(parse_address(text))), text
        )


def _answer(read, text):
    try:
        return read(text)
    except ContentRefused as refusal:
        return refusal.problems
