"""The tables. Migrations build them; `tests/store/test_migrations.py` holds the two equal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

from newsletter.core.campaign import CampaignKind, CampaignState
from newsletter.core.choice import Rhythm
from newsletter.core.consent import ConsentAction
from newsletter.core.deadline import DeadlineMark, DeadlineState
from newsletter.core.delivery import DeliveryState, Withheld
from newsletter.core.legal_basis import LegalBasis
from newsletter.core.schedule import MissedDecision, OccurrenceState
from newsletter.core.subscriber import Standing

if TYPE_CHECKING:
    from enum import StrEnum

    from sqlalchemy import Dialect


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept in UTC. A naive value is a fault of ours and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


WallClock = DateTime(timezone=False)
Document = JSON().with_variant(postgresql.JSONB(), "postgresql")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """The database's own copy of a closed set of words."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _text(name: str, length: int = 200, **more: Any) -> Column[str]:
    return Column(name, String(length), nullable=more.pop("nullable", False), **more)


subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("address", 320),
    _text("address_key", 320, unique=True),
    _text("address_hash", 64),
    # What stands behind the @ of the key: lanes and reports go by it.
    _text("domain", 255),
    _text("given_name"),
    _text("language", 20),
    _text("country", 2),
    _text("zone", 64),
    Column("joined", Instant, nullable=False),
    _text("standing", 20),
    # When consent was last granted; kept beside the standing, as the events have it: each mail says since when.
    Column("granted_at", Instant),
    Column("paused_until", Instant),
    # When the reader last chose topics, language and zone; an import leaves those to them from then on.
    Column("chosen_at", Instant),
    _text("source"),
    Column("attributes", Document, nullable=False),
    # When we first heard of them; what was due before it is none of theirs. NULL: they have always been here.
    Column("known_at", Instant),
    # When they allowed us to record what they open and press; NULL: they were not asked, or said no, or have withdrawn it.
    Column("tracking_at", Instant),
    # How often they want letters.
    _text("rhythm", 20, server_default=Rhythm.EVERY.value),
    # When they were erased: then the row holds nothing about anybody.
    Column("erased_at", Instant),
    one_of("standing", Standing),
    one_of("rhythm", Rhythm),
    Index(None, "address_hash"),
    # For series, which ask on each beat whose moment lies so many days away.
    Index(None, "joined", "zone"),
    Index(None, "granted_at", "zone"),
)

subscriber_topics = Table(
    "subscriber_topics",
    metadata,
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    _text("topic", 64, primary_key=True),
    Index(None, "topic"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id"), nullable=False),
    Column("at", Instant, nullable=False),
    _text("action", 20),
    _text("source"),
    Column("wording", Text, nullable=False),
    Column("evidence", Document, nullable=False),
    one_of("action", ConsentAction),
    Index(None, "subscriber_id"),
)

suppressions = Table(
    "suppressions",
    metadata,
    _text("address_hash", 64, primary_key=True),
    _text("reason", 40),
    Column("at", Instant, nullable=False),
)

deadlines = Table(
    "deadlines",
    metadata,
    _text("key", 200, primary_key=True),
    Column("at", WallClock, nullable=False),
    _text("zone", 64),
    Column("instant", Instant, nullable=False),
    _text("url", 2000),
    _text("audience", 100),
    Column("ladder", Document, nullable=False),
    Column("sequence", Integer, nullable=False),
    _text("state", 20),
    Column("former_at", WallClock),
    Column("planned_at", Instant, nullable=False),
    # Hour of the reminders as "09:00", NULL for the usual one; segments of rungs by days before, as JSON has them: text.
    _text("remind_at", 5, nullable=True),
    Column("audiences", Document, nullable=False, server_default="{}"),
    Column("notice_at", Instant),
    Column("approved_at", Instant),
    Column("approved_sequence", Integer),
    one_of("state", DeadlineState),
)

deadline_marks = Table(
    "deadline_marks",
    metadata,
    Column("deadline", ForeignKey("deadlines.key"), primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id"), primary_key=True),
    _text("mark", 20, primary_key=True),
    Column("at", Instant, nullable=False),
    # The instant until which reminders are put off, for marks that do so.
    Column("until", Instant),
    one_of("mark", DeadlineMark),
    Index(None, "subscriber_id"),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("name", 120, unique=True),
    _text("kind", 20),
    _text("state", 20),
    Column("content", Document, nullable=False),
    _text("segment", 100),
    Column("exclude", Document, nullable=False),
    _text("sender", 60),
    Column("at", WallClock),
    _text("zone", 64),
    Column("instant", Instant),
    Column("lateness", Integer, nullable=False),
    Column("not_after", Instant),
    _text("deadline", 200),
    Column("rung", Integer),
    Column("sequence", Integer),
    # Whether the time is each reader's own, and the hours in which mail may go: `core.timing`.
    Column("timing", Document, nullable=False, server_default="{}"),
    Column("created_at", Instant, nullable=False),
    Column("approved_at", Instant),
    _text("approved_by"),
    Column("launched_at", Instant),
    Column("finished_at", Instant),
    # Why it was paused by itself; "" otherwise.
    _text("note", 1000, server_default=""),
    # Which step of which series it is, as `welcome/how-we-write`; "" for other mail.
    _text("series", 120, server_default=""),
    # On what ground it is sent, as it was when it was approved or planned.
    _text("basis", 20, server_default=LegalBasis.CONSENT.value),
    one_of("basis", LegalBasis),
    one_of("kind", CampaignKind),
    one_of("state", CampaignState),
    Index(None, "state", "instant"),
    Index(None, "deadline"),
)

editions = Table(
    "editions",
    metadata,
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    _text("language", 20, primary_key=True),
    Column("compiled", Document, nullable=False),
    _text("digest", 64),
)

occurrences = Table(
    "occurrences",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("schedule", 300),
    Column("instant", Instant, nullable=False),
    _text("state", 20),
    Column("claimed_at", Instant, nullable=False),
    Column("campaign_id", ForeignKey("campaigns.id")),
    # The officer's word on a missed one.
    _text("decision", 20, nullable=True),
    Column("decided_at", Instant),
    _text("decided_by", nullable=True),
    one_of("state", OccurrenceState),
    one_of("decision", MissedDecision),
    UniqueConstraint("schedule", "instant"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    # No foreign keys: a million rows are written from these very tables in one statement, neither campaigns nor people
    # are ever deleted, and on PostgreSQL the two checks of each row cost more than everything else together.
    Column("campaign_id", Integer, nullable=False),
    Column("subscriber_id", Integer, nullable=False),
    _text("state", 20),
    _text("language", 20),
    _text("withheld", 40, nullable=True),
    _text("lane", 60, server_default=""),
    Column("not_before", Instant, nullable=False),
    _text("leased_by", 80, nullable=True),
    Column("attempts", Integer, nullable=False),
    Column("handed_at", Instant),
    Column("settled_at", Instant),
    Column("reply_code", Integer),
    _text("reply", 1000, nullable=True),
    one_of("state", DeliveryState),
    CheckConstraint(
        "withheld IS NULL OR withheld IN (" + ", ".join(f"'{word.value}'" for word in Withheld) + ")",
        name="withheld",
    ),
    CheckConstraint("(state = 'skipped') = (withheld IS NOT NULL)", name="skipped_has_reason"),
    # In this order it finds a person's mails too.
    UniqueConstraint("subscriber_id", "campaign_id"),
    # A campaign's rows are written together, so that PostgreSQL finds them by an index of block ranges, which costs nothing.
    Index(None, "campaign_id", postgresql_using="brin"),
    # Each row is written twice more, when it is handed over and when it is settled: with room on its page most of that
    # touches no index (PostgreSQL calls such updates HOT).
    postgresql_with={"fillfactor": 45},
)
# What is still open, in the order in which it is due. No state stands in it: a row enters at launch and leaves when it is
# settled, and what happens between costs the index nothing.
Index(
    "ix_deliveries_open",
    deliveries.c.campaign_id,
    deliveries.c.lane,
    deliveries.c.not_before,
    deliveries.c.id,
    sqlite_where=deliveries.c.settled_at.is_(None),
    postgresql_where=deliveries.c.settled_at.is_(None),
)

# A worker's word that it lives: what it has in hand is its own for so long. One row for each worker, and none for those
# that have nothing in hand; the lane and the connections are those it uses just now.
leases = Table(
    "leases",
    metadata,
    _text("worker", 80, primary_key=True),
    Column("until", Instant, nullable=False),
    _text("lane", 60, server_default=""),
    Column("connections", Integer, nullable=False, server_default="0"),
)

# The pace of mail to each group of destinations, shared by all workers; "*" is the way out as a whole. See `core.lane`.
lanes = Table(
    "lanes",
    metadata,
    _text("name", 60, primary_key=True),
    Column("tokens", Float),
    Column("filled_at", Instant),
    Column("slowness", Integer, nullable=False, server_default="0"),
    Column("slowed_at", Instant),
    Column("held_until", Instant),
    _text("note", 1000, server_default=""),
    Column("day", Date),
    Column("day_count", Integer, nullable=False, server_default="0"),
)

# Who takes the mail of a domain, as its MX records said: the name of a group of destinations, "" for none that we know.
providers = Table(
    "providers",
    metadata,
    _text("domain", 255, primary_key=True),
    _text("provider", 60),
    Column("looked_up_at", Instant, nullable=False),
)

# Refusals that speak against an address without proving that nobody has it: so many, over so many days, and it is
# suppressed. One for each campaign, as repeated attempts for one mail are one refusal.
strikes = Table(
    "strikes",
    metadata,
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    _text("reason", 60, primary_key=True),
    Column("campaign_id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
)

worker_files = Table(
    "worker_files",
    metadata,
    _text("path", 300, primary_key=True),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    _text("name", 100, primary_key=True),
    Column("at", Instant, nullable=False),
    # Of schedulers: since when, and when it last looked at the plan.
    Column("since", Instant),
    Column("ticked_at", Instant),
)
