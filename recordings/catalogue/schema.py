"""The catalogue's tables, in SQL that SQLite and PostgreSQL both speak."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    inspect,
    select,
)

VERSION = 1
"""Of these tables; a change raises it and brings its migration."""

metadata = MetaData()

schema_version = Table("recordings_schema", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

recordings = Table(
    "recordings",
    metadata,
    Column("id", String, primary_key=True),
    Column("call", String, nullable=False),
    Column("state", String, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("queue", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("agent_name", String, nullable=False),
    Column("wait_s", Double, nullable=False),
    Column("need", String, nullable=False),
    Column("menu_path", JSON, nullable=False),
    Column("language", String, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("ended_by", String),
    Column("talked_s", Double),
    Column("duration_s", Double),
    Column("audio", String, key="file"),  # of a fax it is no sound
    Column("outcome", String, nullable=False),
    Index("recordings_by_start", "started_at", "id"),
    Index("recordings_by_queue", "queue", "started_at", "id"),
    Index("recordings_by_agent", "agent", "started_at", "id"),
    Index("recordings_by_call", "call"),
    Index("recordings_by_state", "state"),
)

tags = Table(
    "recording_tags",
    metadata,
    Column("recording", ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("started_at", Double, nullable=False),  # the recording's, so that the latest of a tag are found by the index
    Index("recording_tags_by_value", "name", "value", "started_at", "recording"),
)


class SchemaMismatch(Exception):
    """The database's tables are not those that this version reads."""


class NoCatalogue(Exception):
    """There is no catalogue in this database."""


def create(connection: Connection) -> None:
    """Make what is missing; raises SchemaMismatch where another version's tables are there."""
    metadata.create_all(connection)
    if connection.scalar(select(schema_version.c.version)) is None:
        connection.execute(insert(schema_version).values(version=VERSION))
    check(connection)


def check(connection: Connection) -> None:
    """See that the tables are there and of this version; raises NoCatalogue or SchemaMismatch."""
    if not inspect(connection).has_table(schema_version.name):
        raise NoCatalogue("There is no recordings catalogue in this database; the service makes it at its first start.")
    found = connection.scalar(select(schema_version.c.version))
    if found != VERSION:
        raise SchemaMismatch(
            f"The recordings catalogue is of version {found}, this Switchboard reads version {VERSION}: "
            "start the version that wrote it, or name another database."
        )
