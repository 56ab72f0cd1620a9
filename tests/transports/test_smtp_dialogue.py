"""The talk about messages without a socket: what is written when, and what each ending means for each message."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.transports.contract import Envelope, Outcome, Stage
from newsletter.transports.outgoing import Outgoing, outgoing
from newsletter.transports.smtp.dialogue import Dialogue
from newsletter.transports.smtp.envelope import Offers
from newsletter.transports.smtp.replies import ReplyReader
from newsletter.transports.smtp.trust import Trust

ALL = Offers(pipelining=True, size=True, eight_bit=True, smtputf8=True)
PLAIN = Offers()
ACCEPTED, LATER, NEVER, UNSURE = Outcome.ACCEPTED, Outcome.LATER, Outcome.NEVER, Outcome.UNSURE


class Link:
    """Takes octets; `stuck` keeps those that come from now on from being written."""

    def __init__(self):
        self.queued = self.written = 0
        self.stuck = False
        self.said = b""

    def put(self, pieces):
        self.said += b"".join(pieces)
        self.queued += sum(map(len, pieces))

    def say(self, octets):
        self.put((octets,))

    def flush(self):
        if not self.stuck:
            self.written = self.queued

    def new(self):
        said, self.said = self.said, b""
        return said.decode().replace("\r\n", "|")


class House:
    def __init__(self, *messages):
        self.waiting = list(messages)
        self.begun, self.settled, self.back, self.errors = [], [], [], []

    def take(self):
        return self.waiting.pop(0) if self.waiting else None

    def before_content(self, message):
        self.begun.append(message)

    def settle(self, message, receipt):
        self.settled.append((message.message_id, receipt.outcome, receipt.stage, receipt.code))

    def give_back(self, message):
        self.back.append(message.message_id)

    def failed(self, error):
        self.errors.append(error)


def letter(number, **changes):
    return Outgoing("b@example.org", f"ada{number}@example.net", str(number), (b"x\r\n",), 3)._replace(
        **changes
    )


class Talk:
    def __init__(self, *messages, offers=ALL, depth=2, limit=1000, trust=None):
        self.link, self.house, self.trust = Link(), House(*messages), trust or Trust()
        self.dialogue = Dialogue(self.link, offers, self.house, self.trust, depth=depth, limit=limit)
        self.dialogue.pump()

    def hear(self, *lines):
        for reply in ReplyReader().feed("".join(line + "\r\n" for line in lines).encode()):
            self.dialogue.hear(reply)
        return self.link.new()


def test_the_next_envelope_goes_behind_the_dot():
    talk = Talk(letter(1), letter(2), letter(3), offers=Offers(pipelining=True))
    first, second, third = (
        f"MAIL FROM:<b@example.org>|RCPT TO:<ada{n}@example.net>|DATA|" for n in (1, 2, 3)
    )
    assert talk.link.new() == first
    assert talk.hear("250", "250", "354") == "x|.|" + second
    assert talk.hear("250 taken") == ""
    assert talk.hear("250", "250", "354") == "x|.|" + third
    assert talk.hear("250 taken", "250", "250", "354") == "x|.|"
    talk.hear("250 taken")
    assert [settled[1] for settled in talk.house.settled] == [ACCEPTED] * 3
    assert talk.dialogue.idle


def test_a_depth_of_one_groups_the_envelope_and_waits_for_the_dot():
    talk = Talk(letter(1), letter(2), depth=1)
    talk.link.new()
    assert talk.hear("250", "250", "354") == "x|.|"
    assert talk.hear("250").startswith("MAIL")


def test_without_pipelining_every_command_waits_for_its_answer():
    talk = Talk(letter(1), letter(2), offers=PLAIN)
    assert talk.link.new() == "MAIL FROM:<b@example.org>|"
    assert talk.hear("250") == "RCPT TO:<ada1@example.net>|"
    assert talk.hear("250") == "DATA|"
    assert talk.hear("354") == "x|.|"
    assert talk.hear("250") == "MAIL FROM:<b@example.org>|"
    assert talk.hear("250", "550 5.1.1 unknown") == "RCPT TO:<ada2@example.net>|"
    talk.house.waiting.append(letter(3))
    talk.dialogue.pump()
    assert talk.link.new() == "RSET|"
    assert talk.hear("250") == "MAIL FROM:<b@example.org>|"


def test_a_message_that_comes_while_a_dot_is_unanswered_is_announced_at_once():
    talk = Talk(letter(1))
    talk.hear("250", "250", "354")
    talk.house.waiting.append(letter(2))
    talk.dialogue.pump()
    assert talk.link.new().startswith("MAIL")


def test_a_refused_recipient_of_a_group_leaves_the_others_alone():
    talk = Talk(letter(1), letter(2), letter(3))
    talk.hear("250", "250", "354")
    said = talk.hear("250 taken", "250", "550 5.1.1 unknown", "554 no valid recipients")
    assert said.startswith("RSET|MAIL FROM:<b@example.org> SIZE=3|RCPT TO:<ada3@example.net>|DATA|")
    talk.hear("250 reset", "250", "250", "354", "250 taken")
    assert talk.house.settled == [
        ("1", ACCEPTED, Stage.DOT_SENT, 250),
        ("2", NEVER, Stage.RCPT, 550),
        ("3", ACCEPTED, Stage.DOT_SENT, 250),
    ]


@pytest.mark.parametrize("verdict", ["554 no valid recipients", "250 taken, whatever it was"])
def test_a_refused_envelope_whose_data_was_welcomed_gets_a_lone_dot_and_never_a_message(verdict):
    talk = Talk(letter(1), letter(2))
    talk.link.new()
    assert talk.hear("250", "550 5.1.1 unknown", "354 go on") == ".|"
    assert talk.house.begun == []
    assert talk.hear(verdict).startswith("RSET|MAIL")
    assert talk.house.settled == [("1", NEVER, Stage.RCPT, 550)]


@pytest.mark.parametrize(
    ("answers", "outcome", "stage", "code"),
    [
        (["451 4.3.0 not now", "503 x", "503 x"], LATER, Stage.MAIL, 451),
        (["550 5.7.1 not you", "503 x", "503 x"], NEVER, Stage.MAIL, 550),
        (["250", "450 4.2.0 greylisted", "503 x"], LATER, Stage.RCPT, 450),
        (["250", "251 will forward", "354", "250"], ACCEPTED, Stage.DOT_SENT, 250),
        (["250", "250", "452 4.3.1 full"], LATER, Stage.DATA, 452),
        (["250", "250", "554 5.5.1 none"], NEVER, Stage.DATA, 554),
        (["250", "250", "354", "451 later"], LATER, Stage.DOT_SENT, 451),
        (["250", "250", "354", "554 5.7.1 spam"], NEVER, Stage.DOT_SENT, 554),
        (["250", "250", "354", "421 closing"], LATER, Stage.DOT_SENT, 421),
        (["250", "250", "354", "354 go on"], UNSURE, Stage.DOT_SENT, 354),
        (["250", "250", "354", "what"], UNSURE, Stage.DOT_SENT, None),
        (["421 too many"], LATER, Stage.MAIL, 421),
        (["250", "421 4.7.28 slow down"], LATER, Stage.RCPT, 421),
        (["250", "250", "421 closing"], LATER, Stage.DATA, 421),
    ],
)
@pytest.mark.parametrize("offered", [ALL, PLAIN], ids=["grouped", "step by step"])
def test_every_answer_has_its_name_and_stage(answers, outcome, stage, code, offered):
    talk = Talk(letter(1), offers=offered)
    talk.hear(*answers)
    assert talk.house.settled == [("1", outcome, stage, code)]


@pytest.mark.parametrize(
    ("heard", "outcome", "stage"),
    [
        ([], LATER, Stage.MAIL),
        (["250"], LATER, Stage.RCPT),
        (["250", "250"], LATER, Stage.DATA),
        (["250", "250", "354"], UNSURE, Stage.DOT_SENT),
    ],
)
def test_a_link_that_breaks_leaves_the_message_at_its_stage(heard, outcome, stage):
    trust = Trust()
    trust.proved()
    talk = Talk(letter(1), trust=trust)
    talk.hear(*heard)
    talk.dialogue.end("the link broke")
    assert talk.house.settled == [("1", outcome, stage, None)]
    assert talk.dialogue.finished


@pytest.mark.parametrize(
    ("written", "outcome", "stage"),
    [
        (0, LATER, Stage.DATA),
        (3, LATER, Stage.DATA),
        (4, UNSURE, Stage.DOT_SENT),
        (6, UNSURE, Stage.DOT_SENT),
    ],
)
def test_a_content_of_which_not_even_the_dot_was_begun_was_not_accepted(written, outcome, stage):
    talk = Talk(letter(1))
    talk.link.stuck = True
    before = talk.link.written
    talk.hear("250", "250", "354")
    talk.link.written = before + written  # of "x|.|"
    talk.dialogue.end("the link broke")
    assert talk.house.settled == [("1", outcome, stage, None)]


def test_an_answer_before_the_dot_counts_and_ends_the_connection():
    talk = Talk(letter(1))
    talk.link.stuck = True
    talk.hear("250", "250", "354", "552 5.3.4 too big")
    assert talk.house.settled == [("1", NEVER, Stage.DOT_SENT, 552)]
    assert talk.dialogue.over


def test_a_yes_before_the_dot_is_not_believed():
    talk = Talk(letter(1))
    talk.link.stuck = True
    talk.hear("250", "250", "354", "250 already")
    assert talk.house.settled == [("1", UNSURE, Stage.DOT_SENT, 250)]
    assert talk.dialogue.over


def test_when_a_dot_is_never_answered_the_envelope_behind_it_goes_to_another_connection():
    talk = Talk(letter(1), letter(2))
    talk.hear("250", "250", "354")
    talk.dialogue.end("the link broke")
    assert talk.house.settled == [("1", UNSURE, Stage.DOT_SENT, None)]
    assert talk.house.back == ["2"]


def test_a_421_to_the_dot_is_a_no_and_the_envelope_behind_it_goes_to_another_connection():
    talk = Talk(letter(1), letter(2))
    talk.hear("250", "250", "354", "421 4.3.2 closing")
    assert talk.house.settled == [("1", LATER, Stage.DOT_SENT, 421)]
    assert talk.house.back == ["2"]


def test_a_connection_that_has_grown_old_gives_the_message_back_once():
    talk = Talk(letter(1), letter(2))
    talk.hear("250", "250", "354", "250 taken", "421 4.4.2 too many messages")
    assert talk.house.back == ["2"]
    fresh = Talk(letter(2))
    fresh.hear("421 4.4.2 too many messages")
    assert fresh.house.settled == [("2", LATER, Stage.MAIL, 421)]


@pytest.mark.parametrize(
    "no", ["503 5.5.0 improper use of pipelining", "554 SMTP synchronization error", "500 what"]
)
def test_a_refusal_of_what_was_sent_ahead_is_no_refusal_of_the_person(no):
    talk = Talk(letter(1))
    talk.hear("250", no)
    assert (talk.house.settled, talk.house.back) == ([], ["1"])
    assert talk.trust.lost
    again = Talk(letter(1), trust=talk.trust)
    assert again.link.new() == "MAIL FROM:<b@example.org> SIZE=3|"
    again.hear("250", "503 still no")
    assert again.house.settled == [("1", NEVER, Stage.RCPT, 503)]


def test_a_server_that_has_proved_itself_is_not_given_up_for_one_broken_link():
    talk = Talk(letter(1), letter(2), letter(3))
    talk.hear("250", "250", "354", "250", "250", "250", "354", "250", "250")
    talk.dialogue.end("silence", silent=True)
    assert not talk.trust.lost
    assert talk.house.settled[-1] == ("3", LATER, Stage.RCPT, None)


def test_silence_after_a_dot_was_answered_raises_a_doubt():
    talk = Talk(letter(1), letter(2))
    talk.hear("250", "250", "354", "250 taken")
    talk.dialogue.end("silence", silent=True)
    assert talk.trust.lost
    assert talk.house.back == ["2"]


@pytest.mark.parametrize(
    ("message", "offered", "enhanced"),
    [
        (letter(1, recipient="zoé@example.org"), PLAIN, "5.6.7"),
        (letter(1, smtputf8=True), PLAIN, "5.6.7"),
        (letter(1, eight_bit=True), PLAIN, "5.6.3"),
        (letter(1, size=11), Offers(size=True, largest=10), "5.3.4"),
        (letter(1, recipient="ada@example.net>\r\nRSET"), ALL, "5.1.3"),
        (letter(1, recipient=""), ALL, "5.1.3"),
        (letter(1, sender="\ud800@example.org"), ALL, "5.1.3"),
    ],
)
def test_what_the_server_cannot_take_is_not_asked_and_others_proceed(message, offered, enhanced):
    talk = Talk(message, letter(2), offers=offered)
    assert "ada2" in talk.link.new() + talk.hear("250")
    assert talk.house.settled == [("1", NEVER, Stage.MAIL, None)]


def test_smtputf8_is_only_said_where_it_is_needed():
    assert "SMTPUTF8" not in Talk(letter(1)).link.new()
    said = Talk(letter(1, recipient="zoé@example.org", smtputf8=True)).link.new()
    assert "MAIL FROM:<b@example.org> SIZE=3 BODY=8BITMIME SMTPUTF8|RCPT TO:<zoé@example.org>|" in said


def test_a_content_without_its_last_line_end_gets_one():
    talk = Talk(letter(1, pieces=(b"a\r\n", b"b")))
    talk.link.new()
    assert talk.hear("250", "250", "354") == "a|b|.|"


def test_an_envelope_of_the_contract_becomes_a_message_with_its_dots_doubled():
    message = outgoing(Envelope("", "ada@example.net", "1@x", b".a\r\n\r\n.\r\n..b"), 7)
    assert (message.pieces, message.size, message.tag) == ((b"..a\r\n\r\n..\r\n...b\r\n",), 12, 7)
    assert not message.smtputf8
    assert outgoing(Envelope("", "ada@example.net", "1@x", "To: zoé\r\n\r\n".encode())).smtputf8
    assert outgoing(Envelope("", "ada@example.net", "1@x", "To: a\r\n\r\né\r\n".encode()))[5:7] == (
        False,
        True,
    )


def test_after_its_last_message_a_connection_has_served_its_time():
    talk = Talk(letter(1), letter(2), letter(3), limit=2)
    talk.hear("250", "250", "354", "250", "250", "250", "354", "250")
    assert talk.dialogue.finished
    assert not talk.dialogue.over
    assert len(talk.house.waiting) == 1


answers = st.lists(
    st.sampled_from(
        [
            "250",
            "250",
            "250 taken",
            "354",
            "354",
            "451 no",
            "550 5.1.1 no",
            "503 x",
            "421 bye",
            "what",
            "250-",
        ]
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=400)
@given(answers, st.sampled_from([ALL, PLAIN]), st.sampled_from([1, 2]), st.integers(1, 6), st.booleans())
def test_whatever_a_server_says_every_message_comes_out_once(lines, offered, depth, limit, proven):
    trust = Trust()
    if proven:
        trust.proved()
    ids = count(1)
    talk = Talk(*[letter(next(ids)) for _ in range(8)], offers=offered, depth=depth, limit=limit, trust=trust)
    for line in lines:
        talk.hear(line)
    talk.dialogue.end("the end")
    house = talk.house
    out = Counter(
        [settled[0] for settled in house.settled]
        + house.back
        + [message.message_id for message in house.waiting]
    )
    assert out == {str(number): 1 for number in range(1, 9)}
    contents = [message.message_id for message in house.begun]
    assert len(contents) == len(set(contents))
    assert not set(contents) & set(house.back)
    for number, outcome, stage, _ in house.settled:
        assert outcome not in {ACCEPTED, UNSURE} or number in contents
        assert (stage is Stage.DOT_SENT) == (number in contents)
    assert sum(settled[1] is UNSURE for settled in house.settled) <= 1
