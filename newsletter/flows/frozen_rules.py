"""Why somebody was in a frozen audience or not: by the rules that were frozen with it, whatever they have become since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsletter.core.consent import ConsentAction
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.segment.as_of import ConsentEvent, as_of
from newsletter.core.segment.describe import describe
from newsletter.core.segment.document import read_rules, rules_document
from newsletter.core.segment.explain import Explanation, explain
from newsletter.flows.approve import known_campaign
from newsletter.flows.people import known_person
from newsletter.store.frozen_rules import place_in_ledger, rules_of, set_rules
from newsletter.store.people import consents_of
from newsletter.store.people_in_segments import load_subscriber

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.office import Office
    from newsletter.flows.workspace import People
    from newsletter.store.engine import Connection


@dataclass(frozen=True, slots=True)
class PersonFrozen:
    """How a person stood to a frozen audience.

    Attributes:
        frozen_at: instant, UTC.
        version: SHA-256 of the rules by which it was frozen.
        sentence: who is in the segment by those rules.
        state: of the person's mail; None for somebody who was not in the audience.
        withheld: why they got none although they were in it.
        explanations: of the segment, and of those that are left out again, by name. Conditions are judged as of
            `frozen_at`, except that topics, language, country, domain and fields are as they are now.
        joined: when the person joined; instant, UTC.
    """

    campaign: str
    address: str
    frozen_at: datetime
    version: str
    sentence: str
    state: str | None
    withheld: str | None
    explanations: dict[str, Explanation]
    joined: datetime

    @property
    def inside(self) -> bool:
        """Whether the person was in the audience: they have a row in its ledger."""
        return self.state is not None

    @property
    def differs(self) -> bool:
        """Whether the conditions as judged now say something else than the ledger: the person has changed since."""
        first = next(iter(self.explanations.values()))
        return first.verdict is not self.inside

    def as_dict(self) -> dict[str, Any]:
        """The explanation for scripts."""
        return {
            "campaign": self.campaign,
            "address": self.address,
            "frozen_at": self.frozen_at.isoformat(),
            "rules": self.version,
            "who": self.sentence,
            "in": self.inside,
            "state": self.state,
            "withheld": self.withheld,
            "changed_since": self.differs,
            "conditions": {name: one.as_dict() for name, one in self.explanations.items()},
        }


def keep_rules(connection: Connection, campaign: Campaign, people: People, now: datetime) -> None:
    """Keep the rules by which a campaign's audience is frozen now; once for all its people."""
    names = (campaign.segment, *campaign.exclude)
    set_rules(connection, campaign.id, rules_document(names, people.segments, people.fields), now)


def explain_frozen(office: Office, name: str, address: str, language: str) -> PersonFrozen:
    """Why the person with this address was in the audience of a campaign or not.

    Raises:
        ContentRefused: there is no such campaign or person, or the audience is not frozen yet.
    """
    campaign, identity = known_campaign(office, name), known_person(office, address)
    with office.database.read() as connection:
        frozen = rules_of(connection, campaign.id)
        place = place_in_ledger(connection, campaign.id, identity)
        subscriber = load_subscriber(connection, identity)
        events = [
            ConsentEvent(ConsentAction(row["action"]), row["at"], row["source"])
            for row in consents_of(connection, identity)
        ]
    if frozen is None:
        what = f"No rules are kept of the audience of '{name}'."
        remedy = "It is frozen at launch; before that ask `newsletter segments explain`. An older program kept none."
        raise ContentRefused(Problem(what, remedy))
    if subscriber is None:  # erased between the two look-ups
        raise LookupError(address)
    segments, fields = read_rules(frozen.document)
    person = as_of(subscriber, events, frozen.at)
    return PersonFrozen(
        campaign=name,
        address=subscriber.address,
        frozen_at=frozen.at,
        version=frozen.digest,
        sentence=describe(segments[campaign.segment].where, segments, fields, language),
        state=place[0] if place else None,
        withheld=place[1] if place else None,
        explanations={
            each: explain(segments[each].where, person, frozen.at, segments, fields, language)
            for each in (campaign.segment, *campaign.exclude)
        },
        joined=subscriber.joined,
    )
