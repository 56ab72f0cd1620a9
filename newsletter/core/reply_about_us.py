"""The first half of the table of replies: what is said about the line, about our set-up, our speed and our name."""

from __future__ import annotations

from newsletter.core.reply_kinds import DOT_SENT, SESSION, Kind, Rule

_DOT = frozenset({DOT_SENT})
_LOGIN = frozenset({"login"})

BEFORE_ALL = (
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

OUR_SETUP = (
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

SPEED = (
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

REPUTATION = (
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
