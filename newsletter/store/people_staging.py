"""A file of people on its way in: set aside in temporary tables, which nobody else sees and which lock nothing."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import islice, starmap
from json.encoder import encode_basestring_ascii as _quoted
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table

from newsletter.store.dates import dates_among
from newsletter.store.engine import driver_connection
from newsletter.store.tables import Document, Instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.core.people_file import PersonEntry

_DELIMITER, _NULL = "\x1f", "\x1e"  # no cell may hold a control character
_PIECE = 2000  # rows that go over at a time


aside = MetaData()
staged = Table(
    "staged_people",
    aside,
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("address", String, nullable=False),
    Column("address_key", String, nullable=False),
    Column("address_hash", String, nullable=False),
    Column("given_name", String, nullable=False),
    Column("language", String, nullable=False),
    Column("country", String, nullable=False),
    Column("zone", String, nullable=False),
    Column("joined", Instant, nullable=False),
    Column("source", String, nullable=False),
    Column("wording", String, nullable=False),
    Column("consented", Instant, nullable=False),
    Column("status", String, nullable=False),
    Column("paused_until", Instant),
    Column("topics", Document, nullable=False),
    Column("attributes", Document, nullable=False),
    Column("dates", Document, nullable=False),  # those among the attributes
    prefixes=["TEMPORARY"],
)
# Who each row is, and what it comes to. `person` is the id of somebody known, or the one that a newcomer gets.
placed = Table(
    "placed_people",
    aside,
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("person", Integer, nullable=False),
    Column("is_new", Boolean, nullable=False),
    Column("changes", Boolean, nullable=False),
    Column("takes_topics", Boolean, nullable=False),
    Column("leaves", Boolean, nullable=False),
    Column("consents", Boolean, nullable=False),
    Column("outcome", String, nullable=False),
    prefixes=["TEMPORARY"],
)


def stage_people(connection: Connection, people: Iterable[tuple[PersonEntry, str]]) -> None:
    """Set people of a file aside, in place of those of an earlier one.

    Args:
        people: rows, no two of them with the same line or key, each with the hash of its address.
    """
    clear_stage(connection)
    aside.create_all(connection)
    driver = driver_connection(connection)
    if connection.dialect.name == "postgresql":
        form = f"COPY staged_people FROM STDIN WITH (DELIMITER '{_DELIMITER}', NULL '{_NULL}')"
        rows = starmap(_copied, people)
        with driver.cursor().copy(form) as copy:
            while piece := "".join(islice(rows, _PIECE)):
                copy.write(piece)
        connection.exec_driver_sql("ANALYZE staged_people")
    else:
        marks = ", ".join("?" * len(staged.c))
        driver.executemany(f"INSERT INTO staged_people VALUES ({marks})", starmap(_bound, people))  # noqa: S608 - question marks


def clear_stage(connection: Connection) -> None:
    """Forget what was set aside."""
    aside.drop_all(connection)


def _copied(one: PersonEntry, address_hash: str) -> str:
    """A line of COPY's text format (PostgreSQL manual, COPY)."""
    line = _DELIMITER.join((str(one.line), *_values(one, address_hash, _iso, _NULL)))
    return line.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") + "\n"


def _bound(one: PersonEntry, address_hash: str) -> tuple[Any, ...]:
    return (one.line, *_values(one, address_hash, _sqlite, None))


def _values(
    one: PersonEntry, address_hash: str, instant: Callable[[datetime], str], nothing: Any
) -> tuple[Any, ...]:
    """The columns behind the line, in their order."""
    return (
        one.address,
        one.key,
        address_hash,
        one.given_name,
        one.language,
        one.country,
        one.zone,
        instant(one.joined or one.consented),
        one.consent_source,
        one.consent_wording,
        instant(one.consented),
        one.status.value,
        nothing if one.paused_until is None else instant(one.paused_until),
        _topics(one.topics),
        _attributes(one.attributes),
        _attributes(dates_among(one.attributes)),
    )


@lru_cache(maxsize=4096)
def _iso(instant: datetime) -> str:
    return instant.isoformat()


@lru_cache(maxsize=4096)
def _sqlite(instant: datetime) -> str:
    """As SQLAlchemy writes an `Instant`."""
    return instant.replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(maxsize=4096)
def _topics(topics: tuple[str, ...]) -> str:
    return json.dumps(topics)


def _attributes(attributes: Mapping[str, Any]) -> str:
    """As `json.dumps` writes it: strings in ASCII, and no value is another mapping."""
    if not attributes:
        return "{}"
    pairs = [
        f"{_quoted(name)}: {_quoted(value) if type(value) is str else _written(value)}"
        for name, value in attributes.items()
    ]
    return f"{{{', '.join(pairs)}}}"


def _written(value: float | list[str]) -> str:
    # A whole number, and no boolean: by far the most frequent, and written the same way.
    return repr(value) if type(value) is int else json.dumps(value)
