"""The sidecar: what is known of a recording before it begins, beside Asterisk's file.

It outlives the service, so that a conversation that went on without it can still be catalogued.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from acd.names import AgentId, Attributes, CallId, QueueId
from recordings.disk.files import write_new
from recordings.disk.shelf import Shelf
from recordings.recording import Recording, RecordingId, RecordingState

LEFT_OUT_KEPT = 20_000
"""How many calls are remembered as not recorded; of older ones the disk is asked."""
NOBODY_KNOWN = AgentId("")
"""The agent of a conversation that one of several had, and nobody saw who."""
VERSION = 2
"""Of the sidecar's format; a reader refuses others."""


class UnreadableSidecar(Exception):
    """A sidecar that is damaged, or of another version."""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What is known when an offer is about to be made."""

    recording: RecordingId
    call: CallId
    queue: QueueId
    agents: tuple[tuple[AgentId, str], ...]
    """To whom the call was offered, with their names: one of them talked."""
    need: str
    wait_s: float
    """How long the caller had waited when the offer was made."""
    menu_path: tuple[str, ...]
    language: str
    attributes: Attributes
    offered_at: float
    """Unix seconds."""
    version: int = VERSION

    def waited_until(self, moment: float) -> float:
        """Tell how long the caller had waited at `moment` (Unix seconds), seconds."""
        return self.wait_s + max(moment - self.offered_at, 0.0)

    def begun(self, started_at: float, wait_s: float, agent: AgentId | None = None) -> Recording:
        """Make the catalogue's entry for a conversation that began at `started_at` (Unix seconds).

        `agent` is who talks, None where nobody saw it: of several it then stays open who it was.
        """
        if agent is None:
            agent = self.agents[0][0] if len(self.agents) == 1 else NOBODY_KNOWN
        return Recording(
            id=self.recording,
            call=self.call,
            state=RecordingState.RECORDING,
            started_at=started_at,
            queue=self.queue,
            agent=agent,
            agent_name=dict(self.agents).get(agent, ""),
            wait_s=wait_s,
            need=self.need,
            menu_path=self.menu_path,
            language=self.language,
            attributes=self.attributes,
        )


_json = TypeAdapter(Sidecar)


class Sidecars:
    """All sidecars of a shelf. Where nothing else is said, methods read or write the disk: call them in a thread.

    One that the disk did not take is kept in memory instead, so that its conversation is still catalogued.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._unwritten: dict[RecordingId, Sidecar] = {}
        self._not_recorded: dict[CallId, frozenset[AgentId]] = {}

    def leave_out(self, call: CallId, agents: Iterable[AgentId]) -> None:
        """Note that this offer is not recorded, so that nobody looks for its sidecar. Does not block."""
        self._not_recorded[call] = frozenset(agents)
        if len(self._not_recorded) > LEFT_OUT_KEPT:
            del self._not_recorded[next(iter(self._not_recorded))]

    def left_out(self, call: CallId, agent: AgentId) -> bool:
        """Whether the call's latest offer was to this agent and is not recorded, as far as is known. Does not block."""
        return agent in self._not_recorded.get(call, ())

    def forget_left_out(self, call: CallId) -> None:
        """The call is over, or is recorded now. Does not block."""
        self._not_recorded.pop(call, None)

    def write(self, sidecar: Sidecar) -> None:
        """Write a new sidecar; raises FileExistsError where its number is taken, another OSError where the disk refuses."""
        write_new(self._shelf.sidecar(sidecar.recording), _json.dump_json(sidecar, indent=1))

    def remember(self, sidecar: Sidecar) -> None:
        """Keep one in memory that the disk did not take. Does not block."""
        self._unwritten[sidecar.recording] = sidecar

    def latest(self, call: CallId, agent: AgentId) -> Sidecar | None:
        """Find the latest recording of a call that was prepared for this agent; raises UnreadableSidecar."""
        in_memory = [
            each for each in tuple(self._unwritten.values()) if each.call == call and agent in dict(each.agents)
        ]
        if in_memory:
            return in_memory[-1]
        on_disk = (_read(path) for _number, path in self._shelf.sidecars_of(call))
        return next((each for each in on_disk if each is not None and agent in dict(each.agents)), None)

    def all(self) -> list[RecordingId]:
        """List every recording that has a sidecar; raises OSError where the folder is not there."""
        return [*self._shelf.ids_with(".json"), *self._unwritten]

    def read(self, recording: RecordingId) -> Sidecar | None:
        """Read one; None where there is none (any more). Raises UnreadableSidecar."""
        return self._unwritten.get(recording) or _read(self._shelf.sidecar(recording))

    def remove(self, recording: RecordingId) -> None:
        """Forget one: its recording is catalogued, or never came."""
        self._unwritten.pop(recording, None)
        self._shelf.sidecar(recording).unlink(missing_ok=True)


def _read(path: Path) -> Sidecar | None:
    try:
        sidecar = _json.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise UnreadableSidecar(f"{path.name}: {error.error_count()} mistakes in it; catalogue it by hand") from error
    if sidecar.version != VERSION:
        raise UnreadableSidecar(f"{path.name}: version {sidecar.version}, this service reads {VERSION}")
    return sidecar
