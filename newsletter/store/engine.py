"""Opening the database: SQLite for one machine, PostgreSQL for many."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import StaticPool

from newsletter.core.refusal import ConfigurationRefused, Problem
from newsletter.store.every_table import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MILLISECONDS = 30_000
_UPGRADE_LOCK = 5_368_709  # any number that nothing else in the database locks

__all__ = ["Connection", "Database", "driver_connection", "newest_revision", "open_database"]


class Database:
    """One database. `write` and `read` are the only ways in."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write. On SQLite it takes the write lock at once, so that it cannot fail half-way."""
        with self._writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Several transactions over one connection: temporary tables outlive the first, and nobody else sees them."""
        with self._engine.connect() as connection:
            yield Session(connection)

    def upgrade(self) -> None:
        """Bring the tables to the newest shape; nothing is locked when they have it already.

        Raises:
            ConfigurationRefused: a newer program has made them; an older one must not write into them.
        """
        if self.revision() == newest_revision():
            return
        try:
            with self.write() as connection:
                if self.kind == "postgresql":  # of two processes that start together the second waits
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
                config = _alembic()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except CommandError as error:
            what = f"The tables are not of this program's making: {error}."
            remedy = "Install the newer program again, or name another database."
            raise ConfigurationRefused(Problem(what, remedy, "config.yaml", None, "database")) from None

    def add_tables(self, marker: str, script: str) -> bool:
        """Make tables that a library brings along, by its own script; False if the table `marker` is there already."""
        with self.write() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
            if inspect(connection).has_table(marker):
                return False
            driver_connection(connection).execute(script)
        return True

    def has_table(self, name: str) -> bool:
        """Whether this table is there."""
        with self.read() as connection:
            return inspect(connection).has_table(name)

    @contextmanager
    def driver_transaction(self) -> Iterator[Any]:
        """A transaction that may write, as the driver's own connection, for libraries that do not know SQLAlchemy."""
        with self.write() as connection:
            yield driver_connection(connection)

    def count_again(self) -> None:
        """Bring the statistics up to date by which the database plans its queries. SQLite looks only where that pays."""
        with self.write() as connection:
            if self.kind == "sqlite":
                connection.exec_driver_sql("PRAGMA analysis_limit=1000")
                connection.exec_driver_sql("PRAGMA optimize")
                return
            for table in metadata.sorted_tables:
                connection.exec_driver_sql(f'ANALYZE "{table.name}"')

    def revision(self) -> str | None:
        """The migration that the tables are at; None when there are none."""
        with self.read() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name


class Session:
    """Transactions one after the other on the same connection, made by `Database.session`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that writes nothing but temporary tables; it waits for nobody."""
        with self._begun("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self, *, keep: bool = True) -> Iterator[Connection]:
        """A transaction that may write; without `keep` nothing of it stays."""
        with self._begun("BEGIN IMMEDIATE") as connection, connection.begin_nested() as inside:
            yield connection
            if not keep:
                inside.rollback()

    @contextmanager
    def _begun(self, begin: str) -> Iterator[Connection]:
        self._connection.execution_options(sqlite_begin=begin)
        with self._connection.begin():
            yield self._connection


def driver_connection(connection: Connection) -> Any:
    """The driver's own connection behind `connection`: what is done on it belongs to the same transaction."""
    # psycopg begins a transaction with the first statement; before it, its savepoints would be transactions of their own.
    connection.exec_driver_sql("SELECT 1")
    return connection.connection.driver_connection


def plan_for_many(connection: Connection) -> None:
    """Tell PostgreSQL that this transaction goes through a large part of a large table: memory pays, compiling does not."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL work_mem = '64MB'")
        connection.exec_driver_sql("SET LOCAL jit = off")


def newest_revision() -> str:
    """The newest migration that this program knows: its file is the last one by number."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def open_database(url: str, workspace: Path) -> Database:
    """Open the database that `url` names; a relative SQLite path starts at `workspace`.

    Raises:
        ConfigurationRefused: the address is wrong, its driver is missing or nothing answers there.
    """
    try:
        parsed = make_url(url)
        # "rowcount == 1 means mine" is asked of inserts too; without this SQLAlchemy only answers for UPDATE and DELETE.
        options: dict[str, Any] = {"execution_options": {"preserve_rowcount": True}}
        if parsed.get_backend_name() == "sqlite":
            options["connect_args"] = {"isolation_level": None, "check_same_thread": False}
            if parsed.database in {None, "", ":memory:"}:
                options["poolclass"] = StaticPool
            else:
                place = workspace / str(parsed.database)
                place.parent.mkdir(parents=True, exist_ok=True)
                parsed = parsed.set(database=str(place))
        engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite", **options)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        with engine.begin():
            pass
    except (ArgumentError, DBAPIError, ImportError, OSError, ValueError) as error:
        # A ValueError is about the port, which may be a piece of a password with a colon in it.
        reason = "its address cannot be read" if type(error) is ValueError else str(error).splitlines()[0]
        what = f"The database does not open: {reason}."
        remedy = "Check `database` in config.yaml (or NEWSLETTER_DATABASE), and that the server runs."
        raise ConfigurationRefused(Problem(what, remedy, "config.yaml", None, "database")) from None
    return Database(engine)


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # WAL lets readers go on while one writes; FULL makes each commit survive a power cut: the ledger relies on it.
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(str(connection.get_execution_options().get("sqlite_begin", "BEGIN")))
