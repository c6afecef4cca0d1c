"""The catalogue: every recording and its tags. It is opened beside callers; who asks it earlier waits until it is open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self, TypeVar

from acd.names import AgentId, CallId
from common.late import Late
from recordings.catalogue.search import Cursor, Page, Search
from recordings.recording import Recording, RecordingId

if TYPE_CHECKING:
    from sqlalchemy import exc

    from recordings.catalogue import sql_catalogue
    from recordings.catalogue.sql_catalogue import SqlCatalogue
else:
    # SQLAlchemy takes longer to import than whoever waits in line has patience with a service that starts.
    exc, sql_catalogue = Late("sqlalchemy.exc"), Late("recordings.catalogue.sql_catalogue")

Found = TypeVar("Found")


class UnknownRecording(Exception):
    """The catalogue has no recording of this id."""


class CatalogueFailed(Exception):
    """The database did not do what was asked of it; the text is the database's own reason."""


@dataclass(frozen=True, slots=True)
class Entry:
    """As much of a recording as drawing a sample needs."""

    id: RecordingId
    agent: AgentId


class Catalogue:
    """One writer, the keeper; any number of readers. Every method waits until it is open, and may raise CatalogueFailed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: asyncio.Future[SqlCatalogue] = asyncio.get_running_loop().create_future()

    @classmethod
    async def create(cls, url: str) -> Self:
        """Open the catalogue in this database, made where it is not there yet; raises SchemaMismatch."""
        catalogue = cls(url)
        await catalogue.make()
        return catalogue

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open a catalogue that is there; raises NoCatalogue, and SchemaMismatch."""
        catalogue = cls(url)
        await catalogue._open(lambda: sql_catalogue.SqlCatalogue.open(url))
        return catalogue

    async def make(self) -> None:
        """Open it, made where it is not there yet; raises SchemaMismatch, CatalogueFailed and OSError."""
        await self._open(lambda: sql_catalogue.SqlCatalogue.create(self._url))

    async def _open(self, opening: Callable[[], Coroutine[Any, Any, SqlCatalogue]]) -> None:
        await asyncio.to_thread(import_module, "recordings.catalogue.sql_catalogue")  # callers are served meanwhile
        with _in_our_words():
            self._opened.set_result(await opening())

    async def close(self) -> None:
        """Let the database's connections go."""
        if self._opened.done():
            await self._opened.result().close()

    async def save(self, recording: Recording) -> None:
        """Write a recording and its tags, over what was there of it."""
        await self._ask(lambda sql: sql.save(recording))

    async def find(self, recording: RecordingId) -> Recording | None:
        """Find a recording by its id."""
        return await self._ask(lambda sql: sql.find(recording))

    async def get(self, recording: RecordingId) -> Recording:
        """Find a recording by its id; raises UnknownRecording."""
        found = await self.find(recording)
        if found is None:
            raise UnknownRecording(f"There is no recording {recording}.")
        return found

    async def under_way(self) -> list[Recording]:
        """List the recordings that are not finished: they talk, or the file is not converted."""
        return await self._ask(lambda sql: sql.under_way())

    async def talking(self, call: CallId, agent: AgentId) -> Recording | None:
        """Find the recording of this call with this agent whose end was not noted yet; the latest, were there several.

        An agent to whom another one handed the caller over goes on in the other's recording.
        """
        return await self._ask(lambda sql: sql.talking(call, agent))

    async def highest_number(self, call: CallId) -> int:
        """Tell the highest number of a call's recordings; 0 where it has none."""
        return await self._ask(lambda sql: sql.highest_number(call))

    async def page(self, search: Search, limit: int, after: Cursor | None = None) -> Page:
        """List up to `limit` recordings, the latest first, from after `after` on."""
        return await self._ask(lambda sql: sql.page(search, limit, after))

    async def entries(self, search: Search) -> list[Entry]:
        """List all that match and can be heard, as little of each as a sample needs."""
        return await self._ask(lambda sql: sql.entries(search))

    async def begun_before(self, moment: float, limit: int) -> list[Recording]:
        """List up to `limit` finished recordings begun before this moment (Unix seconds), the oldest first."""
        return await self._ask(lambda sql: sql.begun_before(moment, limit))

    async def remove(self, ids: Sequence[RecordingId]) -> None:
        """Forget recordings and their tags; up to 500."""
        await self._ask(lambda sql: sql.remove(ids))

    async def several(self, ids: Iterable[RecordingId]) -> list[Recording]:
        """Find recordings by their ids, in that order; an unknown id is left out."""
        return await self._ask(lambda sql: sql.several(ids))

    async def _ask(self, question: Callable[[SqlCatalogue], Awaitable[Found]]) -> Found:
        opened = await asyncio.shield(self._opened)
        with _in_our_words():
            return await question(opened)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except exc.SQLAlchemyError as error:
        # SQLAlchemy's own text may repeat the URL, which may hold a password.
        raise CatalogueFailed(str(getattr(error, "orig", None) or error)) from error
