"""The table of replies, read from top to bottom: the first rule that holds is the verdict.

What is said about us stands before what is said about a recipient, so that no fault of ours ever costs a subscriber: a reply
that speaks of SPF or of a block list is never about the address, whatever its code. Sources: RFC 5321, RFC 3463, RFC 7372, RFC 7505
and the registry of enhanced codes; the words of Gmail, Yahoo, Microsoft, Orange, Free, Laposte, SFR, Postfix, Exim, qmail.
"""

from __future__ import annotations

from newsletter.core.reply_about_us import BEFORE_ALL, OUR_SETUP, REPUTATION, SPEED
from newsletter.core.reply_kinds import AFTER_DATA, Kind, Rule

_RCPT = frozenset({"rcpt"})
_MAIL = frozenset({"mail"})

_WAIT = (
    Rule(
        "greylisted",
        Kind.GREYLIST,
        "They ask strangers to come back in some minutes.",
        codes="4..",
        text=r"gr[ea]y ?-?list|postgrey|gr[ea]ylst|liste grise|first time sender|sqlgrey|milter-greylist",
    ),
    Rule("going-away", Kind.THROTTLE, "The server ends the conversation.", codes="421"),
    Rule("not-taking-mail", Kind.THROTTLE, "The server takes no mail for now.", codes="4..", detail=r"3\.2"),
)

# At MAIL no recipient is known yet: what is refused here is not about one.
_AT_MAIL = (
    Rule(
        "too-large-to-begin",
        Kind.CONTENT,
        "The message is too large for them.",
        _MAIL,
        "5..",
        r"2\.3|3\.4",
        pause_after=10,
    ),
    Rule(
        "not-understood-at-mail",
        Kind.PROTOCOL,
        "The server did not understand us.",
        _MAIL,
        "50[0-4]|555",
        pause_after=3,
    ),
    Rule("sender-stage", Kind.POLICY, "Our sender address was refused.", _MAIL, "5..", pause_after=3),
)

_MAILBOX = (
    Rule("full", Kind.SOFT_MAILBOX, "The mailbox is full.", detail=r"2\.2", strikes=4, strike_days=30),
    Rule(
        "full-words",
        Kind.SOFT_MAILBOX,
        "The mailbox is full.",
        codes="4..|5..",
        text=(
            r"(mailbox|inbox|account|user|recipient|maildir)\b.{0,40}\b(full|over ?-?quota|exceed\w* .{0,20}(quota|storage|size|limit))|over ?-?quota"
            r"|quota (has been )?(exceeded|full)|exceeded (storage|mailbox|his quota|its quota)|bo[iî]te\b.{0,30}\bpleine|quota d[eé]pass|out of storage"
        ),
        strikes=4,
        strike_days=30,
    ),
    Rule(
        "off-for-a-while",
        Kind.SOFT_MAILBOX,
        "The mailbox is off.",
        codes="4..",
        detail=r"2\.1",
        strikes=4,
        strike_days=30,
    ),
    Rule(
        "resting",
        Kind.SOFT_MAILBOX,
        "The mailbox has not been used for long and is off.",
        text=r"\binactive\b|\bdormant\b|temporarily (disabled|suspended|locked)|compte (est )?(inactif|suspendu)",
        codes="4..",
        strikes=4,
        strike_days=30,
    ),
)

_DOMAIN = (
    # A second strike at least a day later is the second look at the DNS.
    Rule(
        "no-such-domain",
        Kind.HARD_DOMAIN,
        "The domain takes no mail.",
        codes="5..",
        detail=r"1\.2|1\.10|4\.4|4\.310",
        strikes=2,
        strike_days=1,
    ),
    Rule(
        "no-such-domain-words",
        Kind.HARD_DOMAIN,
        "The domain takes no mail.",
        codes="5..",
        text=(
            r"(host|domain)( name)?( or domain name)? (is )?(not found|unknown|invalid)|(domain|host) does not (exist|accept)|unknown (domain|host)"
            r"|null ?mx|no mx|nxdomain|domain lookup failed|no such (domain|host)|unrouteable (mail )?domain|domaine (inconnu|inexistant|invalide)|bad destination host"
        ),
        strikes=2,
        strike_days=1,
    ),
)

_ADDRESS = (
    Rule(
        "nobody-there",
        Kind.HARD_ADDRESS,
        "Nobody has this address.",
        codes="5..",
        detail=r"1\.[136]|2\.1",
        strikes=1,
    ),
    Rule(
        "nobody-there-words",
        Kind.HARD_ADDRESS,
        "Nobody has this address, it seems.",
        codes="5..",
        detail=r"(?!7\.).*",
        text=(
            r"(user|recipient|mailbox|account|address|addressee|alias)\b.{0,40}\b(unknown|not found|not known|invalid|does(n't| not) exist|not exist"
            r"|no longer|disabled|deactivated|closed|terminated|expired|not available|unavailable|not listed)"
            r"|(unknown|invalid|no such|bad|non-?existent|inexistent) (local )?(user|recipient|mailbox|account|address|person|destination)|nosuchuser"
            r"|no mailbox (here )?by that name|doesn't have a .{0,40}account|does not have an? .{0,40}account|not a valid (mailbox|user|recipient)|unrouteable address"
            r"|recipient address rejected: (access denied|undeliverable|user)|not our customer|\bdd\b.{0,20}user|no (such )?user\b|unknown or illegal alias"
            r"|(utilisateur|destinataire|adresse|bo[iî]te|compte)\b.{0,50}\b(inconnue?|invalide|inexistante?|n'existe (pas|plus)|introuvable|d[eé]sactiv[eé]e?|ferm[eé]e?|clos|supprim[eé]e?)"
        ),
        strikes=2,
    ),
    Rule(
        "nobody-there-they-say",
        Kind.HARD_ADDRESS,
        "Nobody has this address, it seems.",
        codes="5..",
        detail=r"7\.1",
        text=r"(unknown|no such|invalid) (user|recipient|mailbox)|(user|recipient|mailbox) (unknown|not found)|nosuchuser",
        strikes=2,
    ),
    Rule(
        "address-refused",
        Kind.HARD_ADDRESS,
        "The address was refused.",
        codes="5..",
        detail=r"1\.0",
        strikes=2,
    ),
)

_MESSAGE = (
    Rule(
        "too-large",
        Kind.CONTENT,
        "The message is too large for them.",
        detail=r"2\.3|3\.4",
        pause_after=10,
    ),
    Rule(
        "too-large-words",
        Kind.CONTENT,
        "The message is too large for them.",
        text=r"(message|mail|size)\b.{0,40}\b(too (large|big|long)|exceeds)|message trop (gros|volumineux)",
        codes="5..",
        pause_after=10,
    ),
    Rule("address-not-supported", Kind.PROTOCOL, "They cannot write to such an address.", detail=r"6\.7"),
    Rule(
        "bad-message",
        Kind.CONTENT,
        "They cannot read the message.",
        codes="5..",
        detail=r"6\.\d+",
        pause_after=10,
    ),
    Rule(
        "taken-for-spam",
        Kind.CONTENT,
        "They take the message for spam or worse.",
        codes="5..",
        text=(
            r"\bspam|unsolicited|\bbulk\b|virus|malware|phish|\bcontent|\burl\b.{0,30}(block|reject|bad)|junk|message (was |is |has been )?(rejected|refused|blocked|denied)"
            r"|ind[eé]sirable|pourriel|message refus|contenu"
        ),
        pause_after=10,
    ),
)

_CODES = (
    Rule(
        "not-understood",
        Kind.PROTOCOL,
        "The server did not understand us.",
        codes="50[0-4]|555",
        pause_after=3,
    ),
    Rule(
        "not-understood-code",
        Kind.PROTOCOL,
        "The server did not understand us.",
        codes="5..",
        detail=r"5\.\d+",
        pause_after=3,
    ),
    Rule(
        "not-authorised",
        Kind.POLICY,
        "They do not let us write to this address.",
        codes="5..",
        detail=r"7\.\d+",
    ),
    Rule(
        "asked-to-wait",
        Kind.GREYLIST,
        "They ask to come back later.",
        _RCPT,
        "45[01]",
        r"(7\.[01])?",
    ),
    Rule(
        "storage",
        Kind.SOFT_MAILBOX,
        "The mailbox has no room.",
        codes="[45]52",
        detail=r"(2\.\d)?",
        strikes=4,
        strike_days=30,
    ),
    Rule(
        "after-the-data",
        Kind.CONTENT,
        "They refused the message after reading it.",
        AFTER_DATA,
        "5..",
        pause_after=10,
    ),
    Rule(
        "refused",
        Kind.REFUSED,
        "Refused without a reason that we know.",
        codes="5..",
        strikes=3,
        strike_days=30,
    ),
    Rule("later", Kind.TEMPORARY, "Their server has trouble.", codes="4.."),
)

RULES = (
    *BEFORE_ALL,
    *OUR_SETUP,
    *SPEED,
    *REPUTATION,
    *_WAIT,
    *_AT_MAIL,
    *_MAILBOX,
    *_DOMAIN,
    *_ADDRESS,
    *_MESSAGE,
    *_CODES,
)
"""Every reply has a rule: the last ones go by the code alone."""
