"""What callers say to nobody: messages, and comments after a talk. Asterisk's file becomes a recording like any other.

FOLDER/messages/ID.wav         what Asterisk writes while the caller speaks, one channel
FOLDER/ID.json                 the sidecar, written before: what is known of it
FOLDER/ID.raw                  the same as MixMonitor would have written it: the caller left, nobody right

A file that nobody kept or dropped (its caller hung up while the service was away) is judged by the sweep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from acd.names import EndedBy
from common.clock import unix_seconds
from common.late import Late
from common.tasks import spawn
from recordings.alarms import Alarm, AlarmKind, Alarms, database_silent, folder_refuses
from recordings.catalogue.catalogue import Catalogue, CatalogueFailed
from recordings.disk.audio import CHANNELS, SAMPLES_PER_SECOND
from recordings.disk.files import appearing, modified_at, size
from recordings.disk.shelf import MESSAGES, Shelf, is_safe
from recordings.disk.sidecar import Sidecars, UnreadableSidecar
from recordings.keeping.finisher import Pause
from recordings.keeping.left_behind import LeftBehind
from recordings.recording import Outcome, Recording, RecordingId

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.int16]
else:
    np, Samples = Late("numpy"), Any

FRAME_S = 0.02
LOUD = 0.008
"""A stretch of `FRAME_S` is speech where its root mean square is above this share of full scale: -42 dB, over lines' noise."""
LEAST_SPEECH_S = 0.5
"""What the sweep drops has less speech in it; of others their step says."""
SWEEP_EVERY_S = 20.0
CLOSED_S = 20.0
"""A file that nobody wrote to for so long is one that nobody will keep or drop any more."""

CLOSING_S = 0.2
CLOSING_WITHIN_S = 4.0
WAV_HEADER_BYTES = 44
FULL_SCALE = 32_768

Finish = Callable[[Recording], Coroutine[Any, Any, None]]
Kept = Callable[[Recording], None]

_log = structlog.get_logger("voicemail")


@dataclass(frozen=True, slots=True)
class Heard:
    """What is in a message. Seconds."""

    duration_s: float
    speech_s: float


class Voicemail:
    """Messages of one site. `finish` converts and files what is in the catalogue; `kept` hears of each message that is."""

    def __init__(
        self,
        *,
        shelf: Shelf,
        sidecars: Sidecars,
        catalogue: Catalogue,
        finish: Finish,
        kept: Kept,
        alarms: Alarms,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._shelf, self._sidecars, self._catalogue = shelf, sidecars, catalogue
        self._finish, self._kept, self._alarms, self._pause = finish, kept, alarms, pause
        self._in_hand: set[RecordingId] = set()
        """Those whose caller is on the line, or that are being kept."""
        self._left_behind = LeftBehind(MESSAGES, self._abandoned, self._judge, alarms)

    def for_asterisk(self, recording: RecordingId) -> str:
        """Name the file that Asterisk is to record into, as Asterisk sees it; the caller is on the line from now on."""
        self._in_hand.add(recording)
        return str(self._shelf.as_asterisk_sees_it / MESSAGES / f"{recording}.wav")

    async def heard(self, recording: RecordingId) -> Heard:
        """Tell what is in the file; nothing where there is none or it cannot be read."""
        try:
            return await asyncio.to_thread(_heard, self._shelf.message(recording))
        except OSError as error:
            self._alarms(folder_refuses(recording, error))
            return Heard(0.0, 0.0)

    async def keep(self, recording: RecordingId) -> bool:
        """File the message as a recording; whether that was done. What could not be is tried again by the sweep."""
        self._in_hand.add(recording)
        try:
            return await self._keep(recording)
        except UnreadableSidecar as error:
            self._alarms(Alarm(AlarmKind.SIDECAR, recording, str(error)))
        except CatalogueFailed as error:
            self._alarms(database_silent(recording, error))
        except OSError as error:
            self._alarms(folder_refuses(recording, error))
        finally:
            self._in_hand.discard(recording)
        return False

    async def drop(self, recording: RecordingId) -> None:
        """Forget the message: there is nothing in it, or the caller does not want it sent."""
        try:
            await asyncio.to_thread(self._shelf.message(recording).unlink, missing_ok=True)
            await asyncio.to_thread(self._sidecars.remove, recording)
        except OSError as error:
            self._alarms(folder_refuses(recording, error))
        finally:
            self._in_hand.discard(recording)

    async def run(self) -> None:
        """Sweep, until cancelled."""
        await self._left_behind.sweep_for_ever(SWEEP_EVERY_S, self._pause)

    async def sweep(self) -> None:
        """Keep what callers said whose session nobody finished, and drop what they did not say."""
        await self._left_behind.sweep()

    async def _judge(self, recording: RecordingId) -> None:
        if (await self.heard(recording)).speech_s >= LEAST_SPEECH_S:
            await self.keep(recording)
        else:
            await self.drop(recording)

    def _abandoned(self) -> list[RecordingId]:
        folder = self._shelf.folder / MESSAGES
        now = unix_seconds()
        found = (RecordingId(path.stem) for path in folder.glob("*.wav") if now - modified_at(path) > CLOSED_S)
        return [each for each in found if is_safe(each) and each not in self._in_hand and self._noted(each)]

    def _noted(self, recording: RecordingId) -> bool:
        return self._shelf.sidecar(recording).exists()

    async def _keep(self, recording: RecordingId) -> bool:
        sidecar = await asyncio.to_thread(self._sidecars.read, recording)
        if sidecar is None or not await self._closed(recording):
            return False
        duration_s = await asyncio.to_thread(self._as_raw, recording)
        message = replace(
            sidecar.begun(sidecar.offered_at, sidecar.wait_s),
            talked_s=duration_s,
            ended_by=EndedBy.CALLER,
            outcome=Outcome.MESSAGE,
        )
        await self._catalogue.save(message)
        await asyncio.to_thread(self._shelf.message(recording).unlink, missing_ok=True)
        _log.info("a message was left", call=message.call, recording=recording, seconds=round(duration_s, 1))
        self._kept(message)
        spawn(self._finish(message), f"finish {recording}")  # a caller waits for the word that it is kept, not for this
        return True

    async def _closed(self, recording: RecordingId) -> bool:
        """Wait until the file does not grow any more: Asterisk writes for a moment after its caller hung up."""
        before, waited_s = -1, 0.0
        while waited_s < CLOSING_WITHIN_S:
            found = await asyncio.to_thread(size, self._shelf.message(recording))
            if found is None or found == before:
                return found is not None
            before = found
            await self._pause(CLOSING_S)
            waited_s += CLOSING_S
        return False

    def _as_raw(self, recording: RecordingId) -> float:
        """Write the file that a conversation of this caller with nobody would have left. Blocks; answers its seconds."""
        samples = _samples(self._shelf.message(recording))
        stereo = np.zeros((len(samples), CHANNELS), dtype="<i2")
        stereo[:, 0] = samples
        with appearing(self._shelf.raw(recording), self._shelf.folder) as part:
            part.write_bytes(stereo.tobytes())
        return len(samples) / SAMPLES_PER_SECOND


def _heard(file: Path) -> Heard:
    """Find how long the file is, and how much of it is speech. Blocks."""
    if not file.exists():
        return Heard(0.0, 0.0)
    samples = _samples(file)
    return Heard(len(samples) / SAMPLES_PER_SECOND, speech_s(samples))


def _samples(file: Path) -> Samples:
    """Read Asterisk's file: its header is of fixed length, and says how long the rest is only once it is closed."""
    data = file.read_bytes()[WAV_HEADER_BYTES:]
    return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2")


def speech_s(samples: Samples) -> float:
    """Sum up the stretches that are louder than `LOUD`, in seconds."""
    frame = round(SAMPLES_PER_SECOND * FRAME_S)
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame).astype(np.float32) / FULL_SCALE
    return float(np.count_nonzero(np.sqrt(np.mean(frames**2, axis=1)) > LOUD)) * FRAME_S
