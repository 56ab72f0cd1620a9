"""Segments told to people: the sentence that describes one, and the reasons why somebody is in it or not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.core.segment.describe import describe
from newsletter.core.segment.evaluate import matches
from newsletter.core.segment.explain import explain
from newsletter.core.segment.fields import parse_fields
from newsletter.core.segment.parse import parse_segments
from newsletter.core.segment.tree import (
    AllOf,
    AnyOf,
    HasTopic,
    InCountry,
    InSegment,
    Joined,
    NoneOf,
    Period,
    Segment,
    When,
)
from newsletter.core.subscriber import Subscriber

NOW = datetime(2021, 9, 16, 8, 30, tzinfo=UTC)
FIELDS = parse_fields(
    """
fields:
  city: {type: text, label: {en: City, fr: Ville}}
  kind:
    type: choice
    label: {en: Kind of organisation, fr: Type d’organisation}
    choices:
      association: {en: Association, fr: Association}
      cooperative: {en: Co-operative, fr: Coopérative}
      foundation: {en: Foundation, fr: Fondation}
      sce: {en: SCE, fr: SCE}
  employees: {type: integer, label: {en: Number of employees, fr: Nombre de salariés}}
  member: {type: boolean, label: {en: Member of the network, fr: Membre du réseau}}
  founded: {type: date, label: {en: Date of foundation, fr: Date de fondation}}
topics:
  erasmus: {label: {en: Erasmus+, fr: Erasmus+}}
  social-economy: {label: {en: Social economy, fr: Économie sociale}}
""",
    "fields.yaml",
)
PARTNERS = Segment("partners", HasTopic(("social-economy",)), {"en": "Partners", "fr": "Partenaires"})
NAMES = {
    "erasmus-accreditation/accreditation": "Erasmus+ accreditation",
    "september-2021": "The letter of September",
}


def _segments(where):
    text = f"""
segments:
  partners: {{title: {{en: Partners, fr: Partenaires}}, where: {{topic: social-economy}}}}
  one: {{title: {{en: One}}, where: {where}}}
"""
    return parse_segments(text, "segments.yaml", FIELDS)


def _told(where, language):
    segments = _segments(where)
    return describe(segments["one"].where, segments, FIELDS, language, NAMES).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("where", "english", "french"),
    [
        (
            "{all: [{topic: erasmus}, {country: [FR, BE]}, {none: [{applied: erasmus-accreditation/accreditation}]}]}",
            "People interested in Erasmus+, in France or Belgium, and who have not applied for “Erasmus+ accreditation”.",
            (
                "Personnes intéressées par le thème Erasmus+, en France ou en Belgique, et qui n’ont pas encore postulé "
                "à « Erasmus+ accreditation »."
            ),
        ),
        (
            "{all: [{topic: social-economy}, {attribute: kind, in: [association, cooperative, sce]}]}",
            "People interested in Social economy, and whose kind of organisation is association, co-operative or SCE.",
            (
                "Personnes intéressées par le thème Économie sociale, et avec pour type d’organisation : association,"
                " coopérative ou SCE."
            ),
        ),
        (
            "{any: [{segment: partners}, {topic: erasmus}]}",
            "People in the segment “Partners” or interested in Erasmus+.",
            "Personnes du segment « Partenaires » ou intéressées par le thème Erasmus+.",
        ),
        (
            "{attribute: employees, at_least: 50}",
            "People whose number of employees is 50 or more.",
            "Personnes avec pour nombre de salariés : 50 ou plus.",
        ),
        (
            "{none: [{attribute: employees, at_least: 50}]}",
            "People whose number of employees is below 50 (or is unknown).",
            "Personnes sans avoir pour nombre de salariés : 50 ou plus.",
        ),
        (
            "{attribute: kind, is_not: foundation}",
            "People whose kind of organisation is not foundation (or is unknown).",
            "Personnes sans avoir pour type d’organisation : fondation.",
        ),
        (
            "{none: [{attribute: kind, is_not: foundation}]}",
            "People whose kind of organisation is foundation.",
            "Personnes avec pour type d’organisation : fondation.",
        ),
        (
            "{attribute: city, contains: Lyon}",
            "People whose city contains “Lyon”.",
            "Personnes avec pour ville : un texte qui contient « Lyon ».",
        ),
        (
            "{attribute: founded, before: 1991-01-01}",
            "People whose date of foundation is before 1 January 1991.",
            "Personnes avec pour date de fondation : avant le 1er janvier 1991.",
        ),
        (
            "{attribute: city, exists: false}",
            "People for whom “City” is unknown.",
            "Personnes dont le champ « Ville » n’est pas renseigné.",
        ),
        (
            "{attribute: member, is: true}",
            "People for whom “Member of the network” is yes.",
            "Personnes avec « Membre du réseau » : oui.",
        ),
        (
            "{joined: {within_days: 90}}",
            "People who joined in the last 90 days.",
            "Personnes inscrites depuis 90 jours au plus.",
        ),
        (
            "{none: [{joined: {after: 2021-06-01}}]}",
            "People who did not join after 1 June 2021.",
            "Personnes non inscrites après le 1er juin 2021.",
        ),
        (
            "{all: [{language: [fr, nl]}, {received: september-2021}]}",
            "People who read in French or Dutch, and who received “The letter of September”.",
            "Personnes qui lisent en français ou néerlandais, et qui ont reçu « The letter of September ».",
        ),
        (
            "{none: [{country: [FR, PT]}, {country: NL}]}",
            "People not in France or Portugal, and not in the Netherlands.",
            "Personnes qui ne sont ni en France ni au Portugal, et qui ne sont pas aux Pays-Bas.",
        ),
        (
            "{all: [{country: FR}, {any: [{topic: [erasmus, social-economy]}, {country: MT}]}]}",
            "People in France, and either (interested in Erasmus+ or Social economy) or in Malta.",
            "Personnes en France, et soit (intéressées par le thème Erasmus+ ou Économie sociale), soit à Malte.",
        ),
        (
            "{none: [{all: [{topic: erasmus}, {country: FR}]}]}",
            "People not interested in Erasmus+ or not in France.",
            "Personnes non intéressées par le thème Erasmus+ ou qui ne sont pas en France.",
        ),
    ],
)
def test_a_segment_is_described_in_one_sentence(where, english, french):
    assert _told(where, "en") == english
    assert _told(where, "fr") == french


def test_another_language_is_answered_in_english():
    assert _told("{topic: social-economy}", "de") == "People interested in Social economy."


def test_a_campaign_or_deadline_without_a_name_is_told_by_its_key():
    segments = _segments("{applied: kitchen-partners/answer}")
    assert describe(segments["one"].where, segments, FIELDS, "en") == (
        "People who have applied for “kitchen-partners/answer”."
    )


def test_a_group_without_parts_is_everybody_or_nobody():
    told = [
        describe(node, {}, FIELDS, "en") for node in (AllOf(()), AnyOf(()), NoneOf(()), AllOf((AnyOf(()),)))
    ]
    assert told == ["Everybody.", "Nobody.", "Everybody.", "Nobody."]


def _ada(**changes):
    plain = {
        "id": 1,
        "address": "ada@example.org",
        "given_name": "Ada",
        "language": "fr-BE",
        "country": "BE",
        "zone": "",
        "joined": datetime(2021, 3, 3, 23, 30, tzinfo=UTC),
        "topics": frozenset({"erasmus"}),
        "attributes": {"kind": "association", "employees": 18, "member": False, "city": "Liège"},
    }
    return Subscriber(**plain | changes)


def _explained(where, told_in="en", **changes):
    segments = _segments(where)
    explanation = explain(segments["one"].where, _ada(**changes), NOW, segments, FIELDS, told_in, NAMES)
    return [
        (depth, one.words.replace("\u00a0", " "), one.value.replace("\u00a0", " "), one.verdict)
        for depth, one in explanation.lines()
    ]


def test_each_condition_is_explained_with_the_persons_value_and_the_verdict():
    where = "{all: [{topic: social-economy}, {country: [FR, BE]}, {none: [{received: september-2021}]}]}"
    assert _explained(where) == [
        (0, "All of these:", "", False),
        (1, "interested in Social economy", "Erasmus+", False),
        (1, "in France or Belgium", "Belgium", True),
        (1, "None of these:", "", True),
        (2, "who received “The letter of September”", "never", False),
    ]


def test_a_reference_is_explained_through():
    assert _explained("{any: [{segment: partners}]}", "fr") == [
        (0, "Au moins l’un de ces points :", "", False),
        (1, "du segment « Partenaires »", "non", False),
        (2, "intéressées par le thème Économie sociale", "Erasmus+", False),
    ]


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("{language: en}", "French (Belgium)"),
        ("{attribute: kind, is: foundation}", "association"),
        ("{attribute: employees, at_least: 50}", "18"),
        ("{attribute: member, is: true}", "no"),
        ("{attribute: city, is: Lyon}", "“Liège”"),
        ("{attribute: founded, after: 2020-01-01}", "unknown"),
        ("{joined: {after: 2021-06-01}}", "3 March 2021"),
    ],
)
def test_a_value_is_shown_as_people_write_it(where, value):
    assert _explained(where)[0][2:] == (value, False)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("{topic: erasmus}", "no topic"),
        ("{country: FR}", "unknown"),
        ("{language: fr}", "unknown"),
        ("{attribute: kind, is: foundation}", "unknown"),
    ],
)
def test_what_is_not_known_is_said_to_be_unknown(where, value):
    nothing = {"topics": frozenset(), "country": "", "language": "", "attributes": {"kind": None}}
    assert _explained(where, **nothing)[0][2:] == (value, False)


ERASMUS, TWO_TOPICS = HasTopic(("erasmus",)), HasTopic(("social-economy", "gone"))
LEAVES = st.sampled_from(
    [
        ERASMUS,
        TWO_TOPICS,
        InCountry(("BE", "FR")),
        Joined(Period(When.WITHIN_DAYS, 30)),
        InSegment("partners"),
    ]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        *(st.builds(kind, st.lists(inner, max_size=3).map(tuple)) for kind in (AllOf, AnyOf, NoneOf))
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=150)
@given(TREES, st.sampled_from(["en", "fr"]), st.frozensets(st.sampled_from(["erasmus", "social-economy"])))
def test_an_explanation_agrees_with_the_verdict_and_every_tree_has_a_sentence(node, language, topics):
    person, segments = _ada(topics=topics), {"partners": PARTNERS}
    explanation = explain(node, person, NOW, segments, FIELDS, language)
    assert explanation.verdict is matches(node, person, NOW, segments)
    combine = {AllOf: all, AnyOf: any, NoneOf: lambda verdicts: not any(verdicts)}.get(type(node))
    if combine:
        assert explanation.verdict is combine(part.verdict for part in explanation.parts)
    sentence = describe(node, segments, FIELDS, language)
    assert sentence.endswith(".")
    assert sentence.count("(") == sentence.count(")")
