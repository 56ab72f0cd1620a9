"""The composition root: from a workspace folder to an office at work."""

from __future__ import annotations

import contextlib
import importlib
import os
import secrets
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from newsletter import __version__
from newsletter.core.destination import DestinationGroup
from newsletter.core.destination_groups import GROUPS
from newsletter.core.dkim_key import load_key
from newsletter.core.lane import WAY_OUT, Lane, Lanes, WarmUp
from newsletter.core.refusal import ConfigurationRefused, Problem
from newsletter.core.web import Allowed
from newsletter.engine.local import Local
from newsletter.engine.pool import Pool
from newsletter.flows.office import Office
from newsletter.library import Library
from newsletter.settings import FolderTransport, Settings, load_settings
from newsletter.sources.dns import Dns
from newsletter.sources.web import Web
from newsletter.starter import is_lent, lay_out_for_worker
from newsletter.store.engine import open_database
from newsletter.store.worker_files import read_files
from newsletter.transports.folder import FolderTransport as FolderWay
from newsletter.transports.smtp.login import Login
from newsletter.transports.smtp.server import Security, Server, Timeouts
from newsletter.transports.smtp.transport import SmtpTransport as SmtpWay

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    from newsletter.core.dkim_key import DkimKey
    from newsletter.engine.contract import Engine, Work
    from newsletter.settings.parts import Dkim
    from newsletter.transports.contract import Transport

_SECRET_BYTES = 32


def open_office(
    workspace: Path, clock: Callable[[], datetime] | None = None, overrides: Mapping[str, Any] | None = None
) -> Office:
    """Read the configuration of `workspace`, open its database (bringing the tables up to date) and its ways out.

    Args:
        clock: gives the instant now; the machine's own clock when None.
        overrides: settings that stand instead of those of the file and the environment, for demonstrations.

    Raises:
        ConfigurationRefused: something in the configuration cannot be used.
    """
    settings = load_settings(workspace, overrides)
    database = open_database(settings.database, workspace)
    database.upgrade()
    return Office(
        settings=settings,
        database=database,
        library=Library(
            workspace, settings.paths.articles, settings.paths.templates, settings.paths.subscribers
        ),
        open_transport=lambda: _transport(settings),
        clock=clock or (lambda: datetime.now(UTC)),
        secret=_secret(settings),
        nonce=lambda: secrets.token_hex(5),
        worker=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}",
        dns=Dns(settings.dns.nameservers, settings.dns.timeout),
        web=_web(settings),
        lanes=_lanes(settings),
        groups=_groups(settings),
        dkim_keys=tuple(_dkim_key(settings, part) for part in settings.dkim),
        former_secrets=tuple(
            word.encode() for word in settings.former_secrets.get_secret_value().replace(",", " ").split()
        ),
    )


def borrow_workspace(folder: Path) -> None:
    """Where a folder has no configuration of its own and NEWSLETTER_DATABASE names a database, lay out what a worker needs.

    Raises:
        ConfigurationRefused: the database does not open, or no scheduler has put anything into it yet.
    """
    address = os.environ.get("NEWSLETTER_DATABASE", "")
    if not address or not is_lent(folder):
        return
    if not address.startswith("postgresql"):
        what = "A worker without a workspace needs a PostgreSQL database."
        raise ConfigurationRefused(
            Problem(what, "Name one in NEWSLETTER_DATABASE, or start it in a workspace.")
        )
    database = open_database(address, folder)
    try:
        database.upgrade()
        with database.read() as connection:
            files = read_files(connection)
    finally:
        database.close()
    if not files:
        what = "The database says nothing about a workspace yet."
        raise ConfigurationRefused(
            Problem(what, "Start `newsletter scheduler` first: it puts there what workers need.")
        )
    lay_out_for_worker(folder, files)


def open_engine(office: Office, work: Work, member: Callable[[Connection], None] | None = None) -> Engine:
    """The engine that the configuration asks for.

    Args:
        work: one pass over what is due.
        member: what each process of a pool runs; None for the engine of one process.

    Raises:
        ConfigurationRefused: it does not go with the database, or something that it needs is missing.
    """
    part = office.settings.engine
    engine = Local(work) if part.kind == "local" else _procrastinate(office, work)
    if member is None or part.workers == 1:
        return engine
    return Pool(engine, member, part.workers)


def prepare_engine(office: Office) -> None:
    """Make the tables that the configured engine needs.

    Raises:
        ConfigurationRefused: it does not go with the database, or its library is missing.
    """
    if office.settings.engine.kind == "procrastinate":
        office.database.add_tables(*_library(office).schema())


def _procrastinate(office: Office, work: Work) -> Engine:
    library, settings = _library(office), office.settings
    if not settings.secret.get_secret_value():
        what = "Workers on several machines sign links with one key, and none is set."
        raise ConfigurationRefused(
            Problem(what, "Set NEWSLETTER_SECRET to the same value for the scheduler and each worker.")
        )
    if not office.database.has_table(library.MARKER):
        what = "The database has no tables for Procrastinate."
        raise ConfigurationRefused(
            Problem(what, "Run `newsletter db upgrade`.", "config.yaml", None, "engine.kind")
        )
    address = settings.database.replace("postgresql+psycopg://", "postgresql://", 1)
    engine: Engine = library.Procrastinate(address, office.database.driver_transaction, work)
    return engine


def _library(office: Office) -> Any:
    """The module of the engine, whose library is an extra."""
    place = "config.yaml", None, "engine.kind"
    if office.database.kind != "postgresql":
        what, remedy = (
            "The engine procrastinate works with PostgreSQL only.",
            "Write kind: local, or name a PostgreSQL database.",
        )
        raise ConfigurationRefused(Problem(what, remedy, *place))
    try:
        return importlib.import_module("newsletter.engine.procrastinate")
    except ModuleNotFoundError as error:
        what = f"The engine procrastinate needs the library '{error.name}'."
        raise ConfigurationRefused(
            Problem(what, "Install it: pip install 'newsletter[procrastinate]'.", *place)
        ) from None


def _transport(settings: Settings) -> Transport:
    way = settings.transport
    if isinstance(way, FolderTransport):
        return FolderWay(settings.path(way.path))
    login = Login(way.username, way.password.get_secret_value()) if way.username else None
    timeouts = Timeouts() if way.timeout is None else Timeouts.all(way.timeout.total_seconds())
    server = Server(way.host, way.port, Security(way.encryption), login, timeouts=timeouts)
    return SmtpWay(server, connections=way.connections, messages_per_connection=way.messages_per_connection)


def _web(settings: Settings) -> Web:
    """The guarded way to the web, which says who asks."""
    part = settings.web
    agent = f"newsletter/{__version__} (+{settings.organisation.website})"
    return Web(Allowed.of(part.allow), part.timeout, part.most, agent)


def _lanes(settings: Settings) -> Lanes:
    """How fast mail may go, by the configuration."""
    part = settings.lanes
    plan = WarmUp(part.warm_up.begins, part.warm_up.days) if part.warm_up else None
    whole = Lane(WAY_OUT, part.per_hour, part.connections, plan)
    return Lanes.of(
        [whole, *(Lane(name, one.per_hour, one.connections) for name, one in part.groups.items())]
    )


def _groups(settings: Settings) -> tuple[DestinationGroup, ...]:
    """Destinations with a lane of their own: those of the configuration, then the large providers. A folder has none.

    Raises:
        ConfigurationRefused: a group of which nobody knows what belongs to it.
    """
    known = {group.name: group for group in GROUPS}
    for name, part in settings.lanes.groups.items():
        if part.domains or part.mx:
            known[name] = DestinationGroup(name, part.domains, part.mx)
        elif name not in known:
            what = f"Nobody knows which destinations belong to the group '{name}'."
            remedy = f"Write its domains or mx, or use one of: {', '.join(sorted(known))}."
            raise ConfigurationRefused(Problem(what, remedy, "config.yaml", None, f"lanes.groups.{name}"))
    return () if isinstance(settings.transport, FolderTransport) else tuple(known.values())


def _dkim_key(settings: Settings, part: Dkim) -> DkimKey:
    """The private key that a section of `dkim` names.

    Raises:
        ConfigurationRefused: it is not there, or is no key.
    """
    if part.key_file is None:
        pem = os.environ.get(part.key_variable, "").encode()
        where = f"The environment variable {part.key_variable} is empty."
    else:
        where = f"The file '{part.key_file}' cannot be read."
        try:
            pem = settings.path(part.key_file).read_bytes()
        except OSError:
            pem = b""
    if not pem:
        remedy = "Put the private key there, in PEM form."
        raise ConfigurationRefused(Problem(where, remedy, "config.yaml", None, "dkim"))
    return load_key(pem, part.domain, part.selector)


def _secret(settings: Settings) -> bytes:
    """The key of links and Message-IDs: from the environment, else from a file that is made once and kept."""
    given = settings.secret.get_secret_value()
    if given:
        return given.encode()
    path = settings.path(settings.paths.var) / "secret.key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_secret(path)
        return path.read_text(encoding="ascii").strip().encode()
    except OSError as error:
        what = f"The secret key cannot be kept in '{settings.paths.var}': {error.strerror}."
        remedy = "Make the folder writable, or set NEWSLETTER_SECRET."
        raise ConfigurationRefused(Problem(what, remedy, "config.yaml", None, "paths.var")) from None


def _make_secret(path: Path) -> None:
    """Make the file whole or not at all: of two processes that start together, one makes it and both read it."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_SECRET_BYTES) + "\n")
    with contextlib.suppress(FileExistsError):
        os.link(unfinished, path)
    unfinished.unlink()
