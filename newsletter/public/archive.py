"""What anybody may read: the letters that went out, their articles, and a list of them for search engines."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from newsletter.core.calendar_links import webcal_url
from newsletter.core.linked_data import article_json_ld
from newsletter.core.links import topic_feed_url
from newsletter.core.syndication import body_html
from newsletter.flows.archive import Archive, closing_soon, dates_of, open_archive
from newsletter.flows.syndication import page_of
from newsletter.flows.workspace import read_people
from newsletter.public.cached import cached
from newsletter.public.headers import ARTICLE_POLICY
from newsletter.public.languages import nearest
from newsletter.public.pages import Door, Pages, not_here

if TYPE_CHECKING:
    from newsletter.core.article import ArticleText
    from newsletter.flows.archive import Piece

router = APIRouter()

MOST_FOUND = 50
_WORDS_A_MINUTE = 220
_HOUR = 3_600  # seconds
_SITEMAP, _XHTML = "http://www.sitemaps.org/schemas/sitemap/0.9", "http://www.w3.org/1999/xhtml"


@router.api_route("/archive", methods=["GET", "HEAD"])
def show(request: Request, door: Door, q: str = "", topic: str = "", year: str = "") -> Response:
    """The letters of a year, the newest by itself; or the articles of a topic and with the words of a query."""
    office, language = door.office, door.language(request)
    archive, topics = open_archive(office), _topics(door, language)
    topic = topic if topic in topics else ""
    years = list(dict.fromkeys(letter.day.year for letter in archive.letters))
    shown = next((each for each in years if str(each) == year), years[0] if years else 0)
    is_search = bool(q.strip() or topic)
    found = list(islice(archive.pieces(language, topic, q), MOST_FOUND + 1)) if is_search else []
    return door.publish(
        request,
        "archive",
        language,
        archive=archive,
        letters=[letter for letter in archive.letters if letter.day.year == shown],
        year=shown,
        years=years,
        is_search=is_search,
        found=found[:MOST_FOUND],
        is_more=len(found) > MOST_FOUND,
        query=q.strip()[:200],
        topic=topic,
        topics=topics,
        soon=[] if is_search else closing_soon(office, archive, language, office.clock()),
        calendars={
            label: webcal_url(topic_feed_url(door.absolute(""), each, language))
            for each, label in topics.items()
        },
        canonical=door.absolute("/archive"),
    )


@router.api_route("/archive/{name}", methods=["GET", "HEAD"])
def letter(request: Request, door: Door, name: str) -> Response:
    """One letter: what was in it, as far as it may still be read."""
    language, archive = door.language(request), open_archive(door.office)
    found = archive.letter(name)
    if found is None:
        raise not_here()
    pieces = [archive.piece(slug, language) for slug in found.content.articles]
    return door.publish(
        request,
        "letter",
        language,
        headers={"Content-Security-Policy": ARTICLE_POLICY},
        letter=found,
        pieces=[piece for piece in pieces if piece is not None],
        picture=lambda text: _picture(door, text),
        topics=_topics(door, language),
        canonical=door.absolute(f"/archive/{name}"),
    )


@router.api_route("/articles/{slug}", methods=["GET", "HEAD"])
def article(request: Request, door: Door, slug: str) -> Response:
    """An article in the language of whoever asks, else in one that it has."""
    piece = open_archive(door.office).piece(slug, door.language(request))
    if piece is None:
        raise not_here()
    return _article(request, door, piece)


@router.api_route("/articles/{slug}/{language}", methods=["GET", "HEAD"])
def article_in(request: Request, door: Door, slug: str, language: str) -> Response:
    """An article in one language."""
    piece = open_archive(door.office).piece(slug, language)
    if piece is None or piece.text.language != language:
        raise not_here()
    return _article(request, door, piece)


@router.api_route("/sitemap.xml", methods=["GET", "HEAD"])
def sitemap(request: Request, door: Door) -> Response:
    """Every page that anybody may read, with its translations (sitemaps.org, and the `xhtml:link` of search engines)."""
    archive = open_archive(door.office)
    ET.register_namespace("", _SITEMAP)
    ET.register_namespace("xhtml", _XHTML)
    root = ET.Element(f"{{{_SITEMAP}}}urlset")
    _page(root, door.absolute("/archive"), {})
    for each in archive.letters:
        _page(root, door.absolute(f"/archive/{each.name}"), {})
    for slug in archive.first:
        piece = archive.piece(slug, "")
        for language in piece.languages if piece else ():
            _page(root, _address(door, slug, language), _translations(door, archive, slug))
    return cached(request, ET.tostring(root, "utf-8", xml_declaration=True), "application/xml", _HOUR)


def _article(request: Request, door: Pages, piece: Piece) -> Response:
    text, office = piece.text, door.office
    language = nearest(text.language, tuple(door.catalogues)) or door.language(request)
    address = page_of(office, text)
    picture = office.brand.image_url(text.image.src, text.slug) if text.image else ""
    linked = article_json_ld(text, address, picture, piece.letter.at, office.brand)
    labels = _topics(door, language)
    return door.publish(
        request,
        "article",
        language,
        headers={"Content-Security-Policy": ARTICLE_POLICY},
        piece=piece,
        text=text,
        body=Markup(body_html(text, lambda src: _path(door, text, src))),  # noqa: S704 - cleaned by nh3
        labels={topic: labels[topic] for topic in text.topics if topic in labels},
        minutes=max(1, round(len(text.body.split()) / _WORDS_A_MINUTE)),
        picture=_picture(door, text),
        shared_picture=picture,
        dates=dates_of(office, text, office.clock()),
        canonical=text.source or address,
        address=address,
        alternates={each: _address(door, text.slug, each) for each in piece.languages},
        linked_data=Markup(linked),  # noqa: S704 - JSON in which no sign can end the element
    )


def _picture(door: Pages, text: ArticleText) -> dict[str, Any] | None:
    if text.image is None:
        return None
    return {"src": _path(door, text, text.image.src), "alt": text.image.alt, "credit": text.image.credit}


def _path(door: Pages, text: ArticleText, src: str) -> str:
    """Where a picture lies, from this site's own root: the pages may be served under another name than mails know."""
    return src if src.startswith("https://") else f"{door.root}/images/{text.slug}/{src.strip('/')}"


def _topics(door: Pages, language: str) -> dict[str, str]:
    """The topics of the office by id, as this language calls them."""
    return {topic.id: topic.label(language) for topic in read_people(door.office).fields.topics.values()}


def _address(door: Pages, slug: str, language: str) -> str:
    return door.absolute(f"/articles/{slug}/{language}")


def _translations(door: Pages, archive: Archive, slug: str) -> dict[str, str]:
    piece = archive.piece(slug, "")
    return {each: _address(door, slug, each) for each in piece.languages} if piece else {}


def _page(root: ET.Element, address: str, translations: dict[str, str]) -> None:
    url = ET.SubElement(root, f"{{{_SITEMAP}}}url")
    ET.SubElement(url, f"{{{_SITEMAP}}}loc").text = address
    for language, other in translations.items() if len(translations) > 1 else ():
        link = {"rel": "alternate", "hreflang": language, "href": other}
        ET.SubElement(url, f"{{{_XHTML}}}link", link)
