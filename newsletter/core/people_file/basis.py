"""On what basis people of a file are written to: GDPR Art. 7(1) asks whoever writes to prove that they agreed, Art. 14 that they were told."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.core.legal_basis import LegalBasis


@dataclass(frozen=True, slots=True)
class Basis:
    """What is said for a whole file, where its rows say nothing themselves; "" where nothing is said.

    Attributes:
        source: where and how people agreed.
        date: when, `2021-03-03` or with a time and an offset.
        wording: the sentence that they agreed to, or that told them.
        ground: the ground; with a legitimate interest the rest says where, when and in which words they were told.
    """

    source: str = ""
    date: str = ""
    wording: str = ""
    ground: LegalBasis = LegalBasis.CONSENT

    def as_columns(self) -> dict[str, str]:
        """The same by the names of columns."""
        return {"consent_source": self.source, "consent_date": self.date, "consent_wording": self.wording}
