"""The providers that take most of the mail of an office like ours, in Belgium, France and their neighbours.

Domains of addresses are listed so that the usual ones need no look-up; whatever is missing is found by its MX.
"""

from __future__ import annotations

from newsletter.core.destination import DestinationGroup

GROUPS: tuple[DestinationGroup, ...] = (
    DestinationGroup(
        "google",
        ("gmail.com", "googlemail.com"),
        ("google.com", "googlemail.com"),
    ),
    DestinationGroup(
        "microsoft",
        (
            "hotmail.be", "hotmail.ch", "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.es", "hotmail.fr",
            "hotmail.gr", "hotmail.it", "hotmail.nl", "hotmail.se", "live.at", "live.be", "live.co.uk", "live.com",
            "live.com.pt", "live.de", "live.dk", "live.fr", "live.ie", "live.it", "live.nl", "live.no", "live.se",
            "msn.com", "outlook.at", "outlook.be", "outlook.com", "outlook.com.gr", "outlook.cz", "outlook.de",
            "outlook.dk", "outlook.es", "outlook.fr", "outlook.hu", "outlook.ie", "outlook.it", "outlook.lv",
            "outlook.pt", "outlook.sk", "windowslive.com",
        ),
        # The people's (olc.protection.outlook.com) and the firms' (mail.protection.outlook.com; newer: mx.microsoft).
        ("protection.outlook.com", "outlook.com", "mx.microsoft"),
    ),
    DestinationGroup(
        "yahoo",
        (
            "aol.co.uk", "aol.com", "aol.de", "aol.fr", "rocketmail.com", "yahoo.co.uk", "yahoo.com", "yahoo.de",
            "yahoo.dk", "yahoo.es", "yahoo.fr", "yahoo.gr", "yahoo.ie", "yahoo.it", "yahoo.ro", "yahoo.se", "ymail.com",
        ),
        ("yahoodns.net",),
    ),
    DestinationGroup("apple", ("icloud.com", "mac.com", "me.com"), ("icloud.com",)),
    DestinationGroup("orange", ("orange.fr", "wanadoo.fr"), ("orange.fr",)),
    DestinationGroup("laposte", ("laposte.net",), ("laposte.net",)),
    DestinationGroup("free", ("free.fr",), ("free.fr",)),
    DestinationGroup("sfr", ("cegetel.net", "club-internet.fr", "neuf.fr", "sfr.fr"), ("sfr.fr",)),
    DestinationGroup(
        "united-internet",
        ("gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.eu", "gmx.fr", "gmx.net", "mail.com", "web.de"),
        ("gmx.net", "mail.com", "web.de"),
    ),
    DestinationGroup("proximus", ("proximus.be", "skynet.be"), ("proximus.be", "skynet.be")),
    DestinationGroup("telenet", ("telenet.be",), ("telenet.be",)),
)  # fmt: skip
