"""Answers become moves: what a transport said of a message, and what follows for row, person and campaign."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind
from newsletter.core.delivery import DeliveryState
from newsletter.core.lane import OTHERS, WAY_OUT
from newsletter.core.reply import LaneMove, Retry, Verdict, classify
from newsletter.core.retry import NEWSLETTER_LIFE, REMINDER_LIFE, give_up_time, next_attempt
from newsletter.core.sending_window import ALWAYS, SendingWindow
from newsletter.store.ledger import Settlement
from newsletter.transports.contract import Outcome, Stage

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.store.ledger import ClaimedRow
    from newsletter.transports.contract import Receipt

_BY_RULE = frozenset({CampaignKind.REMINDER, CampaignKind.CORRECTION})
_ABOUT_ONE = frozenset({Stage.RCPT, Stage.DATA, Stage.DOT_SENT})


@dataclass(slots=True)
class Answers:
    """The answers of one batch.

    Attributes:
        window: the campaign's hours; a message is not given up because they were closed.
        settled: what becomes of the rows.
        against: ids of people whose address was refused, with what speaks against it.
        blocked: ids of people to whom we may not write for now, with what speaks against us.
        lanes: lanes that are too fast or blocked, and what is to become of them, with the officer's sentence.
        pauses: how often each reason to pause came up.
        why: reasons to pause that came up often enough, with the officer's sentence.
    """

    campaign: Campaign
    lane: str = OTHERS
    window: SendingWindow = ALWAYS
    settled: list[Settlement] = field(default_factory=list)
    against: dict[int, Verdict] = field(default_factory=dict)
    blocked: dict[int, Verdict] = field(default_factory=dict)
    lanes: dict[tuple[str, LaneMove], str] = field(default_factory=dict)
    pauses: Counter[str] = field(default_factory=Counter)
    why: dict[str, str] = field(default_factory=dict)

    def take(self, row: ClaimedRow, receipt: Receipt, now: datetime, jitter: float) -> Settlement:
        """Decide about one row by what was answered."""
        if receipt.outcome is Outcome.ACCEPTED:
            done = Settlement(row.id, DeliveryState.SENT, receipt.code, receipt.text)
        elif receipt.outcome is Outcome.UNSURE:
            done = Settlement(row.id, DeliveryState.UNSURE, receipt.code, receipt.text)
        else:
            done = self._refused(row, receipt, now, jitter)
        self.settled.append(done)
        return done

    def _refused(self, row: ClaimedRow, receipt: Receipt, now: datetime, jitter: float) -> Settlement:
        verdict = _verdict(receipt)
        if verdict is None:  # a transport without replies, such as the folder, that says never
            return Settlement(row.id, DeliveryState.FAILED, None, receipt.text)
        self._note(row, verdict, receipt)
        at = None
        if verdict.retry not in {Retry.NEVER, Retry.ASK}:
            at = next_attempt(row.attempts + 1, now, verdict, self._give_up(now), jitter)
        state = DeliveryState.FAILED if at is None else DeliveryState.READY
        return Settlement(row.id, state, receipt.code, receipt.text, at, verdict.retry is not Retry.FREE)

    def _note(self, row: ClaimedRow, verdict: Verdict, receipt: Receipt) -> None:
        if verdict.strikes:
            self.against[row.subscriber_id] = verdict
        if verdict.lane is not LaneMove.KEEP:
            # What is said before a recipient was named is about all that we send there.
            lane = self.lane if receipt.stage in _ABOUT_ONE else WAY_OUT
            self.lanes.setdefault((lane, verdict.lane), f"{verdict.words} ({receipt.text})"[:1000])
        if verdict.pause and verdict.lane is LaneMove.HOLD:
            self.blocked[row.subscriber_id] = verdict
        elif verdict.pause:
            self.pauses[verdict.reason] += 1
            if self.pauses[verdict.reason] >= verdict.pause_after:
                self.why.setdefault(verdict.reason, verdict.words)

    def _give_up(self, now: datetime) -> datetime:
        life = REMINDER_LIFE if self.campaign.kind in _BY_RULE else NEWSLETTER_LIFE
        due = self.campaign.last_instant or now
        life = self.window.life_from(due, life, self.campaign.zone)
        return give_up_time(due, life, self.campaign.not_after)


def _verdict(receipt: Receipt) -> Verdict | None:
    """What a refusal means. One without a reply is a passing trouble on the way, or none that could be classified."""
    if receipt.code is None and receipt.stage is None:
        return classify(stage="data", code=451, text="") if receipt.outcome is Outcome.LATER else None
    stage = receipt.stage.value if receipt.stage else ""
    return classify(stage=stage, code=receipt.code, enhanced=receipt.enhanced, text=receipt.text)
