"""The words in which a server's reply is judged: what kind of fault it is, and the shape of a rule that tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a reply that accepts nothing is about.

    HARD_ADDRESS: nobody has that address. HARD_DOMAIN: the domain takes no mail. SOFT_MAILBOX: full, or off for a while.
    GREYLIST: a stranger is told to come back. THROTTLE: too fast for them. BLOCK: our name or network is on a list. POLICY:
    our set-up does not meet their rules. CONTENT: the message itself displeases. PROTOCOL: the two programs do not
    understand each other. AMBIGUOUS: it may have been accepted. EXPIRED: tried for too long. TEMPORARY: their trouble, or
    the line's. REFUSED: refused, and no reason that we know.
    """

    HARD_ADDRESS = "hard-address"
    HARD_DOMAIN = "hard-domain"
    SOFT_MAILBOX = "soft-mailbox"
    GREYLIST = "greylist"
    THROTTLE = "throttle"
    BLOCK = "block"
    POLICY = "policy"
    CONTENT = "content"
    PROTOCOL = "protocol"
    AMBIGUOUS = "ambiguous"
    EXPIRED = "expired"
    TEMPORARY = "temporary"
    REFUSED = "refused"


# The stages of a conversation by name, as `transports.contract.Stage` has them.
SESSION = frozenset({"connect", "greeting", "tls", "login"})
"""Nobody's message has been spoken of yet: what is said here is about us, not about a recipient."""

DOT_SENT = "dot_sent"
AFTER_DATA = frozenset({"data", DOT_SENT})

# A number of four parts is an address of the network, and 250 2.0.0 says nothing about a fault.
_ENHANCED = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_ADDRESS = re.compile(r"<?[^\s<>@:;,()]{1,64}@[^\s<>@,;()]{1,255}>?")
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply made ready to be judged.

    Attributes:
        code: three digits, 0 for none or for what is no code.
        enhanced: class, subject and detail (RFC 3463), "" for none; the class may differ from the code's.
        text: one line, lower-case, without addresses: a mailbox called "spam" is no verdict on us.
    """

    stage: str
    code: int
    enhanced: str
    text: str

    @classmethod
    def of(cls, stage: str, code: int | None, enhanced: str, text: str) -> Reply:
        """From what a transport tells; an enhanced code that it did not find is looked for in the text."""
        shown = " ".join(text[:_MOST].split())
        found = _ENHANCED.fullmatch(enhanced.strip()) or _ENHANCED.search(shown)
        code = code if code is not None and 100 <= code <= 599 else 0  # noqa: PLR2004 - RFC 5321 section 4.2
        words = _ADDRESS.sub("<>", shown).replace("’", "'").lower()
        return cls(stage, code, found[0] if found else "", words)

    @property
    def detail(self) -> str:
        """Subject and detail of the enhanced code: what is wrong, whatever the class says about how long."""
        return self.enhanced.partition(".")[2]

    @property
    def is_permanent(self) -> bool:
        """By the basic code, which alone decides whether trying again is allowed (RFC 5321 section 4.2.1)."""
        return self.code // 100 == 5  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table; every condition that is given must hold.

    Attributes:
        name: for logs and reports.
        kind: what it says.
        words: a sentence for the officer.
        stages: where in the conversation, empty for anywhere.
        codes: the basic code as a regular expression.
        detail: subject and detail of the enhanced code, as a regular expression; "" matches where there is none too.
        text: what the lower-case text holds.
        strikes: how many such replies, each for another message, make a suppression; 0 for never.
        strike_days: over at least how many days.
        pause_after: how many such replies pause the campaign; 0 for never.
    """

    name: str
    kind: Kind
    words: str
    stages: frozenset[str] = frozenset()
    codes: str = ""
    detail: str = ""
    text: str = ""
    strikes: int = 0
    strike_days: int = 0
    pause_after: int = 0

    def holds(self, reply: Reply) -> bool:
        return (
            (not self.stages or reply.stage in self.stages)
            and (not self.codes or re.fullmatch(self.codes, str(reply.code)) is not None)
            and (not self.detail or re.fullmatch(self.detail, reply.detail) is not None)
            and (not self.text or re.search(self.text, reply.text) is not None)
        )
