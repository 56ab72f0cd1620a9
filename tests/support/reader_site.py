"""The readers' pages on a port of this machine, and a reader who walks through them."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from urllib.parse import urlencode

import uvicorn
from accessibility import COLOURS, findings


@contextmanager
def serving(app):
    """Serve an application in a thread of this process; gives its address. `app` may be made from that address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        root = f"http://127.0.0.1:{listening.getsockname()[1]}"
        made = app(root) if not hasattr(app, "state") else app
        server = uvicorn.Server(uvicorn.Config(made, log_level="critical"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield root
        finally:
            server.should_exit = True
            thread.join()


def page_faults(page, language, *, without=(), only=()):
    """What is wrong with a page of ours: axe-core's findings, too wide, another language, more than one title, a script."""
    yield from findings(page, without=without, only=only)
    facts = page.evaluate(
        "({wide: document.documentElement.scrollWidth - innerWidth, lang: document.documentElement.lang,"
        " titles: document.querySelectorAll('h1').length,"
        " scripts: document.querySelectorAll('script:not([type=\"application/ld+json\"])').length})"
    )
    if facts["wide"] > 0:
        yield f"{facts['wide']} px too wide"
    if facts["lang"] != language:
        yield f"says that it is {facts['lang']}"
    if facts["titles"] != 1:
        yield f"{facts['titles']} headings of the first rank"
    if facts["scripts"]:
        yield "a script"


class Walk:
    """A reader in one language, who looks at every page that comes; `found` is what was wrong with them."""

    def __init__(self, page, root, language):
        self.page, self.root, self.language, self.found = page, root, language, []

    def to(self, path):
        """Go to a page by its path."""
        self.page.goto(f"{self.root}{path}?{urlencode({'language': self.language})}")

    def press(self, button, comes):
        """Press the first button of that name, and look at the page that comes."""
        self.page.locator(f"button[name={button}]").first.click()
        self.look(comes)

    def look(self, name):
        """Look at the page as it stands, light and dark."""
        for scheme, only in (("light", ()), ("dark", COLOURS)):
            self.page.emulate_media(color_scheme=scheme)
            self.found += [f"{name}: {fault}" for fault in page_faults(self.page, self.language, only=only)]
