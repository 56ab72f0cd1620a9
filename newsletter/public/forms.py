"""What a form sends: urlencoded or multipart, small, and never a file."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

_MOST_BYTES = 65_536


async def read_form(request: Request) -> FormData:
    """The fields of a form; none for a body that is no form. Both encodings are asked for by RFC 8058 section 3.2.

    Raises:
        HTTPException: 413, the body is longer than any of our forms.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    stream = _limited(request)
    try:
        if kind == "multipart/form-data":
            return await MultiPartParser(request.headers, stream, max_files=0, max_fields=100).parse()
        if kind == "application/x-www-form-urlencoded":
            return await FormParser(request.headers, stream).parse()
    except MultiPartException:
        return FormData()
    return FormData()


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _MOST_BYTES:
            raise HTTPException(413)
        yield chunk


Form = Annotated[FormData, Depends(read_form)]
