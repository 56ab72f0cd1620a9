"""Contact cards (vCard 2.1, 3.0 and 4.0; RFC 2426, RFC 6350) as rows: the few properties that a letter has use for."""

from __future__ import annotations

import quopri
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.core.people_file.rows import FileRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VCARD_NAMES = (
    "email",
    "given_name",
    "family name",
    "organisation",
    "country",
    "language",
    "zone",
    "categories",
)
_LONGEST_CARD = 100_000  # characters; what is behind them is a photograph
_GROUP = re.compile(r"^[A-Za-z0-9-]+\.")
_PARAMETER = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
_PARTS = re.compile(r"(?<!\\);")


@dataclass(slots=True)
class _Card:
    line: int
    text: list[str] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    preferred: bool = False


def vcard_rows(lines: Iterable[str]) -> Iterator[FileRow]:
    """The row of names, then one for each card. Of several addresses the preferred one is taken, else the first."""
    yield FileRow(1, "", list(VCARD_NAMES))
    card: _Card | None = None
    for number, line in _unfolded(lines):
        said = line.strip().upper()
        if said == "BEGIN:VCARD":
            if card is not None:
                yield FileRow(card.line, "\n".join(card.text), [], "the card does not end")
            card = _Card(number)
        elif said == "END:VCARD" and card is not None:
            yield FileRow(card.line, "\n".join(card.text), [card.found.get(name, "") for name in VCARD_NAMES])
            card = None
        elif card is None:
            if said:
                yield FileRow(number, line, [], "it stands outside of every card")
        else:
            card.text.append(line)
            _read(card, line)
    if card is not None:
        yield FileRow(card.line, "\n".join(card.text), [], "the card does not end")


def _unfolded(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Lines with those that go on below put together again, by a space (RFC 6350 section 3.2) or a `=` (vCard 2.1)."""
    began, whole = 0, ""
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip("\r\n").removeprefix("\ufeff")
        quoted = whole.endswith("=") and "QUOTED-PRINTABLE" in whole.partition(":")[0].upper()
        if began and (quoted or line[:1] in {" ", "\t"}):
            if len(whole) < _LONGEST_CARD:
                whole = whole[:-1] + line if quoted else whole + line[1:]
            continue
        if began:
            yield began, whole
        began, whole = number, line
    if began:
        yield began, whole


def _read(card: _Card, line: str) -> None:
    head, colon, value = line.partition(":")
    name, *parameters = _PARAMETER.split(_GROUP.sub("", head))
    said = [parameter.upper() for parameter in parameters] if colon else []
    if any("QUOTED-PRINTABLE" in one for one in said):
        value = quopri.decodestring(value.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")
    match name.upper():
        case "EMAIL":
            _take_address(card, _plain(value), said)
        case "N":
            family, given = (*_parts(value), "", "")[:2]
            card.found |= {"family name": family, "given_name": given or card.found.get("given_name", "")}
        case "FN":
            card.found["given_name"] = card.found.get("given_name") or _plain(value)
        case "ADR":
            card.found["country"] = card.found.get("country") or (*_parts(value), *[""] * 7)[6]
        case "ORG":
            card.found["organisation"] = _parts(value)[0]
        case "LANG" | "TZ":
            card.found.setdefault("language" if name.upper() == "LANG" else "zone", _plain(value))
        case "CATEGORIES":
            card.found["categories"] = re.sub(r"(?<!\\),", ";", value)
        case _:
            pass


def _take_address(card: _Card, address: str, said: list[str]) -> None:
    preferred = any(one in {"PREF", "PREF=1"} or (one[:5] == "TYPE=" and "PREF" in one) for one in said)
    if "email" not in card.found or (preferred and not card.preferred):
        card.found["email"], card.preferred = address, preferred


def _parts(value: str) -> list[str]:
    return [_plain(part) for part in _PARTS.split(value)]


def _plain(value: str) -> str:
    """Without its escapes (RFC 6350 section 3.4)."""
    return re.sub(r"\\([\\,;:nN])", lambda found: " " if found[1] in "nN" else found[1], value).strip()
