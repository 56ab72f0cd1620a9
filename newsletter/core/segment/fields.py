"""`subscribers/fields.yaml`: what may be known of a person, and the topics that they choose from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsletter.core.legal_basis import LegalBasis
from newsletter.core.segment.reader import Reader, choose_from
from newsletter.core.segment.tree import FieldType, label_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.core.located_yaml import Path

_LONGEST_NAME = 64  # the column of a topic
_FIELD_KEYS = ("type", "label", "description", "choices")
_WITH_CHOICES = frozenset({FieldType.CHOICE, FieldType.CHOICES})
_TOPIC_KEYS = ("label", "description", "basis")


@dataclass(frozen=True, slots=True)
class Field:
    """Something that may be known of a person.

    Attributes:
        labels: what people call it, by language.
        choices: for `choice` and `choices`, the words of each value by language, in the order written.
    """

    name: str
    type: FieldType
    labels: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)

    def label(self, language: str) -> str:
        """What people call the field in `language`."""
        return label_in(self.labels, language, self.name)

    def choice_label(self, choice: str, language: str) -> str:
        """What people call one of its choices; a value that is no choice any more is shown as it is."""
        return label_in(self.choices.get(choice, {}), language, choice)


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject that a person may follow.

    Attributes:
        basis: on what ground mail about it may be sent.
    """

    id: str
    labels: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    basis: LegalBasis = LegalBasis.CONSENT

    def label(self, language: str) -> str:
        """What people call the topic in `language`."""
        return label_in(self.labels, language, self.id)


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields and the topics of a workspace, in the order written."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)

    def topic_label(self, topic: str, language: str) -> str:
        """What people call a topic; one that is gone from the file is shown by its id."""
        return self.topics[topic].label(language) if topic in self.topics else topic

    def field_label(self, name: str, language: str) -> str:
        """What people call a field; one that is gone from the file is shown by its name."""
        return self.fields[name].label(language) if name in self.fields else name

    def choice_label(self, name: str, choice: str, language: str) -> str:
        """What people call a choice of a field."""
        return self.fields[name].choice_label(choice, language) if name in self.fields else choice


def parse_fields(text: str, path: str) -> Fields:
    """Read `fields.yaml`.

    Args:
        text: the source; an empty file means no fields and no topics.
        path: the file as the person knows it.

    Raises:
        ContentRefused: every problem with its line.
    """
    reader = Reader(text, path)
    root = reader.root(("fields", "topics"))
    fields = {
        name: _field(reader, ("fields", name), value)
        for name, value in _section(reader, root, "fields").items()
    }
    topics = {name: _topic(reader, name, value) for name, value in _section(reader, root, "topics").items()}
    reader.finish()
    return Fields(fields, topics)


def _section(reader: Reader, root: dict[str, Any], name: str) -> dict[str, Any]:
    return reader.mapping(root[name], (name,)) if root.get(name) is not None else {}


def _field(reader: Reader, keys: tuple[str, str], value: Any) -> Field:
    name = keys[1]
    reader.identifier(name, keys, most=_LONGEST_NAME)
    mapping = reader.mapping(value, keys, _FIELD_KEYS)
    kind = _field_type(reader, mapping, keys)
    labels = reader.labels(mapping, "label", keys)
    return Field(
        name, kind, labels, _choices(reader, mapping, kind, keys), _descriptions(reader, mapping, keys)
    )


def _field_type(reader: Reader, mapping: dict[str, Any], keys: Path) -> FieldType:
    word = mapping.get("type")
    if word is None:
        reader.blame("'type' is missing.", f"Write type: with one of {', '.join(FieldType)}.", keys)
    elif word not in list(FieldType):
        reader.blame(f"'{word}' is no type of field.", choose_from(str(word), FieldType), (*keys, "type"))
    else:
        return FieldType(word)
    return FieldType.TEXT


def _choices(
    reader: Reader, mapping: dict[str, Any], kind: FieldType, keys: Path
) -> dict[str, dict[str, str]]:
    place: Path = (*keys, "choices")
    if "choices" not in mapping:
        if kind in _WITH_CHOICES:
            reader.blame(
                "A choice needs choices.", "Write choices: with the values and their words under it.", keys
            )
        return {}
    if kind not in _WITH_CHOICES:
        reader.blame(
            f"A field of type {kind} has no choices.", "Write type: choice, or remove choices.", place
        )
        return {}
    choices = reader.mapping(mapping["choices"], place)
    if choices == {} and isinstance(mapping["choices"], dict):
        reader.blame("There are no choices.", "Write at least one value with its words.", place)
    for choice in choices:
        reader.identifier(choice, (*place, choice), most=_LONGEST_NAME)
    return {choice: reader.words(words, (*place, choice)) for choice, words in choices.items()}


def _topic(reader: Reader, name: str, value: Any) -> Topic:
    keys: Path = ("topics", name)
    reader.identifier(name, keys, most=_LONGEST_NAME)
    mapping = reader.mapping(value, keys, _TOPIC_KEYS)
    labels, descriptions = reader.labels(mapping, "label", keys), _descriptions(reader, mapping, keys)
    return Topic(name, labels, descriptions, _basis(reader, mapping, keys))


def _basis(reader: Reader, mapping: dict[str, Any], keys: Path) -> LegalBasis:
    word = mapping.get("basis", LegalBasis.CONSENT)
    if word in list(LegalBasis):
        return LegalBasis(word)
    reader.blame(f"'{word}' is no legal basis.", choose_from(str(word), LegalBasis), (*keys, "basis"))
    return LegalBasis.CONSENT


def _descriptions(reader: Reader, mapping: dict[str, Any], keys: Path) -> dict[str, str]:
    return reader.words(mapping["description"], (*keys, "description")) if "description" in mapping else {}
