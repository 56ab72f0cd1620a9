"""What axe-core finds in a page, in words that a failed test can print.

The rules are those of WCAG 2.2 up to level AA and axe's best practices. Our pages forbid every script, and axe is one: give
it a page that `page_for_axe` has opened. Whether a page runs without scripts is for other tests, with a page that does not.
"""

from __future__ import annotations

from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What differs between light and dark.
COLOURS = ("color-contrast", "link-in-text-block")
# Rules about landmarks and about one heading of the first rank ask for a site around what is read. A mail is shown inside
# the page of a mail program, whose landmarks and headings are there already.
PAGE_ONLY = ("region", "landmark-one-main", "page-has-heading-one")


@contextmanager
def page_for_axe(browser, *, width=1280, height=900, scheme="light"):
    """A page in which axe may run, in a context of its own; `scheme` is light or dark."""
    context = browser.new_context(
        bypass_csp=True, viewport={"width": width, "height": height}, color_scheme=scheme
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def findings(page, *, without=(), only=()):
    """Every breach on the page as it stands: `rule: where: help`, one line each; none is an empty list.

    Args:
        page: of Playwright, loaded.
        without: ids of rules that do not make sense for what is shown.
        only: ids of the only rules to ask, where others have been asked of the same document already.
    """
    options = {
        "runOnly": {"type": "rule", "values": list(only)} if only else {"type": "tag", "values": _TAGS},
        "rules": {rule: {"enabled": False} for rule in without},
        "resultTypes": ["violations"],
    }
    told = Axe().run(page, options=options).response["violations"]
    return [_line(breach, node) for breach in told for node in breach["nodes"]]


def _line(breach, node):
    where = " in ".join(str(each) for each in reversed(node["target"]))
    why = "; ".join(each["message"] for kind in ("any", "all", "none") for each in node[kind])
    return f"{breach['id']}: {where}: {breach['help']} ({why})"
