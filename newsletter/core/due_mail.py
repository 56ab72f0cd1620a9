"""A mail whose moment is known: what the scheduler launches and the forecast counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.core.campaign import Campaign
    from newsletter.core.schedule import Occurrence
    from newsletter.core.series import StepDay


@dataclass(frozen=True, slots=True)
class DueMail:
    """Something whose moment is known: the occurrence, and the campaign that it launches (id 0: not stored yet).

    Attributes:
        step: of a series, on its day; the campaign is for its people alone.
    """

    occurrence: Occurrence
    campaign: Campaign
    step: StepDay | None = None
