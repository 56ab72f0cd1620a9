"""The program's own words in the reader's language: gettext catalogues with English as the source and the fallback."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from gettext import c2py
from itertools import repeat
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.messages.pofile import PoFileError, read_po
from markupsafe import Markup, escape

from newsletter.core.refusal import ContentRefused, Problem, refuse_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from babel.messages.catalog import Message

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
# Said in the language that it leads to, so it cannot come from the catalogue of the language that it stands in.
_READ_IN = {
    "de": "Auf Deutsch lesen",
    "en": "Read in English",
    "es": "Leer en español",
    "fr": "Lire en français",
    "it": "Leggi in italiano",
    "nl": "Lees in het Nederlands",
    "pt": "Ler em português",
}


_REMEMBERED = 32
"""As many catalogues are kept; one text is read again and again by a daemon."""


def _english_plural(number: int) -> int:
    return int(number != 1)


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The words of one language. A message that is missing or empty is said in English.

    Two are equal when they are the same object, so that what was said with one can be remembered by it.

    Attributes:
        language: BCP 47 code.
        messages: translations by English message; two or more where a number decides.
        plural: which translation goes with a number (the catalogue's Plural-Forms, GNU gettext manual 11.2.6).
    """

    language: str
    messages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plural: Callable[[int], int] = _english_plural

    @classmethod
    @lru_cache(maxsize=_REMEMBERED)
    def from_po(cls, language: str, po_text: str, path: str = "") -> Catalogue:
        """Read a .po file; the same text gives the same object.

        Args:
            language: BCP 47 code.
            po_text: the file's content.
            path: the file's name, for errors.

        Raises:
            ContentRefused: it is not a .po file, or a translation has a placeholder that its message has not.
        """
        try:
            catalogue = read_po(
                [f"{line}\n" for line in po_text.split("\n")], locale=None, abort_invalid=True
            )
        except (PoFileError, ValueError, UnknownLocaleError) as error:
            what = f"This is not a catalogue of translations: {error}."
            raise ContentRefused(
                Problem(what, "Open it with a .po editor and save it again.", path)
            ) from None
        messages = [message for message in catalogue if message.id and not message.fuzzy]
        refuse_errors(problem for message in messages for problem in _foreign_placeholders(message, path))
        translations = {_source(message): _strings(message) for message in messages}
        return cls(language, translations, c2py(catalogue.plural_expr))

    def gettext(self, message: str, /, **values: object) -> str:
        """The message in this language, with its `{placeholders}` filled.

        Values that are Markup make the answer Markup; everything else in it is then escaped.
        """
        return _filled((self.messages.get(message) or ("",))[0] or message, values)

    def gettext_each(self, message: str, /, **columns: Sequence[str]) -> list[str]:
        """What `gettext` gives for each row of these columns, which are as long as each other and hold no Markup."""
        parts = _parts((self.messages.get(message) or ("",))[0] or message)
        rows = len(next(iter(columns.values())))
        placed = [
            columns[part]
            if place % 2 and part in columns
            else repeat(f"{{{part}}}" if place % 2 else part, rows)
            for place, part in enumerate(parts)
        ]
        return list(map("".join, zip(*placed, strict=True)))

    def ngettext(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The form of the message that goes with `number`."""
        translated = self.messages.get(one, ())
        index = self.plural(number)
        found = translated[index] if index < len(translated) else ""
        return _filled(found or (many if _english_plural(number) else one), values)


def read_in(language: str) -> str:
    """The invitation to read in `language`, said in that language; its own name where we do not know the words."""
    if language in _READ_IN:
        return _READ_IN[language]
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return language
    name = locale.get_display_name(locale) or language
    return name[:1].upper() + name[1:]


def _filled(text: str, values: Mapping[str, object]) -> str:
    if any([isinstance(value, Markup) for value in values.values()]):  # noqa: C419 - a list is quicker, and this runs for every reader
        safe = str(escape(text))
        return Markup(_PLACEHOLDER.sub(lambda found: str(escape(values.get(found[1], found[0]))), safe))  # noqa: S704 - escaped part by part
    parts = list(_parts(text))
    parts[1::2] = [str(values.get(name, f"{{{name}}}")) for name in parts[1::2]]
    return "".join(parts)


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[str, ...]:
    """Literal text and names of placeholders by turns."""
    return tuple(_PLACEHOLDER.split(text))


def _source(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, (list, tuple)) else message.id)


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (list, tuple)) else (str(message.string),)


def _foreign_placeholders(message: Message, path: str) -> Iterator[Problem]:
    sources = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
    known = {name for source in sources for name in _PLACEHOLDER.findall(source)}
    for translation in _strings(message):
        for name in sorted(set(_PLACEHOLDER.findall(translation)) - known):
            what = f"The translation of '{sources[0]}' has '{{{name}}}', which the message has not."
            remedy = f"Use only: {', '.join(f'{{{each}}}' for each in sorted(known)) or 'no placeholder'}."
            yield Problem(what, remedy, path, message.lineno)
