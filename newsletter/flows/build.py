"""Editions as files to look at, filled for a sample reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.flows.compose import Edition, compose_editions, lay_desk
from newsletter.flows.deadlines import all_deadlines
from newsletter.flows.sample import copy_for, sample_reader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from newsletter.core.campaign import Campaign
    from newsletter.flows.office import Office


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
        filled = copy_for(office, campaign, language, edition, sample_reader(office, language)).mail
        for ending, content in (("html", filled.html), ("txt", filled.text)):
            path = target / f"{campaign.name}.{language}.{ending}"
            path.write_text(content, encoding="utf-8")
            files.append(path)
    return files
