"""Replies become moves: a table of what servers really say, and what can never follow from it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.core.reply import Kind, LaneMove, Retry, classify
from newsletter.core.reply_rules import RULES
from newsletter.transports.contract import Stage

# stage, code, words as they come with the enhanced code in front; kind, retry, strikes (0 none, 1 suppress at once)
REPLIES = [
    # nobody there
    ("rcpt", 550, "5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address https://support.google.com/mail/?p=NoSuchUser", "hard-address", "never", 1),
    ("rcpt", 550, "5.1.1 <ada@example.org>: Recipient address rejected: User unknown in virtual mailbox table", "hard-address", "never", 1),
    ("rcpt", 550, "5.1.1 <ada@example.org>: Recipient address rejected: User unknown in local recipient table", "hard-address", "never", 1),
    ("rcpt", 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ada@example.org not found by SMTP address lookup", "hard-domain", "never", 2),
    ("rcpt", 550, "5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", "hard-address", "never", 2),
    ("rcpt", 550, "Requested action not taken: mailbox unavailable", "hard-address", "never", 2),
    ("rcpt", 550, "5.4.1 Recipient address rejected: Access denied. [AM4PEPF.eurprd05.prod.outlook.com 2025] AS(201806281)", "hard-address", "never", 2),
    ("dot_sent", 554, "delivery error: dd This user doesn't have a yahoo.com account (ada@yahoo.com) [0] - mta1.mail.yahoo.com", "hard-address", "never", 2),
    ("dot_sent", 554, "delivery error: dd Sorry your message to ada@yahoo.com cannot be delivered. This mailbox is disabled (554.30).", "hard-address", "never", 2),
    ("rcpt", 552, "1 Requested mail action aborted, mailbox not found", "hard-address", "never", 2),
    ("rcpt", 550, "5.2.1 The email account that you tried to reach is disabled. Learn more at https://support.google.com/mail/?p=DisabledUser", "hard-address", "never", 1),
    ("rcpt", 550, "5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR204_416 [416]", "hard-address", "never", 1),
    ("rcpt", 550, "Adresse d au moins un destinataire invalide. Invalid recipient. LPN007_401", "hard-address", "never", 2),
    ("rcpt", 550, "5.1.1 <ada@free.fr>: Recipient address rejected: User unknown", "hard-address", "never", 1),
    ("rcpt", 550, "Boîte aux lettres inexistante", "hard-address", "never", 2),
    ("rcpt", 550, "Utilisateur inconnu", "hard-address", "never", 2),
    ("rcpt", 550, "Destinataire inconnu : ada@example.org", "hard-address", "never", 2),
    ("rcpt", 553, "L’adresse n’existe pas sur ce serveur", "hard-address", "never", 2),
    ("rcpt", 550, "Ce compte a été désactivé", "hard-address", "never", 2),
    ("rcpt", 553, "sorry, no mailbox here by that name (#5.1.1)", "hard-address", "never", 1),
    ("rcpt", 511, "sorry, no mailbox here by that name (#5.1.1 - chkuser)", "hard-address", "never", 1),
    ("rcpt", 550, "Unrouteable address", "hard-address", "never", 2),
    ("rcpt", 550, "No such user here", "hard-address", "never", 2),
    ("rcpt", 550, "Sorry, no such user here", "hard-address", "never", 2),
    ("rcpt", 501, "5.1.3 Bad recipient address syntax", "hard-address", "never", 1),
    ("rcpt", 551, "5.1.6 User has moved, no forwarding address", "hard-address", "never", 1),
    ("rcpt", 550, "5.1.0 Address rejected.", "hard-address", "never", 2),
    ("rcpt", 550, "#5.1.0 Address rejected.", "hard-address", "never", 2),
    ("rcpt", 550, "5.7.1 No such user", "hard-address", "never", 2),
    ("rcpt", 550, "5.1.1 spam@example.org: user unknown", "hard-address", "never", 1),
    ("rcpt", 550, "5.1.1 Mailbox <blacklist@spamhaus.example> unknown", "hard-address", "never", 1),
    # no such domain
    ("rcpt", 550, "5.1.2 <ada@gmial.example>: Recipient address rejected: Domain not found", "hard-domain", "never", 2),
    ("rcpt", 556, "5.1.10 Domain does not accept mail (nullMX)", "hard-domain", "never", 2),
    ("rcpt", 550, "5.4.310 DNS domain example.invalid does not exist [Message=InfoDomainNonexistent]", "hard-domain", "never", 2),
    ("rcpt", 554, "5.4.4 Host or domain name not found. Name service error for name=example.invalid type=A: Host not found", "hard-domain", "never", 2),
    ("rcpt", 550, "Domaine inconnu", "hard-domain", "never", 2),
    # full or asleep
    ("rcpt", 452, "4.2.2 The recipient's inbox is out of storage space. Please direct the recipient to https://support.google.com/mail/?p=OverQuotaTemp", "soft-mailbox", "later", 4),
    ("rcpt", 552, "5.2.2 The email account that you tried to reach is over quota and inactive.", "soft-mailbox", "later", 4),
    ("dot_sent", 552, "Requested mail action aborted: exceeded storage allocation", "soft-mailbox", "later", 4),
    ("rcpt", 554, "5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException", "soft-mailbox", "later", 4),
    ("rcpt", 552, "Boîte du destinataire pleine. Recipient overquota. OFR_417 [417]", "soft-mailbox", "later", 4),
    ("rcpt", 450, "Quota dépassé pour cette boîte", "soft-mailbox", "later", 4),
    ("rcpt", 450, "4.2.1 Mailbox temporarily disabled", "soft-mailbox", "later", 4),
    ("rcpt", 452, "Mailbox size limit exceeded", "soft-mailbox", "later", 4),
    ("dot_sent", 552, "5.2.2 This message is larger than the current system limit or the recipient's mailbox is full.", "soft-mailbox", "later", 4),
    ("rcpt", 450, "This account is inactive", "soft-mailbox", "later", 4),
    # come back
    ("rcpt", 450, "4.2.0 <ada@example.org>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.org.html", "greylist", "soon", 0),
    ("rcpt", 451, "4.7.1 Greylisting in action, please come back in 00:05:00", "greylist", "soon", 0),
    ("rcpt", 451, "Greylisted, try again in 300 seconds", "greylist", "soon", 0),
    ("rcpt", 451, "4.7.1 Please try again later", "greylist", "soon", 0),
    ("rcpt", 450, "Liste grise active, réessayez dans 5 minutes", "greylist", "soon", 0),
    ("dot_sent", 451, "4.7.1 grey-listed", "greylist", "soon", 0),
    # slower
    ("dot_sent", 421, "4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP address. To protect our users from spam, mail has been temporarily rate limited.", "throttle", "free", 0),
    ("greeting", 421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes", "throttle", "free", 0),
    ("mail", 421, "4.7.0 [TS01] Messages from 192.0.2.1 temporarily deferred due to user complaints - 4.16.55.1", "throttle", "free", 0),
    ("rcpt", 450, "4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend your message at a later time.", "throttle", "free", 0),
    ("dot_sent", 451, "4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)", "throttle", "free", 0),
    ("connect", 421, "RP-001 (COL004-MC1F14) Unfortunately, some messages from 192.0.2.1 weren't sent. The number of messages exceeded the limit.", "throttle", "free", 0),
    ("greeting", 421, "mwinf5c04 ME Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR004_104 [104]", "throttle", "free", 0),
    ("mail", 421, "Service refuse. Veuillez essayer plus tard. Service refused, please try later. LPN007_510", "throttle", "free", 0),
    ("greeting", 421, "too many connections from your IP (rate controlled)", "throttle", "free", 0),
    ("rcpt", 452, "4.5.3 Too many recipients", "throttle", "free", 0),
    ("rcpt", 552, "too many recipients", "throttle", "free", 0),
    ("dot_sent", 421, "4.3.2 Service shutting down", "throttle", "free", 0),
    ("rcpt", 432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", "throttle", "free", 0),
    ("mail", 550, "5.4.5 Daily user sending quota exceeded. https://support.google.com/a/answer/166852", "throttle", "free", 0),
    ("rcpt", 421, "Timeout", "throttle", "free", 0),
    ("rcpt", 550, "5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages", "throttle", "free", 0),
    ("rcpt", 452, "4.5.3 Error", "throttle", "free", 0),
    ("dot_sent", 451, "4.7.652 The mail server [192.0.2.1] said no", "throttle", "free", 0),
    # our name
    ("mail", 550, "5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).", "block", "free", 0),
    ("rcpt", 550, "5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org", "block", "never", 0),
    ("rcpt", 554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.spamcop.net; Blocked - see https://www.spamcop.net/bl.shtml?192.0.2.1", "block", "never", 0),
    ("greeting", 553, "5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list; see https://postmaster.yahooinc.com/error-codes", "block", "free", 0),
    ("greeting", 554, "mx.example.net ESMTP not accepting connections", "block", "free", 0),
    ("dot_sent", 550, "5.7.1 Gmail has detected that this message is likely suspicious due to the very low reputation of the sending domain.", "block", "never", 0),
    ("rcpt", 550, "Adresse IP sur liste noire", "block", "never", 0),
    ("rcpt", 451, "4.7.1 Your IP is listed on the RBL, try later", "block", "later", 0),
    ("rcpt", 550, "5.2.0 service refused, OFR_506 [506]", "block", "never", 0),
    ("rcpt", 550, "5.7.606 Access denied, banned sending IP [192.0.2.1]", "block", "never", 0),
    # our set-up
    ("dot_sent", 550, "5.7.26 Your email has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.", "policy", "never", 0),
    ("dot_sent", 421, "4.7.26 Your email has been rate limited because the sender is unauthenticated.", "policy", "later", 0),
    ("dot_sent", 550, "5.7.25 The IP address sending this message does not have a PTR record setup", "policy", "never", 0),
    ("dot_sent", 550, "5.7.515 Access denied, sending domain EXAMPLE.ORG does not meet the required authentication level.", "policy", "never", 0),
    ("dot_sent", 550, "5.7.509 Access denied, sending domain example.org does not pass DMARC verification and has a DMARC policy of reject.", "policy", "never", 0),
    ("rcpt", 550, "5.7.1 SPF check failed: ada@example.org is not allowed to send from 192.0.2.1", "policy", "never", 0),
    ("dot_sent", 554, "5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes DMARC", "policy", "never", 0),
    ("login", 535, "5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "policy", "free", 0),
    ("login", 534, "5.7.9 Application-specific password required", "policy", "free", 0),
    ("mail", 530, "5.7.0 Must issue a STARTTLS command first", "policy", "free", 0),
    ("mail", 530, "5.7.57 Client not authenticated to send mail.", "policy", "free", 0),
    ("rcpt", 554, "5.7.1 <ada@example.org>: Relay access denied", "policy", "never", 0),
    ("rcpt", 550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "policy", "never", 0),
    ("mail", 553, "5.1.8 <office@example.org>: Sender address rejected: Domain not found", "policy", "free", 0),
    ("rcpt", 550, "5.1.8 Sender address rejected: Domain not found", "policy", "never", 0),
    ("rcpt", 550, "5.1.7 Invalid address", "policy", "never", 0),
    ("mail", 550, "Expéditeur refusé", "policy", "free", 0),
    ("mail", 550, "5.1.1 no", "policy", "free", 0),
    ("rcpt", 450, "4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]", "policy", "later", 0),
    ("rcpt", 550, "5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", "policy", "never", 0),
    # the message
    ("dot_sent", 554, "5.7.1 Message rejected as spam by Content Filtering.", "content", "never", 0),
    ("dot_sent", 550, "spam detected. Visit http://postmaster.free.fr/", "content", "never", 0),
    ("dot_sent", 552, "5.7.0 This message was blocked because its content presents a potential security issue.", "content", "never", 0),
    ("dot_sent", 550, "Message refusé : contenu indésirable", "content", "never", 0),
    ("mail", 552, "5.3.4 Message size exceeds fixed maximum message size", "content", "never", 0),
    ("dot_sent", 552, "5.2.3 Message exceeds maximum fixed size", "content", "never", 0),
    ("dot_sent", 554, "5.6.0 Corrupt message content", "content", "never", 0),
    ("dot_sent", 554, "Transaction failed", "content", "never", 0),
    ("dot_sent", 550, "5.7.0 Virus found: Eicar", "content", "never", 0),
    ("dot_sent", 552, "Message too large", "content", "never", 0),
    ("data", 552, "5.3.0 Message trop volumineux", "content", "never", 0),
    ("dot_sent", 552, "5.3.4 no", "content", "never", 0),
    # each other
    ("rcpt", 502, "not implemented", "protocol", "never", 0),
    ("rcpt", 554, "5.5.2 what", "protocol", "never", 0),
    ("mail", 503, "5.5.1 Error: nested MAIL command", "protocol", "free", 0),
    ("rcpt", 500, "Command unrecognized", "protocol", "never", 0),
    ("mail", 555, "5.5.4 Unsupported option: SIZE", "protocol", "free", 0),
    ("rcpt", 553, "5.6.7 Address not supported: SMTPUTF8 required", "protocol", "never", 0),
    ("rcpt", 250, "2.1.5 Ok", "protocol", "later", 0),
    # the line
    ("dot_sent", None, "", "ambiguous", "ask", 0),
    ("dot_sent", 250, "2.0.0 Ok: queued as ABC", "ambiguous", "ask", 0),
    ("dot_sent", 777, "?", "ambiguous", "ask", 0),
    ("connect", None, "Connection refused", "temporary", "free", 0),
    ("tls", None, "certificate verify failed", "temporary", "free", 0),
    ("rcpt", None, "connection reset by peer", "temporary", "later", 0),
    ("data", None, "timed out", "temporary", "later", 0),
    ("login", 454, "4.7.0 Temporary authentication failure", "temporary", "free", 0),
    # their trouble
    ("dot_sent", 451, "4.3.0 Temporary local problem", "temporary", "later", 0),
    ("rcpt", 452, "4.3.1 Insufficient system storage", "temporary", "later", 0),
    ("rcpt", 450, "4.1.2 <ada@example.org>: Recipient address rejected: Domain not found", "temporary", "later", 0),
    ("rcpt", 450, "4.1.1 <ada@example.org>: Recipient address rejected: unverified address", "temporary", "later", 0),
    ("rcpt", 451, "4.4.7 Message expired in the queue", "expired", "never", 0),
    ("", 400, "", "temporary", "later", 0),
    # nobody knows
    ("rcpt", 550, "", "refused", "never", 3),
    ("rcpt", 554, "Rejected", "refused", "never", 3),
    ("rcpt", 550, "5.9.9 Nope", "refused", "never", 3),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "code", "words", "kind", "retry", "strikes"), REPLIES)
def test_a_reply_becomes_a_verdict(stage, code, words, kind, retry, strikes):
    verdict = classify(stage=stage, code=code, text=words)
    assert (verdict.kind, verdict.retry, verdict.strikes) == (kind, retry, strikes), verdict.reason
    assert verdict.words.endswith(".")


def test_there_are_enough_of_them_and_every_kind_is_there():
    assert len(REPLIES) >= 80
    assert {row[3] for row in REPLIES} == set(Kind)


def test_the_table_needs_no_rule_twice_and_each_can_be_reached():
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    used = {classify(stage=row[0], code=row[1], text=row[2]).reason for row in REPLIES}
    assert set(names) == used


STAGES = st.sampled_from([*Stage, ""])
CODES = st.one_of(st.none(), st.integers(-5, 1000), st.sampled_from([421, 450, 451, 452, 550, 552, 554]))
ENHANCED = st.one_of(
    st.just(""), st.from_regex(r"[245]\.[0-7]\.(\d|[123]\d|515)", fullmatch=True), st.text(max_size=8)
)
WORDS = st.one_of(
    st.sampled_from([row[2] for row in REPLIES]),
    st.lists(st.sampled_from([row[2] for row in REPLIES]), max_size=3).map(" ".join),
    st.text(max_size=60),
)
SOME = settings(deadline=None, max_examples=300)


@SOME
@given(STAGES, CODES, ENHANCED, WORDS)
def test_every_reply_has_a_verdict_that_keeps_the_promises(stage, code, enhanced, words):
    verdict = classify(stage=stage, code=code, enhanced=enhanced, text=words)
    if verdict.kind not in {Kind.HARD_ADDRESS, Kind.HARD_DOMAIN, Kind.SOFT_MAILBOX, Kind.REFUSED}:
        assert not verdict.suppress
        assert verdict.strikes == 0
    if verdict.suppress:
        assert verdict.kind is Kind.HARD_ADDRESS
        assert 500 <= code <= 599
    if stage in {"connect", "greeting", "tls", "login", "mail"}:
        assert verdict.strikes == 0
    if verdict.retry is Retry.NEVER and verdict.kind is not Kind.EXPIRED:
        assert 500 <= code <= 599
    if stage == Stage.DOT_SENT and (code is None or not 400 <= code <= 599):
        assert verdict.retry is Retry.ASK
    assert (verdict.retry is Retry.ASK) == (verdict.kind is Kind.AMBIGUOUS)
    assert verdict.pause == (verdict.pause_after > 0)


OURS = st.sampled_from(
    ["SPF fail", "DKIM signature missing", "DMARC policy", "reverse DNS", "relay access denied", "listed at zen.spamhaus.org",
     "on our block list (S3140)", "sender is unauthenticated", "bad reputation", "5.7.26", "[BL21]", "liste noire"]
)  # fmt: skip


@SOME
@given(
    STAGES,
    st.integers(400, 599),
    OURS,
    st.sampled_from(["user unknown", "5.1.1", "no such user", "mailbox full", ""]),
)
def test_a_fault_of_ours_never_costs_a_subscriber(stage, code, ours, theirs):
    for text in (f"{ours} {theirs}", f"{theirs} {ours}"):
        enhanced = ours if ours[0] == "5" else ""
        verdict = classify(stage=stage, code=code, enhanced=enhanced, text=text)
        assert not verdict.suppress
        if verdict.kind in {Kind.POLICY, Kind.BLOCK}:
            assert verdict.strikes == 0


def test_a_hard_failure_suppresses_and_a_policy_failure_never_does():
    assert classify(stage="rcpt", code=550, enhanced="5.1.1", text="user unknown").suppress
    policy = classify(stage="dot_sent", code=550, enhanced="5.7.26", text="user unknown, unauthenticated")
    assert not policy.suppress
    assert policy.pause
    assert policy.pause_after == 3


@pytest.mark.parametrize(
    ("stage", "code", "text", "lane", "pause_after"),
    [
        ("rcpt", 550, "5.1.1 user unknown", LaneMove.KEEP, 0),
        ("rcpt", 421, "too many connections", LaneMove.SLOW, 0),
        ("connect", None, "no route", LaneMove.SLOW, 0),
        ("rcpt", 550, "5.7.1 blocked using zen.spamhaus.org", LaneMove.HOLD, 3),
        ("greeting", 554, "go away", LaneMove.HOLD, 1),
        ("login", 535, "5.7.8 no", LaneMove.HOLD, 1),
        ("dot_sent", 550, "5.7.26 unauthenticated", LaneMove.KEEP, 3),
        ("dot_sent", 554, "5.7.1 spam", LaneMove.KEEP, 10),
        ("rcpt", 550, "5.7.1 recipient takes mail from friends only", LaneMove.KEEP, 0),
    ],
)
def test_lane_and_campaign_follow(stage, code, text, lane, pause_after):
    verdict = classify(stage=stage, code=code, text=text)
    assert (verdict.lane, verdict.pause_after) == (lane, pause_after)


def test_the_basic_code_decides_on_retry_when_the_two_codes_differ():
    assert classify(stage="rcpt", code=550, enhanced="4.7.1", text="rejected").retry is Retry.NEVER
    assert classify(stage="rcpt", code=450, enhanced="5.1.1", text="user unknown").retry is not Retry.NEVER


def test_a_host_address_is_no_enhanced_code():
    assert classify(stage="rcpt", code=550, text="host 5.1.1.9 says no").kind is Kind.REFUSED


def test_a_reply_of_megabytes_and_of_no_alphabet_is_judged_at_once():
    huge = "user " * 1_000_000
    assert classify(stage="rcpt", code=550, text=huge).kind is Kind.REFUSED
    assert classify(stage="rcpt", code=550, text="\ufffd\x00 日本語").kind is Kind.REFUSED
