"""Issues as files of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.issue_file import parse_issue
from newsletter.core.rule_file import RuleFile

if TYPE_CHECKING:
    from newsletter.core.campaign import Campaign
    from newsletter.flows.office import Office


def read_issue(office: Office, name: str) -> Campaign:
    """The draft that `articles/NAME.issue.yaml` describes.

    Raises:
        ContentRefused: there is no such file, or it is wrong; with every problem, by line.
    """
    path, text = office.library.rule_source(RuleFile.ISSUE, name)
    settings = office.settings
    return parse_issue(
        text,
        path,
        name,
        languages=settings.languages,
        zone=settings.zone,
        lateness=settings.lateness.campaigns,
    )
