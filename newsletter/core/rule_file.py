"""Files of rules beside the articles: `articles/NAME.issue.yaml` and its kin."""

from __future__ import annotations

from enum import StrEnum


class RuleFile(StrEnum):
    """What stands beside the articles and says which of them go out, to whom and when."""

    ISSUE = "issue"
    SERIES = "series"
    DIGEST = "digest"

    @property
    def ending(self) -> str:
        """Of the file's name."""
        return f".{self}.yaml"
