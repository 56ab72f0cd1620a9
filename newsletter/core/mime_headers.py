"""Header fields: text made harmless, encoded words, phrases, folding, and a last check of what was made.

RFC 5322 for structure, RFC 2047 for encoded words, RFC 2231 for parameters, RFC 6532 for addresses outside ASCII.
The standard library's own folding is not used: it encodes a long List-Unsubscribe and loses quotes round a long
display name, so that one mailbox becomes three.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from itertools import pairwise

from newsletter.core.refusal import ContentRefused, Problem

LINE = 78  # RFC 5322 section 2.1.1: lines should not be longer, without CRLF
HARD_LINE = 998  # and must not be longer, in octets
ENCODED_WORD = 75  # RFC 2047 section 2
CRLF = "\r\n"

# The only fields that may carry UTF-8, and only in an address.
UTF8_FIELDS = frozenset({"from", "to", "reply-to"})

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_Q_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
# RFC 2231 section 7: what may stand for itself in a parameter with a character set
_BARE = (_Q_SAFE | {"."}) - set("!*+/")
_PERCENT = [chr(octet) if chr(octet) in _BARE else f"%{octet:02X}" for octet in range(256)]
_WRAPPING = len("=?utf-8?q??=")
_WIDEST_CHARACTER = 12  # four octets, each =XX
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_PLAIN_PARAMETER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]*")
_TYPOGRAPHY = "\u00a0\u202f"  # the spaces before a French colon and inside a number
_CHARSET = "utf-8''"
_ZWNJ, _ZWJ, _VARIATION = "\u200c", "\u200d", "\ufe0f"


def one_line(text: str) -> str:
    """`text` as a single harmless line.

    Runs of white space become one space. Controls, bidirectional controls and other characters without width go away; a
    joiner stays inside an emoji sequence and between letters of scripts that spell with it. A lone surrogate becomes
    U+FFFD.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    spaced = re.sub(r"\s+", lambda run: run[0] if run[0] in _TYPOGRAPHY else " ", text)
    if spaced.isascii() and spaced.isprintable():
        return spaced.strip()
    kept = (_kept(char, spaced[at - 1 : at], spaced[at + 1 : at + 2]) for at, char in enumerate(spaced))
    # What went away may have stood between two spaces, and a joiner may have lost its neighbour: look until it is still.
    once = "".join(kept)
    return one_line(once) if once != text else once.strip()


def _kept(char: str, before: str, after: str) -> str:
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    if char in (_ZWNJ, _ZWJ):
        return char if _joins(char, before, after) else ""
    return "" if category in {"Cc", "Cf", "Zl", "Zp"} else char


def _joins(joiner: str, before: str, after: str) -> bool:
    if not before or not after:
        return False
    left, right = unicodedata.category(before), unicodedata.category(after)
    emoji = joiner == _ZWJ and (left in {"So", "Sk"} or before == _VARIATION) and right == "So"
    spelling = left in {"Lo", "Mn", "Mc"} and right in {"Lo", "Mn", "Mc"} and before != _VARIATION
    return emoji or spelling


def unstructured(field: str, text: str) -> list[str]:
    """Tokens of a field of free text, such as Subject; `text` is already one line."""
    words = text.split(" ")
    fits = len(field) + 2 + len(words[0]) <= LINE and all(len(word) < LINE for word in words)
    if text.isascii() and "=?" not in text and fits:
        return words
    return encoded_words(text, LINE - len(field) - 2)


def phrase(field: str, text: str) -> list[str]:
    """Tokens of a display name that no reader can take for anything else; `text` is already one line.

    Atoms as they are, one quoted string when it fits on the first line (it is never folded), else encoded words.
    """
    if not text:
        return []
    room = LINE - len(field) - 2
    literal = text.isascii() and "=?" not in text
    if literal and _ATOMS.fullmatch(text) and all(len(word) <= room for word in text.split(" ")):
        return text.split(" ")
    quoted = '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    if literal and len(quoted) <= room:
        return [quoted]
    return encoded_words(text, room)


def encoded_words(text: str, first_room: int) -> list[str]:
    """`text` as encoded words of at most 75 characters, the first within `first_room`, cut between code points."""
    # Q stays legible, and filters distrust base64 without need: base64 only when most of it would be escapes.
    quoted = sum(map(_q_size, text)) <= len(text.encode()) * 2
    room = min(ENCODED_WORD, max(first_room, _WRAPPING + _WIDEST_CHARACTER))
    cuts, used, limit = [0], 0, _payload(room, quoted=quoted)
    for at, char in enumerate(text):
        width = _q_size(char) if quoted else len(char.encode())
        if used + width > limit:
            cuts.append(at)
            used, limit = 0, _payload(ENCODED_WORD, quoted=quoted)
        used += width
    render = _q_word if quoted else _b_word
    return [render(text[start:end]) for start, end in pairwise([*cuts, len(text)])]


def _payload(room: int, *, quoted: bool) -> int:
    """What fits in an encoded word of `room` characters: characters of Q, or octets before base64."""
    return room - _WRAPPING if quoted else (room - _WRAPPING) // 4 * 3


def _q_size(char: str) -> int:
    return 1 if char in _Q_SAFE or char == " " else 3 * len(char.encode())


def _q_word(text: str) -> str:
    coded = "".join(
        "_"
        if char == " "
        else char
        if char in _Q_SAFE
        else "".join(f"={octet:02X}" for octet in char.encode())
        for char in text
    )
    return f"=?utf-8?q?{coded}?="


def _b_word(text: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode('ascii')}?="


def parameters(pairs: list[tuple[str, str]]) -> list[str]:
    """Parameters of a Content-* field, each token on its own; values outside plain ASCII by RFC 2231."""
    tokens = [token for name, value in pairs for token in _parameter(name, value)]
    return [*(f"{token};" for token in tokens[:-1]), *tokens[-1:]]


def _parameter(name: str, value: str) -> list[str]:
    if value.isascii() and value.isalnum() and len(name) + len(value) + 3 <= LINE:
        return [f"{name}={value}"]
    # Two spaces in a row are encoded, so that a part's head is in DKIM's relaxed form as its body is.
    if _PLAIN_PARAMETER.fullmatch(value) and "  " not in value and len(name) + len(value) + 5 <= LINE:
        return [f'{name}="{value}"']
    coded = ["".join(_PERCENT[octet] for octet in char.encode()) for char in value]
    whole = f"{name}*={_CHARSET}{''.join(coded)}"
    if len(whole) + 2 <= LINE:
        return [whole]
    room = LINE - len(f" {name}*000*={_CHARSET};")
    pieces = [""]
    for char in coded:  # never cut within a character: readers decode piece by piece
        if len(pieces[-1]) + len(char) > room:
            pieces.append("")
        pieces[-1] += char
    return [f"{name}*{number}*={'' if number else _CHARSET}{piece}" for number, piece in enumerate(pieces)]


def fold(field: str, tokens: list[str]) -> str:
    """`Field: token token`, folded between tokens only, so that lines stay within 78 characters where they can.

    Raises:
        ContentRefused: the name or a token could break the field, or a line would pass 998 octets.
    """
    whole = f"{field}: {' '.join(tokens)}"
    is_clean = whole.isascii() and whole.isprintable() and _FIELD_NAME.fullmatch(field)
    if not (is_clean and tokens and all(map(str.strip, tokens))):
        _refuse_broken(field, tokens)
    if len(whole) <= LINE:
        return whole
    lines = [f"{field}: {tokens[0]}"]
    for token in tokens[1:]:
        if len(lines[-1]) + 1 + len(token) <= LINE:
            lines[-1] += f" {token}"
        else:
            lines.append(f" {token}")
    if len(whole.encode()) > HARD_LINE and any(len(line.encode()) > HARD_LINE for line in lines):
        raise refused(
            field, f"has a piece longer than {HARD_LINE} octets that cannot be broken.", "Make it shorter."
        )
    return CRLF.join(lines)


def _refuse_broken(field: str, tokens: list[str]) -> None:
    if not _FIELD_NAME.fullmatch(field):
        raise refused("header", "has a name that is not letters, digits and hyphens.", "Rename it.")
    if not tokens or not all(map(str.strip, tokens)):
        raise refused(field, "is empty.", "Give it a value or leave it out.")
    text = "".join(tokens)
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise refused(field, "has a control character or a line break in it.", "Take it out.")
    if not text.isascii() and field.lower() not in UTF8_FIELDS:
        raise refused(field, "has characters outside ASCII.", "Write it in ASCII.")


def header_block(fields: list[tuple[str, list[str]]]) -> str:
    """All fields, each ended with CRLF, no field twice.

    Raises:
        ContentRefused: a field is broken or there twice, or the lines made are not these fields and no other.
    """
    names = [field.lower() for field, _ in fields]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise refused(twice, "is there twice.", "Leave one of them.")
    block = "".join(fold(field, tokens) + CRLF for field, tokens in fields)
    made = [line.partition(":")[0].lower() for line in block.split(CRLF)[:-1] if not line.startswith(" ")]
    if made != names:
        raise refused("header", "does not read back as it was written.", "Report this as a fault.")
    return block


def refused(field: str, what: str, remedy: str) -> ContentRefused:
    """A refusal about one header field."""
    return ContentRefused(Problem(f"The header {field} {what}", remedy, field=field))
