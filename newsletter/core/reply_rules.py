"""The table of replies, read from top to bottom: the first rule that holds is the verdict.

What is said about us stands before what is said about a recipient, so that no fault of ours ever costs a subscriber: a reply
that speaks of SPF or of a block list is never about the address, whatever its code. Sources: RFC 5321, RFC 3463, RFC 7372, RFC 7505
and the registry of enhanced codes; the words of Gmail, Yahoo, Microsoft, Orange, Free, Laposte, SFR, Postfix, Exim, qmail.
"""

from __future__ import annotations

from newsletter.core.reply_kinds import AFTER_DATA, DOT_SENT, SESSION, Kind, Rule

_DOT = frozenset({DOT_SENT})
_RCPT = frozenset({"rcpt"})
_MAIL = frozenset({"mail"})
_LOGIN = frozenset({"login"})

_BEFORE_ALL = (
    Rule(
        "no-answer-after-the-dot",
        Kind.AMBIGUOUS,
        "The line broke after the whole message was sent.",
        _DOT,
        "0",
    ),
    Rule("no-refusal-after-the-dot", Kind.AMBIGUOUS, "The answer is no refusal.", _DOT, "[123].."),
    Rule("unreachable", Kind.TEMPORARY, "The server could not be reached.", SESSION, "0"),
    Rule("line-lost", Kind.TEMPORARY, "The line broke before the message was sent.", codes="0"),
    Rule("no-refusal", Kind.PROTOCOL, "The server answers what nobody asked.", codes="[123].."),
    Rule("expired", Kind.EXPIRED, "It was tried for as long as it may be.", detail=r"4\.7"),
    Rule("login-later", Kind.TEMPORARY, "The server cannot check logins for now.", _LOGIN, "4.."),
    Rule("login-refused", Kind.POLICY, "Our login was refused.", _LOGIN, "5..", pause_after=1),
    Rule("login-wanted", Kind.POLICY, "The server wants a login or TLS.", codes="53[0458]", pause_after=1),
)

_OUR_SETUP = (
    Rule(
        "relay-denied",
        Kind.POLICY,
        "The server does not send mail on for us.",
        codes="5..",
        text=r"relay(ing)? (access )?(is )?(denied|not|prohibited)|(unable|not permitted|not allowed) to relay|relais (interdit|refus)",
        pause_after=3,
    ),
    Rule(
        "mail-flood",
        Kind.THROTTLE,
        "Gmail sees more mail from us than it likes.",
        codes="4..",
        detail=r"7\.28",
    ),
    Rule(
        "not-authenticated",
        Kind.POLICY,
        "Our mail is not authenticated as they want (SPF, DKIM, DMARC, reverse DNS or TLS).",
        detail=r"7\.(2\d|30|509|515)",
        pause_after=3,
    ),
    Rule(
        "authentication-words",
        Kind.POLICY,
        "Our mail is not authenticated as they want (SPF, DKIM, DMARC or reverse DNS).",
        text=(
            r"\b(spf|dkim|dmarc)\b|unauthenticated|not authenticated|authentication (checks?|requirements?|level|fail)"
            r"|reverse dns|\brdns\b|\bptr\b|fcrdns|cannot find your (reverse )?hostname|client host rejected: cannot find"
        ),
        pause_after=3,
    ),
    Rule(
        "sender-refused",
        Kind.POLICY,
        "Our sender address was refused.",
        text=r"sender (address |domain )?(is )?(rejected|refused|verif|denied|invalid|not)|exp[eé]diteur|envelope blocked",
        pause_after=3,
    ),
    Rule(
        "sender-code",
        Kind.POLICY,
        "Our sender address was refused.",
        codes="5..",
        detail=r"1\.[78]",
        pause_after=3,
    ),
)

_SPEED = (
    Rule(
        "too-fast",
        Kind.THROTTLE,
        "They take less mail at a time.",
        codes="4..",
        text=(
            r"\bts[s]?0\d|too many (connections|concurrent|messages|mails|sessions|emails|recipients)|rate.?limit|throttl"
            r"|too (quickly|fast)|unusual rate|(exceed|reach)\w* (the |your )?(max\w*|rate|limit|quota|number)|max\w* (number of )?conn"
            r"|(hourly|daily) (limit|quota)|server (is )?(too )?busy|trop de (connexions|messages|mails|requ)|limite? .{0,20}d[eé]pass"
            r"|\brp-00[123]\b|ofr_?004_104|ofr_108|service refus|(essayer|r[eé]essayer|veuillez essayer) plus tard|mail flow|sending limit|receiving mail at a rate"
        ),
    ),
    Rule(
        "too-fast-code",
        Kind.THROTTLE,
        "They take less mail at a time.",
        codes="4..",
        detail=r"4\.5|7\.(28|650|652)",
    ),
    Rule("too-many-recipients", Kind.THROTTLE, "Too many recipients at once.", text=r"too many recipients"),
    Rule(
        "too-many-recipients-code",
        Kind.THROTTLE,
        "Too many recipients at once.",
        codes="4..|552",
        detail=r"5\.3",
    ),
    Rule(
        "our-quota",
        Kind.THROTTLE,
        "Our account with this server has sent all it may for now.",
        text=r"(daily|hourly|user|sending|outbound) \w* ?(sending |message |submission )?(quota|limit)\w* (has been |is )?(exceed|reach)",
    ),
    Rule(
        "busy-reader",
        Kind.THROTTLE,
        "This mailbox gets mail too fast.",
        text=r"receiving mail (too quickly|at a rate)",
    ),
)

_REPUTATION = (
    Rule(
        "on-a-list",
        Kind.BLOCK,
        "Our network or domain is on a block list.",
        text=(
            r"black ?-?list|block ?-?list|block list|deny ?-?list|liste noire|spamhaus|spamcop|barracudacentral|sorbs|\bsurbl\b|uribl"
            r"|\b(rbl|dnsbl|dbl|sbl|xbl|pbl|cbl)\b|abusix|invaluement|csi\.cloudmark|senderscore|ipcheck\.proofpoint|\bs31[45]0\b|\bs77[67]\d?\b"
            r"|\[bl\d\d\]|listed (at|in|on|by)|banned sending ip|ip .{0,40}(is )?(blocked|banned|refus)"
        ),
        pause_after=3,
    ),
    Rule(
        "bad-name",
        Kind.BLOCK,
        "They do not trust our network or domain.",
        text=(
            r"reputation|user complaints|complaint rate|temporarily deferred due to|not accepted (for policy reasons|from your)"
            r"|\bofr_?(50\d|006|007|104)|service refus|(blocked|rejected|refused) .{0,30}(abuse|postmaster)|(host|client) (is )?(blocked|refused)"
            r"|tempor\w+ (blocked|blacklist)|\b(bl|dy|hvu)[-:](\d+|b\d)\b|access (from|for) your ip"
        ),
        pause_after=3,
    ),
    Rule(
        "shut-door",
        Kind.BLOCK,
        "The server does not talk to us.",
        frozenset({"connect", "greeting"}),
        "5..",
        pause_after=1,
    ),
)

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
    *_BEFORE_ALL,
    *_OUR_SETUP,
    *_SPEED,
    *_REPUTATION,
    *_WAIT,
    *_AT_MAIL,
    *_MAILBOX,
    *_DOMAIN,
    *_ADDRESS,
    *_MESSAGE,
    *_CODES,
)
"""Every reply has a rule: the last ones go by the code alone."""
