"""The small port through which a live call meets this room: an offer asks for a tape, and gets a file's name or none.

Nothing that goes wrong here has an effect on the call: the worst is a conversation that is catalogued as incomplete.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from acd.names import AgentId, Attributes, CallId, QueueId
from common.clock import unix_seconds
from recordings.alarms import ALL, Alarm, AlarmKind, Alarms, database_silent, folder_refuses, to_the_log
from recordings.catalogue.catalogue import CatalogueFailed
from recordings.disk.shelf import Shelf, UnsafeId, recording_id
from recordings.disk.sidecar import Sidecar, Sidecars
from recordings.policy import Policy
from recordings.recording import RecordingId

PATIENCE_S = 1.0

HighestNumber = Callable[[CallId], Awaitable[int]]
"""The highest number that the catalogue knows of a call's recordings; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class OfferedCall:
    """What is known of a call when it is about to be offered to an agent."""

    call: CallId
    queue: QueueId
    agents: Mapping[AgentId, str]
    """To whom it is about to be offered, with their names: one of them will talk."""
    need: str
    """The skill need in force, CEL (`Offered.decision.need`)."""
    wait_s: float
    menu_path: tuple[str, ...]
    """The flow's steps and the keys chosen in them: `("main", "2")`."""
    language: str
    attributes: Attributes


class Tape:
    """Hands out the files that Asterisk records into."""

    def __init__(
        self,
        shelf: Shelf,
        sidecars: Sidecars,
        policy: Policy,
        highest_number: HighestNumber,
        alarms: Alarms = to_the_log,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Take `patience_s` as what a caller waits for the disk, and for the database, at the longest: seconds."""
        self._shelf = shelf
        self._sidecars = sidecars
        self._policy = policy
        self._highest_number = highest_number
        self._alarms = alarms
        self._patience_s = patience_s

    def now_under(self, policy: Policy) -> None:
        """Record by this policy from now on: the configuration was reloaded."""
        self._policy = policy

    async def load(self, offered: OfferedCall) -> str | None:
        """Name the file that Asterisk is to record this offer into, as Asterisk sees it; None where it is not recorded.

        Every offer gets a file of its own; one that nobody answered stays empty and is cleared away.
        """
        if not self._policy.records(offered.queue, offered.attributes):
            self._sidecars.leave_out(offered.call, offered.agents)
            return None
        self._sidecars.forget_left_out(offered.call)
        try:
            recording = await self._note(offered)
            return self._shelf.for_asterisk(recording)
        except UnsafeId as error:
            self._alarms(Alarm(AlarmKind.FILE_NAME, ALL, str(error)))
            return None

    async def reserve(self, offered: OfferedCall) -> RecordingId:
        """Note what is known of a message that is about to be taken, whatever the policy of conversations says."""
        return await self._note(offered)

    async def _note(self, offered: OfferedCall) -> RecordingId:
        """Write the sidecar under the call's next free number. Where the disk refuses, the number is used all the same."""
        number = await self._next_number(offered.call)
        while True:
            sidecar = sidecar_of(recording_id(offered.call, number), offered, unix_seconds())
            try:
                async with asyncio.timeout(self._patience_s):
                    await asyncio.to_thread(self._sidecars.write, sidecar)
            except FileExistsError:
                number += 1
                continue
            except OSError as error:  # TimeoutError is one
                self._sidecars.remember(sidecar)
                self._alarms(folder_refuses(sidecar.recording, error))
            return sidecar.recording

    async def _next_number(self, call: CallId) -> int:
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._highest_number(call) + 1
        except (CatalogueFailed, OSError) as error:
            self._alarms(database_silent(ALL, error))
            return int(unix_seconds())  # far above any that the catalogue may know


def sidecar_of(recording: RecordingId, offered: OfferedCall, at: float) -> Sidecar:
    """What is noted of a call before it is recorded; `at` in Unix seconds."""
    return Sidecar(
        recording=recording,
        call=offered.call,
        queue=offered.queue,
        agents=tuple(offered.agents.items()),
        need=offered.need,
        wait_s=offered.wait_s,
        menu_path=offered.menu_path,
        language=offered.language,
        attributes=offered.attributes,
        offered_at=at,
    )
