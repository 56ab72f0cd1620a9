"""A message as the wire takes it: dots already doubled, in pieces, so that what all have in common is never copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from newsletter.transports.contract import Envelope


class Outgoing(NamedTuple):
    """One message on its way to one recipient.

    Attributes:
        sender: the return path as an address, "" for the null path of automatic mail.
        recipient: as `parse_address` gave it.
        message_id: without angle brackets.
        pieces: the content one after the other: every line ends with CRLF, a dot at the beginning of a line is doubled
            (RFC 5321 section 4.5.2), the dot that ends it is not there. A line may go on in the next piece.
        size: octets of the content (RFC 1870), for SIZE.
        smtputf8: an address or a header needs SMTPUTF8 (RFC 6531).
        eight_bit: there are octets above 127 in the content (RFC 6152).
        tag: whatever the caller wants to find again in the receipt, such as the key of a row.
    """

    sender: str
    recipient: str
    message_id: str
    pieces: tuple[bytes, ...]
    size: int
    smtputf8: bool = False
    eight_bit: bool = False
    tag: object = None


def plain_content(message: Outgoing) -> bytes:
    """The content as the envelope had it: dots at the beginning of lines are single again."""
    return b"".join(message.pieces).replace(b"\r\n..", b"\r\n.")


def outgoing(envelope: Envelope, tag: object = None) -> Outgoing:
    """An envelope of the contract, ready for the wire."""
    content = envelope.content
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    stuffed = (b"\r\n" + ended).replace(b"\r\n.", b"\r\n..")[2:]
    header = content.partition(b"\r\n\r\n")[0]
    addresses = envelope.sender.isascii() and envelope.recipient.isascii()
    return Outgoing(
        envelope.sender,
        envelope.recipient,
        envelope.message_id,
        (stuffed,),
        len(content),
        smtputf8=not (addresses and header.isascii()),
        eight_bit=not content.isascii(),
        tag=tag,
    )
