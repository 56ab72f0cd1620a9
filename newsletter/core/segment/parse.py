"""`subscribers/segments.yaml`: segments by id, with every mistake told at once."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from newsletter.core.segment.conditions import Reading
from newsletter.core.segment.reader import Reader
from newsletter.core.segment.tree import InSegment, Segment, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.core.segment.conditions import Reference
    from newsletter.core.segment.fields import Fields

_LONGEST_ID = 100  # the column of a campaign's segment
# SQLite refuses an expression that is 1,000 deep; segments inside segments could grow without end (a few lines would
# make millions of conditions), so they are counted as if written out.
MOST_CONDITIONS = 200


def parse_segments(text: str, path: str, fields: Fields) -> dict[str, Segment]:
    """Read `segments.yaml`.

    Args:
        text: the source; an empty file means no segments.
        path: the file as the person knows it.
        fields: what `fields.yaml` says; fields, choices and topics are checked against it.

    Returns:
        Every segment by its id, in the order written. References are to segments of the file and form no circle.

    Raises:
        ContentRefused: every problem with its line and what to write instead.
    """
    reader = Reader(text, path)
    root = reader.root(("segments",))
    entries = reader.mapping(root["segments"], ("segments",)) if root.get("segments") is not None else {}
    references: list[Reference] = []
    found = [_segment(reader, fields, identity, entries, references) for identity in entries]
    segments = {segment.id: segment for segment in found if segment is not None}
    order = _refuse_circles(reader, list(entries), references)
    _refuse_giants(reader, segments, order)
    reader.finish()
    return segments


def _segment(
    reader: Reader, fields: Fields, identity: str, entries: dict[str, Any], references: list[Reference]
) -> Segment | None:
    keys = ("segments", identity)
    reader.identifier(identity, keys, most=_LONGEST_ID)
    mapping = reader.mapping(entries[identity], keys, ("title", "where"))
    titles = reader.labels(mapping, "title", keys)
    if "where" not in mapping:
        reader.blame("'where' is missing.", "Write where: with a condition under it.", keys)
        return None
    reading = Reading(reader, fields, identity, tuple(entries), references)
    node = reading.node(mapping["where"], (*keys, "where"))
    return None if node is None else Segment(identity, node, titles)


def _refuse_circles(reader: Reader, ids: Sequence[str], references: Sequence[Reference]) -> tuple[str, ...]:
    """Blame each circle of references, naming its chain; the answer is an order in which references come first."""
    graph = {
        identity: {ref.target: ref.keys for ref in references if ref.source == identity} for identity in ids
    }
    while True:
        try:
            return tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            circle = error.args[1][:0:-1]  # the sorter names the referenced one first, and one of them twice
            first = min(range(len(circle)), key=lambda at: ids.index(circle[at]))
            chain = [*circle[first:], *circle[:first], circle[first]]
            keys = graph[chain[-2]].pop(chain[-1])
            what = f"The segments refer to one another in a circle: {' → '.join(chain)}."
            reader.blame(what, "Remove one of these references.", keys)


def _refuse_giants(reader: Reader, segments: dict[str, Segment], order: Sequence[str]) -> None:
    """Blame segments with more conditions than a database can be asked."""
    sizes: dict[str, int] = {}
    for identity in order:
        if identity not in segments:
            continue
        nodes = list(walk(segments[identity].where))
        sizes[identity] = sum(
            sizes.get(node.segment, 0) if isinstance(node, InSegment) else 1 for node in nodes
        )
        if sizes[identity] > MOST_CONDITIONS:
            what = f"With the segments that it refers to, this one has {sizes[identity]} conditions."
            reader.blame(what, f"Keep to {MOST_CONDITIONS}.", ("segments", identity, "where"))
            sizes[identity] = 1
