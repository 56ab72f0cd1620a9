"""The case `postfix`: a real Postfix on this machine with a queue on disk, that throws away what it has queued."""

# ruff: noqa: INP001, S603, T201 - a script, not a package; it starts programs that it finds itself

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prebuilt import by_us, letters
from sending import Sending, send
from sink import free_port, source_rate, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import Databases

SYSTEM = "/usr/sbin:/usr/bin"
SESSIONS = 10
MINUTE = 60
_MAIN = """compatibility_level = 3.6
queue_directory = {place}/spool
data_directory = {place}/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = bench.localdomain
mydestination =
mynetworks = 127.0.0.0/8
default_transport = discard:
local_transport = discard:
relay_transport = discard:
alias_maps =
alias_database =
maillog_file = {place}/log
maillog_file_prefixes = {place}
smtpd_client_connection_count_limit = 0
"""
_MASTER = """127.0.0.1:{port} inet n - n - 100 smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
discard unix - - n - - discard
error unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def why_not() -> str:
    """Why there can be no Postfix here, "" when there can."""
    if shutil.which("postfix", path=SYSTEM) is None or shutil.which("smtp-source", path=SYSTEM) is None:
        return "it is not installed"
    if os.geteuid() != 0:
        return "it wants to be started by root"
    return ""


def postfix(databases: Databases, people: int, octets: int) -> Iterator[dict[str, Any]]:
    """The whole sender, and our client alone with messages made beforehand; smtp-source before and after each."""
    with _running() as (port, spool):

        def source() -> float | None:
            _wait_until_empty(spool)
            rate = source_rate(port, octets, people, SESSIONS)
            _wait_until_empty(spool)
            return rate

        way = Sending("sqlite", people, connections=SESSIONS)
        yield send(databases, way, port, source, "postfix") | {"connections": SESSIONS}
        before = source()
        alone = by_us("postfix", port, letters(people, octets), SESSIONS)
        after = source()
        most = round((before + after) / 2) if before and after else None
        yield alone | {"ceiling_per_second": most, "note": "the client alone"}


@contextmanager
def _running() -> Iterator[tuple[int, Path]]:
    """An instance of its own, with its own configuration and queue; gives its port and its queue."""
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as scratch:
        place, port = Path(scratch), free_port()
        place.chmod(0o755)  # its users look for their queue in here
        for name in ("configuration", "spool", "data"):
            (place / name).mkdir()
        owner = pwd.getpwnam("postfix")
        os.chown(place / "data", owner.pw_uid, owner.pw_gid)
        (place / "configuration" / "main.cf").write_text(_MAIN.format(place=place))
        (place / "configuration" / "master.cf").write_text(_MASTER.format(port=port))
        command = [shutil.which("postfix", path=SYSTEM) or "", "-c", str(place / "configuration")]
        try:
            subprocess.run([*command, "start"], check=True, capture_output=True)
            wait_for(port)
            yield port, place / "spool"
        finally:
            subprocess.run([*command, "stop"], check=False, capture_output=True)


def _wait_until_empty(spool: Path) -> None:
    until = time.monotonic() + MINUTE
    while any(next((spool / queue).rglob("[0-9A-F]*[0-9A-F]"), None) for queue in ("incoming", "active")):
        if time.monotonic() > until:
            print("the queue of Postfix does not run empty")
            return
        time.sleep(0.05)
