"""Digests as files of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.digest_file import parse_digest
from newsletter.core.refusal import ContentRefused, Problem, Refusal
from newsletter.flows.workspace import read_people
from newsletter.library import RuleFile

if TYPE_CHECKING:
    from newsletter.core.digest import Digest
    from newsletter.flows.office import Office


def read_digest(office: Office, name: str) -> Digest:
    """The digest that `articles/NAME.digest.yaml` describes.

    Raises:
        ContentRefused: there is no such file, or it is wrong; with every problem, by line.
    """
    path, text = office.library.rule_source(RuleFile.DIGEST, name)
    settings = office.settings
    digest = parse_digest(
        text,
        path,
        name,
        languages=settings.languages,
        zone=settings.zone,
        lateness=settings.lateness.campaigns,
        blackout=settings.blackouts.blackout,
    )
    _check_names(office, digest)
    return digest


def read_digests(office: Office) -> tuple[list[Digest], list[Refusal]]:
    """Every digest, and what is wrong with the files of others."""
    found, refusals = [], []
    for name in office.library.rules(RuleFile.DIGEST):
        try:
            found.append(read_digest(office, name))
        except Refusal as refusal:
            refusals.append(refusal)
    return found, refusals


def _check_names(office: Office, digest: Digest) -> None:
    """Segments, sender and topics must exist, before the moment comes at which they are needed."""
    people = read_people(office)
    for segment in (digest.segment, *digest.exclude):
        people.segment(segment)
    office.settings.sender(digest.sender)
    unknown = [topic for topic in digest.topics if topic not in people.fields.topics]
    if unknown:
        known = ", ".join(sorted(people.fields.topics)) or "none yet"
        what = f"There is no topic '{unknown[0]}'."
        raise ContentRefused(Problem(what, f"Topics: {known}.", digest.path, None, "topics"))
