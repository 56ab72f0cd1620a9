"""Who the mail comes from, and how it looks: names, addresses and colours. Templates take every one of them from here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Measured by WCAG 2.2: the lowest contrast of text on any ground it stands on is 4.63 (muted on accent_mid, light).
LIGHT: Mapping[str, str] = {
    "canvas": "#F6F5F1",
    "paper": "#FFFFFF",
    "ink": "#1B2430",
    "muted": "#5C6570",
    "line": "#E3E0D8",
    "line_ink": "#1B2430",
    "accent": "#0B6B5D",
    "accent_soft": "#E3F1EE",
    "accent_mid": "#D3E8E3",
    "accent_perforation": "#7FB9AE",
    "on_accent": "#FFFFFF",
    "amber": "#9A4B06",
    "amber_soft": "#FFF3DD",
    "amber_mid": "#FBE2B4",
    "amber_perforation": "#D3A355",
    "on_amber": "#FFFFFF",
}
DARK: Mapping[str, str] = {
    "canvas": "#12161C",
    "paper": "#1A2029",
    "ink": "#E8EAED",
    "muted": "#9AA4B2",
    "line": "#34404F",
    "line_ink": "#9AA4B2",
    "accent": "#5CC8B5",
    "accent_soft": "#162A2B",
    "accent_mid": "#1D3836",
    "accent_perforation": "#35655E",
    "on_accent": "#0C1F1B",
    "amber": "#F0B557",
    "amber_soft": "#2A2213",
    "amber_mid": "#3A2E16",
    "amber_perforation": "#7A5F2C",
    "on_amber": "#221903",
}
SANS = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
SERIF = "Georgia,'Times New Roman',serif"


@dataclass(frozen=True, slots=True)
class Brand:
    """The sender as readers see it.

    Attributes:
        wordmark: the letter's name, by language.
        legal_name: the body that answers for the mail.
        legal_note: what sort of body it is and its number, by language.
        postal_address: lines, as on an envelope; mail without one is unlawful in many places (CAN-SPAM 15 USC 7704(a)(5)).
        contact: address that a person reads.
        website: absolute https address.
        privacy_url: absolute https address of the privacy notice.
        image_base: absolute https address under which pictures lie: `mark.png`, and `<article>/<its own path>`.
        article_page: address of an article's page with `{slug}` and `{language}` in it; "" when there are no such pages.
        light: colours by role; every role of LIGHT must be there.
        dark: the same roles in dark mode.
        sans: font stack of running text. System fonts only: nothing is fetched to read a letter.
        serif: font stack of headings.
    """

    wordmark: Mapping[str, str]
    legal_name: str
    legal_note: Mapping[str, str]
    postal_address: tuple[str, ...]
    contact: str
    website: str
    privacy_url: str
    image_base: str
    article_page: str = ""
    light: Mapping[str, str] = field(default_factory=lambda: LIGHT)
    dark: Mapping[str, str] = field(default_factory=lambda: DARK)
    sans: str = SANS
    serif: str = SERIF

    def name_in(self, language: str) -> str:
        """The wordmark in `language`, else in English, else the first there is, else the legal name."""
        return _in_language(self.wordmark, language) or self.legal_name

    def note_in(self, language: str) -> str:
        """The legal note in `language`, with the same fallbacks; "" when there is none."""
        return _in_language(self.legal_note, language)

    def image_url(self, path: str, slug: str = "") -> str:
        """Where a picture lies: of the brand, or of the article `slug`. A path that is an https address stays."""
        if path.startswith("https://"):
            return path
        return "/".join(part.strip("/") for part in (self.image_base, slug, path) if part)

    def article_url(self, slug: str, language: str) -> str:
        """The address of an article's page, "" when the brand has none."""
        return self.article_page.replace("{slug}", slug).replace("{language}", language)


def _in_language(texts: Mapping[str, str], language: str) -> str:
    for wanted in (language, language.partition("-")[0], "en", *texts):
        if texts.get(wanted):
            return texts[wanted]
    return ""
