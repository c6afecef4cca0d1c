"""What callers' machines sent: Asterisk's TIFF, and a PDF of the same beside it, are recordings like any other.

FOLDER/messages/ID.tiff        what Asterisk writes while the fax comes in
FOLDER/faxes/ID.json           what is known of it, written before
FOLDER/faxes/2026-11-22/ID.tiff, ID.pdf

A fax that nobody kept (its machine hung up while the service was away) is taken in by the sweep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from acd.names import EndedBy
from common.clock import unix_seconds
from recordings.alarms import Alarm, AlarmKind, Alarms, database_silent, folder_refuses
from recordings.catalogue.catalogue import Catalogue, CatalogueFailed
from recordings.disk.files import appearing, modified_at
from recordings.disk.shelf import FAXES, MESSAGES, Shelf
from recordings.disk.sidecar import Sidecar
from recordings.faxes.fax_pages import NotAFax, pages_of
from recordings.faxes.fax_pdf import pdf_of
from recordings.keeping.finisher import Pause
from recordings.keeping.left_behind import LeftBehind
from recordings.recording import PAGES, Outcome, Recording, RecordingId, RecordingState

SWEEP_EVERY_S = 30.0
CLOSED_S = 120.0
"""A fax that nothing came of for so long is one whose session is gone: a page takes less."""
ERROR, STATION = "fax_error", "station"
UNREADABLE = "UNREADABLE"
"""The error of a fax whose file is damaged, beside Asterisk's own names of errors."""
"""Tags of a fax's recording, beside those of any other and `PAGES`."""

_log = structlog.get_logger("faxes")


@dataclass(frozen=True, slots=True)
class Fax:
    """One fax: what was known of it before, and how it ended."""

    known: Sidecar
    complete: bool = False
    """Whether both machines agreed that it was all; False, too, where nobody could ask any more."""
    error: str = ""
    """Asterisk's name of what went wrong; empty: nothing, or nobody could ask."""
    station: str = ""
    """What the sending machine calls itself. Personal."""

    @property
    def id(self) -> RecordingId:
        """Its recording's, and its files' name."""
        return self.known.recording

    def filed(self, pages: int, file: str) -> Recording:
        """Make the catalogue's entry. A fax broken off by a fault is incomplete; its whole pages are there.

        So is one of no page: what came is damaged.
        """
        known = self.known
        error = self.error or ("" if pages else UNREADABLE)
        learned = dict(known.attributes) | {PAGES: pages, ERROR: error, STATION: self.station}
        return replace(
            known.begun(known.offered_at, known.wait_s),
            state=RecordingState.COMPLETE if pages and (self.complete or not self.error) else RecordingState.INCOMPLETE,
            attributes=tuple(sorted(learned.items())),
            ended_by=EndedBy.CALLER,
            file=file,
            outcome=Outcome.FAX,
        )


_json = TypeAdapter(Fax)
Kept = Callable[[Recording], None]


class FaxTray:
    """Faxes of one site. `kept` hears of each that has a page."""

    def __init__(
        self, shelf: Shelf, catalogue: Catalogue, kept: Kept, alarms: Alarms, pause: Pause = asyncio.sleep
    ) -> None:
        self._shelf, self._catalogue, self._kept, self._alarms, self._pause = shelf, catalogue, kept, alarms, pause
        self._in_hand: set[RecordingId] = set()
        """Those whose machine is on the line, or that are being kept."""
        self._left_behind = LeftBehind(FAXES, self._abandoned, self.keep, alarms)

    async def begin(self, fax: Fax) -> str:
        """Note what is known of a fax, and name the file for it as Asterisk sees it."""
        self._in_hand.add(fax.id)
        try:
            await asyncio.to_thread(self._note, fax)
        except OSError as error:
            self._alarms(folder_refuses(fax.id, error))  # it is received all the same
        return str(self._shelf.as_asterisk_sees_it / MESSAGES / f"{fax.id}.tiff")

    async def keep(self, fax: Fax) -> int:
        """File what came; returns how many whole pages that are. What could not be filed is tried again by the sweep."""
        try:
            return await self._keep(fax)
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
        await self._left_behind.sweep_for_ever(SWEEP_EVERY_S, self._pause)

    async def sweep(self) -> None:
        """Keep what came in and whose session nobody finished."""
        await self._left_behind.sweep()

    def _abandoned(self) -> list[Fax]:
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
        filed: Recording | None = None
        try:
            filed = await self._filed(fax)
            if filed is not None:
                await self._catalogue.save(filed)
                _log.info("a fax came in", call=filed.call, fax=fax.id, pages=filed.pages, complete=fax.complete)
                if filed.pages:
                    self._kept(filed)
            await asyncio.to_thread(self._clear_away, fax.id)
        except OSError as error:
            self._alarms(folder_refuses(fax.id, error))
        except CatalogueFailed as error:
            self._alarms(database_silent(fax.id, error))  # the pages are safe, and the sweep enters them
        return 0 if filed is None else filed.pages or 0

    async def _filed(self, fax: Fax) -> Recording | None:
        """Put what came where it is kept; None: nothing came. Raises OSError."""
        try:
            return await asyncio.to_thread(self._file, fax)
        except NotAFax as error:
            # What Asterisk could not finish: kept as it came, for whoever can read it.
            self._alarms(Alarm(AlarmKind.CONVERSION, fax.id, f"{error}; it is kept as it came, as incomplete"))
            return await asyncio.to_thread(self._file_damaged, fax)

    def _whole(self, fax: RecordingId) -> bool:
        """Whether there is a page that can be read. Blocks."""
        try:
            return bool(pages_of(self._came(fax).read_bytes()))
        except (OSError, NotAFax):
            return False

    def _file(self, fax: Fax) -> Recording | None:
        """Put what came where it is kept; None: no page. Asterisk's file stays. Blocks; raises NotAFax, OSError."""
        came = self._came(fax.id)
        content = came.read_bytes() if came.exists() else b""
        pages = pages_of(content)
        if not pages:
            return None
        file = self._shelf.fax(fax.id, fax.known.offered_at)
        self._shelf.kept(file).parent.mkdir(parents=True, exist_ok=True)
        for path, kept in {self._shelf.kept(file): content, self._shelf.pdf(file): pdf_of(pages)}.items():
            with appearing(path, self._shelf.folder) as part:
                part.write_bytes(kept)
        self._note(fax)  # how it ended, for the sweep, should the database be silent
        return fax.filed(len(pages), file)

    def _file_damaged(self, fax: Fax) -> Recording:
        """Put what came where it is kept, with no PDF of it. Blocks; raises OSError."""
        file = self._shelf.fax(fax.id, fax.known.offered_at)
        self._shelf.kept(file).parent.mkdir(parents=True, exist_ok=True)
        with appearing(self._shelf.kept(file), self._shelf.folder) as part:
            part.write_bytes(self._came(fax.id).read_bytes())
        return fax.filed(0, file)

    def _clear_away(self, fax: RecordingId) -> None:
        self._came(fax).unlink(missing_ok=True)
        self._noted(fax).unlink(missing_ok=True)

    def _note(self, fax: Fax) -> None:
        self._noted(fax.id).parent.mkdir(parents=True, exist_ok=True)
        with appearing(self._noted(fax.id), self._shelf.folder) as part:
            part.write_bytes(_json.dump_json(fax, indent=1))

    def _came(self, fax: RecordingId) -> Path:
        return self._shelf.folder / MESSAGES / f"{fax}.tiff"

    def _noted(self, fax: RecordingId) -> Path:
        return self._shelf.folder / FAXES / f"{fax}.json"
