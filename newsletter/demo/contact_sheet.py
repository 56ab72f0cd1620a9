"""The contact sheet: every mail of the demonstration as it looks, on pages that need neither a network nor a script.

The same mails give the same bytes. Nothing in the pages names a place on this machine.
"""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError

from newsletter.core.template_set import TemplateSet
from newsletter.core.wallclock import parse_local
from newsletter.demo.letter import read_letter, with_own_pictures, without_network
from newsletter.demo.story import END, START, ZONE
from newsletter.demo.weeks import picture_of_weeks, timeline_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from newsletter.demo.letter import Letter
    from newsletter.demo.readers import InboxMail
    from newsletter.demo.timeline import Moment
    from newsletter.flows.office import Office
    from newsletter.library import Library

STYLE = "contact-sheet.css"
MARK = "mark.png"
_PICTURE_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of the mails, read from the library and not from where the mails say that they lie.

    Attributes:
        base: address under which the mails look for them.
        shown: those met so far as data URIs, by their path under `base`.
    """

    base: str
    library: Library
    shown: dict[str, str] = field(default_factory=dict)

    def put_into(self, html: str) -> str:
        """The mail with its pictures inside.

        Raises:
            ContentRefused: one of them is not there.
        """
        return with_own_pictures(html, self.base, self._data_uri)

    def _data_uri(self, path: str) -> str:
        if path not in self.shown:
            slug, parted, rest = path.partition("/")
            data = self.library.read_image(slug, rest) if parted else self.library.template_image(path)
            kind = _PICTURE_TYPES.get(path.rpartition(".")[2].lower(), "application/octet-stream")
            self.shown[path] = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
        return self.shown[path]


@dataclass(frozen=True, slots=True)
class Edition:
    """The mails of one campaign in one language; the first of them stands for all."""

    language: str
    letters: tuple[Letter, ...]


@dataclass(frozen=True, slots=True)
class Sending:
    """A campaign that has left, by language."""

    name: str
    label: str
    editions: tuple[Edition, ...]

    @property
    def count(self) -> int:
        """Mails in all languages."""
        return sum(len(edition.letters) for edition in self.editions)

    @property
    def at(self) -> datetime:
        """When its first mail left, wall-clock time in the story's zone."""
        return min(letter.at for edition in self.editions for letter in edition.letters)


def write_contact_sheet(
    folder: Path,
    moments: Sequence[Moment],
    ahead: Sequence[Moment],
    mails: Sequence[InboxMail],
    office: Office,
) -> Path:
    """Write `index.html`, its style sheet, and two pages for each mail under `mails`: the mail, and its own sheet.

    Args:
        folder: where the demonstration plays; files of an earlier contact sheet are overwritten.
        moments: what happened, in order.
        ahead: what is still planned, in order.
        mails: the inbox, in the order in which the pages are numbered.
        office: gives the templates, the pictures and the brand.

    Returns:
        The path of `index.html`.

    Raises:
        ContentRefused: a template has an error, or a mail shows a picture that is not there.
    """
    templates = TemplateSet(office.library.web_sources(), "templates/web")
    letters = [read_letter(f"{number:04d}", mail) for number, mail in enumerate(mails, start=1)]
    labels = {moment.campaign: moment.title for moment in moments}
    sendings = _sendings(letters, labels)
    pictures = Pictures(office.brand.image_base, office.library)
    _write_mails(folder / "mails", sendings, pictures, templates)
    context = {
        "house": office.brand.name_in("en"),
        "mark": pictures.shown.get(MARK, ""),
        "start": parse_local(START),
        "end": parse_local(END),
        "figures": _figures(letters),
        "weeks": picture_of_weeks(moments, ahead),
        "rows": timeline_rows(moments, ahead, {sending.name for sending in sendings}),
        "sendings": sendings,
        **_WORDS,
    }
    _write(folder / STYLE, templates.sources[STYLE])
    _write(folder / "index.html", templates.render("contact-sheet.html.j2", context))
    return folder / "index.html"


def _sendings(letters: Sequence[Letter], labels: Mapping[str, str]) -> list[Sending]:
    """The campaigns in the order in which they left, their languages in alphabetical order."""
    place = {name: at for at, name in enumerate(dict.fromkeys(letter.campaign for letter in letters))}
    ordered = sorted(letters, key=lambda letter: (place[letter.campaign], letter.language))
    sendings = []
    for name, group in groupby(ordered, key=lambda letter: letter.campaign):
        by_language = groupby(group, key=lambda letter: letter.language)
        editions = tuple(Edition(language, tuple(mails)) for language, mails in by_language)
        sendings.append(Sending(name, labels.get(name, name), editions))
    return sendings


def _write_mails(
    folder: Path, sendings: Sequence[Sending], pictures: Pictures, templates: TemplateSet
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for sending in sendings:
        for edition in sending.editions:
            mails = edition.letters
            for before, letter, after in zip((None, *mails), mails, (*mails[1:], None), strict=False):
                _write(folder / f"{letter.number}.mail.html", without_network(pictures.put_into(letter.html)))
                context = {"letter": letter, "before": before, "after": after, "sending": sending, **_WORDS}
                _write(
                    folder / f"{letter.number}.html", templates.render("contact-sheet-mail.html.j2", context)
                )


def _figures(letters: Sequence[Letter]) -> list[tuple[str, int, str]]:
    """Name, figure, and what is counted. Counted in the inbox: the ledger has no say in it."""
    pairs = Counter((letter.campaign, letter.address.lower()) for letter in letters)
    languages = sorted({letter.language for letter in letters})
    return [
        ("Mails", len(letters), "as they lie in the inbox"),
        ("People", len({address for _, address in pairs}), "got at least one"),
        (
            "Campaigns",
            len({campaign for campaign, _ in pairs}),
            f"in {' and '.join(map(_language_name, languages))}",
        ),
        ("Duplicates", len(letters) - len(pairs), "one mail twice to one person"),
    ]


def _language_name(code: str) -> str:
    try:
        return Locale.parse(code, sep="-").get_display_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code


def _day(at: datetime) -> str:
    return f"{at:%A} {at.day} {at:%B %Y}"


def _short_day(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b}"


# What the templates can say beyond their own words.
_WORDS = {"language_name": _language_name, "day": _day, "short_day": _short_day, "zone": ZONE}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
