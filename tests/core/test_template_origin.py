"""An error in MJML names the template and the line that its author can mend."""

from __future__ import annotations

from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.template_origin import trace_refusal

SOURCES = {
    "issue.mjml.j2": "<mjml>\n{% include 'parts/footer.mjml.j2' %}\n</mjml>\n",
    "parts/footer.mjml.j2": "<mj-section>\n  <mj-column>\n    <mj-txet>{{ name }}</mj-txet>\n  </mj-column>\n</mj-section>\n",
    "parts/other.mjml.j2": "<mj-section>\n  <mj-column></mj-column>\n</mj-section>\n",
}
RENDERED = "<mjml>\n<mj-section>\n  <mj-column>\n    <mj-txet>Ada</mj-txet>\n  </mj-column>\n</mj-section>\n</mjml>\n"


def traced(what, line):
    refused = ContentRefused(Problem(what, "Mend it.", "templates/email/issue.mjml.j2 (as rendered)", line))
    problem = trace_refusal(refused, RENDERED, SOURCES, "templates/email").problems[0]
    return problem.path, problem.line


def test_a_line_that_stands_in_one_template_is_found_there():
    assert traced("Something is wrong.", 3) == ("templates/email/parts/footer.mjml.j2", 2)


def test_a_line_with_a_value_in_it_is_found_by_its_tag():
    assert traced("<mj-txet> is not a tag of MJML.", 4) == ("templates/email/parts/footer.mjml.j2", 3)


def test_what_stands_in_several_places_keeps_its_place_in_what_was_rendered():
    assert traced("<mj-section> stands in the wrong place.", 2) == (
        "templates/email/issue.mjml.j2 (as rendered)",
        2,
    )


def test_a_problem_without_a_line_stays_as_it_is():
    assert traced("The end is missing.", None) == ("templates/email/issue.mjml.j2 (as rendered)", None)
