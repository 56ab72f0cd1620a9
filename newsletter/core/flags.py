"""What a template may ask about a reader to show a block to some and not to others.

A flag is about the person alone. The language is none: each language has an edition, and a template asks `mail.language`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMED = "named"
"""Their given name is known."""

TOPICS = "topics"
"""They chose at least one topic."""

_TOPIC = "topic "


def topic_flag(topic: str) -> str:
    """The flag of those who chose this topic."""
    return f"{_TOPIC}{topic}"


def known_flags(topics: Iterable[str]) -> frozenset[str]:
    """Every flag there is, in a workspace with these topics."""
    return frozenset({NAMED, TOPICS, *map(topic_flag, topics)})


def flags_of(given_name: str, topics: Iterable[str]) -> frozenset[str]:
    """The flags of one person.

    Args:
        given_name: "" or blank when it is not known.
        topics: ids of the topics they chose.
    """
    chosen = {topic_flag(topic) for topic in topics}
    return frozenset(chosen | ({TOPICS} if chosen else set()) | ({NAMED} if given_name.strip() else set()))
