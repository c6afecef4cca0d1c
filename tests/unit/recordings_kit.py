"""A recordings room on a temporary folder and database, and an Asterisk that writes its raw files as the real one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from acd.events import Connected, Ended, Event, Stamped
from acd.names import AgentId, CallId, EndedBy, QueueId
from recordings.alarms import Alarm, AlarmKind
from recordings.catalogue.catalogue import Catalogue
from recordings.catalogue.search import Search
from recordings.disk.audio import SAMPLES_PER_SECOND
from recordings.disk.shelf import Shelf
from recordings.disk.sidecar import Sidecars
from recordings.keeping.finisher import PATIENCE
from recordings.keeping.keeper import Keeper
from recordings.policy import RECORD_ALL, Policy
from recordings.recording import Outcome, Recording, RecordingId, RecordingState
from recordings.tape import OfferedCall, Tape

ZONE = ZoneInfo("Asia/Shanghai")
CALL = CallId("node1-1700000000.12")
OTHER_CALL = CallId("node1-1700000000.99")
WANG = AgentId("1001")
LI = AgentId("1002")
SALES = QueueId("sales")
STARTED = 1_700_000_000.0
"""2023-11-15 06:13:20 in Shanghai, the day before in UTC."""


def tone(hertz: float, seconds: float, loudness: float = 0.5) -> np.ndarray:
    """Make a sine as 16-bit samples."""
    moments = np.arange(round(seconds * SAMPLES_PER_SECOND)) / SAMPLES_PER_SECOND
    return np.round(np.sin(2 * np.pi * hertz * moments) * loudness * 32_767).astype("<i2")


def two_voices(seconds: float, caller_hertz: float = 440, agent_hertz: float = 1_000) -> bytes:
    """Make what MixMonitor writes of a caller and an agent who each hum one tone, the agent half as loud."""
    voices = np.stack([tone(caller_hertz, seconds), tone(agent_hertz, seconds, 0.25)], axis=1)
    return voices.tobytes()


def offered(call: CallId = CALL, agent: AgentId = WANG) -> OfferedCall:
    """An offer of a call that chose key 2 and wants English."""
    return OfferedCall(
        call=call,
        queue=SALES,
        agents={agent: "王小明"},
        need="skill.english >= 5",
        wait_s=4.0,
        menu_path=("main", "2"),
        language="en",
        attributes=(("topic", "prices"), ("vip", True)),
    )


def recording(number: int = 1, **changes: object) -> Recording:
    """A finished recording; each number is another call, a minute later."""
    call = CallId(f"node1-{1_700_000_000 + number}.1")
    made = Recording(
        id=RecordingId(f"{call}-1"),
        call=call,
        state=RecordingState.COMPLETE,
        started_at=STARTED + 60 * number,
        queue=SALES,
        agent=WANG,
        agent_name="王小明",
        wait_s=5.0,
        need="skill.english >= 5",
        menu_path=("main", "2"),
        language="en",
        attributes=(("topic", "prices"),),
        ended_by=EndedBy.CALLER,
        talked_s=63.0,
        duration_s=63.2,
        file=None,
        outcome=Outcome.ANSWERED,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test names the fields it means


class Meanwhile:
    """Time for the keeper: no pause takes any, the sweeper's never end, and a test says what happens in the others."""

    def __init__(self) -> None:
        self.happens: list[Callable[[], None]] = []
        self.paused_s = 0.0

    async def pause(self, seconds: float) -> None:
        """Take no time; for the sweeper, never come back."""
        if seconds == PATIENCE.sweep_every_s:
            await asyncio.Event().wait()
        self.paused_s += seconds
        if self.happens:
            self.happens.pop(0)()
        await asyncio.sleep(0)


@dataclass
class House:
    """The room, and what is around it."""

    shelf: Shelf
    catalogue: Catalogue
    sidecars: Sidecars
    tape: Tape
    keeper: Keeper
    alarms: list[Alarm]
    talking: set[CallId]
    meanwhile: Meanwhile

    @property
    def kinds(self) -> list[AlarmKind]:
        """What alarms were raised."""
        return [alarm.kind for alarm in self.alarms]

    def asterisk_writes(self, file: str, content: bytes) -> None:
        """Append to a file that Asterisk was told to record into."""
        with (self.shelf.folder / Path(file).name).open("ab") as raw:
            raw.write(content)

    async def hears(self, *events: Event) -> None:
        """Let the keeper hear these, each ten seconds after the one before, and finish what is in hand."""
        await self.keeper.follow(_feed(*events))

    async def only(self) -> Recording:
        """The one recording there is."""
        (found,) = (await self.catalogue.page(Search(), limit=2)).recordings
        return found


@asynccontextmanager
async def house(folder: Path, policy: Policy = RECORD_ALL) -> AsyncIterator[House]:
    """Set the room up in this folder, as a start of the service does; what lies there already is found."""
    recordings = folder / "recordings"
    recordings.mkdir(exist_ok=True)
    shelf = Shelf(recordings, ZONE)
    catalogue = await Catalogue.create(f"sqlite+aiosqlite:///{folder / 'switchboard.db'}")
    sidecars = Sidecars(shelf)
    alarms: list[Alarm] = []
    talking: set[CallId] = set()
    meanwhile = Meanwhile()
    keeper = Keeper(
        shelf=shelf,
        sidecars=sidecars,
        catalogue=catalogue,
        still_talking=talking.__contains__,
        alarms=alarms.append,
        pause=meanwhile.pause,
    )
    tape = Tape(
        shelf=shelf,
        sidecars=sidecars,
        policy=policy,
        highest_number=catalogue.highest_number,
        alarms=alarms.append,
    )
    try:
        yield House(shelf, catalogue, sidecars, tape, keeper, alarms, talking, meanwhile)
    finally:
        await catalogue.close()


async def _feed(*events: Event) -> AsyncIterator[Stamped]:
    for number, event in enumerate(events):
        yield Stamped(number, "run", 100.0 + 10 * number, STARTED + 10 * number, event)


def connected(call: CallId = CALL, agent: AgentId = WANG) -> Connected:
    """They talk, after 5.5 s of waiting."""
    return Connected(call, agent, SALES, 5.5)


def ended(talked_s: float, call: CallId = CALL, agent: AgentId = WANG, by: EndedBy = EndedBy.CALLER) -> Ended:
    """They talked so long."""
    return Ended(call, agent, SALES, talked_s, by)
