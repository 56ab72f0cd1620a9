"""The short cut for the usual turn of a pipelined run, and of reading the usual reply, is only a short cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.transports.outgoing import Outgoing
from newsletter.transports.smtp.awaited import Awaited
from newsletter.transports.smtp.dialogue import Dialogue
from newsletter.transports.smtp.envelope import Offers
from newsletter.transports.smtp.replies import ReplyReader
from newsletter.transports.smtp.trust import Trust

USUAL = (b"250 2.0.0 taken\r\n", b"250 ok\r\n", b"250 2.1.5 ok\r\n", b"354 go\r\n")


class Link:
    """Takes octets; writes at most `most` of them."""

    def __init__(self, most):
        self.queued = self.written = 0
        self.most, self.said = most, b""

    def say(self, octets):
        self.said += octets
        self.queued += len(octets)

    def put(self, pieces):
        self.say(b"".join(pieces))

    def flush(self):
        self.written = min(self.queued, self.most)


class House:
    """Keeps all it is told; `fails_at` is the content before which it raises."""

    def __init__(self, total, fails_at):
        self.waiting = [
            Outgoing("b@example.org", f"ada{n}@example.net", str(n), (b"x\r\n",), 3) for n in range(total)
        ]
        self.told, self.fails_at = [], fails_at

    def take(self):
        return self.waiting.pop(0) if self.waiting else None

    def before_content(self, message):
        self.told.append(("content", message.message_id))
        if message.message_id == self.fails_at:
            raise ZeroDivisionError

    def settle(self, message, receipt):
        self.told.append(("settled", message.message_id, receipt))

    def give_back(self, message):
        self.told.append(("back", message.message_id))


def talked(bursts, *, at_once, most=10**9, fails_at="", pipelining=True, limit=1000):
    """All that can be seen of a dialogue after these bursts of octets."""
    link, house, trust, reader = Link(most), House(12, fails_at), Trust(), ReplyReader()
    dialogue = Dialogue(link, Offers(pipelining=pipelining), house, trust, depth=2, limit=limit)
    dialogue.pump()
    failed = 0
    for burst in bursts:
        replies = reader.feed(burst)
        try:
            if at_once:
                dialogue.hear_all(replies)
            else:
                for reply in replies:
                    dialogue.hear(reply)
        except ZeroDivisionError:
            failed += 1
            dialogue.end("this program failed")
    seen = (link.said, link.written, house.told, dialogue.awaited, dialogue.taken, dialogue.settled)
    return seen, (dialogue.over, dialogue.finished, trust.lost, failed)


lines = st.sampled_from(
    [
        *USUAL,
        b"250 ok\r\n",
        b"550 5.1.1 no\r\n",
        b"451 4.3.0 later\r\n",
        b"421 bye\r\n",
        b"354 go\r\n",
        b"?\r\n",
    ]
)
bursts = st.lists(
    st.one_of(st.just(b"".join(USUAL)), st.lists(lines, min_size=1, max_size=5).map(b"".join)), max_size=8
)


@settings(deadline=None, max_examples=400)
@given(
    bursts,
    st.sampled_from([10**9, 10**9, 90, 260]),
    st.sampled_from(["", "", "2"]),
    st.booleans(),
    st.sampled_from([2, 1000]),
)
def test_heard_at_once_is_the_same_as_heard_one_by_one(heard, most, fails_at, pipelining, limit):
    heard = [b"".join(USUAL[1:]), *heard]
    options = {"most": most, "fails_at": fails_at, "pipelining": pipelining, "limit": limit}
    assert talked(heard, at_once=True, **options) == talked(heard, at_once=False, **options)


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("line", [b"550 5.1.1 no\r\n", b"421 bye\r\n", b"300 what\r\n", b"nonsense\r\n"])
def test_one_unusual_line_among_four_is_heard(at, line):
    start = [b"".join(USUAL[1:]), b"".join((*USUAL[:at], line, *USUAL[at + 1 :])), b"".join(USUAL)]
    assert talked(start, at_once=True) == talked(start, at_once=False)
    assert talked(start, at_once=True) != talked([start[0], b"".join(USUAL), start[2]], at_once=True)


def test_a_yes_to_a_dot_that_was_not_written_is_not_believed_in_a_usual_turn():
    start = [b"".join(USUAL[1:]), b"".join(USUAL)]
    (_, _, told, _, _, settled), (over, *_) = talked(start, at_once=True, most=66)
    assert (over, settled, told[-1][0]) == (True, 0, "back")


def test_in_a_run_the_next_envelope_is_always_on_its_way():
    (_, _, told, awaited, taken, settled), _ = talked(
        [b"".join(USUAL[1:]), *[b"".join(USUAL)] * 5], at_once=True
    )
    assert (taken, settled) == (7, 5)
    assert awaited == [Awaited.DOT, Awaited.MAIL, Awaited.RCPT, Awaited.DATA]
    assert [what[0] for what in told[:4]] == ["content", "settled", "content", "settled"]
