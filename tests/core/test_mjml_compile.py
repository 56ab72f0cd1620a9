"""Compiling: what comes out is fit to send, and what stops the compiler has a line."""

from __future__ import annotations

import pytest

from newsletter.core.mjml import compile as compile_module
from newsletter.core.mjml.compile import compile_mjml
from newsletter.core.mjml.components import COMPONENTS, IN_ATTRIBUTES, NO_COMMENTS, TEXT_ONLY
from newsletter.core.mjml.lint import lint_mjml
from newsletter.core.refusal import ContentRefused


def mail(body: str, head: str = "") -> str:
    return f'<mjml lang="en" dir="ltr">\n<mj-head>{head}</mj-head>\n<mj-body>\n{body}\n</mj-body>\n</mjml>\n'


def in_column(body: str) -> str:
    return mail(f"<mj-section><mj-column>\n{body}\n</mj-column></mj-section>")


def test_a_mail_comes_out_without_fonts_from_elsewhere():
    html = compile_mjml(in_column("<mj-text>Dear Ada</mj-text>"))
    assert html.startswith("<!doctype html>")
    assert "Dear Ada" in html
    assert "googleapis" not in html
    assert '<html lang="en" dir="ltr"' in html


def test_every_error_of_the_linter_is_told_at_once():
    with pytest.raises(ContentRefused) as refused:
        compile_mjml(in_column("<mj-txt>x</mj-txt>\n<p>y</p>"), "templates/x.mjml")
    assert [p.line for p in refused.value.problems] == [5, 6]
    assert "templates/x.mjml:5: MJML has no component <mj-txt>" in str(refused.value)


def test_warnings_do_not_stop_a_mail():
    html = compile_mjml(in_column('<mj-image src="https://example.org/a.png" />'))
    assert 'alt=""' in html


@pytest.mark.parametrize("character", ["\x00", "\x1f", "\ud83d", "\uffff"])
def test_what_is_no_text_is_refused_before_the_compiler_sees_it(character):
    with pytest.raises(ContentRefused, match="no text"):
        compile_mjml(in_column(f"<mj-text>{character}</mj-text>"))


def test_an_error_of_the_compiler_gets_the_line_of_the_source(monkeypatch):
    monkeypatch.setattr(compile_module, "lint_mjml", lambda _source, _path: [])
    source = "\ufeff\r\n" + in_column(
        "<mj-text\n align='left'>é€👨</mj-text>\n\n\n<mj-social>\n<mj-raw>x</mj-raw></mj-social>"
    )
    line = source[: source.index("<mj-raw>")].count("\n") + 1
    with pytest.raises(ContentRefused) as refused:
        compile_mjml(source, "templates/x.mjml")
    (problem,) = refused.value.problems
    assert (problem.path, problem.line) == ("templates/x.mjml", line)
    assert "mj-raw" in problem.what


def test_an_error_without_position_is_told_all_the_same(monkeypatch):
    monkeypatch.setattr(compile_module, "lint_mjml", lambda _source, _path: [])
    with pytest.raises(ContentRefused, match="unexpected end of stream") as refused:
        compile_mjml(in_column("<mj-text><p>x</mj-text>"))
    assert refused.value.problems[0].line is None


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ('<p title="a\\u{a0}b">', "an escaped character in an attribute"),
        ('<p title="a\\nb">', "an escaped character in an attribute"),
        ("<mj-text>x</mj-text>", "a component of MJML"),
        ('<link href="https://example.org/f.css">', "loads a style or font"),
        ("<style>@import url(x)</style>", "loads a style or font"),
        ('<p title="x>', "a tag that cannot be read"),
    ],
)
def test_a_changed_compiler_is_noticed(monkeypatch, html, words):
    monkeypatch.setattr(compile_module, "mjml2html", lambda _source, **_options: html)
    with pytest.raises(ContentRefused, match=words):
        compile_mjml(in_column(""))


def test_content_may_speak_of_escapes_and_imports():
    html = compile_mjml(
        in_column(r"<mj-text>In Rust, \u{a0} and \n; in CSS, @import; in MJML, mj-text.</mj-text>")
    )
    assert r"\u{a0} and \n; in CSS, @import; in MJML, mj-text." in html


INSIDE = {
    "mj-carousel": '<mj-carousel-image src="https://example.org/a.png" alt="a" />',
    "mj-accordion": "<mj-accordion-element><mj-accordion-title>x</mj-accordion-title></mj-accordion-element>",
}


def put_into_a_mail(name: str, source: str) -> str:
    """A whole mail around a component, each parent being the first that MJML allows."""
    while name != "mjml":
        name = next(home for home, component in COMPONENTS.items() if name in component.children)
        body = "<mj-body />" if name == "mjml" and "<mj-body" not in source else ""
        source = f"<{name}>{source}{body}</{name}>"
    return source


@pytest.mark.parametrize("name", sorted(set(COMPONENTS) - {"mjml"}))
def test_every_component_that_the_linter_allows_compiles(name):
    inner = "x" if COMPONENTS[name].ending else INSIDE.get(name, "")
    assert "<body" in compile_mjml(put_into_a_mail(name, f"<{name}>{inner}</{name}>"))


@pytest.mark.parametrize("parent", sorted(n for n, c in COMPONENTS.items() if "mj-raw" in c.children))
def test_raw_html_compiles_wherever_the_linter_allows_it(parent):
    source = f"<{parent}><mj-raw><p>x</p></mj-raw></{parent}>"
    assert "<p>x</p>" in compile_mjml(put_into_a_mail(parent, source))


@pytest.mark.parametrize("parent", sorted(set(COMPONENTS) - {"mjml", "mj-carousel"}))
def test_a_comment_compiles_or_is_refused_by_the_linter(parent):
    source = put_into_a_mail(parent, f"<{parent}>\n<!-- part --></{parent}>")
    found = lint_mjml(source)
    assert found or "<body" in compile_mjml(source)
    assert bool(found) is (parent in NO_COMMENTS | TEXT_ONLY | {"mj-style"})


@pytest.mark.parametrize("name", sorted(IN_ATTRIBUTES))
def test_every_default_that_the_linter_allows_compiles(name):
    default = f'<{name} name="x" />' if name == "mj-class" else f"<{name} />"
    assert "<body" in compile_mjml(mail("", f"<mj-attributes>{default}</mj-attributes>"))
