"""The talk about messages on one connection, from the first MAIL to the last dot: who has been told what.

Replies in, octets and receipts out; it knows no socket and no clock. At most two messages are in it: one whose content
has been given and waits for its answer, and behind its dot, where the server offers PIPELINING (RFC 2920), the envelope
of the next. More is not possible with DATA: it must be the last of its group, and content only follows a 354.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from newsletter.transports.contract import Outcome, Receipt, Stage
from newsletter.transports.smtp.awaited import STAGES, Awaited, by_class, receipt_for
from newsletter.transports.smtp.envelope import commands, unfit
from newsletter.transports.smtp.trust import blames_pipelining

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.transports.outgoing import Outgoing
    from newsletter.transports.smtp.envelope import Offers
    from newsletter.transports.smtp.replies import Reply
    from newsletter.transports.smtp.trust import Trust

_GO_AHEAD = 354
_CLOSING = 421
_DATA = b"DATA\r\n"
_RSET = b"RSET\r\n"
_DOT = b".\r\n"
_USUAL = [Awaited.DOT, Awaited.MAIL, Awaited.RCPT, Awaited.DATA]  # in a pipelined run
_GROUP = (Awaited.MAIL, Awaited.RCPT, Awaited.DATA)


class Out(Protocol):
    """Where octets go, counted as `Wire` counts them."""

    queued: int
    written: int

    def put(self, pieces: Sequence[bytes]) -> None: ...

    def say(self, octets: bytes) -> None:
        """Put one piece."""
        ...

    def flush(self) -> None: ...


class House(Protocol):
    """Where messages come from and receipts go. Each message taken is settled or given back, once."""

    def take(self) -> Outgoing | None:
        """The next message, None when there is none now."""
        ...

    def before_content(self, message: Outgoing) -> None:
        """Called before the first octet of a content is written; if it raises, none is."""
        ...

    def settle(self, message: Outgoing, receipt: Receipt) -> None: ...

    def give_back(self, message: Outgoing) -> None:
        """Nothing of its content was written, and what was said was not about this message: another link may try."""
        ...

    def failed(self, error: Exception) -> None:
        """Something here, not there, went wrong: it is to be told to whoever started the sending."""
        ...


class Dialogue:
    """One connection's worth of messages.

    Args:
        depth: 2 to send the next envelope behind a dot, 1 to send MAIL, RCPT and DATA as one group and no more.
        limit: messages after which the connection has served its time.

    Attributes:
        awaited: what the replies to come are for, in their order.
        aged: the connection had stood idle before its first message.
        taken: messages begun.
        settled: messages that the server has answered, in whatever way.
        over: nothing more will be said on this connection.
    """

    def __init__(
        self, out: Out, server: Offers, house: House, trust: Trust, *, depth: int, limit: int
    ) -> None:
        self._out = out
        self._server = server
        self._house = house
        self._trust = trust
        self._depth = depth if server.pipelining else 0
        self._limit = limit
        self._asking: Outgoing | None = None  # its envelope was sent
        self._envelope: tuple[bytes, bytes] = (b"", b"")
        self._grouped = False  # its envelope went as one group
        self._refusal: tuple[Awaited, Reply] | None = None  # of its envelope
        self._unclean = False  # a transaction is open that will not be ended
        self._giving: Outgoing | None = None  # its content was queued
        self._dot_begins = self._dot_ends = 0  # as `out` counts
        self.awaited: list[Awaited] = []
        self.taken = self.settled = 0
        self.over = self.aged = False

    @property
    def idle(self) -> bool:
        """Whether there is no message in it."""
        return self._asking is None and self._giving is None

    @property
    def finished(self) -> bool:
        """Whether it has served its time, or cannot go on."""
        return self.over or (self.taken >= self._limit and self.idle)

    def retire(self) -> None:
        """Begin no more messages; those in it come to their end."""
        self._limit = 0

    def pump(self) -> None:
        """Begin the next message, if there is one and it is its turn."""
        if self._may_ask(behind_a_dot=self._giving is not None) and self._ask():
            self._out.flush()

    def hear_all(self, replies: Sequence[Reply]) -> None:
        """What the server said, one reply after the other."""
        if len(replies) == len(_USUAL) and self._is_usual(replies):
            self._hear_usual(replies[0])
            return
        for reply in replies:
            self.hear(reply)

    def _is_usual(self, replies: Sequence[Reply]) -> bool:
        """Whether a message was taken and the envelope of the next one too: what happens in a run over and over."""
        taken, mail, rcpt, data = replies
        return (
            data.code == _GO_AHEAD
            and self.awaited == _USUAL
            and 200 <= (taken.code or 0) < 300  # noqa: PLR2004 - the class of success
            and 200 <= (mail.code or 0) < 300  # noqa: PLR2004
            and 200 <= (rcpt.code or 0) < 300  # noqa: PLR2004
            and self._grouped
            and not self.over
            and self._out.written >= self._dot_ends
        )

    def _hear_usual(self, taken: Reply) -> None:
        """What `hear` comes to after four such replies, in fewer steps; a test holds that it is the same."""
        message, self._giving = self._giving, None
        assert message is not None
        self.awaited.clear()
        self.settled += 1
        self._house.settle(message, receipt_for(message, Outcome.ACCEPTED, Stage.DOT_SENT, taken))
        self._give()

    def hear(self, reply: Reply) -> None:
        """What the server said."""
        if self.over:
            return
        if reply.code is None or reply.code == _CLOSING or not self.awaited:
            self.end(reply=reply)
            return
        step = self.awaited.pop(0)
        if step is Awaited.DOT:
            self._hear_verdict(reply)
        elif step is Awaited.DATA:
            self._hear_data(reply)
        elif step is Awaited.LONE_DOT:
            self._refused()
        else:
            self._hear_envelope(step, reply)

    def end(self, why: str = "", reply: Reply | None = None, *, silent: bool = False) -> None:
        """The link is gone, or what was said on it makes no sense: every message in it gets its receipt, or goes back.

        Args:
            why: for people, when it was not a reply.
            reply: the one that ended it, the answer to what is awaited first.
            silent: the server is still there, but said nothing.
        """
        if self.over:
            return
        self.over = True
        step = self.awaited[0] if self.awaited else None
        giving, self._giving = self._giving, None
        asking, self._asking = self._asking, None
        if giving is not None:
            answer = reply if step is Awaited.DOT else None
            self._house.settle(giving, self._given(giving, answer, why))
        if asking is not None:
            self._abandon(asking, step, reply, why, silent=silent)

    # The envelope

    def _may_ask(self, *, behind_a_dot: bool) -> bool:
        if self._asking is not None or self.over:
            return False
        return not behind_a_dot or (self._depth > 1 and not self._trust.lost)

    def _ask(self) -> bool:
        """Queue the envelope of the next message; whether there was one."""
        message = self._next()
        if message is None:
            return False
        self._asking = message
        self._refusal = None
        self.taken += 1
        mail, rcpt = self._envelope = commands(message, self._server)
        self._grouped = self._depth > 0 and not self._trust.lost
        if self._grouped:
            if self._unclean:
                self._unclean = False
                self._say(_RSET, Awaited.RSET)
            self._out.say(mail + rcpt + _DATA)
            self.awaited += _GROUP
        elif self._unclean:
            self._unclean = False
            self._say(_RSET, Awaited.RSET)
        else:
            self._say(mail, Awaited.MAIL)
        return True

    def _next(self) -> Outgoing | None:
        """The next message that this server can take at all."""
        while self.taken < self._limit:
            message = self._house.take()
            fault = message and unfit(message, self._server)
            if message is None or fault is None:
                return message
            receipt = Receipt(message.message_id, message.recipient, Outcome.NEVER, Stage.MAIL, None, *fault)
            self._house.settle(message, receipt)
        return None

    def _say(self, command: bytes, step: Awaited) -> None:
        self._out.say(command)
        self.awaited.append(step)

    def _hear_envelope(self, step: Awaited, reply: Reply) -> None:
        """The answer to RSET, MAIL or RCPT."""
        kind = (reply.code or 0) // 100
        if kind == 2:  # noqa: PLR2004 - the class of success
            if not self._grouped:
                self._go_on(step)
        elif step is Awaited.RSET or kind not in {4, 5}:
            self.awaited.insert(0, step)
            self.end(reply=reply)
        elif self._refusal is None:
            if self._grouped and blames_pipelining(reply):
                self.awaited.insert(0, step)
                self.end(reply=reply)
                return
            self._refusal = (step, reply)
            if not self._grouped:
                self._refused()

    def _go_on(self, step: Awaited) -> None:
        """Command by command, where the server takes no groups."""
        if step is Awaited.RSET:
            self._say(self._envelope[0], Awaited.MAIL)
        elif step is Awaited.MAIL:
            self._say(self._envelope[1], Awaited.RCPT)
        else:
            self._say(_DATA, Awaited.DATA)
        self._out.flush()

    def _hear_data(self, reply: Reply) -> None:
        if self._refusal is None:
            if reply.code == _GO_AHEAD:
                self._give()
            elif (reply.code or 0) // 100 in {4, 5} and not (self._grouped and blames_pipelining(reply)):
                self._refusal = (Awaited.DATA, reply)
                self._refused()
            else:
                self.awaited.insert(0, Awaited.DATA)
                self.end(reply=reply)
        elif reply.code == _GO_AHEAD:
            # It refused the envelope and now waits for content all the same: an empty one (RFC 2920 section 3.1).
            self._say(_DOT, Awaited.LONE_DOT)
            self._out.flush()
        else:
            self._refused()

    def _refused(self) -> None:
        """The envelope was refused, and the server expects a command again."""
        message, refusal = self._asking, self._refusal
        assert message is not None
        assert refusal is not None
        self._asking = None
        self._unclean = True
        step, reply = refusal
        self._settle(message, by_class(reply), STAGES[step], reply)
        self.pump()

    # The content

    def _give(self) -> None:
        """The content, its dot, and right behind it the next envelope."""
        message = self._asking
        assert message is not None
        self._house.before_content(message)
        if self._grouped and self.taken > 1:
            self._trust.proved()
        self._asking, self._giving = None, message
        out = self._out
        out.put(message.pieces)
        if message.pieces[-1][-2:] != b"\r\n":
            out.say(b"\r\n")
        self._dot_begins = out.queued
        out.say(_DOT)
        self._dot_ends = out.queued
        self.awaited.append(Awaited.DOT)
        if self._may_ask(behind_a_dot=True):
            self._ask()
        out.flush()

    def _hear_verdict(self, reply: Reply) -> None:
        """The answer to the dot."""
        message = self._giving
        assert message is not None
        kind = (reply.code or 0) // 100
        early = self._out.written < self._dot_ends
        if kind not in {2, 4, 5} or early:
            self.awaited.insert(0, Awaited.DOT)
            self.end(reply=reply)
            return
        self._giving = None
        self._settle(message, by_class(reply), Stage.DOT_SENT, reply)
        if self._asking is None:
            self.pump()

    def _given(self, message: Outgoing, answer: Reply | None, why: str) -> Receipt:
        """The receipt for a content when the connection ends: by the answer, if it is one, else by what was written."""
        refused = answer is not None and (answer.code or 0) // 100 in {4, 5}
        if answer is not None and refused:
            return receipt_for(message, by_class(answer), Stage.DOT_SENT, answer)
        if self._out.written <= self._dot_begins and (answer is None or answer.code is None):
            return receipt_for(message, Outcome.LATER, Stage.DATA, answer, why)
        return receipt_for(message, Outcome.UNSURE, Stage.DOT_SENT, answer, why)

    # The end

    def _abandon(
        self, message: Outgoing, step: Awaited | None, reply: Reply | None, why: str, *, silent: bool
    ) -> None:
        """A message whose content was not given, and will not be on this connection."""
        if self._refusal is not None:
            refused_at, refusal = self._refusal
            self._house.settle(message, receipt_for(message, by_class(refusal), STAGES[refused_at], refusal))
            return
        unheard = step in {None, Awaited.DOT}  # the connection ended over another message
        doubted = not unheard and self._doubt(step, reply, silent=silent)
        said_goodbye = reply is None or reply.code == _CLOSING
        # A connection kept open has grown old: at MAIL a server says so, or says nothing.
        grown_old = (self.taken > 1 or self.aged) and (
            unheard or (step in {Awaited.RSET, Awaited.MAIL} and said_goodbye)
        )
        if grown_old or (doubted and self._trust.lost):
            self._house.give_back(message)
            return
        stage = Stage.MAIL if step is None or unheard else STAGES[step]
        answer = None if unheard else reply
        self._house.settle(message, receipt_for(message, Outcome.LATER, stage, answer, why))

    def _doubt(self, step: Awaited | None, reply: Reply | None, *, silent: bool) -> bool:
        """Whether the server may have lost what was sent ahead. Merely closing before the first answer is no sign of it."""
        if not self._grouped or (reply is not None and reply.code == _CLOSING):
            return False
        if step in {Awaited.RCPT, Awaited.DATA} or reply is not None or silent:
            self._trust.doubt()
            return True
        return False

    def _settle(self, message: Outgoing, outcome: Outcome, stage: Stage, reply: Reply) -> None:
        self.settled += 1
        self._house.settle(message, receipt_for(message, outcome, stage, reply))
