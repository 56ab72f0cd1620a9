"""The same office every time: a workspace, many people in its tables, and the sample issue launched to all of them."""

# ruff: noqa: INP001, S608 - scripts, not a package; the statements below hold nothing that anybody typed

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from sqlalchemy import text

from newsletter.core.dkim_key import DkimKey
from newsletter.core.wallclock import parse_local
from newsletter.flows import approve
from newsletter.flows.issues import read_issue
from newsletter.flows.tick import launch_due
from newsletter.starter import lay_out
from newsletter.wiring import open_office

if TYPE_CHECKING:
    from newsletter.flows.office import Office
    from newsletter.store.engine import Database

START = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
ISSUE = "letter"
HERE = Path(__file__).parent
RSA_BITS = 2048


class MovingClock:
    """Stands at `START` when it is made in the first process, and runs from there; others are given its offset."""

    def __init__(self, offset: float | None = None) -> None:
        self.offset = (datetime.now(UTC) - START).total_seconds() if offset is None else offset

    def __call__(self) -> datetime:
        return datetime.now(UTC) - timedelta(seconds=self.offset)


def open_place(
    folder: Path, database: str, port: int, connections: int, batch: int, clock: MovingClock
) -> Office:
    """The office of a benchmark: it speaks SMTP in clear to this machine."""
    way = {
        "kind": "smtp", "host": "127.0.0.1", "port": port, "encryption": "none",
        "connections": connections, "messages_per_connection": 100_000,
    }  # fmt: skip
    settings = {"secret": "a key for measuring", "database": database, "transport": way}
    if batch:
        settings["delivery"] = {"batch": batch, "lease": "2m"}
    return open_office(folder, clock, settings)


def make_place(folder: Path, database: str, clicks: str = "off") -> None:
    """Lay out a workspace, with the letter that is measured, and make its tables.

    Args:
        clicks: `off`, or `counted`: then its links lead over redirects.
    """
    lay_out(folder)
    config = folder / "config.yaml"
    config.write_text(config.read_text("utf-8").replace("clicks: off", f"clicks: {clicks}"), "utf-8")
    shutil.copy(HERE / f"{ISSUE}.issue.yaml", folder / "articles")
    open_place(folder, database, 25, 1, 0, MovingClock()).database.close()


def signed(office: Office, dkim: str) -> Office:
    """The office with a signing key of its own: `none`, `ed25519` or `rsa2048`."""
    if dkim == "none":
        return office
    if dkim == "ed25519":
        key = DkimKey("news.example.org", "bench", "", Ed25519PrivateKey.generate())
    else:
        private = generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        key = DkimKey("news.example.org", "bench", "", private)
    return replace(office, dkim_keys=(key,))


def enrol(database: Database, people: int, *, mailable: bool = True) -> None:
    """People straight into the tables. Two in three read English, one in three French; every seventh name has an accent.

    Args:
        mailable: everybody may be mailed; otherwise one in ten may not, for one of four reasons.
    """
    kind = "timestamptz" if database.kind == "postgresql" else "text"
    blank = "'{}'::jsonb" if database.kind == "postgresql" else "'{}'"
    standing = "'confirmed'"
    paused = f"CAST(NULL AS {kind})"
    if not mailable:
        standing = "CASE i % 40 WHEN 1 THEN 'unsubscribed' WHEN 2 THEN 'pending' ELSE 'confirmed' END"
        paused = f"CASE i % 40 WHEN 3 THEN CAST('2022-01-01 00:00:00' AS {kind}) END"
    day = f"CAST('2020-' || (10 + i % 3) || '-' || (10 + i % 19) || ' 09:00:00' AS {kind})"
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :people) "
    address = "'reader' || i || '@example.org'"
    name = "CASE i % 7 WHEN 0 THEN 'Chloé' WHEN 1 THEN 'Ben' ELSE 'Ada ' || i END"
    statements = [
        (
            f"INSERT INTO subscribers (id, domain, address, address_key, address_hash, given_name, language, country, zone, joined, "
            f"standing, granted_at, paused_until, source, attributes) {numbers} SELECT i, 'example.org', {address}, {address}, 'hash' || i, {name}, "
            f"CASE i % 3 WHEN 0 THEN 'fr' ELSE 'en' END, 'BE', '', {day}, {standing}, {day}, {paused}, 'form', {blank} FROM n"
        ),
        f"INSERT INTO subscriber_topics (subscriber_id, topic) {numbers} SELECT i, 'erasmus' FROM n",
        f"INSERT INTO subscriber_topics (subscriber_id, topic) {numbers} SELECT i, 'social-economy' FROM n WHERE i % 2 = 0",
        (
            f"INSERT INTO consents (subscriber_id, at, action, source, wording, evidence) {numbers} "
            f"SELECT i, {day}, 'granted', 'form', '', {blank} FROM n"
        ),
    ]
    if not mailable:
        statements.append(
            f"INSERT INTO suppressions (address_hash, reason, at) {numbers} "
            f"SELECT 'hash' || i, 'bounced', {day} FROM n WHERE i % 40 = 4"
        )
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement), {"people": people})
    with database.write() as connection:
        connection.execute(text("ANALYZE"))


def launch(office: Office) -> tuple[int, float]:
    """Approve, schedule and launch the issue; the rows of its ledger, and the seconds of the launch."""
    before = START - timedelta(days=1)
    approve.create_campaign(office, read_issue(office, ISSUE), before)
    approve.approve_campaign(office, ISSUE, "bench", before)
    approve.schedule_campaign(office, ISSUE, parse_local("2021-09-16T09:30"), "Europe/Brussels", before)
    began = time.perf_counter()
    launches, refusals = launch_due(office, START)
    seconds = time.perf_counter() - began
    if refusals or len(launches) != 1:
        raise RuntimeError(f"the issue was not launched: {refusals}")
    return launches[0].rows, seconds
