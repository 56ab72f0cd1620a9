"""What a template may ask about a reader to show a block to some and not to others.

A flag is about the person alone. The language is none: each language has an edition, and a template asks `mail.language`.
In a mail that merges reminders, which deadlines stand in a person's copy is about that person too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NAMED = "named"
"""Their given name is known."""

TOPICS = "topics"
"""They chose at least one topic."""

TRACKED = "tracked"
"""They allow us to see what they open and press, and this mail makes use of it."""

_TOPIC = "topic "


def topic_flag(topic: str) -> str:
    """The flag of those who chose this topic."""
    return f"{_TOPIC}{topic}"


def deadline_flag(key: str) -> str:
    """The flag of those whose copy of a merged reminder tells this deadline."""
    return f"deadline {key}"


def first_flag(key: str) -> str:
    """The flag of those for whom this deadline is the most urgent one in their copy."""
    return f"first {key}"


def count_flag(count: int) -> str:
    """The flag of those whose copy tells so many deadlines."""
    return f"deadlines {count}"


def due_flags(keys: Sequence[str]) -> frozenset[str]:
    """The flags of somebody whose copy of a merged reminder tells these deadlines, most urgent first."""
    return frozenset({*map(deadline_flag, keys), *map(first_flag, keys[:1]), count_flag(len(keys))})


def known_flags(topics: Iterable[str], deadlines: Sequence[str] = ()) -> frozenset[str]:
    """Every flag there is, in a workspace with these topics and in a mail that merges reminders of these deadlines."""
    counts = map(count_flag, range(1, len(deadlines) + 1))
    return frozenset(
        {NAMED, TOPICS, TRACKED, *map(topic_flag, topics)}
        | {*map(deadline_flag, deadlines), *map(first_flag, deadlines), *counts}
    )


def flags_of(given_name: str, topics: Iterable[str]) -> frozenset[str]:
    """The flags of one person.

    Args:
        given_name: "" or blank when it is not known.
        topics: ids of the topics they chose.
    """
    chosen = {topic_flag(topic) for topic in topics}
    return frozenset(chosen | ({TOPICS} if chosen else set()) | ({NAMED} if given_name.strip() else set()))
