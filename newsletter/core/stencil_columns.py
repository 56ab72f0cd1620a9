"""The values of many people as octets, column by column: escaped for their place, encoded, and spliced into a plan.

A column is looked at as a whole; what most of its values need not is then done for none of them.
"""

from __future__ import annotations

from itertools import islice, repeat
from typing import TYPE_CHECKING

from newsletter.core.mime_bodies import coded_each
from newsletter.core.personal import Context, Slot, write_each
from newsletter.core.plain_text import WIDTH, wrapped
from newsletter.core.stencil_plan import WIDEST_LINE, TextLine, with_room

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from newsletter.core.stencil_plan import Plan


class Columns:
    """The values of some people by slot, each column written and encoded when it is first asked for.

    Args:
        values: by slot name, one for each person.
        rows: how many people there are.
    """

    def __init__(self, values: Mapping[str, Sequence[str]], rows: int) -> None:
        self._values, self._rows = values, rows
        self._escaped: dict[tuple[Context, str], Sequence[str]] = {}
        self._made: dict[Slot | TextLine, Sequence[bytes]] = {}
        self._plainly: dict[str, Sequence[bytes]] = {}

    def spliced(self, plan: Plan, members: Sequence[int]) -> list[tuple[bytes, ...]]:
        """The bodies of these people, in pieces.

        Raises:
            KeyError: there is no column of a name that the plan asks for.
        """
        everybody = len(members) == self._rows
        columns: list[Iterable[bytes]] = []
        for part in plan.parts:
            if isinstance(part, bytes):
                columns.append(repeat(part, len(members)))
            else:
                column = self._column(part)
                columns.append(column if everybody else [column[member] for member in members])
        return list(zip(*columns, strict=True))

    def _column(self, part: Slot | TextLine) -> Sequence[bytes]:
        made = self._made.get(part)
        if made is None:
            made = (
                (self._link_line(part) or self._line(part))
                if isinstance(part, TextLine)
                else self._value(part)
            )
            self._made[part] = made
        return made

    def _value(self, slot: Slot) -> Sequence[bytes]:
        written = self._written(slot.context, slot.name)
        # When there is nothing to escape the octets are the same wherever it stands.
        return self._plain_value(slot.name) if written is self._values[slot.name] else _insides(written)

    def _written(self, context: Context, name: str) -> Sequence[str]:
        written = self._escaped.get((context, name))
        if written is None:
            written = self._escaped[context, name] = write_each(context, self._values[name])
        return written

    def _plain_value(self, name: str) -> Sequence[bytes]:
        if name not in self._plainly:
            self._plainly[name] = _insides(self._values[name])
        return self._plainly[name]

    def _line(self, line: TextLine) -> Sequence[bytes]:
        texts = self._texts(line, self._rows)
        if max(map(len, texts)) <= WIDTH:
            return coded_each(texts)
        broken = [wrapped(text) if len(text) > WIDTH else [text] for text in texts]
        pieces = iter(coded_each([part for parts in broken for part in parts]))
        return [b"\r\n".join(islice(pieces, len(parts))) for parts in broken]

    def _link_line(self, line: TextLine) -> Sequence[bytes]:
        """A line around one web address when everybody's is equally long: one of them shows how all are written.

        No space is in an address, so that only its length decides where the line is wrapped. Empty when it is not so simple.
        """
        slots = [word for word in line.words if isinstance(word, Slot)]
        if len(slots) != 1 or not self._are_links(slots[0].name):
            return ()
        links = self._plain_value(slots[0].name)
        text = self._texts(line, 1)[0]
        shown = coded_each(wrapped(text) if len(text) > WIDTH else [text])
        around = b"\r\n".join(shown).split(links[0])
        if len(around) != 2 or any(b"=\r\n" in side for side in around):  # noqa: PLR2004 - before and after
            return ()
        before, after = around
        return [before + link + after for link in links]

    def _are_links(self, name: str) -> bool:
        """Whether all values are web addresses as ours are, of one length, each on one line."""
        values = self._values[name]
        lengths = {*map(len, values)}
        if len(lengths) > 1 or self._written(Context.URL, name) is not values:
            return False
        return len({*map(len, self._plain_value(name))}) == 1 and b"\r" not in self._plain_value(name)[0]

    def _texts(self, line: TextLine, rows: int) -> list[str]:
        """The line of the first people, of literals and values."""
        columns = [
            repeat(word, rows) if isinstance(word, str) else self._written(word.context, word.name)[:rows]
            for word in line.words
        ]
        return list(map("".join, zip(*columns, strict=True)))


def _insides(values: Sequence[str]) -> list[bytes]:
    """Values between soft line breaks."""
    coded = coded_each(values)
    if max(map(len, coded)) < WIDEST_LINE:
        return coded
    return [
        with_room(octets.decode("ascii")).encode("ascii") if len(octets) >= WIDEST_LINE else octets
        for octets in coded
    ]
