"""One edition of a mail, from its content to compiled HTML and text with slots; and from there to one person's copy."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from newsletter.core.flags import NAMED, TOPICS, known_flags
from newsletter.core.mail_content import default_preheader, default_subject, merged_subject
from newsletter.core.mail_view import view_of
from newsletter.core.markup import BodyStyle, to_html, to_plain
from newsletter.core.mime_bodies import clean_body
from newsletter.core.mjml.compile import compile_mjml
from newsletter.core.personal import (
    Markers,
    cut_html,
    cut_plain,
    fill,
    gates_of,
    pieces_from_json,
    pieces_to_json,
    set_values,
    slots_of,
    slots_without_gate,
)
from newsletter.core.plain_text import rewrapped, tidy, underlined
from newsletter.core.refusal import ContentRefused
from newsletter.core.template_origin import trace_refusal
from newsletter.core.wording import read_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from newsletter.core.brand import Brand
    from newsletter.core.mail_content import MailContent
    from newsletter.core.mail_parts import MailView
    from newsletter.core.personal import Piece
    from newsletter.core.template_set import TemplateSet
    from newsletter.core.wording import Catalogue


_TWO_LINES = 2
# Slots that are empty for people without a flag.
_NEEDED = (("name", NAMED), ("topics", TOPICS))


@dataclass(frozen=True, slots=True)
class Me:
    """The reader, as templates speak of them: every name is a slot that is filled for each person.

    In HTML a slot is Markup, so that it passes the escaping; in the text part it is a plain string.
    """

    markers: Markers
    flags: frozenset[str]
    is_plain: bool

    def when(self, flag: str) -> str:
        """Opens a block for readers with this flag (`core.flags`); it stands between tags or in text.

        Raises:
            LookupError: there is no such flag.
        """
        return self._printed(self.markers.when(self._known(flag)))

    def unless(self, flag: str) -> str:
        """Opens a block for readers without this flag.

        Raises:
            LookupError: there is no such flag.
        """
        return self._printed(self.markers.unless(self._known(flag)))

    def end(self) -> str:
        """Closes the innermost block."""
        return self._printed(self.markers.end())

    @property
    def greeting(self) -> str:
        """`Dear Ada,`, `Hello,` for somebody who gave no name."""
        return self._slot("greeting")

    @property
    def name(self) -> str:
        """`Ada`; empty for somebody who gave none, so it stands in a block `me.when("named")`."""
        return self._slot("name")

    @property
    def topics(self) -> str:
        """`Social economy and Erasmus+`; empty for somebody who chose none, so it stands in a block `me.when("topics")`."""
        return self._slot("topics")

    @property
    def address(self) -> str:
        return self._slot("address")

    @property
    def reason(self) -> str:
        """The sentence that says why this person gets this mail."""
        return self._slot("reason")

    @property
    def unsubscribe_url(self) -> str:
        return self._slot("unsubscribe_url")

    @property
    def preferences_url(self) -> str:
        return self._slot("preferences_url")

    @property
    def pause_url(self) -> str:
        return self._slot("pause_url")

    @property
    def view_url(self) -> str:
        return self._slot("view_url")

    @property
    def confirm_url(self) -> str:
        return self._slot("confirm_url")

    def other_language_url(self, language: str) -> str:
        return self._slot(f"other_language_url {language}")

    def applied_url(self, deadline: str) -> str:
        return self._slot(f"applied_url {deadline}")

    def stop_url(self, deadline: str) -> str:
        return self._slot(f"stop_url {deadline}")

    def later_url(self, deadline: str) -> str:
        return self._slot(f"later_url {deadline}")

    def calendar_url(self, key: str) -> str:
        """Of a deadline (`article/deadline`) or of an article's event (`article/event`)."""
        return self._slot(f"calendar_url {key}")

    def _slot(self, name: str) -> str:
        return self._printed(self.markers.slot(name))

    def _printed(self, word: Markup) -> str:
        return str(word) if self.is_plain else word

    def _known(self, flag: str) -> str:
        if flag not in self.flags:  # the renderer tells the line, and what is said here
            known = ", ".join(repr(each) for each in sorted(self.flags))
            raise LookupError(f"nothing about a reader is called {flag!r}; there are {known}")
        return flag


@dataclass(frozen=True, slots=True)
class CompiledEmail:
    """One edition, compiled: what is frozen at approval. Filling it is a join."""

    language: str
    preheader: str
    subject: tuple[Piece, ...]
    html: tuple[Piece, ...]
    text: tuple[Piece, ...]

    @property
    def slots(self) -> frozenset[str]:
        """The values that filling needs."""
        return slots_of((*self.subject, *self.html, *self.text))

    @property
    def flags(self) -> frozenset[str]:
        """The flags that filling asks for."""
        return gates_of((*self.subject, *self.html, *self.text))

    @property
    def needs(self) -> frozenset[str]:
        """Flags of people whom this edition speaks of without asking whether it is known: `named`, `topics`."""
        pieces = (*self.subject, *self.html, *self.text)
        return frozenset(flag for slot, flag in _NEEDED if slot in slots_without_gate(pieces, flag))

    def with_values(self, values: Mapping[str, str]) -> CompiledEmail:
        """The same edition with values in it that all readers share."""
        return replace(
            self,
            subject=set_values(self.subject, values),
            html=set_values(self.html, values),
            text=set_values(self.text, values),
        )

    def to_json(self) -> str:
        """Canonical JSON: the same edition is the same string."""
        return json.dumps(
            {
                "html": pieces_to_json(self.html),
                "language": self.language,
                "preheader": self.preheader,
                "subject": pieces_to_json(self.subject),
                "text": pieces_to_json(self.text),
            },
            ensure_ascii=False,
            separators=(",", ":"),
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, source: str) -> CompiledEmail:
        """What `to_json` wrote."""
        parts = json.loads(source)
        pieces = {name: tuple(pieces_from_json(parts[name])) for name in ("subject", "html", "text")}
        return cls(language=parts["language"], preheader=parts["preheader"], **pieces)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, hexadecimal."""
        return sha256(self.to_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FilledMail:
    """One person's copy."""

    subject: str
    html: str
    text: str


def compile_mail(
    templates: TemplateSet,
    content: MailContent,
    brand: Brand,
    catalogue: Catalogue,
    nonce: str,
    topics: Iterable[str] = (),
) -> CompiledEmail:
    """Render and compile one edition.

    Args:
        templates: must hold `<content.template>.mjml.j2` and `.txt.j2`.
        content: what it says. An empty subject or preheader of a reminder or a correction gets general words.
        brand: who says it.
        catalogue: the program's own words, in the content's language.
        nonce: 10 random hexadecimal digits, new for each compilation; no author can guess the marker words.
        topics: ids of those that readers choose from; a template may show a block to the readers of one.

    Raises:
        ContentRefused: something in a template or in the content cannot be used; the problem has file and line.
    """
    content = replace(
        content,
        subject=content.subject or default_subject(content, catalogue),
        preheader=content.preheader or default_preheader(content, catalogue),
    )
    view = view_of(content, brand, catalogue)
    html_markers, text_markers, subject_markers = Markers(nonce), Markers(nonce), Markers(nonce)
    flags = known_flags(topics, [due.deadline.key for due in content.rungs])
    subject = merged_subject(content, catalogue, subject_markers) if content.rungs else content.subject
    name = f"{content.template}.mjml.j2"
    context = _context(content, view, brand, catalogue)
    mjml = templates.render(name, {**context, "me": Me(html_markers, flags, is_plain=False)})
    try:
        html = compile_mjml(mjml, f"{templates.root}/{name} (as rendered)")
    except ContentRefused as refused:
        raise trace_refusal(refused, mjml, templates.sources, templates.root) from None
    me = Me(text_markers, flags, is_plain=True)
    text = templates.render(f"{content.template}.txt.j2", {**context, "me": me})
    return CompiledEmail(
        language=content.language,
        preheader=content.preheader,
        subject=cut_plain(subject, subject_markers),
        # Clean before cutting: a CR beside a slot would make a line end that depends on the value.
        html=tuple(cut_html(clean_body(html), html_markers)),
        text=tuple(cut_plain(tidy(clean_body(text)), text_markers)),
    )


def fill_mail(
    compiled: CompiledEmail, values: Mapping[str, str], flags: frozenset[str] | Mapping[str, bool]
) -> FilledMail:
    """One person's copy.

    Args:
        compiled: an edition.
        values: by slot name; see `recipient.slot_values`.
        flags: the flags that are on for this person.

    Raises:
        Refusal: a value is missing.
    """
    return FilledMail(
        subject=fill(compiled.subject, values, flags),
        html=fill(compiled.html, values, flags),
        text=rewrapped(fill(compiled.text, values, flags)),
    )


def _context(content: MailContent, view: MailView, brand: Brand, catalogue: Catalogue) -> dict[str, Any]:
    """What templates may use, besides `me`."""
    wordmark = brand.name_in(content.language)
    words = wordmark.split()
    style = BodyStyle(
        image_url=brand.image_url,
        accent=brand.light["accent"],
        muted=brand.light["muted"],
        line=brand.light["line"],
        serif=brand.serif,
    )

    def html(markdown: str, slug: str = "", heading_base: int = 1) -> Markup:
        own = replace(
            style,
            image_url=lambda path: brand.image_url(path, slug),
            prefix=slug or "body",
            heading_base=heading_base,
        )
        return Markup(to_html(markdown, own))  # noqa: S704 - cleaned there

    def plain(markdown: str) -> str:
        return to_plain(markdown, image_word=catalogue.gettext("Image"))

    return {
        "_": catalogue.gettext,
        "ngettext": catalogue.ngettext,
        "read_in": read_in,
        "html": html,
        "plain": plain,
        "under": underlined,
        "mail": content,
        "view": view,
        "brand": brand,
        "t": brand.light,
        "dark": brand.dark,
        "wordmark": wordmark,
        "wordmark_lines": words if len(words) == _TWO_LINES else [wordmark],
        "legal_note": brand.note_in(content.language),
        # Font stacks are the brand's own, with single quotes: they stand in attributes and in the style sheet.
        "sans": Markup(brand.sans.replace('"', "'")),  # noqa: S704
        "serif": Markup(brand.serif.replace('"', "'")),  # noqa: S704
    }
