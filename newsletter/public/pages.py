"""How a page is made: its language, its words, its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date
from fastapi import Depends, HTTPException, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from newsletter.core.links import PersonalLinks
from newsletter.core.moments import Moments
from newsletter.core.template_set import TemplateSet
from newsletter.core.token import Token
from newsletter.core.wallclock import to_local
from newsletter.core.wording import Catalogue
from newsletter.flows.office import Office
from newsletter.flows.preferences import Reader
from newsletter.flows.workspace import read_catalogues
from newsletter.public.cached import cached
from newsletter.public.languages import best_of, nearest

_TWO_LINES = 2
_KEPT_SECONDS = 300
EVERYBODY = {"X-Robots-Tag": "all"}
"""Header of pages that search engines may have."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Everything a route needs.

    Attributes:
        root: path under which the pages lie, "" or `/news`.
    """

    office: Office
    templates: TemplateSet
    catalogues: Mapping[str, Catalogue]
    root: str

    @classmethod
    def of(cls, office: Office) -> Pages:
        """The pages of an office, with its templates and catalogues as they are now."""
        templates = TemplateSet(office.library.public_sources(), "templates/public")
        root = urlsplit(office.settings.public_url).path.rstrip("/")
        return cls(office, templates, read_catalogues(office), root)

    def language(self, request: Request, reader: Reader | None = None) -> str:
        """The language to answer in: asked for in the address, else the reader's own, else the browser's."""
        have = tuple(self.catalogues)
        own = reader.language if reader and reader.address else ""
        accepted = best_of(request.headers.get("accept-language", ""), have)
        asked = nearest(request.query_params.get("language", ""), have)
        return asked or nearest(own, have) or accepted or have[0]

    def links(self, token: Token) -> PersonalLinks:
        """The links of a reader, as paths of this site."""
        return PersonalLinks(self.root, self.office.secret, token.campaign, token.subscriber)

    def show(
        self,
        request: Request,
        name: str,
        *,
        reader: Reader | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """A page.

        Args:
            request: it decides the language, and nothing else.
            name: of the template.
            reader: whom it is for; templates get `links` only then.
            status: of the answer.
            headers: more headers.
            context: what the template uses besides the words and the brand.
        """
        language = self.language(request, reader)
        personal = {"reader": reader, "links": self.links(reader.token)} if reader else {}
        text = self._text(name, language, {**personal, **context})
        return HTMLResponse(
            text, status, {"Content-Language": language, "Vary": "Accept-Language", **(headers or {})}
        )

    def publish(
        self,
        request: Request,
        name: str,
        language: str,
        *,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> Response:
        """A page that is the same for everybody who reads this language: it may be kept, and search engines may have it."""
        content = self._text(name, language, context).encode()
        every = {"Content-Language": language, "Vary": "Accept-Language", **EVERYBODY, **(headers or {})}
        return cached(request, content, "text/html; charset=utf-8", _KEPT_SECONDS, every)

    def absolute(self, path: str) -> str:
        """The whole address of a path of these pages."""
        return f"{self.office.settings.public_url.rstrip('/')}{path}"

    def _text(self, name: str, language: str, context: Mapping[str, Any]) -> str:
        return self.templates.render(f"{name}.html.j2", {**self._everywhere(language), **context})

    def _everywhere(self, language: str) -> dict[str, Any]:
        catalogue, brand = self.catalogues[language], self.office.brand
        moments = Moments(catalogue)
        wordmark = brand.name_in(language)
        words = wordmark.split()

        def stamp(instant: Any, zone: str) -> str:
            local = to_local(instant, zone)
            return catalogue.gettext(
                "{date}, {time}", date=moments.long(local), time=moments.clock(local.time())
            )

        return {
            "_": catalogue.gettext,
            "ngettext": catalogue.ngettext,
            "moments": moments,
            "stamp": stamp,
            "month_alone": lambda day: format_date(day, "LLLL", moments.locale),
            "strong": _strong,
            "anchor": _anchor,
            "language": language,
            "og_locale": _og_locale(language),
            "address": "",
            "direction": _locale(language).text_direction,
            "other_languages": {other: own_name(other) for other in self.catalogues if other != language},
            "root": self.root,
            "wordmark": wordmark,
            "wordmark_lines": words if len(words) == _TWO_LINES else [wordmark],
            "brand": brand,
            "legal_note": brand.note_in(language),
        }


def own_name(language: str) -> str:
    """What a language calls itself, as it stands at the head of a page: `Français`."""
    locale = _locale(language)
    name = locale.get_display_name(locale) or language
    return name[:1].upper() + name[1:]


def _og_locale(language: str) -> str:
    """As Open Graph writes it: language and territory, the likeliest where ours names none (CLDR): `fr_FR`."""
    spelled = _locale(language)
    likely = get_global("likely_subtags").get(spelled.language, "").rpartition("_")[2]
    return f"{spelled.language}_{spelled.territory or likely}"


def _strong(text: str) -> Markup:
    return Markup("<strong>{}</strong>").format(text)


def _anchor(url: str, text: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(url, text)


def not_here() -> HTTPException:
    """The answer to everything that is not genuine. It says nothing of what there is."""
    return HTTPException(404)


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


async def pages_of(request: Request) -> Pages:
    """The pages of the application that answers."""
    found: Pages = request.app.state.pages
    return found


Door = Annotated[Pages, Depends(pages_of)]
