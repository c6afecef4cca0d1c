"""The keeper: hears what happens to the calls, and keeps the catalogue. Nothing here can hold a call up.

It opens an entry when caller and agent are joined, notes how the conversation ended, and hands it to the finisher; what
it could not hear (the service was away, the feed dropped it) the sweeper brings in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import assert_never

import structlog

from acd.events import Connected, Ended, Restored, Stamped, TakenOver
from acd.feed import Feed, FeedClosed
from acd.names import AgentId, CallId, CallState
from recordings.alarms import ALL, Alarm, AlarmKind, Alarms, Once, database_silent, folder_refuses, to_the_log
from recordings.catalogue.catalogue import Catalogue, CatalogueFailed
from recordings.disk.files import clear_leftovers
from recordings.disk.shelf import Shelf
from recordings.disk.sidecar import Sidecars, UnreadableSidecar
from recordings.keeping.finisher import PATIENCE, Finisher, Patience, Pause
from recordings.keeping.sweeper import StillTalking, Sweeper
from recordings.recording import Outcome, Recording, RecordingId

HEARD = (Connected, Restored, TakenOver, Ended)
"""The events that matter to recordings."""

_log = structlog.get_logger("recordings")


class Keeper:
    """The catalogue's one writer."""

    def __init__(
        self,
        *,
        shelf: Shelf,
        sidecars: Sidecars,
        catalogue: Catalogue,
        still_talking: StillTalking,
        alarms: Alarms = to_the_log,
        patience: Patience = PATIENCE,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._shelf = shelf
        self._sidecars = sidecars
        self._catalogue = catalogue
        self._alarms = Once(alarms)
        self._patience = patience
        self._pause = pause
        self._finisher = Finisher(
            shelf=shelf,
            sidecars=sidecars,
            catalogue=catalogue,
            alarms=self._alarms,
            patience=patience,
            pause=pause,
        )
        self._sweeper = Sweeper(
            shelf=shelf,
            sidecars=sidecars,
            catalogue=catalogue,
            finisher=self._finisher,
            still_talking=still_talking,
            alarms=self._alarms,
            patience=patience,
        )

    async def run(self, feed: Feed) -> None:
        """Keep the catalogue until cancelled; what is in hand then is left for the next start."""
        while True:
            reader = feed.subscribe("recordings", kinds=HEARD)
            try:
                await self.follow(reader)
            finally:
                feed.unsubscribe(reader)

    async def follow(self, events: AsyncIterator[Stamped]) -> None:
        """Sweep, and hear these events, until there are no more; then finish what is in hand."""
        await self._prepare()
        async with asyncio.TaskGroup() as tasks:
            sweeping = tasks.create_task(self._sweep_for_ever(tasks), name="recordings sweeper")
            try:
                async for stamped in events:
                    over = await self._hear(stamped)
                    if over is not None:
                        tasks.create_task(self._finisher.finish(over), name=f"finish {over.id}")
            except FeedClosed as closed:
                _log.error("the feed is closed: what is missed now will be swept up", reason=str(closed))
            sweeping.cancel()

    async def finish(self, recording: Recording) -> None:
        """Convert and file one that is in the catalogue, and over. Raises nothing."""
        await self._finisher.finish(recording)

    async def sweep(self) -> None:
        """Find what nobody finished, and finish it, one after the other."""
        for recording in await self._over():
            await self._finisher.finish(recording)

    async def _sweep_for_ever(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            for recording in await self._over():
                tasks.create_task(self._finisher.finish(recording), name=f"finish {recording.id}")
            await self._pause(self._patience.sweep_every_s)

    async def _prepare(self) -> None:
        try:
            await asyncio.to_thread(self._shelf.folder.mkdir, parents=True, exist_ok=True)
            await asyncio.to_thread(clear_leftovers, self._shelf.folder)
        except OSError as error:
            self._alarms(folder_refuses(ALL, error))

    async def _over(self) -> list[Recording]:
        try:
            over = await self._sweeper.sweep()
        except CatalogueFailed as error:
            self._alarms(database_silent(ALL, error))
        except OSError as error:
            self._alarms(folder_refuses(ALL, error))
        except Exception:  # noqa: BLE001 - a mistake of ours is logged, and the next sweep comes
            _log.exception("a sweep broke off")
        else:
            self._alarms.forget(ALL)
            return over
        return []

    async def _hear(self, stamped: Stamped) -> Recording | None:  # noqa: C901 - one arm for each event and fault
        """Take an event down; answers the recording whose conversation it ended. Raises nothing."""
        event = stamped.event
        if not isinstance(event, HEARD):
            return None
        try:
            match event:
                case Connected():
                    await self._begin(event.call, event.agent, stamped.wall, event.waited_s)
                case Restored(state=CallState.TALKING, agent=agent) if agent is not None:
                    talking_s = stamped.at - event.since
                    await self._begin(event.call, agent, stamped.wall - talking_s, event.since - event.joined_at)
                case Restored():
                    pass
                case TakenOver():
                    await self._hand_over(event)
                case Ended():
                    return await self._end(event, stamped.wall)
                case _:
                    assert_never(event)
        except CatalogueFailed as error:
            self._alarms(database_silent(RecordingId(event.call), error))
        except UnreadableSidecar as error:
            self._alarms(Alarm(AlarmKind.SIDECAR, RecordingId(event.call), str(error)))
        except OSError as error:
            self._alarms(folder_refuses(ALL, error))
        except Exception:  # noqa: BLE001 - a mistake of ours is logged, and the next event is heard
            _log.exception("an event could not be taken down", call=event.call, event_kind=type(event).__name__)
        return None

    async def _begin(
        self, call: CallId, agent: AgentId, started_at: float, wait_s: float | None = None
    ) -> Recording | None:
        """Open the entry of a conversation, unless it is open; None where the call is not recorded."""
        if self._sidecars.left_out(call, agent):
            return None
        if (talking := await self._catalogue.talking(call, agent)) is not None:
            return talking
        sidecar = await asyncio.to_thread(self._sidecars.latest, call, agent)
        if sidecar is None or await self._catalogue.find(sidecar.recording) is not None:
            return None
        begun = sidecar.begun(started_at, sidecar.waited_until(started_at) if wait_s is None else wait_s, agent)
        await self._catalogue.save(begun)
        return begun

    async def _hand_over(self, event: TakenOver) -> None:
        """Asterisk records on in the same file: the caller's channel stays the same one."""
        if (talking := await self._catalogue.talking(event.call, event.before)) is not None:
            await self._catalogue.save(talking.taken_over(event.agent))

    async def _end(self, ended: Ended, ended_at: float) -> Recording | None:
        """Note how a conversation ended before its file is touched, so that a crash does not lose that."""
        begun = await self._begin(ended.call, ended.agent, ended_at - ended.talked_s)
        self._sidecars.forget_left_out(ended.call)
        if begun is None:
            return None
        # Of a caller who was handed over the engine tells the last conversation alone; the recording has them all.
        talked_s = ended.talked_s if begun.talker == begun.agent else ended_at - begun.started_at
        over = replace(begun, ended_by=ended.by, talked_s=talked_s, outcome=Outcome.ANSWERED)
        await self._catalogue.save(over)
        return over
