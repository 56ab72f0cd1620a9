"""A PostgreSQL server of the tests' own, from installed binaries, gone when the tests end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg

SECONDS = 30


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`; the newest Debian version, or wherever PATH leads."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def _owner() -> dict[str, int | list[int]]:
    """PostgreSQL refuses to run as root: then it runs as the user that Debian made for it, or as nobody."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise LookupError("no user to run PostgreSQL as")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def throwaway_server(folder: Path, more: tuple[str, ...] = ()):
    """Start a server with its data in `folder`; gives the URL of its maintenance database.

    Args:
        more: settings of the server, such as `shared_buffers=1GB`.
    """
    place, owner, port = binaries(), _owner(), _free_port()
    if place is None:
        raise LookupError("PostgreSQL's binaries are not installed")
    data = folder / "data"
    if owner:
        folder.chmod(0o777)
    made = [
        place / "initdb",
        "-D",
        data,
        "-A",
        "trust",
        "-U",
        "tests",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    subprocess.run(made, check=True, capture_output=True, cwd="/", **owner)
    options = [
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        f"unix_socket_directories={folder}",
        "-c",
        "max_connections=200",
        *(word for setting in more for word in ("-c", setting)),
    ]
    with (folder / "log").open("wb") as log:
        command = [place / "postgres", "-D", data, "-p", str(port), *options]
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **owner)
    try:
        url = f"postgresql://tests@127.0.0.1:{port}/postgres"
        _wait(url, server, folder / "log")
        yield url
    finally:
        server.terminate()
        server.wait(timeout=SECONDS)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + SECONDS
    while server.poll() is None and time.monotonic() < until:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(log.read_text(errors="replace"))


@contextmanager
def fresh_database(server: str):
    """A database of its own on the server; gives the URL as SQLAlchemy writes it."""
    name = f"t{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield server.replace("postgresql://", "postgresql+psycopg://").rsplit("/", 1)[0] + f"/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
