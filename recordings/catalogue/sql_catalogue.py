"""The catalogue in SQL: every recording and its tags, in a database (SQLite, or PostgreSQL).

`recordings/catalogue/catalogue.py` is what the room asks; it imports this, and SQLAlchemy, when it is opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    event,
    exists,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from acd.names import AgentId, CallId, EndedBy, QueueId
from recordings.catalogue import schema
from recordings.catalogue.catalogue import Entry
from recordings.catalogue.schema import NoCatalogue
from recordings.catalogue.search import Cursor, Page, Search
from recordings.recording import Outcome, Recording, RecordingId, RecordingState, tags_of

_SQLITE_PATIENCE_MS = 5_000
"""How long a writer waits for another one's transaction."""
_IDS_AT_ONCE = 500
"""Databases limit how many values one statement may hold."""

_table = schema.recordings
_tags = schema.tags


class SqlCatalogue:
    """One writer, the keeper; any number of readers. Every method may raise sqlalchemy.exc.SQLAlchemyError."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    async def create(cls, url: str) -> Self:
        """Open the catalogue in this database, made where it is not there yet; raises SchemaMismatch."""
        return await cls._over(url, schema.create)

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open a catalogue that is there; raises NoCatalogue, and SchemaMismatch."""
        database = make_url(url)
        is_file = Path(database.database or "").is_file
        if database.get_backend_name() == "sqlite" and not await asyncio.to_thread(is_file):
            raise NoCatalogue(f"There is no database at {database.database}; the service makes it at its first start.")
        return await cls._over(url, schema.check)

    @classmethod
    async def _over(cls, url: str, look: Callable[[Connection], None]) -> Self:
        engine = _engine(url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(look)
        except BaseException:
            await engine.dispose()
            raise
        return cls(engine)

    async def close(self) -> None:
        """Let the database's connections go."""
        await self._engine.dispose()

    async def save(self, recording: Recording) -> None:
        """Write a recording and its tags, over what was there of it."""
        row = _row(recording)
        tags = _tag_rows(recording)
        async with self._engine.begin() as connection:
            written = await connection.execute(update(_table).where(_table.c.id == recording.id).values(row))
            if written.rowcount == 0:
                await connection.execute(insert(_table).values(row))
            await connection.execute(delete(_tags).where(_tags.c.recording == recording.id))
            await connection.execute(insert(_tags), tags)

    async def find(self, recording: RecordingId) -> Recording | None:
        """Find a recording by its id."""
        found = await self._select(select(_table).where(_table.c.id == recording))
        return found[0] if found else None

    async def under_way(self) -> list[Recording]:
        """List the recordings that are not finished: they talk, or the file is not converted."""
        return await self._select(select(_table).where(_table.c.state == RecordingState.RECORDING))

    async def talking(self, call: CallId, agent: AgentId) -> Recording | None:
        """Find the recording of this call with this agent whose end was not noted yet; the latest, were there several.

        An agent to whom another one handed the caller over goes on in the other's recording.
        """
        open_ended = and_(_table.c.state == RecordingState.RECORDING, _table.c.talked_s.is_(None))
        query = select(_table).where(_table.c.call == call, open_ended).order_by(_table.c.started_at.desc())
        return next((found for found in await self._select(query) if agent == found.talker), None)

    async def highest_number(self, call: CallId) -> int:
        """Tell the highest number of a call's recordings; 0 where it has none."""
        async with self._engine.connect() as connection:
            ids = (await connection.scalars(select(_table.c.id).where(_table.c.call == call))).all()
        numbers = (each.removeprefix(f"{call}-") for each in ids)
        return max((int(each) for each in numbers if each.isdecimal()), default=0)  # a fax has none

    async def page(self, search: Search, limit: int, after: Cursor | None = None) -> Page:
        """List up to `limit` recordings, the latest first, from after `after` on."""
        query = _latest_first(search, after).limit(limit + 1)
        found = await self._select(query)
        shown = tuple(found[:limit])
        goes_on = Cursor(shown[-1].started_at, shown[-1].id) if len(found) > limit else None
        return Page(shown, goes_on)

    async def entries(self, search: Search) -> list[Entry]:
        """List all that match and can be heard, as little of each as a sample needs."""
        heard = _table.c.outcome != Outcome.FAX
        query = select(_table.c.id, _table.c.agent).where(heard, *_conditions(search), *map(_tagged, search.all_tags))
        entries: list[Entry] = []
        async with self._engine.connect() as connection:
            rows = await connection.stream(query)
            async for part in rows.partitions(_IDS_AT_ONCE):  # others on the loop get a turn in between
                entries += [Entry(RecordingId(row.id), AgentId(row.agent)) for row in part]
        return entries

    async def begun_before(self, moment: float, limit: int) -> list[Recording]:
        """List up to `limit` finished recordings begun before this moment (Unix seconds), the oldest first."""
        over = and_(_table.c.started_at < moment, _table.c.state != RecordingState.RECORDING)
        return await self._select(select(_table).where(over).order_by(_table.c.started_at, _table.c.id).limit(limit))

    async def remove(self, ids: Sequence[RecordingId]) -> None:
        """Forget recordings and their tags; up to 500."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(_tags).where(_tags.c.recording.in_(ids)))
            await connection.execute(delete(_table).where(_table.c.id.in_(ids)))

    async def several(self, ids: Iterable[RecordingId]) -> list[Recording]:
        """Find recordings by their ids, in that order; an unknown id is left out."""
        wanted = list(ids)
        found: dict[RecordingId, Recording] = {}
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            part = wanted[start : start + _IDS_AT_ONCE]
            found |= {each.id: each for each in await self._select(select(_table).where(_table.c.id.in_(part)))}
        return [found[each] for each in wanted if each in found]

    async def _select(self, query: Select[Any]) -> list[Recording]:
        async with self._engine.connect() as connection:
            return [_recording(row) for row in await connection.execute(query)]


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    equal = (
        (_table.c.queue, search.queue),
        (_table.c.agent, search.agent),
        (_table.c.ended_by, search.ended_by),
        (_table.c.state, search.state),
    )
    conditions: list[ColumnElement[bool]] = [column == wanted for column, wanted in equal if wanted is not None]
    if search.min_wait_s is not None:
        conditions.append(_table.c.wait_s >= search.min_wait_s)
    if search.begin is not None:
        conditions.append(_table.c.started_at >= search.begin)
    if search.end is not None:
        conditions.append(_table.c.started_at < search.end)
    return conditions


def _latest_first(search: Search, after: Cursor | None) -> Select[Any]:
    """Order what is found by an index, so that a page costs what it shows, not what the catalogue holds.

    A search by queue or agent walks theirs and looks at each one's tags; one by tags alone walks the first tag's.
    """
    query, tags = select(_table).where(*_conditions(search)), list(search.all_tags)
    started_at, recording = _table.c.started_at, _table.c.id
    if tags and search.queue is None and search.agent is None:
        (name, value), *tags = tags
        query = query.join(_tags, _tags.c.recording == _table.c.id).where(_tags.c.name == name, _tags.c.value == value)
        started_at, recording = _tags.c.started_at, _tags.c.recording
    query = query.where(*map(_tagged, tags)).order_by(started_at.desc(), recording.desc())
    if after is None:
        return query
    return query.where(tuple_(started_at, recording) < (after.started_at, after.id))


def _tagged(tag: tuple[str, str]) -> ColumnElement[bool]:
    name, value = tag
    other = _tags.alias()
    return exists().where(other.c.recording == _table.c.id, other.c.name == name, other.c.value == value)


def _tag_rows(recording: Recording) -> list[dict[str, object]]:
    common = {"recording": recording.id, "started_at": recording.started_at}
    return [{**common, "name": name, "value": value} for name, value in tags_of(recording)]


def _row(recording: Recording) -> dict[str, object]:
    row = {each.name: getattr(recording, each.name) for each in fields(recording)}
    return row | {"menu_path": list(recording.menu_path), "attributes": [list(pair) for pair in recording.attributes]}


def _recording(row: Row[Any]) -> Recording:
    return Recording(
        id=RecordingId(row.id),
        call=CallId(row.call),
        state=RecordingState(row.state),
        started_at=row.started_at,
        queue=QueueId(row.queue),
        agent=AgentId(row.agent),
        agent_name=row.agent_name,
        wait_s=row.wait_s,
        need=row.need,
        menu_path=tuple(row.menu_path),
        language=row.language,
        attributes=tuple((name, value) for name, value in row.attributes),
        ended_by=None if row.ended_by is None else EndedBy(row.ended_by),
        talked_s=row.talked_s,
        duration_s=row.duration_s,
        file=row.file,
        outcome=Outcome(row.outcome),
    )


def _engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url, hide_parameters=True)  # errors are logged, and rows hold names
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - SQLAlchemy's adapter has no public type
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")  # readers (the commands, the pages) never hold the writer up
    cursor.execute("PRAGMA synchronous=NORMAL")  # safe with WAL: a power cut loses the last moment, not the file
    cursor.execute(f"PRAGMA busy_timeout={_SQLITE_PATIENCE_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
