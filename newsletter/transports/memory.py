"""A transport for tests: keeps what it was given, and answers as it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from newsletter.core.refusal import Problem
from newsletter.transports.contract import Envelope, Outcome, Receipt, Stage, TransportDown
from newsletter.transports.outgoing import plain_content

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from newsletter.transports.contract import Watch
    from newsletter.transports.outgoing import Outgoing


class MemoryTransport:
    """Accepts everything but for the recipients named in `answers`.

    Attributes:
        answers: by recipient, what becomes of the message, or the receipt word for word (but for whose it is).
        accepted: what was accepted, in order; also what was accepted without saying so (UNSURE).
        down: while true it cannot be opened or sent through.
    """

    name = "memory"
    connections = 1
    resend_is_harmless = False

    def __init__(self, answers: Mapping[str, Outcome | Receipt] | None = None, *, down: bool = False) -> None:
        self.answers = dict(answers or {})
        self.accepted: list[Envelope] = []
        self.down = down

    def __enter__(self) -> Self:
        self._refuse_when_down()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def send(self, envelope: Envelope) -> Receipt:
        """Keep the message, or answer as told for its recipient."""
        self._refuse_when_down()
        told = self.answers.get(envelope.recipient, Outcome.ACCEPTED)
        if isinstance(told, Outcome):
            told = Receipt("", "", told, text=f"told to answer {told}")
        if told.outcome in {Outcome.ACCEPTED, Outcome.UNSURE}:
            self.accepted.append(envelope)
        return told._replace(message_id=envelope.message_id, recipient=envelope.recipient)

    def send_many(
        self,
        messages: Sequence[Outgoing],
        watch: Watch,
        *,
        connections: int | None = None,  # noqa: ARG002 - never more than one
    ) -> None:
        """One after the other."""
        for message in messages:
            if watch.halted():
                return
            watch.on_wire(message)
            content = plain_content(message)
            envelope = Envelope(message.sender, message.recipient, message.message_id, content)
            try:
                watch.answered([(message, self.send(envelope))])
            except TransportDown:
                away = Receipt(message.message_id, message.recipient, Outcome.LATER, Stage.CONNECT)
                watch.answered([(message, away)])
                raise

    def _refuse_when_down(self) -> None:
        if self.down:
            raise TransportDown(Problem("The memory transport is down.", "Set its `down` to false."))
