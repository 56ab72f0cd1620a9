"""Fetching from the web, guarded: whom is asked, how long, and how much is taken.

- Every address that a name resolves to is looked at, and the connection goes to one of those that were looked at: a name
  cannot say one thing when it is checked and another when it is asked (DNS rebinding). The Host header and the name in
  TLS stay what the URL says.
- A redirect is a new question and is checked like the first; there are at most five.
- What comes is counted while it comes, both on the wire and unpacked, and the whole has a time limit, so that neither a
  server that never stops nor one that sends a byte now and then can hold anybody up.
- Proxies and passwords of the environment are not used: a proxy would ask whom it likes.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from newsletter.core.web import (
    NOTHING_MORE,
    Allowed,
    WebRefused,
    parse_ip,
    place_of,
    refused_address,
    shown_url,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    Resolve = Callable[[str, int], Sequence[str]]

MOST_REDIRECTS = 5
_CHUNK = 65_536
_MEGABYTE = 1_000_000
_REDIRECTS = {301, 302, 303, 307, 308}
_LATER = "Try again later; if it stays so, ask those who run that server."


@dataclass(frozen=True, slots=True)
class Page:
    """What a server gave.

    Attributes:
        url: where it came from in the end.
        content: the body, unpacked; empty when nothing has changed.
        kind: its media type in small letters without parameters, "" when the server says none.
        content_type: the whole header.
        etag: to ask with next time; "" when there is none.
        modified: the same, by date, as the server wrote it.
        unchanged: whether the server said that it is what we have (304).
    """

    url: str
    content: bytes
    kind: str = ""
    content_type: str = ""
    etag: str = ""
    modified: str = ""
    unchanged: bool = False


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name as this machine's resolver tells them, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@dataclass(frozen=True, slots=True)
class Web:
    """Asks web servers. It keeps nothing between two questions, so that threads may share it.

    Attributes:
        allow: machines of one's own network that may be asked too.
        timeout: for one question with its redirects; looking up a name takes as long as this machine's resolver does.
        most: octets that are taken at most, packed and unpacked.
        agent: how it calls itself, with an address where one can ask who it is.
        resolve: gives the addresses of a name.
    """

    allow: Allowed = NOTHING_MORE
    timeout: timedelta = timedelta(seconds=20)
    most: int = 5 * _MEGABYTE
    agent: str = "newsletter"
    resolve: Resolve = resolve

    def get(self, url: str, kinds: Collection[str] = (), *, etag: str = "", modified: str = "") -> Page:
        """Fetch `url`.

        Args:
            kinds: media types that are taken; all when empty. A server that names none is believed.
            etag: of what we have (RFC 9110 section 13.1.2).
            modified: the Last-Modified of what we have.

        Raises:
            WebRefused: with why, and what to do.
        """
        known = {"If-None-Match": etag, "If-Modified-Since": modified}
        headers = {name: value for name, value in known.items() if value and value.isascii()}
        visit = _Visit(self, monotonic() + self.timeout.total_seconds())
        with visit.watched(), visit.session(headers) as session:
            for _ in range(MOST_REDIRECTS + 1):
                place_of(url)
                with visit.ask(session, url) as response:
                    if response.status_code not in _REDIRECTS or "Location" not in response.headers:
                        return visit.take(response, url, kinds)
                    url = urljoin(url, response.headers["Location"])
        raise WebRefused(
            f"'{shown_url(url)}' is behind more than {MOST_REDIRECTS} redirects.",
            "Write the address where they end.",
        )

    def status(self, url: str) -> int:
        """The status that `url` answers in the end, its redirects followed; nothing of its body is read.

        It is asked by HEAD, and by GET where a server says that HEAD is not for it or that there is nothing: some answer that to
        HEAD alone (RFC 9110 section 9.3.2 asks them not to).

        Raises:
            WebRefused: nobody answers, or it is not to be asked.
        """
        visit = _Visit(self, monotonic() + self.timeout.total_seconds())
        with visit.watched(), visit.session({}) as session:
            for _ in range(MOST_REDIRECTS + 1):
                place_of(url)
                for method in ("HEAD", "GET"):
                    with visit.ask(session, url, method) as response:
                        status, head = response.status_code, response.headers
                    if status < HTTPStatus.BAD_REQUEST:
                        break
                if status not in _REDIRECTS or "Location" not in head:
                    return status
                url = urljoin(url, head["Location"])
        raise WebRefused(
            f"'{shown_url(url)}' is behind more than {MOST_REDIRECTS} redirects.",
            "Write the address where they end.",
        )


@dataclass(slots=True)
class _Visit:
    """One question, with its time limit and the sockets that are cut when it is over."""

    web: Web
    until: float
    expired: threading.Event = field(default_factory=threading.Event)
    sockets: list[socket.socket] = field(default_factory=list)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Cut every connection when the time is over, whatever waits on it."""
        timer = threading.Timer(max(self.until - monotonic(), 0), self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            for one in self.sockets:
                one.close()

    def session(self, headers: dict[str, str]) -> requests.Session:
        """A session that reads nothing from the environment and connects by our rules."""
        session = requests.Session()
        session.trust_env = False
        session.headers.update({"User-Agent": self.web.agent, "Accept-Encoding": "gzip, deflate", **headers})
        adapter = _Adapter(self.connect)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session

    def ask(self, session: requests.Session, url: str, method: str = "GET") -> requests.Response:
        """The head of the answer."""
        try:
            return session.request(method, url, stream=True, allow_redirects=False, timeout=self._left())
        except WebRefused:
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise self._failed(url, error) from None

    def take(self, response: requests.Response, url: str, kinds: Collection[str]) -> Page:
        """The answer as a page, if it is one that we want."""
        head = response.headers
        content_type = head.get("Content-Type", "")
        kind = content_type.partition(";")[0].strip().lower()
        etag, modified = head.get("ETag", ""), head.get("Last-Modified", "")
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            return Page(url, b"", kind, content_type, etag, modified, unchanged=True)
        if response.status_code != HTTPStatus.OK:
            raise _not_ok(url, response.status_code)
        if kinds and kind and kind not in kinds:
            remedy = "Write the address of the feed itself; a page often names it under “RSS”."
            raise WebRefused(f"'{shown_url(url)}' is {kind}, which is not read here.", remedy)
        try:
            content = self._body(response, url)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise self._failed(url, error) from None
        return Page(url, content, kind, content_type, etag, modified)

    def connect(self, host: str, port: int) -> socket.socket:
        """A connection to one of the addresses of `host`, after all of them were looked at."""
        host = host.strip("[]")
        try:
            addresses = [parse_ip(text) for text in self.web.resolve(host, port)]
        except (OSError, ValueError, UnicodeError):
            raise WebRefused(
                f"There is no machine called '{host}'.", "Check the address, and that this machine is online."
            ) from None
        for address in addresses:
            reason = "" if self.web.allow.covers(host, address) else refused_address(address)
            if reason:
                what = f"'{host}' leads to {address}, which is not asked: {reason}."
                raise WebRefused(what, "If it is meant, name it under web: allow: in config.yaml.")
        trouble: OSError = OSError("it has no address")
        for address in addresses:
            try:
                opened = socket.create_connection((str(address), port), timeout=self._left())
            except OSError as error:
                trouble = error
            else:
                self.sockets.append(opened.dup())  # a copy stays ours whatever TLS makes of the other
                return opened
        raise trouble

    def _body(self, response: requests.Response, url: str) -> bytes:
        most = self.web.most
        declared = response.headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) > most:
            raise _too_much(url, most)
        content = bytearray()
        while True:
            # One octet more than is taken: unpacked piece by piece, so that a bomb never lies in memory whole.
            piece = response.raw.read(min(_CHUNK, most + 1 - len(content)), decode_content=True)
            if self.expired.is_set():
                raise TimeoutError
            if not piece:
                return bytes(content)
            content += piece
            if len(content) > most:
                raise _too_much(url, most)

    def _failed(self, url: str, error: Exception) -> WebRefused:
        refused = _refusal_in(error)
        if refused is not None:
            return refused
        if self.expired.is_set() or isinstance(error, TimeoutError | requests.Timeout):
            seconds = self.web.timeout.total_seconds()
            return WebRefused(f"'{shown_url(url)}' did not answer within {seconds:g} s.", _LATER)
        if isinstance(error, requests.exceptions.SSLError):
            what = f"'{shown_url(url)}' has no certificate that can be trusted."
            return WebRefused(what, "Check the address; if it is right, tell those who run that server.")
        return WebRefused(f"'{shown_url(url)}' could not be fetched: {_in_short(error)}.", _LATER)

    def _left(self) -> float:
        return max(self.until - monotonic(), 0.001)

    def _cut(self) -> None:
        self.expired.set()
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class _Plain(HTTPConnection):
    """A connection whose socket is opened by our rules."""

    def __init__(self, *args: Any, connect: Callable[[str, int], socket.socket], **more: Any) -> None:
        super().__init__(*args, **more)
        self._connect = connect

    def _new_conn(self) -> socket.socket:
        return self._connect(self.host, self.port)


class _Secure(HTTPSConnection):
    """The same for TLS, which is spoken with the name that the URL says."""

    def __init__(self, *args: Any, connect: Callable[[str, int], socket.socket], **more: Any) -> None:
        super().__init__(*args, **more)
        self._connect = connect

    def _new_conn(self) -> socket.socket:
        return self._connect(self.host, self.port or 443)


class _Adapter(HTTPAdapter):
    """Makes every connection of a session by `connect`."""

    def __init__(self, connect: Callable[[str, int], socket.socket]) -> None:
        self._connect = connect
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        # Types made here, as a pool asks its own type for the type of its connections.
        plain = type("Pool", (HTTPConnectionPool,), {"ConnectionCls": partial(_Plain, connect=self._connect)})
        secure = type(
            "SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": partial(_Secure, connect=self._connect)}
        )
        self.poolmanager.pool_classes_by_scheme = {"http": plain, "https": secure}


def _too_much(url: str, most: int) -> WebRefused:
    what = f"'{shown_url(url)}' is larger than {most / _MEGABYTE:g} MB; the rest was not read."
    return WebRefused(what, "Ask for a shorter feed, or raise web: most: in config.yaml.")


def _not_ok(url: str, status: int) -> WebRefused:
    gone = status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    remedy = "Open the address in a browser and correct it." if gone else _LATER
    return WebRefused(f"'{shown_url(url)}' answered {status}.", remedy)


def _refusal_in(error: BaseException | None) -> WebRefused | None:
    """Our own refusal, where a library has wrapped it."""
    while error is not None:
        if isinstance(error, WebRefused):
            return error
        error = error.__cause__ or error.__context__
    return None


def _in_short(error: Exception) -> str:
    inner: BaseException = error
    while inner.__cause__ or inner.__context__:
        inner = inner.__cause__ or inner.__context__ or inner
    text = getattr(inner, "strerror", "") or str(inner) or type(inner).__name__
    return text.strip(" .").splitlines()[0][:200]
