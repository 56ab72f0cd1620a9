"""The case `segments`: counting segments of four conditions over many people, and explaining one person.

The people are mixed as those of an office are: four countries, two languages, five kinds of organisation, topics that from
one in ten to one in two follow; one in twenty has applied; three in ten have clicked something within the year.
"""

# ruff: noqa: INP001, S608 - a script, not a package; the statements below hold nothing that anybody typed

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from place import START, MovingClock, make_place, open_place
from results import result
from sqlalchemy import insert, text

from newsletter.flows.segments import explain_person
from newsletter.flows.workspace import read_people
from newsletter.store.segments import count_segment, segment_clause
from newsletter.store.tables import campaigns, deadlines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from databases import Databases

    from newsletter.flows.office import Office
    from newsletter.store.engine import Database

TIMES = 7
CAMPAIGNS = 12
DEADLINE = "erasmus-accreditation/accreditation"
SEGMENTS = f"""
segments:
  profile:
    title: {{en: "Topic, countries, kind, and not applied"}}
    where:
      all:
        - topic: erasmus
        - country: [FR, BE]
        - {{attribute: kind, in: [association, cooperative]}}
        - none: [{{applied: {DEADLINE}}}]
  engaged:
    title: {{en: "Topic, language, country, and clicked in 90 days"}}
    where:
      all:
        - topic: social-economy
        - language: fr
        - country: [FR, BE]
        - clicked: {{within_days: 90}}
  dormant:
    title: {{en: "Got the letter, no click in 90 days, topic, consent over a year old"}}
    where:
      all:
        - received: letter-1
        - none: [{{clicked: {{within_days: 90}}}}]
        - topic: erasmus
        - consent: {{granted: {{older_than_days: 365}}}}
  numbers:
    title: {{en: "Size, joined, domain, language"}}
    where:
      all:
        - {{attribute: employees, at_least: 50}}
        - joined: {{within_days: 365}}
        - domain: [office3.example.org, office5.example.org]
        - language: en
  either:
    title: {{en: "One of four"}}
    where:
      any:
        - topic: events
        - country: LU
        - clicked: {{topic: erasmus, within_days: 30}}
        - {{attribute: kind, is: press}}
"""


def segments(databases: Databases, kind: str, people: int) -> Iterator[dict[str, Any]]:
    """Each segment counted, and one person explained; `seconds` is the median of seven, the first one aside."""
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as scratch, databases.fresh(kind) as url:
        folder = Path(scratch) / "office"
        make_place(folder, url)
        (folder / "subscribers" / "segments.yaml").write_text(SEGMENTS, encoding="utf-8")
        office = open_place(folder, url, 25, 1, 0, MovingClock())
        try:
            fill(office.database, people)
            yield from _measured(office, kind, people)
        finally:
            office.database.close()


def _measured(office: Office, kind: str, people: int) -> Iterator[dict[str, Any]]:
    rules = read_people(office).segments
    for name, segment in rules.items():
        clause = segment_clause(segment.where, START, rules, at_once=True)
        with office.database.read() as connection:
            found = count_segment(connection, clause)
            seconds = _median(lambda clause=clause: count_segment(connection, clause))  # type: ignore[misc]
        note = f"{name}: {found:,} people in {seconds * 1000:.0f} ms"
        yield result("segments", people, seconds, database=kind, segment=name, found=found, note=note)
    address = _address(people // 2)
    seconds = _median(lambda: explain_person(office, "dormant", address, START, "en"))
    note = f"explained in {seconds * 1000:.1f} ms"
    yield result("segments", 1, seconds, database=kind, segment="explain", note=note)


def _median(what: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        what()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _address(number: int) -> str:
    return f"reader{number}@office{number % 997}.example.org"


def fill(database: Database, people: int) -> None:
    """People with everything that segments ask for, straight into the tables."""
    postgresql = database.kind == "postgresql"
    document = "::jsonb" if postgresql else ""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :people) "
    address = "'reader' || i || '@office' || (i % 997) || '.example.org'"
    days_ago = "(i * 419 % 1500)"
    day = _ago(days_ago, postgresql=postgresql)
    attributes = (
        "'{\"kind\": \"' || CASE i * 31 % 5 WHEN 0 THEN 'association' WHEN 1 THEN 'cooperative' WHEN 2 THEN 'school' "
        "WHEN 3 THEN 'press' ELSE 'company' END || '\", \"employees\": ' || (i * 17 % 300) || ', \"organisation\": \"Atelier ' || i || '\"}'"
    )
    topic = (
        "INSERT INTO subscriber_topics (subscriber_id, topic) " + numbers + "SELECT i, '{}' FROM n WHERE {}"
    )
    click = (
        "INSERT INTO engagements (subscriber_id, campaign_id, kind, at, day, link) "
        + numbers
        + f"SELECT i, 1 + i * 13 % {CAMPAIGNS}, 'clicked', {_ago('(i * 53 % 365)', postgresql=postgresql)}, '2021-01-01', 'erasmus' "
        "FROM n WHERE i * 29 % 10 < 3"
    )
    statements = [
        (
            f"INSERT INTO subscribers (id, domain, address, address_key, address_hash, given_name, language, country, zone, joined, "
            f"standing, granted_at, source, attributes) {numbers} SELECT i, 'office' || (i % 997) || '.example.org', {address}, {address}, "
            f"'hash' || i, 'Ada', CASE i % 3 WHEN 0 THEN 'fr' ELSE 'en' END, "
            f"CASE i * 11 % 7 WHEN 0 THEN 'FR' WHEN 1 THEN 'BE' WHEN 2 THEN 'LU' ELSE 'DE' END, '', {day}, 'confirmed', {day}, 'form', "
            f"({attributes}){document} FROM n"
        ),
        topic.format("erasmus", "i % 2 = 0"),
        topic.format("social-economy", "i % 3 = 0"),
        topic.format("events", "i % 10 = 0"),
        (
            f"INSERT INTO consents (subscriber_id, at, action, source, wording, evidence) {numbers} "
            f"SELECT i, {day}, 'granted', 'form', '', '{{}}'{document} FROM n"
        ),
        (
            f"INSERT INTO deadline_marks (deadline, subscriber_id, mark, at) {numbers} "
            f"SELECT '{DEADLINE}', i, 'applied', {day} FROM n WHERE i * 23 % 20 = 0"
        ),
        (
            f"INSERT INTO deliveries (campaign_id, subscriber_id, state, language, lane, not_before, attempts, handed_at, settled_at) {numbers} "
            f"SELECT 1, i, 'sent', 'en', 'others', {day}, 1, {day}, {day} FROM n WHERE i % 10 < 9"
        ),
        click,
        (
            f"INSERT INTO campaign_topics (campaign_id, article, topic) {numbers} "
            f"SELECT i, 'erasmus', CASE i % 2 WHEN 0 THEN 'erasmus' ELSE 'events' END FROM n WHERE i <= {CAMPAIGNS}"
        ),
    ]
    with database.write() as connection:
        _lay_mails(connection)
        for statement in statements:
            connection.execute(text(statement), {"people": people})
    database.count_again()


def _ago(days: str, *, postgresql: bool) -> str:
    """SQL for the instant that lies so many days before the start."""
    start = START.strftime("%Y-%m-%d %H:%M:%S")
    if postgresql:
        return f"(timestamptz '{start}+00' - {days} * interval '1 day')"
    return f"(strftime('%Y-%m-%d %H:%M:%S', '{start}', '-' || {days} || ' days') || '.000000')"


def _lay_mails(connection: Any) -> None:
    plain = {
        "kind": "issue",
        "state": "sent",
        "content": {},
        "segment": "profile",
        "exclude": [],
        "sender": "default",
    }
    more = {
        "zone": "UTC",
        "lateness": timedelta(0).seconds,
        "deadline": "",
        "approved_by": "",
        "created_at": START,
    }
    rows = [plain | more | {"id": number, "name": f"letter-{number}"} for number in range(1, CAMPAIGNS + 1)]
    connection.execute(insert(campaigns), rows)
    at = START.replace(tzinfo=None)
    words = {
        "key": DEADLINE,
        "at": at,
        "zone": "UTC",
        "instant": START,
        "url": "",
        "audience": "profile",
        "ladder": [],
    }
    state = {"sequence": 0, "state": "open", "planned_at": START, "audiences": {}}
    connection.execute(insert(deadlines).values(words | state))
