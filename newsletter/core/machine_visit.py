"""Whether a machine asked: scanners of mail gateways follow every link before a person sees the mail, and picture proxies load all.

What a request says of itself is looked at here, and in `core.recent_clicks` what came just before it. Neither proves that a person
asked. A machine that hides behind the name of a browser and presses one link only is counted as a person.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Fetched before anybody asked: Sec-Purpose (Fetch Standard) of today's browsers, and what they sent before it.
_PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_AHEAD = re.compile(r"\b(?:prefetch|prerender|preview)\b", re.IGNORECASE)
# By the names that they give themselves: crawlers, programs, previews of chats, and gateways that look behind links.
_PROGRAMS = re.compile(
    r"bot\b|crawl|spider|scan|preview|headless|phantomjs|python|curl|wget|java/|libwww|okhttp|go-http|axios|node-fetch|httpclient"
    r"|facebookexternalhit|whatsapp|slurp|barracuda|mimecast|proofpoint|safelinks|fireeye|trendmicro|symantec|cisco|ironport"
    r"|sophos|forcepoint|zscaler|cloudmark|messagelabs|virustotal|urldefense|google-safety|microsoft office",
    re.IGNORECASE,
)
_BROWSER = re.compile(r"^(?:Mozilla|Opera)/\d")
# Apple's Mail Privacy Protection asks with this and nothing else, whether the mail is ever opened or not.
_APPLE_PRIVACY = "Mozilla/5.0"
_PICTURE_PROXIES = re.compile(
    r"googleimageproxy|yahoomailproxy|ggpht|yahoo! mail proxy|outlook-?image", re.IGNORECASE
)


def by_machine(headers: Mapping[str, str]) -> bool:
    """Whether a request for a link says of itself that no person made it.

    Args:
        headers: by name in lower case.
    """
    return any(says_so(headers) for says_so in _OF_LINKS)


def picture_by_machine(headers: Mapping[str, str]) -> bool:
    """The same for a picture, which proxies also load when nobody has opened the mail."""
    return any(says_so(headers) for says_so in (*_OF_LINKS, _is_apple_privacy, _is_picture_proxy))


def _is_ahead(headers: Mapping[str, str]) -> bool:
    return any(_AHEAD.search(headers.get(name, "")) for name in _PURPOSES)


def _is_program(headers: Mapping[str, str]) -> bool:
    agent = headers.get("user-agent", "")
    return not _BROWSER.match(agent) or _PROGRAMS.search(agent) is not None


def _is_apple_privacy(headers: Mapping[str, str]) -> bool:
    return headers.get("user-agent", "").strip() == _APPLE_PRIVACY


def _is_picture_proxy(headers: Mapping[str, str]) -> bool:
    return _PICTURE_PROXIES.search(headers.get("user-agent", "")) is not None


_OF_LINKS: tuple[Callable[[Mapping[str, str]], bool], ...] = (_is_ahead, _is_program)
