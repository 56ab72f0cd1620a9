"""Where the links of a mail lead, as far as their addresses tell it, and whether a reader can leave."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.core.found_words import folded
from newsletter.core.preflight.page import value_of
from newsletter.core.preflight.structure import is_hidden
from newsletter.core.refusal import Level, Problem
from newsletter.core.web import parse_ip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bs4 import Tag

    from newsletter.core.preflight.mail import CheckedMail

_RUNNING = frozenset({"javascript", "vbscript", "data", "file", "blob"})
_GOOD = frozenset({"https", "mailto", "tel", "sms", "cid"})
_SHORTENERS = frozenset(
    [
        "bit.ly",
        "tinyurl.com",
        "t.co",
        "goo.gl",
        "ow.ly",
        "is.gd",
        "buff.ly",
        "rebrand.ly",
        "cutt.ly",
        "shorturl.at",
        "t.ly",
        "rb.gy",
        "lnkd.in",
    ]
)
_OWN_MACHINE = re.compile(r"localhost|.*\.(?:local|localhost|internal|test|invalid)", re.IGNORECASE)
_DOMAIN_IN_WORDS = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#]\S*)?", re.IGNORECASE)
_LEAVING = re.compile(r"unsubscri|desabonn|desinscri|opt.?out|abbestell|abmeld")
_VAGUE = frozenset(
    [
        "here",
        "click here",
        "click",
        "read more",
        "more",
        "learn more",
        "link",
        "this link",
        "see more",
        "details",
        "continue",
        "ici",
        "cliquez ici",
        "cliquer ici",
        "lire la suite",
        "en savoir plus",
        "plus",
        "lien",
        "ce lien",
        "suite",
        "voir plus",
        "details",
    ]
)


def addresses_work(mail: CheckedMail) -> Iterator[Problem]:
    """Every address is one that a mail program follows, from anywhere."""
    for tag in mail.page.named("a", "area"):
        href = value_of(tag, "href")
        if href is not None:
            yield from _address(mail, tag, "link", href.strip())
    for tag in mail.page.named("img"):
        yield from _address(mail, tag, "picture", (value_of(tag, "src") or "").strip())


def _address(mail: CheckedMail, tag: Tag, kind: str, address: str) -> Iterator[Problem]:
    shown = f"The {kind} '{address[:80]}'" if address else f"A {kind} ('{_words(tag)[:40]}')"
    scheme = _scheme(address)
    if scheme in _RUNNING:
        remedy = "Put the picture beside the article." if kind == "picture" else "Write an https address."
        why = "Mail programs block it, and filters distrust the mail."
        yield mail.told(
            "address-blocked", Level.ERROR, f"{shown} has the scheme {scheme}:.", remedy, why, tag=tag
        )
    elif scheme == "http":
        why = "It is not encrypted: whoever is on the way can read and change it."
        yield mail.told(
            "address-plain", Level.WARNING, f"{shown} is not encrypted.", "Write https.", why, tag=tag
        )
    elif (
        not address
        or (address.startswith("#") and not _leads_to_a_place(mail, address))
        or (not scheme and not address.startswith("#"))
    ):
        what = (
            f"{shown} leads nowhere." if not address or address == "#" else f"{shown} is not a whole address."
        )
        yield mail.told(
            "address-nowhere", Level.ERROR, what, "Write a whole address that begins with https://.", tag=tag
        )
    elif scheme and scheme not in _GOOD:
        yield mail.told(
            "address-scheme",
            Level.WARNING,
            f"{shown} has the scheme {scheme}:.",
            "Write an https address.",
            tag=tag,
        )
    if scheme in {"http", "https"}:
        yield from _host(mail, tag, shown, address)


def _host(mail: CheckedMail, tag: Tag, shown: str, address: str) -> Iterator[Problem]:
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        host = ""
    if not host or re.search(r"\s", address):
        yield mail.told(
            "address-nowhere",
            Level.ERROR,
            f"{shown} cannot be read.",
            "Copy it anew from the browser.",
            tag=tag,
        )
        return
    if _OWN_MACHINE.fullmatch(host):
        yield mail.told(
            "address-private",
            Level.ERROR,
            f"{shown} works on your machine only.",
            "Write the public address.",
            tag=tag,
        )
    elif _is_number(host):
        why = "Filters take it for fraud."
        yield mail.told(
            "address-number",
            Level.WARNING,
            f"{shown} has a number instead of a name.",
            "Write the name.",
            why,
            tag=tag,
        )
    elif host.lower() in _SHORTENERS:
        why = "Nobody sees where it leads, and filters know it from spam."
        yield mail.told(
            "address-short",
            Level.WARNING,
            f"{shown} hides where it leads.",
            "Write the address itself.",
            why,
            tag=tag,
        )
    if "@" in parts.netloc:
        yield mail.told(
            "address-password", Level.WARNING, f"{shown} holds a name or a password.", "Take it out.", tag=tag
        )


def links_say_where_they_lead(mail: CheckedMail) -> Iterator[Problem]:
    """WCAG 2.4.4, and no words that are another address than that behind them."""
    for tag in mail.page.named("a"):
        href = value_of(tag, "href")
        if href is None or is_hidden(tag):
            continue
        words = _words(tag)
        if not words:
            what = f"The link '{href[:80]}' has no words."
            yield mail.told(
                "link-words",
                Level.ERROR,
                what,
                "Write what the reader finds there.",
                "Who listens hears an address.",
                tag=tag,
            )
        elif folded(words).strip(" .…>»→") in _VAGUE and not value_of(tag, "aria-label"):
            what = f"'{words}' does not say where it leads."
            why = "Who listens to the links of a mail one by one knows nothing."
            yield mail.told("link-vague", Level.WARNING, what, "Name what is found there.", why, tag=tag)
        said = _DOMAIN_IN_WORDS.fullmatch(words)
        if said and _scheme(href) in {"http", "https"} and not _same_site(said[1], href):
            what = f"'{words[:60]}' leads to {urlsplit(href).hostname}."
            why = "Filters and readers take it for fraud."
            yield mail.told(
                "link-deceives", Level.ERROR, what, "Let the words and the address agree.", why, tag=tag
            )


def readers_can_leave(mail: CheckedMail) -> Iterator[Problem]:
    """Directive 2002/58/EC Art. 13(4); CAN-SPAM 15 USC 7704(a)(3); in both parts."""
    if mail.house is None:
        yield from _some_way_out(mail)
        return
    if not mail.house.unsubscribe_url:
        return
    url = mail.house.unsubscribe_url
    remedy = "Use the footer part in the template: parts/footer.mjml.j2."
    if not any(value_of(tag, "href") == url and not is_hidden(tag) for tag in mail.page.named("a")):
        what = "There is no link to unsubscribe."
        yield mail.told("unsubscribe", Level.ERROR, what, remedy, "The law asks for one in each mail.")
    if mail.text is not None and url not in mail.text:
        what = "The text part has no link to unsubscribe."
        yield mail.told(
            "unsubscribe",
            Level.ERROR,
            what,
            remedy.replace(".mjml", ".txt"),
            "The law asks for one in each mail.",
        )


def _some_way_out(mail: CheckedMail) -> Iterator[Problem]:
    """Of a message of which nothing is known but itself."""
    words = folded(f"{mail.page.words} {mail.text or ''}")
    if mail.headers and "list-unsubscribe" not in mail.headers and not _LEAVING.search(words):
        what = "Nothing says how to unsubscribe."
        remedy = "Write a link to unsubscribe, and the header List-Unsubscribe."
        yield mail.told(
            "unsubscribe", Level.WARNING, what, remedy, "The law asks for one in each mail of a list."
        )


def sender_is_named(mail: CheckedMail) -> Iterator[Problem]:
    """Directive 2000/31/EC Art. 5 and 6; CAN-SPAM 15 USC 7704(a)(5)."""
    if mail.house is None:
        return
    wanted = (mail.house.legal_name, *mail.house.postal_address)
    for part, words in (("HTML", mail.page.words), ("text part", mail.text)):
        if words is None:
            continue
        flat = " ".join(words.split())
        missing = [line for line in wanted if " ".join(line.split()) not in flat]
        if missing:
            what = f"The {part} does not say '{missing[0]}'."
            remedy = "Use the part for the legal lines in the template: parts/legal."
            yield mail.told(
                "postal-address",
                Level.ERROR,
                what,
                remedy,
                "The law asks for name and postal address of the sender.",
            )


def _leads_to_a_place(mail: CheckedMail, address: str) -> bool:
    return (
        any(address[1:] in {value_of(tag, "id"), value_of(tag, "name")} for tag in mail.page.tags)
        and address != "#"
    )


def _scheme(address: str) -> str:
    """In small letters; what is no letter and stands before is not seen by browsers either (WHATWG URL)."""
    found = re.match(r"([a-z][a-z0-9+.-]*):", re.sub(r"[\x00-\x20]", "", address), re.IGNORECASE)
    return found[1].lower() if found else ""


def _words(tag: Tag) -> str:
    pictures = [value_of(picture, "alt") or "" for picture in tag.find_all("img")]
    said = value_of(tag, "aria-label") or tag.get_text(" ", strip=True)
    return " ".join(" ".join([said, *pictures]).split())


def _same_site(said: str, href: str) -> bool:
    host = (urlsplit(href).hostname or "").lower().removeprefix("www.")
    said = said.lower().removeprefix("www.")
    return host == said or host.endswith(f".{said}") or said.endswith(f".{host}")


def _is_number(host: str) -> bool:
    try:
        parse_ip(host.strip("[]"))
    except ValueError:
        return False
    return True


LINK_RULES = (addresses_work, links_say_where_they_lead, readers_can_leave, sender_is_named)
