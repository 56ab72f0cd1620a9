"""Digests as files of the workspace."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from newsletter.core.digest_file import parse_digest
from newsletter.core.refusal import ContentRefused, Problem, Refusal
from newsletter.core.rule_file import RuleFile
from newsletter.flows.workspace import read_people

if TYPE_CHECKING:
    from newsletter.core.digest import Digest
    from newsletter.flows.office import Office

# A file is read anew each time, and parsed when its words or the settings have changed.
_parse = lru_cache(maxsize=256)(parse_digest)


def read_digest(office: Office, name: str) -> Digest:
    """The digest that `articles/NAME.digest.yaml` describes.

    Raises:
        ContentRefused: there is no such file, or it is wrong; with every problem, by line.
    """
    digest = _parsed(office, name)
    check_names(office, digest)
    return digest


def _parsed(office: Office, name: str) -> Digest:
    path, text = office.library.rule_source(RuleFile.DIGEST, name)
    settings = office.settings
    return _parse(
        text,
        path,
        name,
        languages=settings.languages,
        zone=settings.zone,
        lateness=settings.lateness.campaigns,
        blackout=settings.blackouts.blackout,
    )


def read_digests(office: Office, *, names: bool = True) -> tuple[list[Digest], list[Refusal]]:
    """Every digest, and what is wrong with the files of others.

    Args:
        names: whether the segments, topics and senders that they name must exist. The scheduler looks every second, and asks that
            only when something is due.
    """
    found, refusals = [], []
    for name in office.library.rules(RuleFile.DIGEST):
        try:
            found.append(read_digest(office, name) if names else _parsed(office, name))
        except Refusal as refusal:
            refusals.append(refusal)
    return found, refusals


def check_names(office: Office, digest: Digest) -> None:
    """Segments, sender and topics must exist.

    Raises:
        ContentRefused: one of them does not.
    """
    people = read_people(office)
    for segment in (digest.segment, *digest.exclude):
        people.segment(segment)
    office.settings.sender(digest.sender)
    unknown = [topic for topic in digest.topics if topic not in people.fields.topics]
    if unknown:
        known = ", ".join(sorted(people.fields.topics)) or "none yet"
        what = f"There is no topic '{unknown[0]}'."
        raise ContentRefused(Problem(what, f"Topics: {known}.", digest.path, None, "topics"))
