"""Recordings over HTTP."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import soundfile
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from acd.names import EndedBy
from common.problem import install
from recordings.api import router
from recordings.recording import PAGES, Outcome, RecordingId, RecordingState
from tests.unit.recordings_kit import CALL, LI, STARTED, House, connected, ended, house, offered, recording, two_voices

RECORDINGS = "/api/v1/recordings"
FIRST = f"{RECORDINGS}/{CALL}-1"


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as set_up:
        yield set_up


@pytest.fixture
async def client(at: House) -> AsyncIterator[AsyncClient]:
    app = FastAPI()
    install(app)
    app.include_router(router(at.catalogue, at.shelf))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://switchboard") as opened:
        yield opened


async def conversation(at: House, seconds: float = 3) -> None:
    file = await at.tape.load(offered())
    assert file is not None
    at.asterisk_writes(file, two_voices(seconds))
    await at.hears(connected(), ended(seconds))


async def test_a_recording_is_shown_with_its_tags(at: House, client: AsyncClient) -> None:
    await conversation(at)
    answer = await client.get(FIRST)
    assert answer.json() == {
        "id": f"{CALL}-1",
        "call": CALL,
        "state": "complete",
        "started_at": STARTED,
        "duration_s": 3.0,
        "queue": "sales",
        "agent": "1001",
        "agent_name": "王小明",
        "wait_s": 5.5,
        "ended_by": "caller",
        "outcome": "answered",
        "skills": ["english"],
        "menu_path": ["main", "2"],
        "language": "en",
        "has_audio": True,
        "pages": None,
        "tags": {
            "queue": "sales",
            "agent": "1001",
            "wait_s": "5.5",
            "duration_s": "3.0",
            "ended_by": "caller",
            "menu_path": "main/2",
            "language": "en",
            "outcome": "answered",
            "topic": "prices",
            "vip": "true",
            "skill": "english",
        },
    }


async def test_the_sound_is_a_wav_file_and_parts_of_it_can_be_asked_for(at: House, client: AsyncClient) -> None:
    await conversation(at)
    whole = await client.get(f"{FIRST}/audio")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    assert whole.headers["accept-ranges"] == "bytes"
    assert "no-cache" in whole.headers["cache-control"]
    samples, rate = soundfile.read(io.BytesIO(whole.content))
    assert (samples.shape, rate) == ((24_000, 2), 8_000)
    part = await client.get(f"{FIRST}/audio", headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, whole.content[1_000:2_000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(whole.content)}"
    beyond = await client.get(f"{FIRST}/audio", headers={"Range": f"bytes={len(whole.content)}-"})
    assert (beyond.status_code, beyond.headers["content-type"]) == (416, "application/problem+json")
    assert beyond.headers["content-range"] == f"bytes */{len(whole.content)}"
    assert (beyond.json()["status"], beyond.json()["instance"]) == (416, f"{FIRST}/audio")


async def test_the_peaks_are_what_a_player_draws(at: House, client: AsyncClient) -> None:
    await conversation(at)
    peaks = (await client.get(f"{FIRST}/peaks")).json()
    assert max(peaks["left"]) == pytest.approx(0.5, abs=0.01)
    assert max(peaks["right"]) == pytest.approx(0.25, abs=0.01)
    assert len(peaks["left"]) * peaks["seconds_per_peak"] == pytest.approx(3.0)


@pytest.mark.parametrize("part", ["", "/audio", "/peaks"])
@pytest.mark.parametrize("name", ["node1-1.1-1", "..%2F..%2Fetc%2Fpasswd", "%00"])
async def test_an_unknown_recording_is_a_problem(client: AsyncClient, name: str, part: str) -> None:
    answer = await client.get(f"{RECORDINGS}/{name}{part}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_what_is_still_recorded_cannot_be_heard_yet(at: House, client: AsyncClient) -> None:
    await at.tape.load(offered())
    await at.hears(connected())
    answer = await client.get(f"{FIRST}/audio")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:switchboard:problem:still-recording")


async def test_a_recording_without_sound_says_so(at: House, client: AsyncClient) -> None:
    await at.tape.load(offered())
    await at.hears(connected(), ended(10.0))
    for part in ("audio", "peaks"):
        answer = await client.get(f"{FIRST}/{part}")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:switchboard:problem:no-sound")
    assert (await client.get(FIRST)).json()["has_audio"] is False


async def test_a_sound_file_that_somebody_removed_is_a_problem_not_a_crash(at: House, client: AsyncClient) -> None:
    await conversation(at)
    for kept in (at.shelf.folder / "2023-11-15").iterdir():
        kept.unlink()
    assert (await client.get(f"{FIRST}/audio")).status_code == 404
    assert (await client.get(f"{FIRST}/peaks")).status_code == 404


async def filled(at: House) -> None:
    for number in range(1, 6):
        await at.catalogue.save(recording(number))
    await at.catalogue.save(recording(6, agent=LI, ended_by=EndedBy.AGENT, wait_s=42.0))
    await at.catalogue.save(recording(7, agent=LI, state=RecordingState.INCOMPLETE))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 7),
        ("?queue=sales", 7),
        ("?queue=service", 0),
        ("?agent=1002", 2),
        ("?skill=english&ended_by=agent", 1),
        ("?min_wait_s=42", 1),
        (f"?from={STARTED + 180}&to={STARTED + 300}", 2),
        ("?tag=topic:prices&tag=language:en", 7),
        ("?tag=topic:a:b", 0),
        ("?state=incomplete", 1),
    ],
)
async def test_the_list_holds_what_is_asked_for(at: House, client: AsyncClient, query: str, expected: int) -> None:
    await filled(at)
    answer = (await client.get(RECORDINGS + query)).json()
    assert (len(answer["items"]), answer["next"]) == (expected, None)


async def test_a_list_goes_on_where_the_page_before_ended(at: House, client: AsyncClient) -> None:
    await filled(at)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get(RECORDINGS, params={"limit": 3, **cursor})).json()
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [recording(number).id for number in (7, 6, 5, 4, 3, 2, 1)]


@pytest.mark.parametrize(
    "query",
    [
        "?limit=0",
        "?limit=501",
        "?ended_by=nobody",
        "?min_wait_s=nan",
        "?from=inf",
        "?to=-1",
        "?cursor=damaged",
        "?tag=topic",
        "?qeue=sales",
        "?queue=a%00b",
    ],
)
async def test_a_question_that_does_not_fit_is_a_problem(client: AsyncClient, query: str) -> None:
    answer = await client.get(RECORDINGS + query)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_a_sample_is_drawn_again_the_same(at: House, client: AsyncClient) -> None:
    await filled(at)
    request = {"per_agent": 2, "seed": 7}
    first, second = [(await client.post(f"{RECORDINGS}/samples", json=request)).json() for _ in range(2)]
    assert first == second
    assert [each["agent"] for each in first["items"]] == ["1001", "1001", "1002"]
    assert (first["seed"], first["drawn_from"]) == (7, 6)


async def test_a_sample_is_drawn_from_what_the_search_finds(at: House, client: AsyncClient) -> None:
    await filled(at)
    request = {"per_agent": 9, "seed": 7, "agent": "1001", "from": STARTED + 240}
    drawn = (await client.post(f"{RECORDINGS}/samples", json=request)).json()
    assert {each["id"] for each in drawn["items"]} == {recording(4).id, recording(5).id}


@pytest.mark.parametrize("request_body", [{}, {"per_agent": 0, "seed": 1}, {"per_agent": 1, "seed": 1, "limit": 3}])
async def test_a_sample_that_cannot_be_drawn_is_a_problem(client: AsyncClient, request_body: dict[str, int]) -> None:
    answer = await client.post(f"{RECORDINGS}/samples", json=request_body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def a_fax(at: House) -> str:
    """A fax of two pages, in the catalogue and on the disk."""
    file = at.shelf.fax(RecordingId("f-fax-1"), STARTED)
    for path, content in {at.shelf.kept(file): b"II*", at.shelf.pdf(file): b"%PDF"}.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    known = recording(1, id="f-fax-1", outcome=Outcome.FAX, file=file, attributes=((PAGES, 2),), duration_s=None)
    await at.catalogue.save(known)
    return f"{RECORDINGS}/f-fax-1"


async def test_a_fax_is_listed_and_fetched_as_pdf_or_as_it_came(at: House, client: AsyncClient) -> None:
    fax = await a_fax(at)
    (listed,) = (await client.get(RECORDINGS, params={"tag": "outcome:fax"})).json()["items"]
    assert (listed["outcome"], listed["pages"], listed["has_audio"], listed["tags"]["pages"]) == ("fax", 2, False, "2")
    pdf, tiff = await client.get(f"{fax}/pdf"), await client.get(f"{fax}/tiff")
    assert (pdf.content, pdf.headers["content-type"]) == (b"%PDF", "application/pdf")
    assert (tiff.content, tiff.headers["content-type"]) == (b"II*", "image/tiff")
    assert "no-cache" in pdf.headers["cache-control"]


async def test_nobody_is_heard_in_a_fax_and_no_talk_is_read(at: House, client: AsyncClient) -> None:
    fax = await a_fax(at)
    await conversation(at)
    assert (await client.get(f"{fax}/audio")).json()["detail"].endswith("it is a fax.")
    assert (await client.get(f"{FIRST}/pdf")).json()["type"].endswith("no-fax")


async def test_a_fax_whose_files_are_gone_says_so(at: House, client: AsyncClient) -> None:
    fax = await a_fax(at)
    for each in at.shelf.folder.glob("faxes/*/*"):
        each.unlink()
    answer = await client.get(f"{fax}/tiff")
    assert (answer.status_code, answer.json()["title"]) == (404, "No fax")
