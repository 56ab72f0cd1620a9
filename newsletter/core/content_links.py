"""The links of a mail that are counted, found in its compiled HTML, and the same HTML with redirects in their place.

What is frozen and shown in the browser has plain links; redirects are put in when a campaign is filled. A redirect is the same
for everybody, so that nothing about a reader stands in it. Readers who allow tracking get one piece more at its end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from newsletter.core.flags import TRACKED
from newsletter.core.markup import links
from newsletter.core.mjml.tokens import Kind, attributes, names, tokens
from newsletter.core.personal import Context, Gate, GateEnd, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from newsletter.core.article import ArticleText
    from newsletter.core.deadline import Deadline
    from newsletter.core.mjml.tokens import Token
    from newsletter.core.personal import Piece

READER_SLOT = "reader_token"
"""The slot of the reader's own token (`token.Purpose.READER`) in the mail of somebody who allows tracking."""

_LONGEST_URL = 2000
_LONGEST_WORDS = 200
# What a Location header can carry as it is (RFC 3986 section 2): other addresses stay as they are.
_PLAIN_ADDRESS = re.compile(r"https?://[!#-;=?-~]+", re.IGNORECASE)
# `https://example.org/call` or `example.org/call`: words that are themselves an address must not lead elsewhere.
_ADDRESS_IN_WORDS = re.compile(r"://|^www\.|^\S+\.[a-z]{2,}(/\S*)?$", re.IGNORECASE)
_WITHIN_WORDS = names("strong em b i u code sup sub small")
_PERSONAL = "\0"
_BODY_END = "</body>"


@dataclass(frozen=True, slots=True)
class ContentLink:
    """A link that is counted.

    Attributes:
        url: where it leads, absolute, http or https.
        words: what the reader presses; the address where it has no words.
        article: slug of the article that it belongs to, "" for none.
    """

    url: str
    words: str
    article: str = ""


class _Found(NamedTuple):
    """An address in the HTML: its place between quotes, and the words of the link."""

    url: str
    start: int
    end: int
    words: str


def content_links(
    html: Sequence[Piece], own: Iterable[str], articles: Mapping[str, str]
) -> tuple[ContentLink, ...]:
    """The links of an edition that are counted, each address once, in reading order.

    Left out is what is personal, mail and telephone, places in the mail itself, the office's own pages, and a link whose
    words are an address: a redirect behind it would look like a forgery.

    Args:
        html: a cut edition.
        own: addresses whose pages are the office's own; whatever lies under one of them is not counted.
        articles: slugs by address.
    """
    pages = [_site(address) for address in own]
    counted: dict[str, ContentLink] = {}
    for found in _found(_whole(html)):
        if found.url not in counted and not any(_lies_under(found.url, page) for page in pages):
            words = found.words[:_LONGEST_WORDS] or found.url[:_LONGEST_WORDS]
            counted[found.url] = ContentLink(found.url, words, articles.get(found.url, ""))
    return tuple(counted.values())


def addresses_in(article: ArticleText, deadlines: Mapping[str, Deadline]) -> tuple[str, ...]:
    """Where an article leads: its own link, its event, its deadlines as written and as they stand now, the links of its text.

    Args:
        article: in one language.
        deadlines: where each stands now, by key.
    """
    known = (deadlines.get(f"{article.slug}/{entry.id}") for entry in article.deadlines)
    return (
        *([article.link.url] if article.link else []),
        *([article.event.url] if article.event else []),
        *(entry.url for entry in article.deadlines),
        *(deadline.url for deadline in known if deadline),
        *links(article.body),
    )


def with_redirects(html: Sequence[Piece], addresses: Mapping[str, str]) -> tuple[Piece, ...]:
    """The same edition, its counted links leading through redirects.

    Args:
        html: a cut edition.
        addresses: of the redirects, by where they lead.
    """
    source = _whole(html)
    changes = [
        (found.start, found.end, (escape(addresses[found.url]), *_for_tracked("-")))
        for found in _found(source)
        if found.url in addresses
    ]
    return _spliced(html, changes)


def with_picture(html: Sequence[Piece], address: str) -> tuple[Piece, ...]:
    """The same edition with an invisible picture at its end, for readers who allow tracking and for nobody else.

    Args:
        html: a cut edition.
        address: of the picture, up to the reader's token.
    """
    source = _whole(html)
    at = source.rfind(_BODY_END)
    if at < 0:
        return tuple(html)
    look = 'width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0;"'
    picture = _for_tracked(f'<img src="{escape(address)}', f'" {look} />')
    return _spliced(html, [(at, at, picture)])


def _for_tracked(before: str, after: str = "") -> tuple[Piece, ...]:
    closing = (after, GateEnd()) if after else (GateEnd(),)
    return (Gate(TRACKED, present=True), before, Slot(READER_SLOT, Context.URL_PART), *closing)


def _whole(html: Iterable[Piece]) -> str:
    """The source again, with a sign for each piece that is not the same for everybody: no mail holds a NUL."""
    return "".join(piece if isinstance(piece, str) else _PERSONAL for piece in html)


def _found(source: str) -> Iterator[_Found]:
    """Every link that may be counted, in order; the same address may come more than once."""
    stream = list(tokens(source))
    for place, token in enumerate(stream):
        if token.kind is Kind.OPEN and token.name.lower() == "a":
            for attribute in attributes(token):
                value = attribute.value or ""
                if attribute.name.lower() == "href" and attribute.quote and _may_be_counted(value):
                    start = source.index(attribute.quote, attribute.start) + 1
                    words = _words(stream, place + 1)
                    if not _ADDRESS_IN_WORDS.search(words):
                        yield _Found(unescape(value), start, start + len(value), words)


def _may_be_counted(value: str) -> bool:
    url = unescape(value)
    return (
        len(url) <= _LONGEST_URL
        and _PLAIN_ADDRESS.fullmatch(url) is not None
        and bool(_site(url)[0])
        and "@" not in _site(url)[0]
    )


def _words(stream: Sequence[Token], start: int) -> str:
    """What stands in a link: its text, and the text alternatives of its pictures."""
    words: list[str] = []
    for token in stream[start:]:
        if token.kind is Kind.CLOSE and token.name.lower() == "a":
            break
        if token.kind is Kind.TEXT:
            words.append(token.text.replace(_PERSONAL, " "))
        elif token.kind is Kind.OPEN and token.name.lower() == "img":
            words += [f" {each.value} " for each in attributes(token) if each.name == "alt" and each.value]
        elif token.name.lower() not in _WITHIN_WORDS:
            words.append(" ")
    return " ".join(unescape("".join(words)).split())


def _site(url: str) -> tuple[str, str]:
    """Machine and path of an address; ("", "") for one that cannot be read."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.netloc.lower(), parts.path.rstrip("/")


def _lies_under(url: str, page: tuple[str, str]) -> bool:
    machine, path = _site(url)
    return machine == page[0] and f"{path}/".startswith(f"{page[1]}/")


def _spliced(
    html: Sequence[Piece], changes: Sequence[tuple[int, int, tuple[Piece, ...]]]
) -> tuple[Piece, ...]:
    """The pieces with some stretches of the source changed; no stretch holds anything personal."""
    made: list[Piece] = []
    waiting, position = list(reversed(changes)), 0
    for piece in html:
        if not isinstance(piece, str):
            made.append(piece)
            position += len(_PERSONAL)
            continue
        end, begin = position + len(piece), position
        while waiting and waiting[-1][0] < end:
            start, stop, instead = waiting.pop()
            made += [piece[begin - position : start - position], *instead]
            begin = stop
        made.append(piece[begin - position :])
        position = end
    return tuple(piece for piece in made if piece != "")
