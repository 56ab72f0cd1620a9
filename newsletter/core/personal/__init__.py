"""The recipients' slots: places in a compiled mail where something about one person goes in.

A template is rendered and compiled once, with marker words where a person's values will stand. The result is cut at
the markers, each slot gets the escaping that its place needs, and filling is a join. Recipients' data is never parsed
as template, and what an author writes can neither make nor break a marker, because it cannot know the nonce.
"""

from newsletter.core.personal.cut import cut_html, cut_plain
from newsletter.core.personal.fill import fill, set_values, write_each
from newsletter.core.personal.markers import Markers
from newsletter.core.personal.pieces import (
    Context,
    Gate,
    GateEnd,
    Piece,
    Slot,
    gates_of,
    pieces_from_json,
    pieces_to_json,
    slots_of,
    slots_without_gate,
)

__all__ = [
    "Context",
    "Gate",
    "GateEnd",
    "Markers",
    "Piece",
    "Slot",
    "cut_html",
    "cut_plain",
    "fill",
    "gates_of",
    "pieces_from_json",
    "pieces_to_json",
    "set_values",
    "slots_of",
    "slots_without_gate",
    "write_each",
]
