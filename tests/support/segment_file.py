"""A file of fields and a file of one segment, and what is said of them."""

from __future__ import annotations

import pytest

from newsletter.core.refusal import ContentRefused
from newsletter.core.segment.fields import parse_fields
from newsletter.core.segment.parse import parse_segments

FIELDS_YAML = """
fields:
  city:
    type: text
    label: {en: City, fr: Ville}
  kind:
    type: choice
    label: {en: Kind of organisation, fr: Type d’organisation}
    choices:
      association: {en: Association, fr: Association}
      press: {en: Press, fr: Presse}
  employees:
    type: integer
    label: {en: Number of employees, fr: Nombre de salariés}
  member:
    type: boolean
    label: {en: Member of the network, fr: Membre du réseau}
  founded:
    type: date
    label: {en: Date of foundation, fr: Date de fondation}
  budget:
    type: decimal
    label: {en: Budget in millions, fr: Budget en millions}
  roles:
    type: choices
    label: {en: Roles, fr: Rôles}
    choices:
      press: {en: Press, fr: Presse}
      trainer: {en: Trainer, fr: Formation}
  tags:
    type: tags
    label: {en: Tags, fr: Étiquettes}
topics:
  erasmus:
    label: {en: Erasmus+, fr: Erasmus+}
  social-economy:
    label: {en: Social economy, fr: Économie sociale}
    description: {en: About once a month., fr: Environ une fois par mois.}
"""
FIELDS = parse_fields(FIELDS_YAML, "subscribers/fields.yaml")
PATH = "subscribers/segments.yaml"


def segment_file(where):
    return f"segments:\n  one:\n    title: {{en: One}}\n    where: {where}\n"


def node_of(where):
    return parse_segments(segment_file(where), PATH, FIELDS)["one"].where


def problems_of(text, fields=FIELDS):
    with pytest.raises(ContentRefused) as refused:
        parse_segments(text, PATH, fields)
    return refused.value.problems
