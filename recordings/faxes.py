"""What callers' machines sent: Asterisk's TIFF, a PDF of the same beside it, and what is known of it.

FOLDER/messages/ID.tiff        what Asterisk writes while the fax comes in
FOLDER/faxes/ID.json           what is known of it, written before
FOLDER/faxes/2026-11-22/ID.tiff, ID.pdf, ID.json

A fax that nobody kept (its machine hung up while the service was away) is taken in by the sweep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from acd.names import AgentId, Attributes, CallId, QueueId
from common.clock import unix_seconds
from recordings.alarms import Alarm, AlarmKind, Alarms, folder_refuses
from recordings.fax_pages import NotAFax, pages_of
from recordings.fax_pdf import pdf_of
from recordings.files import appearing, modified_at
from recordings.finisher import Pause
from recordings.recording import RecordingId
from recordings.shelf import Shelf
from recordings.voicemail import MESSAGES

FAXES = "faxes"
"""The folder of kept faxes, inside the recordings folder."""
SWEEP_EVERY_S = 30.0
CLOSED_S = 120.0
"""A fax that nothing came of for so long is one whose session is gone: a page takes less."""

_log = structlog.get_logger("faxes")


@dataclass(frozen=True, slots=True)
class Fax:
    """One fax: for whom it is, and what came of it. Its id is a file's name."""

    id: RecordingId
    call: CallId
    flow: str
    queue: QueueId | None
    agent: AgentId | None
    """For whom it is, where the flow says so."""
    attributes: Attributes
    """What the flow learned of the caller."""
    began_at: float
    """Unix seconds."""
    pages: int = 0
    complete: bool = False
    """Whether both machines agreed that it was all; False, too, where nobody could ask any more."""
    error: str = ""
    """Asterisk's name of what went wrong; empty: nothing, or nobody could ask."""
    station: str = ""
    """What the sending machine calls itself. Personal."""


_json = TypeAdapter(Fax)
Kept = Callable[[Fax], None]


class FaxTray:
    """Faxes of one site. `kept` hears of each that has a page."""

    def __init__(self, shelf: Shelf, kept: Kept, alarms: Alarms, pause: Pause = asyncio.sleep) -> None:
        self._shelf, self._kept, self._alarms, self._pause = shelf, kept, alarms, pause
        self._in_hand: set[RecordingId] = set()
        """Those whose machine is on the line, or that are being kept."""

    async def begin(self, fax: Fax) -> str:
        """Note what is known of a fax, and name the file for it as Asterisk sees it."""
        self._in_hand.add(fax.id)
        try:
            await asyncio.to_thread(self._note, self._shelf.folder / FAXES, fax)
        except OSError as error:
            self._alarms(folder_refuses(fax.id, error))  # it is received all the same
        return str(self._shelf.as_asterisk_sees_it / MESSAGES / f"{fax.id}.tiff")

    async def keep(self, fax: Fax) -> int:
        """File what came; returns how many whole pages that are. What could not be filed is tried again by the sweep."""
        try:
            return await self._keep(fax)
        except NotAFax as error:
            # What Asterisk could not finish: kept as it is, for whoever can read it.
            self._alarms(Alarm(AlarmKind.CONVERSION, fax.id, f"{error}; the file stays in {MESSAGES}/"))
            await asyncio.to_thread(self._noted(fax.id).unlink, missing_ok=True)
            return 0
        finally:
            self.leave(fax)

    async def keep_of_who_hung_up(self, fax: Fax) -> int:
        """The same, while Asterisk may still be writing: what is not whole yet is left to the sweep."""
        try:
            return await self._keep(fax) if await asyncio.to_thread(self._whole, fax.id) else 0
        finally:
            self.leave(fax)

    def leave(self, fax: Fax) -> None:
        """Leave it to the sweep: nobody is there any more who knows when it ends."""
        self._in_hand.discard(fax.id)

    async def run(self) -> None:
        """Sweep, until cancelled."""
        while True:
            await self.sweep()
            await self._pause(SWEEP_EVERY_S)

    async def sweep(self) -> None:
        """Keep what came in and whose session nobody finished."""
        try:
            left = await asyncio.to_thread(self._left_behind)
        except OSError as error:
            self._alarms(folder_refuses(RecordingId(FAXES), error))
            return
        for fax in left:
            await self.keep(fax)

    def _left_behind(self) -> list[Fax]:
        notes = [path for path in (self._shelf.folder / FAXES).glob("*.json") if path.stem not in self._in_hand]
        closed = [path for path in notes if unix_seconds() - max(map(modified_at, self._files_of(path))) > CLOSED_S]
        return [fax for path in closed if (fax := self._read(path)) is not None]

    def _files_of(self, note: Path) -> list[Path]:
        came = self._came(RecordingId(note.stem))
        return [note, came] if came.exists() else [note]

    def _read(self, note: Path) -> Fax | None:
        try:
            return _json.validate_json(note.read_bytes())
        except ValidationError as error:
            told = f"{error.error_count()} mistakes in {FAXES}/{note.name}: take the fax out of {MESSAGES}/ by hand"
            self._alarms(Alarm(AlarmKind.SIDECAR, RecordingId(note.stem), told))
            return None

    async def _keep(self, fax: Fax) -> int:
        try:
            filed = await asyncio.to_thread(self._file, fax)
        except OSError as error:
            self._alarms(folder_refuses(fax.id, error))
            return 0
        if filed.pages:
            _log.info("a fax came in", call=fax.call, fax=fax.id, pages=filed.pages, complete=fax.complete)
            self._kept(filed)
        return filed.pages

    def _whole(self, fax: RecordingId) -> bool:
        """Whether there is a page that can be read. Blocks."""
        try:
            return bool(pages_of(self._came(fax).read_bytes()))
        except (OSError, NotAFax):
            return False

    def _file(self, fax: Fax) -> Fax:
        """Put what came where it is kept, the note last: a fax that has one is whole. Blocks; raises NotAFax, OSError."""
        came = self._came(fax.id)
        content = came.read_bytes() if came.exists() else b""
        pages = pages_of(content)
        fax = replace(fax, pages=len(pages))
        if pages:
            day = datetime.fromtimestamp(fax.began_at, self._shelf.zone).date().isoformat()
            folder = self._shelf.folder / FAXES / day
            folder.mkdir(parents=True, exist_ok=True)
            for suffix, kept in {".tiff": content, ".pdf": pdf_of(pages)}.items():
                with appearing(folder / f"{fax.id}{suffix}", self._shelf.folder) as part:
                    part.write_bytes(kept)
            self._note(folder, fax)
        came.unlink(missing_ok=True)
        self._noted(fax.id).unlink(missing_ok=True)
        return fax

    def _note(self, folder: Path, fax: Fax) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with appearing(folder / f"{fax.id}.json", self._shelf.folder) as part:
            part.write_bytes(_json.dump_json(fax, indent=1))

    def _came(self, fax: RecordingId) -> Path:
        return self._shelf.folder / MESSAGES / f"{fax}.tiff"

    def _noted(self, fax: RecordingId) -> Path:
        return self._shelf.folder / FAXES / f"{fax}.json"
