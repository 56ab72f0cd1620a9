"""The linter: every silent fault has a line and a way out, and good MJML passes."""

from __future__ import annotations

import pytest

from newsletter.core.mjml.components import COMPONENTS, IGNORED, IN_ATTRIBUTES
from newsletter.core.mjml.lint import RULES, lint_mjml
from newsletter.core.refusal import Level

GOOD = """\ufeff<?xml version="1.0"?>
<mjml lang="fr" dir="ltr">
<mj-head>
<mj-title>Fil commun n° 42</mj-title>
<mj-preview>Un formulaire ferme</mj-preview>
<mj-breakpoint width="520px" />
<mj-attributes>
<mj-all font-family="Arial,sans-serif" />
<mj-class name="small" font-size="15px" padding="0" />
<mj-text padding="0px" line-height="1.6" />
<mj-image padding="0" />
</mj-attributes>
<mj-raw><meta name="color-scheme" content="light dark" />
<!--[if mso]><style>p{font-family:Arial}</style><![endif]-->
<!--[if !mso]><!--><style>a > b{color:#111}</style><!--<![endif]--></mj-raw>
<mj-style>h1,p > a{margin:0}</mj-style>
</mj-head>
<!-- part: body -->
<mj-body width="640px" background-color="#F6F5F1" css-class="canvas">
<mj-raw>zq0123456789w0000z</mj-raw>
<mj-section css-class="px" padding="0 40px" full-width="full-width">
<mj-group><mj-column><mj-spacer height="8px" /></mj-column></mj-group>
<mj-column>
<mj-text mj-class="small" css-class="c"><h1>Bonjour &amp; bienvenue</h1><p>a<br>b <a href="https://example.org/?a=1&b=2">c</a> >
<a href="mailto:ada@example.org">d</a> <a href="#e">e</a></p><table><tr><td nowrap>x</td></tr></table></mj-text>
<mj-image src="https://example.org/a.png" alt="" />
<mj-button href="https://example.org/">Lire</mj-button>
<mj-divider border-width="1px" />
<mj-social><mj-social-element name="web" href="https://example.org/">Web</mj-social-element></mj-social>
<mj-navbar><mj-navbar-link href="https://example.org/">Web</mj-navbar-link></mj-navbar>
<mj-table><tr><td>{{7*7}} {% x %}</td></tr></mj-table>
</mj-column>
</mj-section>
<mj-raw>zq0123456789e0001z</mj-raw>
<mj-wrapper><mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section></mj-wrapper>
<mj-hero><mj-text>x</mj-text></mj-hero>
</mj-body>
</mjml>
"""


def mail(body: str = "", head: str = "") -> str:
    return f"<mjml>\n<mj-head>{head}</mj-head>\n<mj-body>\n{body}\n</mj-body>\n</mjml>\n"


def in_text(html: str) -> str:
    return mail(f"<mj-section><mj-column><mj-text>\n{html}\n</mj-text></mj-column></mj-section>")


def said(source: str, level: Level = Level.ERROR) -> list[str]:
    return [f"{p.line} {p.what} {p.remedy}" for p in lint_mjml(source) if p.level is level]


def test_good_mjml_has_no_problem_at_all():
    assert lint_mjml(GOOD) == []


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        (mail("<mj-setion></mj-setion>"), 4, "no component <mj-setion>. Did you mean mj-section?"),
        (mail('<mj-section paddin="1px"></mj-section>'), 4, "no attribute 'paddin'. Did you mean padding?"),
        (mail('<mj-section onclick="x"></mj-section>'), 4, "onclick would run a script"),
        (
            mail("<mj-section>\n<mj-section></mj-section></mj-section>"),
            5,
            "cannot stand in <mj-section>. It belongs into mj-body or mj-wrapper",
        ),
        (mail("<mj-section>\n<mj-text>x</mj-text></mj-section>"), 5, "It belongs into mj-column or mj-hero."),
        (
            mail("<mj-section><mj-column>\n<div>x</div></mj-column></mj-section>"),
            5,
            "HTML (<div>) stands directly in <mj-column>",
        ),
        (
            mail("<mj-section><mj-column>\nwords</mj-column></mj-section>"),
            5,
            "Text stands directly in <mj-column>",
        ),
        (in_text("<mj-image />"), 5, "<mj-image> stands in <mj-text>, which holds only text and HTML"),
        (mail("<mj-text>x</mj-text>"), 4, "<mj-text> cannot stand in <mj-body>"),
        (mail(head="<mj-all />"), 2, "<mj-all> cannot stand in <mj-head>. It belongs into mj-attributes."),
        (
            mail("<mj-section>"),
            4,
            "<mj-section> is not closed before </mj-body> in line 5. Write <mj-section … /> or </mj-section>.",
        ),
        (in_text("<p>x"), 5, "<p> is not closed before </mj-text> in line 6. Write </p> where it ends."),
        (in_text("<b>x</i></b>"), 5, "</i> closes nothing"),
        (in_text("<b><i>x</b></i>"), 5, "<i> is not closed before </b>"),
        (in_text("a<br></br>"), 5, "Write <br /> alone"),
        (in_text("1 < 2"), 5, "A less-than sign stands in the text. Write &lt;"),
        (in_text("x<3"), 5, "A less-than sign"),
        (in_text('<a href="x"title="y">z</a>'), 5, "no space between two attributes"),
        (in_text('<a href="x>z</a>'), 5, "cannot be read"),
        (in_text("<a @click='x'>z</a>"), 5, "The attribute name '@click' cannot be read"),
        (in_text('<a href="x" href="y">z</a>'), 5, "'href' stands twice on <a>; the first one counts"),
        (in_text("<!-- a -- b -->"), 5, "A double hyphen stands in a comment"),
        (in_text("<!-- a"), 5, "is not closed"),
        (in_text("<![CDATA[x]]>"), 5, "cannot stand here"),
        (in_text("<script>x</script>"), 5, "<script> is thrown away or blocked"),
        (in_text("<a href=' java&#115;cript:x'>z</a>"), 5, "leads to javascript:"),
        (in_text('<img src="data:x" alt="" />'), 5, "leads to data:"),
        (in_text("a\x00b"), 5, "U+0000"),
        (in_text("a\x0bb"), 5, "U+000B"),
        (in_text("a\ud800b"), 5, "U+D800"),
        (mail('<mj-include path="a.mjml" />'), 4, "Use {% include %}"),
        (
            mail(head="<mj-html-attributes><mj-selector path='x'></mj-selector></mj-html-attributes>"),
            2,
            "cannot be read by this compiler",
        ),
        (mail(head='<mj-font name="R" href="https://example.org/r.css" />'), 2, "load a font from elsewhere"),
        (mail(head='<mj-style inline="inline">a{}</mj-style>'), 2, "cannot inline an mj-style"),
        (mail(head="<mj-style>\n@import url(x);</mj-style>"), 3, "@import loads a file"),
        (mail(head="<mj-style>\n<b></mj-style>"), 3, "A less-than sign stands in the style"),
        (
            mail(head="<mj-title>a\n<b>b</b></mj-title>"),
            3,
            "<b> stands in <mj-title>, which holds only text.",
        ),
        (mail(head="<mj-title>a\n<!-- b --></mj-title>"), 3, "cannot read a comment in <mj-title>"),
        (
            mail(head="<mj-attributes>\n<!-- b --></mj-attributes>"),
            3,
            "cannot read a comment in <mj-attributes>",
        ),
        (mail() + "<p>x</p>", 7, "<p> stands outside of <mjml>"),
        (mail() + "\nwords", 8, "Text stands outside of <mjml>"),
        ("<mjml></mjml>", 1, "There is no <mj-body>"),
        ("<mjml><mj-body></mj-body>\n<mj-body></mj-body></mjml>", 2, "<mj-body> stands here a second time"),
        ("", 1, "There is no MJML here"),
        (in_text("<div>" * 100 + "</div>" * 100), 5, "More than 60 elements stand in one another"),
    ],
)
def test_a_fault_is_named_with_its_line_and_a_way_out(source, line, words):
    errors = said(source)
    assert any(error.startswith(f"{line} ") and words in error for error in errors), errors


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (in_text('<img src="https://example.org/a.png" />'), "<img> has no alt"),
        (
            mail('<mj-section><mj-column><mj-image src="x" /></mj-column></mj-section>'),
            "<mj-image> has no alt",
        ),
        (in_text('<a href="http://example.org/">x</a>'), "not encrypted"),
        (mail('<mj-section gutter="1px"></mj-section>'), "This compiler ignores 'gutter' on <mj-section>"),
    ],
)
def test_what_is_only_doubtful_is_a_warning(source, words):
    assert said(source) == []
    assert any(words in warning for warning in said(source, Level.WARNING))


def test_problems_come_in_the_order_of_the_lines_with_the_path():
    found = lint_mjml(mail("<mj-a></mj-a>\n<mj-b></mj-b>", "<mj-c></mj-c>"), "templates/x.mjml")
    assert [str(p)[:22] for p in found] == [
        "templates/x.mjml:2: MJ",
        "templates/x.mjml:4: MJ",
        "templates/x.mjml:5: MJ",
    ]


def test_a_million_nested_elements_are_refused_and_not_walked_into():
    assert "More than 60" in said(in_text("<i>" * 100_000))[-1]


def test_every_rule_has_a_name_of_its_own():
    assert len({rule.__name__ for rule in RULES}) == len(RULES)


def test_the_table_of_components_is_closed():
    children = {child for component in COMPONENTS.values() for child in component.children}
    assert children <= set(COMPONENTS)
    assert set(COMPONENTS) - children == {"mjml"}
    assert {"mj-all", "mj-class", "mj-text"} <= IN_ATTRIBUTES
    assert all(attribute in COMPONENTS[name].attributes for name, attribute in IGNORED)
