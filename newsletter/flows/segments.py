"""Counting segments, and explaining them for one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsletter.core.segment.describe import describe
from newsletter.core.segment.explain import explain
from newsletter.flows.people import known_person
from newsletter.flows.workspace import read_people
from newsletter.store.audience import count_mailable, withheld_now
from newsletter.store.people_in_segments import load_subscriber
from newsletter.store.segments import count_segment, sample_segment, segment_clause

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.segment.explain import Explanation
    from newsletter.core.subscriber import Subscriber
    from newsletter.flows.office import Office


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """A segment now: its sentence, its people, and how many of them may be mailed."""

    name: str
    title: str
    sentence: str
    people: int
    mailable: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "segment": self.name,
            "title": self.title,
            "who": self.sentence,
            "people": self.people,
            "may_be_mailed": self.mailable,
        }


@dataclass(frozen=True, slots=True)
class PersonExplained:
    """Why a person is in a segment or not, and whether anything else keeps mail from them."""

    segment: str
    address: str
    inside: bool
    withheld: str | None
    explanation: Explanation

    def as_dict(self) -> dict[str, Any]:
        return {
            "segment": self.segment,
            "address": self.address,
            "in": self.inside,
            "withheld": self.withheld,
            "conditions": self.explanation.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class SegmentSample:
    """A few people of a segment: always the same ones, from all over it."""

    name: str
    sentence: str
    people: int
    sample: tuple[Subscriber, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "segment": self.name,
            "who": self.sentence,
            "people": self.people,
            "sample": [
                {
                    "address": person.address,
                    "given_name": person.given_name,
                    "language": person.language,
                    "country": person.country,
                    "standing": person.standing.value,
                    "topics": sorted(person.topics),
                }
                for person in self.sample
            ],
        }


def count_segments(
    office: Office, names: tuple[str, ...], now: datetime, language: str
) -> list[SegmentCount]:
    """Count these segments, or all of them.

    Raises:
        ContentRefused: one of them does not exist.
    """
    people = read_people(office)
    chosen = [people.segment(name) for name in names] or list(people.segments.values())
    counted = []
    with office.database.read() as connection:
        for segment in chosen:
            clause = segment_clause(segment.where, now, people.segments, at_once=True)
            counted.append(
                SegmentCount(
                    name=segment.id,
                    title=segment.title(language),
                    sentence=describe(segment.where, people.segments, people.fields, language),
                    people=count_segment(connection, clause),
                    mailable=count_mailable(connection, clause, now),
                )
            )
    return counted


def sample_people(office: Office, name: str, size: int, now: datetime, language: str) -> SegmentSample:
    """At most `size` people of a segment, whether they may be mailed or not.

    Raises:
        ContentRefused: there is no such segment.
    """
    people = read_people(office)
    segment = people.segment(name)
    clause = segment_clause(segment.where, now, people.segments, at_once=True)
    with office.database.read() as connection:
        return SegmentSample(
            name,
            describe(segment.where, people.segments, people.fields, language),
            count_segment(connection, clause),
            tuple(sample_segment(connection, clause, size)),
        )


def explain_person(
    office: Office, segment: str, address: str, now: datetime, language: str
) -> PersonExplained:
    """Why the person with this address is in a segment or not.

    Raises:
        ContentRefused: there is no such segment, or nobody with this address.
    """
    people = read_people(office)
    rule = people.segment(segment)
    identity = known_person(office, address)
    with office.database.read() as connection:
        subscriber = load_subscriber(connection, identity)
        withheld = withheld_now(connection, identity, now)
    if subscriber is None:  # erased between the two look-ups
        raise LookupError(address)
    explanation = explain(rule.where, subscriber, now, people.segments, people.fields, language)
    return PersonExplained(segment, subscriber.address, explanation.verdict, withheld, explanation)
