"""Answers that may be kept: an ETag, and 304 for those who have it (RFC 9110 section 13.1.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response


def cached(
    request: Request,
    content: bytes,
    kind: str,
    seconds: int,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The content, or 304 when the client has it.

    Args:
        request: its If-None-Match is looked at.
        content: the body.
        kind: its media type.
        seconds: how long it may be kept without asking.
        headers: more headers.
    """
    digest = hashlib.sha256(content).hexdigest()[:32]
    every = {"ETag": f'"{digest}"', "Cache-Control": f"public, max-age={seconds}", **(headers or {})}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if "*" in known or f'"{digest}"' in known:
        return Response(status_code=304, headers=every)
    return Response(content, media_type=kind, headers=every)
