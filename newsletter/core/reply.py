"""From a server's reply to moves: what becomes of the message, the address, the lane and the campaign.

The basic code says whether to try again; stage, enhanced code and words say why (RFC 5321 section 4.2.1, RFC 3463).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from newsletter.core.reply_kinds import SESSION, Kind, Reply
from newsletter.core.reply_rules import RULES

__all__ = ["Kind", "LaneMove", "Retry", "Verdict", "classify"]


class Retry(StrEnum):
    """Whether the message is tried again.

    NEVER: it has failed. LATER: by the schedule. SOON: in some minutes the first time, then by the schedule. FREE: put back
    without costing an attempt, because nobody judged this message. ASK: a person decides, it may have arrived.
    """

    NEVER = "never"
    LATER = "later"
    SOON = "soon"
    FREE = "free"
    ASK = "ask"


class LaneMove(StrEnum):
    """What becomes of the lane: it keeps its pace, slows down, or is held until somebody looks."""

    KEEP = "keep"
    SLOW = "slow"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply means.

    Attributes:
        kind: what it is about.
        reason: the rule's name, for the ledger and the report.
        retry: whether the message is tried again.
        lane: what becomes of the lane.
        words: a sentence for the officer; the server's own words stand beside it.
        strikes: how many such replies, each for another message, make a suppression of the address; 0 for never.
        strike_days: between the first and the last of them at least so many days.
        pause_after: how many such replies pause the campaign; 0 for never.
    """

    kind: Kind
    reason: str
    retry: Retry
    lane: LaneMove
    words: str
    strikes: int = 0
    strike_days: int = 0
    pause_after: int = 0

    @property
    def suppress(self) -> bool:
        """Whether this one reply is enough to suppress the address."""
        return self.strikes == 1

    @property
    def pause(self) -> bool:
        """Whether replies like this pause a campaign, after `pause_after` of them."""
        return self.pause_after > 0


def classify(*, stage: str, code: int | None, enhanced: str = "", text: str = "") -> Verdict:
    """What to do after a reply that did not accept the message.

    Args:
        stage: how far the conversation came, a word of `transports.contract.Stage`; "" when the way has no stages.
        code: the reply code, None when none came.
        enhanced: such as "5.1.1", "" for none; then one is looked for in the text.
        text: the reply's words, its lines joined.
    """
    reply = Reply.of(stage, code, enhanced, text)
    rule = next(rule for rule in RULES if rule.holds(reply))
    is_judged = reply.stage not in {*SESSION, "mail"}  # else nobody has spoken of this address
    return Verdict(
        kind=rule.kind,
        reason=rule.name,
        retry=_retry(rule.kind, reply),
        lane=_lane(rule.kind, reply),
        words=rule.words,
        strikes=rule.strikes if is_judged else 0,
        strike_days=rule.strike_days if is_judged else 0,
        pause_after=rule.pause_after,
    )


# Kinds whose answer does not depend on the basic code: a full mailbox is worth another try even when the code is 552.
_ALWAYS = {
    Kind.AMBIGUOUS: Retry.ASK,
    Kind.EXPIRED: Retry.NEVER,
    Kind.THROTTLE: Retry.FREE,
    Kind.GREYLIST: Retry.SOON,
    Kind.SOFT_MAILBOX: Retry.LATER,
}
_ABOUT_US = frozenset({Kind.BLOCK, Kind.POLICY, Kind.PROTOCOL})


def _retry(kind: Kind, reply: Reply) -> Retry:
    if reply.stage in SESSION or (reply.stage == "mail" and kind in _ABOUT_US):
        return Retry.FREE  # the recipient was not even named
    if kind in _ALWAYS:
        return _ALWAYS[kind]
    if reply.is_permanent:
        return Retry.NEVER
    return Retry.LATER


def _lane(kind: Kind, reply: Reply) -> LaneMove:
    if kind is Kind.BLOCK or (kind is Kind.POLICY and reply.stage in SESSION):
        return LaneMove.HOLD
    if kind is Kind.THROTTLE or reply.stage in SESSION:
        return LaneMove.SLOW
    return LaneMove.KEEP
