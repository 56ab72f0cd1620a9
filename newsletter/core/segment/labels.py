"""From a condition to its words in one language: identifiers become what people call them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, assert_never

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

from newsletter.core.segment.tree import (
    RELATIVE,
    Acted,
    AllOf,
    AnyOf,
    Attribute,
    Did,
    FieldType,
    Granted,
    GrantedBy,
    HasTopic,
    InCountry,
    InDomain,
    InSegment,
    Joined,
    NoneOf,
    Operator,
    Reads,
    Stands,
)
from newsletter.core.segment.words import EnglishWords
from newsletter.core.segment.words_french import FrenchWords

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.core.segment.fields import Fields
    from newsletter.core.segment.tree import Node, Segment, Value

WORDS: dict[str, EnglishWords] = {words.language: words for words in (EnglishWords(), FrenchWords())}


@dataclass(frozen=True, slots=True)
class Labels:
    """What people call things, in one language.

    Attributes:
        words: how conditions are said.
        names: what campaigns and deadlines are called, by name and key; one that is missing is shown by its key.
    """

    words: EnglishWords
    fields: Fields
    segments: Mapping[str, Segment]
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def speaking(
        cls, language: str, fields: Fields, segments: Mapping[str, Segment], names: Mapping[str, str]
    ) -> Labels:
        """The labels in `language`, in English when there are no words for it."""
        words = WORDS.get(language.split("-", maxsplit=1)[0], WORDS["en"])
        return cls(words, fields, segments, names)

    def name(self, key: str) -> str:
        """What a campaign or a deadline is called."""
        return self.names.get(key, key)

    def topic(self, topic: str) -> str:
        """What a topic is called, as written in fields.yaml: it may be a proper name."""
        return self.fields.topic_label(topic, self.words.language)

    def country(self, code: str) -> str:
        """The CLDR name of a country."""
        return str(Locale(self.words.language).territories.get(code, code))

    def language(self, code: str) -> str:
        """The CLDR name of a language."""
        try:
            return Locale.parse(code, sep="-").get_display_name(self.words.language) or code
        except (UnknownLocaleError, ValueError):
            return code

    def value(  # noqa: PLR0911 - one line for each type
        self, name: str, kind: FieldType, value: Value
    ) -> str:
        """A value of a field, within a sentence; a list with commas."""
        if isinstance(value, tuple):
            return ", ".join(self.value(name, kind, one) for one in value)
        match kind:
            case FieldType.CHOICE | FieldType.CHOICES:
                return _inline(self.fields.choice_label(name, str(value), self.words.language))
            case FieldType.DECIMAL:
                return format_decimal(
                    value, locale="en_GB" if self.words.language == "en" else self.words.language
                )
            case FieldType.BOOLEAN:
                return self.words.yes if value else self.words.no
            case FieldType.DATE:
                return self._day(str(value))
            case FieldType.TEXT | FieldType.TAGS:
                return self.words.quoted(str(value))
            case FieldType.INTEGER:
                return str(value)

    def _day(self, text: str) -> str:
        try:
            return self.words.day(date.fromisoformat(text))
        except ValueError:
            return text

    def leaf(  # noqa: C901, PLR0911, PLR0912 - one line for each kind of condition
        self, node: Node, *, yes: bool = True
    ) -> str:
        """The phrase for one condition that is not a group; `yes` is False where it is denied."""
        words = self.words
        match node:
            case HasTopic(topics):
                return words.topic([self.topic(topic) for topic in topics], yes=yes)
            case Reads(languages):
                return words.reads([self.language(code) for code in languages], yes=yes)
            case InCountry(countries):
                return words.country([(code, self.country(code)) for code in countries], yes=yes)
            case Attribute():
                return self._attribute(node, yes=yes)
            case InDomain(domains):
                return words.domain(domains, yes=yes)
            case Joined(period):
                return words.joined(period, yes=yes)
            case Stands(standings):
                return words.stands(standings, yes=yes)
            case Granted(period):
                return words.granted(period, yes=yes)
            case GrantedBy(sources):
                return words.granted_by(sources, yes=yes)
            case Did(kind, campaigns, topics, period):
                named = [self.name(campaign) for campaign in campaigns]
                return words.did(kind, named, [self.topic(topic) for topic in topics], period, yes=yes)
            case Acted(marks, deadlines, period):
                return words.acted(marks, [self.name(one) for one in deadlines], period, yes=yes)
            case InSegment(segment):
                return words.segment(self.segments[segment].title(words.language), yes=yes)
            case AllOf() | AnyOf() | NoneOf():
                raise TypeError("a group is said part by part")
            case _:
                assert_never(node)

    def _attribute(self, node: Attribute, *, yes: bool) -> str:
        label = self.fields.field_label(node.name, self.words.language)
        if node.operator is Operator.EXISTS:
            return self.words.known(label, yes=yes is node.operand)
        if node.operator is Operator.IS_NOT:
            node, yes = Attribute(node.name, node.type, Operator.IS, node.operand), not yes
        if node.type is FieldType.BOOLEAN:
            return self.words.truth(label, value=node.operand is True, yes=yes)
        if node.operator in RELATIVE:
            values = [str(days) for days in node.operands]
            return self.words.attribute(_inline(label), node.operator, values, yes=yes)
        values = [self.value(node.name, node.type, operand) for operand in node.operands]
        return self.words.attribute(_inline(label), node.operator, values, yes=yes)


def _inline(label: str) -> str:
    """A label within a sentence: its first letter is made small unless it looks like a name or an abbreviation."""
    first = label.split(" ", maxsplit=1)[0]
    plain = first.replace("-", "").replace("’", "").replace("'", "")
    ordinary = plain.isalpha() and len(plain) > 1 and label[1:] == label[1:].lower()
    return label[0].lower() + label[1:] if ordinary else label
