"""Recordings over HTTP: the list, one, its sound, its peaks, its fax, and a sample for inspection (docs/interfaces.md)."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import FileResponse

from common.problem import Problem, documented
from recordings.catalogue.catalogue import Catalogue
from recordings.catalogue.search import BadCursor, Cursor
from recordings.disk.shelf import Shelf, is_safe
from recordings.inspection import draw_sample
from recordings.recording import Outcome, Recording, RecordingId, RecordingState
from recordings.views import ListQuery, PeaksView, RecordingList, RecordingView, Sample, SampleRequest

PREFIX = "/api/v1/recordings"

_PRIVATE = {"Cache-Control": "private, no-cache"}
"""People are heard: nothing between here and the listener keeps it, and whoever asks again is asked for the token again."""
_SEARCH = documented(HTTPStatus.UNAUTHORIZED, HTTPStatus.UNPROCESSABLE_ENTITY)
_ONE = _SEARCH | documented(HTTPStatus.NOT_FOUND)
_SOUND = _ONE | documented(HTTPStatus.CONFLICT)
_WAV, _PDF, _TIFF = "audio/wav", "application/pdf", "image/tiff"


def _bytes(media: str) -> dict[str, Any]:
    return {"content": {media: {"schema": {"type": "string", "format": "binary"}}}}


def _ranges(media: str) -> dict[int | str, dict[str, Any]]:
    return {
        HTTPStatus.OK: {"description": "The whole file", **_bytes(media)},
        HTTPStatus.PARTIAL_CONTENT: {"description": "The range asked for", **_bytes(media)},
        **documented(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
    }


def router(catalogue: Catalogue, shelf: Shelf) -> APIRouter:
    """Make the routes. They do not ask who is there: the service includes them behind its token."""
    routes = APIRouter(prefix=PREFIX, tags=["recordings"])

    @routes.get("", responses=_SEARCH)
    async def list_recordings(query: Annotated[ListQuery, Query()]) -> RecordingList:
        """List recordings, the latest first."""
        after = None if query.cursor is None else _cursor(query.cursor)
        return RecordingList.of(await catalogue.page(query.search(), query.limit, after))

    @routes.post("/samples", responses=_SEARCH)
    async def draw_a_sample(request: SampleRequest) -> Sample:
        """Draw a sample for inspection; the same request draws the same recordings."""
        drawn = await draw_sample(catalogue, request.search(), request.per_agent, request.seed)
        items = [RecordingView.of(each) for each in drawn.recordings]
        return Sample(items=items, per_agent=request.per_agent, seed=request.seed, drawn_from=drawn.drawn_from)

    @routes.get("/{recording}", responses=_ONE)
    async def get_recording(recording: str) -> RecordingView:
        """Show one recording."""
        return RecordingView.of(await _one(catalogue, recording))

    @routes.get("/{recording}/audio", responses=_SOUND | _ranges(_WAV), response_class=FileResponse)
    async def get_audio(recording: str) -> FileResponse:
        """Play it: a stereo WAV file, left the caller, right the agent. Answers ranges."""
        path = shelf.kept(await _audible(catalogue, shelf, recording))
        return _file(path, f"{recording}.wav", _WAV)

    @routes.get("/{recording}/peaks", responses=_SOUND, response_model=PeaksView)
    async def get_peaks(recording: str) -> FileResponse:
        """Show how loud it is when, for a player to draw."""
        path = shelf.peaks(await _audible(catalogue, shelf, recording))
        return FileResponse(path, media_type="application/json", headers=_PRIVATE)

    @routes.get("/{recording}/pdf", responses=_ONE | _ranges(_PDF), response_class=FileResponse)
    async def get_pdf(recording: str) -> FileResponse:
        """Read a fax: a PDF file of its pages."""
        path = shelf.pdf(await _readable(catalogue, shelf, recording))
        if not await asyncio.to_thread(path.is_file):
            detail = f"Fax {recording} came damaged: there is no PDF of it. Fetch it as it came (tiff)."
            raise Problem(HTTPStatus.NOT_FOUND, "No PDF", detail, kind="no-fax")
        return _file(path, f"{recording}.pdf", _PDF)

    @routes.get("/{recording}/tiff", responses=_ONE | _ranges(_TIFF), response_class=FileResponse)
    async def get_tiff(recording: str) -> FileResponse:
        """Fetch a fax as it came: a TIFF file."""
        path = shelf.kept(await _readable(catalogue, shelf, recording))
        return _file(path, f"{recording}.tiff", _TIFF)

    return routes


def _file(path: Path, name: str, media: str) -> FileResponse:
    return FileResponse(path, media_type=media, filename=name, content_disposition_type="inline", headers=_PRIVATE)


async def _one(catalogue: Catalogue, recording: str) -> Recording:
    found = await catalogue.find(RecordingId(recording)) if is_safe(recording) else None
    if found is None:
        detail = f"There is no recording {recording!r} in the catalogue."
        raise Problem(HTTPStatus.NOT_FOUND, "No such recording", detail, kind="unknown-recording")
    return found


async def _audible(catalogue: Catalogue, shelf: Shelf, recording: str) -> str:
    """Name the recording's sound file, below the folder; raises Problem where there is nothing to hear."""
    found = await _one(catalogue, recording)
    if found.audio is not None and await asyncio.to_thread(shelf.kept(found.audio).is_file):
        return found.audio
    raise _silent(found)


async def _readable(catalogue: Catalogue, shelf: Shelf, recording: str) -> str:
    """Name the fax's TIFF file, below the folder; raises Problem where there is nothing to read."""
    found = await _one(catalogue, recording)
    if found.fax is None:
        detail = f"Recording {found.id} is no fax: it is heard, not read."
        raise Problem(HTTPStatus.NOT_FOUND, "No fax", detail, kind="no-fax")
    if not await asyncio.to_thread(shelf.kept(found.fax).is_file):
        detail = f"There is nothing to read of fax {found.id}: its files are gone."
        raise Problem(HTTPStatus.NOT_FOUND, "No fax", detail, kind="no-fax")
    return found.fax


def _cursor(text: str) -> Cursor:
    try:
        return Cursor.parse(text)
    except BadCursor as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown cursor", str(error), kind="unknown-cursor") from error


def _silent(recording: Recording) -> Problem:
    if recording.state is RecordingState.RECORDING:
        detail = f"Recording {recording.id} is not finished: it can be heard some seconds after the conversation."
        return Problem(HTTPStatus.CONFLICT, "Still recording", detail, kind="still-recording")
    why = "it is a fax" if recording.outcome is Outcome.FAX else "nothing was recorded, or its file is gone"
    detail = f"There is no sound of recording {recording.id}: {why}."
    return Problem(HTTPStatus.NOT_FOUND, "No sound", detail, kind="no-sound")
