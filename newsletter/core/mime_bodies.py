"""Bodies: text made harmless, quoted-printable at 76, base64, and the headers of a part."""

from __future__ import annotations

import base64
import re
from binascii import b2a_qp
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.core.mime_headers import CRLF, fold, one_line, parameters, refused
from newsletter.core.strange import strange_characters

if TYPE_CHECKING:
    from collections.abc import Sequence

_FEW = 40  # kinds of characters up to which replacing one after the other is quicker
LINE = 76  # RFC 2045 section 6.7, with the "=" of a soft break

_NOT_IN_FILENAMES = re.compile(r'[/\\:*?"<>|]')
# mbox files mangle "From " and SMTP doubles a dot at the start of a line: encoded, neither has anything to change.
_LEADING = re.compile(r"\.|F(?=rom )")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a token of RFC 2045, no secret
_MEDIA_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}")
_PARAMETER = re.compile(rf'({_TOKEN})=(?:({_TOKEN})|"([^"\\\x00-\x1f\x7f]*)")')


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with the letter.

    Attributes:
        filename: as the reader sees it; what some file system refuses (slashes, quotes …) becomes an underscore.
        content_type: a media type with any parameters, such as `text/calendar; method=PUBLISH; charset=utf-8`.
        content: the octets; they arrive unchanged.
    """

    filename: str
    content_type: str
    content: bytes


def clean_body(text: str) -> str:
    r"""`text` with "\n" for every kind of line end, no control but the tab, U+FFFD for a lone surrogate."""
    if text.isprintable() or text.replace("\u00a0", "").isprintable():
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", lines))


def quoted_printable(text: str) -> str:
    """`text`, with "\\n" line ends, in quoted-printable of UTF-8: lines of at most 76 characters, joined by CRLF.

    No line begins with a dot or with "From ", none ends in white space, and no character is cut by a soft break. A tab,
    and every other space of a run, is encoded: so the octets are what DKIM's relaxed form of them is (RFC 6376 section
    3.4.4), and a signer has nothing to rewrite.
    """  # noqa: D301 - the backslash is meant
    if is_plain_line(text):
        return text
    return CRLF.join(physical for line in text.split("\n") for physical in _physical_lines(_encoded(line)))


def is_plain_line(text: str) -> bool:
    """Whether quoted-printable leaves `text` as it is, as most values of a person are."""
    return (
        len(text) <= LINE
        and text.isascii()
        and text.isprintable()
        and "=" not in text
        and "  " not in text
        and not text.startswith((".", "From "))
        and not text.endswith(" ")
    )


def coded_each(texts: Sequence[str]) -> list[bytes]:
    """What `quoted_printable` makes of each text once it is clean: many short texts at the price of a few long searches."""
    joined = "\n".join(texts)
    strange = strange_characters(joined)
    is_clean = all(char.isprintable() or char == "\u00a0" for char in strange)
    if not is_clean or joined.count("\n") != len(texts) - 1 or len(strange) > _FEW:
        return [quoted_printable(clean_body(text)).encode("ascii") for text in texts]
    coded = joined.replace("=", "=3D")
    for char in strange:
        coded = coded.replace(char, "".join(f"={octet:02X}" for octet in char.encode()))
    coded = _spaced(coded)
    lines = coded.encode("ascii").split(b"\n")
    if max(map(len, lines)) <= LINE and not (
        coded.startswith((".", "From ")) or "\n." in coded or "\nFrom " in coded
    ):
        return lines
    return [CRLF.join(_physical_lines(line)).encode("ascii") for line in coded.split("\n")]


def _encoded(line: str) -> str:
    if line.isascii() and line.isprintable():
        coded = line.replace("=", "=3D")
    else:
        # Its soft breaks fall within characters and before dots: taken out again.
        coded = b2a_qp(line.encode()).replace(b"=\n", b"").replace(b"\t", b"=09").decode("ascii")
    return _spaced(coded)


def _spaced(lines: str) -> str:
    """Every other space of a run and the last one of a line as escapes."""
    coded = lines.replace("  ", " =20").replace(" \n", "=20\n")
    return f"{coded[:-1]}=20" if coded.endswith(" ") else coded


def _physical_lines(line: str) -> list[str]:
    lines, start = [], 0
    while True:
        prefix = ""
        if line[start : start + 1] in {".", "F"} and (leading := _LEADING.match(line, start)):
            prefix = f"={ord(leading[0]):02X}"
            start += 1
        room = LINE - len(prefix)
        if len(line) - start <= room:
            lines.append(prefix + line[start:])
            return lines
        end = _cut(line, start + room - 1)
        lines.append(f"{prefix}{line[start:end]}=")
        start = end


def _cut(line: str, at: int) -> int:
    """The last place up to `at` between two characters: not within `=XX`, not before a continuation octet."""
    if "=" in line[at - 2 : at]:
        at = line.rindex("=", at - 2, at)
    while line[at] == "=" and line[at + 1] in "89AB":
        at -= 3
    return at


def letter_body(
    mark: str, text: str, html: str, attachments: tuple[Attachment, ...]
) -> tuple[list[str], str]:
    """Tokens of the letter's Content-Type, and its body.

    Args:
        mark: 24 hexadecimal digits that no other letter's boundaries have.
        text: the plain part as `quoted_printable` wrote it; `html` alike.
        attachments: what goes with it.
    """
    parts = [text_part("text/plain", text), text_part("text/html", html)]
    kind, body = multipart("alternative", f"=_a_{mark}", parts)
    if not attachments:
        return kind, body
    inner = f"{fold('Content-Type', kind)}{CRLF}{CRLF}{body}"
    return multipart("mixed", f"=_m_{mark}", [inner, *map(attachment_part, attachments)])


def text_part(media_type: str, encoded: str) -> str:
    """A text part; `encoded` comes from `quoted_printable`."""
    kind = fold("Content-Type", [f"{media_type};", 'charset="utf-8"'])
    return CRLF.join((kind, "Content-Transfer-Encoding: quoted-printable", "", encoded))


def attachment_part(attachment: Attachment) -> str:
    """An attachment in base64, its name by RFC 2231 in both places where mail readers look for it.

    Raises:
        ContentRefused: no name, or a content type that cannot be an attachment.
    """
    name = _NOT_IN_FILENAMES.sub("_", one_line(attachment.filename))
    if not name.strip("._ "):
        raise refused(
            "Content-Disposition", "has no file name.", "Give the attachment a name such as call.ics."
        )
    media_type, own = _media_type(attachment.content_type)
    kind = fold("Content-Type", [f"{media_type};", *parameters([*own, ("name", name)])])
    disposition = fold("Content-Disposition", ["attachment;", *parameters([("filename", name)])])
    coded = base64.b64encode(attachment.content).decode("ascii")
    lines = [coded[at : at + LINE] for at in range(0, len(coded), LINE)]
    return CRLF.join((kind, disposition, "Content-Transfer-Encoding: base64", "", *lines))


def _media_type(text: str) -> tuple[str, list[tuple[str, str]]]:
    media_type, *rest = (piece.strip() for piece in text.split(";"))
    found = [_PARAMETER.fullmatch(piece) for piece in rest]
    if not _MEDIA_TYPE.fullmatch(media_type) or not all(found):
        raise refused(
            "Content-Type", f"of an attachment is not valid: {text!r}.", "Write it as text/calendar."
        )
    if media_type.lower().startswith(("multipart/", "message/")):
        raise refused("Content-Type", f"of an attachment cannot be {media_type}.", "Attach a plain file.")
    pairs = [(each[1].lower(), each[2] or each[3] or "") for each in found if each]
    names = [name for name, _ in pairs]
    if "name" in names or len(set(names)) < len(names):
        raise refused("Content-Type", "names a parameter twice.", "The file name has a field of its own.")
    return media_type, pairs


def multipart(kind: str, boundary: str, parts: list[str]) -> tuple[list[str], str]:
    """Tokens of the Content-Type of a multipart, and its body.

    A boundary that holds "=_" cannot occur in a part: quoted-printable writes "=" only before an octet's two digits or
    at the end of a line, base64 only at its end (RFC 2045 section 6.7 recommends just that).
    """
    body = "".join(f"--{boundary}{CRLF}{part}{CRLF}" for part in parts) + f"--{boundary}--{CRLF}"
    return [f"multipart/{kind};", f'boundary="{boundary}"'], body
