"""Makes the pictures of the README from the mails of the demonstration: `make pictures`. Needs Chromium."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from newsletter.cli import demo as demo_door
from newsletter.cli import show

if TYPE_CHECKING:
    from newsletter.demo.play import Performance

IMAGES = Path(__file__).resolve().parent / "images"
ISSUE, REMINDER = "september-2021", "erasmus-accreditation-accreditation-reminder-1"
SHOTS = (
    # name, campaign, language, width and height in CSS pixels, colour scheme
    ("issue", ISSUE, "en", 700, 900, "light"),
    ("phone", ISSUE, "fr", 375, 812, "light"),
    ("reminder", REMINDER, "en", 375, 812, "dark"),
)


def perform(folder: Path) -> tuple[Performance, str]:
    """Play the demonstration; what it prints comes back as SVG."""
    recorder = Console(record=True, width=118, file=io.StringIO(), force_terminal=True)
    show.out = demo_door.out = recorder
    with redirect_stdout(io.StringIO()):
        performance = demo_door.perform_and_show(folder)
    return performance, recorder.export_svg(title="make demo")


def mail_page(performance: Performance, campaign: str, language: str) -> Path:
    """The page of one mail of a campaign, as the contact sheet wrote it: pictures beside it, nothing fetched."""
    for number, mail in enumerate(performance.mails, start=1):
        if mail.campaign == campaign and mail.language == language:
            return performance.index.resolve().parent / "mails" / f"{number:04}.mail.html"
    raise LookupError(campaign)


def shoot(browser: Browser, page_file: Path, target: Path, width: int, height: int, scheme: str) -> None:
    """One window of a mail at twice the density."""
    page = browser.new_page(
        viewport={"width": width, "height": height},
        device_scale_factor=2,
        color_scheme=scheme,
        java_script_enabled=False,
    )
    page.goto(page_file.as_uri())
    page.screenshot(path=target)
    page.close()


def main() -> None:
    """Write docs/images."""
    IMAGES.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.chdir(folder)  # so that the picture shows the paths that a reader will see
        performance, timeline = perform(Path("var/demo"))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        parts = []
        for name, campaign, language, width, height, scheme in SHOTS:
            target = Path(folder) / f"{name}.png"
            shoot(browser, mail_page(performance, campaign, language), target, width, height, scheme)
            parts.append((target, width, height))
        sheet(browser, parts, IMAGES / "mails.png")
        terminal(browser, timeline, IMAGES / "timeline.png")
        browser.close()


def sheet(browser: Browser, parts: list[tuple[Path, int, int]], target: Path) -> None:
    """The three windows side by side on paper of their own, so that they stand well on light and dark pages."""
    frames = "".join(
        f'<img src="{path.as_uri()}" style="width:{width * 0.62}px;height:{height * 0.62}px">'
        for path, width, height in parts
    )
    style = (
        "body{margin:0;padding:28px;display:flex;gap:22px;align-items:flex-start;background:#E8E5DC;width:max-content}"
        "img{border-radius:8px;box-shadow:0 1px 0 #d3cfc2,0 8px 24px rgba(27,36,48,.14)}"
    )
    page = browser.new_page(viewport={"width": 1000, "height": 620}, device_scale_factor=2)
    holder = target.parent / "mails.html"
    holder.write_text(f"<!doctype html><style>{style}</style>{frames}", encoding="utf-8")
    page.goto(holder.as_uri())
    page.locator("body").screenshot(path=target)
    page.close()
    holder.unlink()


def terminal(browser: Browser, svg: str, target: Path) -> None:
    """What the terminal showed."""
    page = browser.new_page(viewport={"width": 1240, "height": 800}, device_scale_factor=1)
    page.set_content(f"<style>body{{margin:0}}</style>{svg}")
    page.locator("svg").screenshot(path=target)
    page.close()


if __name__ == "__main__":
    main()
