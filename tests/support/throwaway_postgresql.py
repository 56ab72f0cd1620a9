"""A PostgreSQL server of the tests' own, from installed binaries, gone when the tests end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager, suppress
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


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Server:
    """A server on one port and one data directory, which may be stopped, killed and started again."""

    def __init__(self, folder: Path) -> None:
        place = binaries()
        if place is None:
            raise LookupError("PostgreSQL's binaries are not installed")
        self._place, self._folder, self._owner, self._port = place, folder, _owner(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://tests@127.0.0.1:{self._port}/postgres"
        if self._owner:
            folder.chmod(0o777)
        _make_data(place, folder / "data", self._owner)

    def start(self) -> None:
        """Returns when it answers."""
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self._folder,
            "max_connections": 200,
            # What the kernel has taken outlives a killed server: only a machine that dies would need these.
            "fsync": "off",
            "full_page_writes": "off",
            # Databases of a second's life need no housekeeping, and nobody follows this server.
            "autovacuum": "off",
            "checkpoint_timeout": "1h",
            "wal_level": "minimal",
            "max_wal_senders": 0,
            "jit": "off",
        }
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = [self._place / "postgres", "-D", self._folder / "data", "-p", str(self._port), *settings]
        log = self._folder / "log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out, cwd="/", **self._owner)
        _wait(self.url, self._process, log)

    def stop(self) -> None:
        """In good order, without waiting for clients to go."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=SECONDS)
            self._process = None

    def kill(self) -> None:
        """SIGKILL for the postmaster and each of its children, as when the machine runs out of memory."""
        if self._process is None:
            return
        pid = self._process.pid
        self._process.send_signal(signal.SIGSTOP)  # so that it starts no more children
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self._process.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        self._process.wait(timeout=SECONDS)
        self._process = None
        until = time.monotonic() + SECONDS
        while any(map(is_alive, children)) and time.monotonic() < until:
            time.sleep(0.01)


def is_alive(pid: int | str) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@contextmanager
def throwaway_server(folder: Path):
    """Start a server with its data in `folder`; gives the URL of its maintenance database."""
    server = Server(folder)
    try:
        server.start()
        yield server.url
    finally:
        server.stop()


def _make_data(place: Path, data: Path, owner: dict[str, int | list[int]]) -> None:
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
def fresh_database(server: str, like: str = "template1"):
    """A database of its own on the server, a copy of another; gives the URL as SQLAlchemy writes it."""
    name = f"t{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    try:
        yield server.replace("postgresql://", "postgresql+psycopg://").rsplit("/", 1)[0] + f"/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class Lender:
    """Databases with the tables in them, lent one after the other: to empty one is a hundred times faster than to make one."""

    def __init__(self, server: str, like: str) -> None:
        self._server, self._like = server, like
        self._idle: list[tuple[str, str]] = []  # the URL, and what the database looked like when it was new
        self._owned = ExitStack()

    def close(self) -> None:
        """Drop them all."""
        self._owned.close()

    @contextmanager
    def lend(self):
        """An empty database until the end of the block; gives the URL as SQLAlchemy writes it."""
        url, shape = self._idle.pop() if self._idle else self._make()
        yield url
        with psycopg.connect(_plain(url), autocommit=True) as connection:
            others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(f"SELECT pg_terminate_backend(pid, 5000) {others}")
            _empty(connection)
            if connection.execute(_SHAPE).fetchone()[0] == shape:
                self._idle.append((url, shape))

    def _make(self) -> tuple[str, str]:
        url = self._owned.enter_context(fresh_database(self._server, self._like))
        with psycopg.connect(_plain(url), autocommit=True) as connection:
            return url, connection.execute(_SHAPE).fetchone()[0]


_SHAPE = """
SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM (
  SELECT format('%s %s %s %s', c.relname, a.attname, a.atttypid, a.attnotnull) FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s', tgname, tgenabled) FROM pg_trigger
  UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT version_num FROM alembic_version
) AS lines(line)
"""
"""What a test may have changed besides rows: such a database is not lent again."""


def _empty(connection: psycopg.Connection) -> None:
    """Delete every row, ledgers that refuse it included, and let counting begin anew."""
    names = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND relname <> 'alembic_version'"
    ).fetchall()
    looks = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for (name,) in names
    )
    filled = connection.execute(looks).fetchall()
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        for (name,) in filled:
            connection.execute(f'DELETE FROM "{name}"')
    connection.execute(
        "SELECT setval(oid::regclass, 1, false) FROM pg_class"
        " WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
    )


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")
