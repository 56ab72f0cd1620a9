"""What the next reply will be the answer to, and what an answer comes to."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from newsletter.transports.contract import Outcome, Receipt, Stage

if TYPE_CHECKING:
    from newsletter.transports.outgoing import Outgoing
    from newsletter.transports.smtp.replies import Reply


class Awaited(Enum):
    """What the next reply will be the answer to. LONE_DOT: the end of a content that was not given."""

    RSET = "rset"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    LONE_DOT = "lone dot"
    DOT = "dot"

    __hash__ = object.__hash__  # each is there once; Enum's own hashes the name, in Python, for every message


STAGES = {
    Awaited.RSET: Stage.MAIL,
    Awaited.MAIL: Stage.MAIL,
    Awaited.RCPT: Stage.RCPT,
    Awaited.DATA: Stage.DATA,
    Awaited.LONE_DOT: Stage.DATA,
    Awaited.DOT: Stage.DOT_SENT,
}

_OUTCOMES = {2: Outcome.ACCEPTED, 4: Outcome.LATER, 5: Outcome.NEVER}


def by_class(reply: Reply) -> Outcome:
    """By the first digit (RFC 5321 section 4.2.1); anything else after a command was not understood, and may go later."""
    return _OUTCOMES.get((reply.code or 0) // 100, Outcome.LATER)


def receipt_for(
    message: Outgoing, outcome: Outcome, stage: Stage, reply: Reply | None, why: str = ""
) -> Receipt:
    """The receipt of a message; `why` is for people, when there was no reply."""
    if reply is None:
        return Receipt(message.message_id, message.recipient, outcome, stage, None, "", why)
    return Receipt(
        message.message_id, message.recipient, outcome, stage, reply.code, reply.enhanced, reply.text
    )
