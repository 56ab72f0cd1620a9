"""A campaign: content, audience, schedule, sender; its states and the table of allowed moves."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from newsletter.core.legal_basis import LegalBasis
from newsletter.core.refusal import MoveRefused, Problem
from newsletter.core.timing import USUAL, Timing, first_moment, last_moment
from newsletter.core.wallclock import to_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta


CANCELLED = "cancelled"
"""The template of the notice to those who had been told of a deadline that is called off."""

MERGED = "reminders"
"""The template of reminders of several deadlines in one mail."""


STAY = "stay"
"""The template of the mail that asks whether somebody wants to stay, and the beginning of its campaigns' names."""


class CampaignKind(StrEnum):
    """What sort of mail this is; a correction tells people that a date they were told has changed."""

    ISSUE = "issue"
    ANNOUNCEMENT = "announcement"
    REMINDER = "reminder"
    CORRECTION = "correction"
    SYSTEM = "system"


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    MISSED = "missed"
    SENT = "sent"
    CANCELLED = "cancelled"


CAMPAIGN_MOVES: dict[CampaignState, frozenset[CampaignState]] = {
    # Missed before anybody approved it: the issue of a digest.
    CampaignState.DRAFT: frozenset({CampaignState.APPROVED, CampaignState.MISSED, CampaignState.CANCELLED}),
    CampaignState.APPROVED: frozenset(
        {CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.MISSED, CampaignState.CANCELLED}
    ),
    CampaignState.SCHEDULED: frozenset(
        {CampaignState.APPROVED, CampaignState.SENDING, CampaignState.MISSED, CampaignState.CANCELLED}
    ),
    CampaignState.MISSED: frozenset(
        {CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.SENDING, CampaignState.CANCELLED}
    ),
    CampaignState.SENDING: frozenset({CampaignState.PAUSED, CampaignState.SENT, CampaignState.CANCELLED}),
    CampaignState.PAUSED: frozenset({CampaignState.SENDING, CampaignState.CANCELLED}),
    CampaignState.SENT: frozenset(),
    CampaignState.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class RungTold:
    """One of the reminders that go in one mail: key of the deadline, days before, and the sequence that is told."""

    deadline: str
    rung: int
    sequence: int


@dataclass(frozen=True, slots=True)
class ClosingSoon:
    """An issue's own list of what closes within so many days of the send, at most so many."""

    days: int
    most: int


@dataclass(frozen=True, slots=True)
class CampaignContent:
    """What a campaign says, before it is compiled. Mappings are by language.

    Attributes:
        template: which mail of `templates/email`, by its name.
        articles: slugs in reading order; the first is the lead.
        number: number of the issue, None when it has none.
        public: whether what it carries may also be read by anybody, in our feeds.
        digest: the digest that it is an issue of, "" for every other campaign.
        closing_soon: which deadlines of other articles an issue lists, None for none.
        rungs: for a mail that merges reminders, what each of them tells, most urgent first.
    """

    template: str
    articles: tuple[str, ...] = ()
    number: int | None = None
    subjects: Mapping[str, str] = field(default_factory=dict)
    preheaders: Mapping[str, str] = field(default_factory=dict)
    openings: Mapping[str, str] = field(default_factory=dict)
    closings: Mapping[str, str] = field(default_factory=dict)
    signatures: Mapping[str, str] = field(default_factory=dict)
    public: bool = True
    digest: str = ""
    closing_soon: ClosingSoon | None = None
    rungs: tuple[RungTold, ...] = ()

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        return data | {"articles": list(self.articles), "rungs": list(data["rungs"])}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CampaignContent:
        soon = data.get("closing_soon")
        told = tuple(RungTold(**rung) for rung in data.get("rungs", ()))
        more = {"closing_soon": ClosingSoon(**soon) if soon else None, "rungs": told}
        return cls(**{**data, "articles": tuple(data["articles"]), **more})


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as the store keeps it.

    Attributes:
        id: 0 until it is stored.
        name: unique, lower-case words with hyphens; scripts and people call it by this.
        segment: whom it is for; people of the segments in `exclude` are left out again.
        sender: which of the sender identities in `config.yaml`.
        at: wall-clock time of the send in `zone`, None while unscheduled.
        lateness: how late it may leave; after that it is marked missed.
        not_after: instant (UTC) after which nothing of it may leave, None for no limit.
        deadline: key of the deadline that a reminder or a correction is about, else "".
        rung: days before, for a reminder.
        sequence: the deadline's sequence that a reminder or a correction tells.
        timing: whether `at` is each reader's own hour, and in which hours mail may go.
        series: which step of which series it is, as `welcome/how-we-write`, else "".
        basis: on what ground it may be sent.
    """

    name: str
    kind: CampaignKind
    content: CampaignContent
    segment: str
    zone: str
    lateness: timedelta
    id: int = 0
    state: CampaignState = CampaignState.DRAFT
    exclude: tuple[str, ...] = ()
    sender: str = "default"
    at: datetime | None = None
    not_after: datetime | None = None
    deadline: str = ""
    rung: int | None = None
    sequence: int | None = None
    timing: Timing = USUAL
    series: str = ""
    basis: LegalBasis = LegalBasis.CONSENT

    @property
    def instant(self) -> datetime | None:
        """When it is launched, UTC; for each reader's own hour that is when the earliest clocks on earth show it."""
        return (
            None if self.at is None else first_moment(self.at, self.zone, each_reader=self.timing.each_reader)
        )

    @property
    def own_instant(self) -> datetime | None:
        """When its hour comes in its own zone, UTC."""
        return None if self.at is None else to_instant(self.at, self.zone)

    @property
    def last_instant(self) -> datetime | None:
        """When its hour has come for everybody, UTC."""
        return (
            None if self.at is None else last_moment(self.at, self.zone, each_reader=self.timing.each_reader)
        )

    @property
    def launch_lateness(self) -> timedelta:
        """How long after `instant` it may be launched: lateness is counted from the hour in its own zone."""
        if self.instant is None or self.own_instant is None:
            return self.lateness
        return self.lateness + (self.own_instant - self.instant)

    @property
    def is_letter(self) -> bool:
        """Whether it is one of the letters that a reader may ask to get less often, and nothing that concerns them alone."""
        kinds = {CampaignKind.ISSUE, CampaignKind.ANNOUNCEMENT}
        return self.kind in kinds and not self.deadline and not self.series and self.content.template != STAY

    @property
    def is_merged(self) -> bool:
        """Whether it is reminders of several deadlines in one mail; which of them each person sees is their own."""
        return bool(self.content.rungs)

    @property
    def label(self) -> str:
        """What it is in words: `Issue no. 42`, `Reminder, 7 days before`, `Reminder, 7 days before the new date`."""
        label = self.kind.value.capitalize()
        if self.series:
            name, _, step = self.series.partition("/")
            return f"Series {name}, {step}"
        if self.is_merged:
            return f"Reminders of {len(self.content.rungs)} deadlines in one mail"
        if self.content.template == CANCELLED:
            return "Notice that a call is cancelled"
        if self.rung is not None:
            days = "1 day" if self.rung == 1 else f"{self.rung} days"
            return f"{label}, {days} before{' the new date' if self.sequence else ''}"
        return label if self.content.number is None else f"{label} no. {self.content.number}"

    @property
    def schedule(self) -> str:
        """Unique name of its rule of time."""
        return f"campaign:{self.name}"


def check_campaign_move(name: str, before: CampaignState, after: CampaignState) -> None:
    """Raise MoveRefused unless the table allows it; the refusal lists what is allowed."""
    if after in CAMPAIGN_MOVES[before]:
        return
    allowed = ", ".join(sorted(CAMPAIGN_MOVES[before])) or "nothing: this is its last state"
    what = f"Campaign '{name}' is {before} and cannot become {after}."
    raise MoveRefused(Problem(what, f"From here it can become: {allowed}."))
