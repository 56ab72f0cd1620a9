"""Editions as files to look at, filled for a sample reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.flags import due_flags, flags_of
from newsletter.core.links import LinkColumns
from newsletter.core.recipient import Recipient, slot_values
from newsletter.core.render import FilledMail, fill_mail
from newsletter.flows.compose import Edition, compose_editions, lay_desk
from newsletter.flows.deadlines import all_deadlines
from newsletter.flows.workspace import read_catalogues, read_people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from newsletter.core.campaign import Campaign
    from newsletter.flows.office import Office

# A key of its own: a preview that is passed on must not let anybody act in a reader's name.
PREVIEW_KEY = b"links in previews and tests lead nowhere"


def build_previews(office: Office, campaign: Campaign, folder: Path, now: datetime) -> list[Path]:
    """Compile a campaign as it is now and write NAME.LANGUAGE.html and .txt; nothing is stored.

    Raises:
        ContentRefused: an article or a template is wrong.
    """
    editions = compose_editions(lay_desk(office, campaign, all_deadlines(office), now), campaign)
    return write_previews(office, campaign, editions, folder)


def write_previews(
    office: Office, campaign: Campaign, editions: Mapping[str, Edition], folder: Path
) -> list[Path]:
    """Write each edition, filled for a sample reader, as NAME.LANGUAGE.html and .txt; gives the files."""
    target = office.settings.path(folder)
    target.mkdir(parents=True, exist_ok=True)
    files = []
    for language, edition in editions.items():
        filled = fill_for_sample(office, campaign, language, edition, "ada@example.org")
        for ending, content in (("html", filled.html), ("txt", filled.text)):
            path = target / f"{campaign.name}.{language}.{ending}"
            path.write_text(content, encoding="utf-8")
            files.append(path)
    return files


def fill_for_sample(
    office: Office, campaign: Campaign, language: str, edition: Edition, address: str
) -> FilledMail:
    """The mail as a reader called Ada would get it, with links that lead nowhere."""
    root = office.settings.public_url
    links = LinkColumns(root, PREVIEW_KEY, campaign.id, (0,))
    topics = read_people(office).fields.topics
    chosen = tuple(topic.label(language) for topic in topics.values())
    recipient = Recipient(address, "Ada", topic_labels=chosen)
    catalogue = read_catalogues(office)[language]
    values = slot_values(edition.mail.slots, recipient, links, catalogue, campaign.kind, root)
    # She chose every topic, so that no block for the readers of one is missed by whoever looks at the preview.
    told = due_flags([rung.deadline for rung in campaign.content.rungs])
    return fill_mail(edition.mail, values, flags_of("Ada", topics) | told)
