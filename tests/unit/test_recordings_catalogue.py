"""The catalogue and what can be found in it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from acd.names import AgentId, CallId, EndedBy, QueueId
from common.tasks import spawn
from recordings.catalogue.catalogue import Catalogue, CatalogueFailed, UnknownRecording
from recordings.catalogue.schema import NoCatalogue, SchemaMismatch
from recordings.catalogue.search import BadCursor, Cursor, Search
from recordings.recording import RecordingId, RecordingState, skills_named, tags_of
from tests.unit.recordings_kit import LI, STARTED, WANG, recording


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "switchboard.db"


@pytest.fixture
async def catalogue(database: Path) -> AsyncIterator[Catalogue]:
    opened = await Catalogue.create(f"sqlite+aiosqlite:///{database}")
    yield opened
    await opened.close()


async def found(catalogue: Catalogue, search: Search) -> list[int]:
    """The numbers of the recordings found, the latest first."""
    page = await catalogue.page(search, 100)
    return [round(each.started_at - STARTED) // 60 for each in page.recordings]


async def test_what_is_saved_is_read_back_the_same(catalogue: Catalogue) -> None:
    saved = recording(attributes=(("topic", "价格"), ("vip", True), ("visits", 3)), menu_path=("main", "2", "1"))
    await catalogue.save(saved)
    assert await catalogue.get(saved.id) == saved


async def test_saving_again_replaces_the_entry_and_its_tags(catalogue: Catalogue) -> None:
    await catalogue.save(recording(queue=QueueId("sales")))
    await catalogue.save(recording(queue=QueueId("service")))
    assert await found(catalogue, Search(tags=(("queue", "sales"),))) == []
    assert await found(catalogue, Search(tags=(("queue", "service"),))) == [1]


async def test_an_unknown_recording_is_named(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownRecording, match=r"node1-1\.1-1"):
        await catalogue.get(RecordingId("node1-1.1-1"))


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search(), [4, 3, 2, 1]),
        (Search(queue=QueueId("service")), [2]),
        (Search(agent=LI), [3]),
        (Search(skill="french"), [4]),
        (Search(skill="english"), [4, 3, 2, 1]),
        (Search(ended_by=EndedBy.AGENT), [3]),
        (Search(state=RecordingState.INCOMPLETE), [2]),
        (Search(min_wait_s=30.0), [4]),
        (Search(begin=STARTED + 120, end=STARTED + 240), [3, 2]),
        (Search(tags=(("topic", "prices"), ("language", "zh"))), [1]),
        (Search(agent=WANG, queue=QueueId("sales"), skill="english", min_wait_s=5.0), [4, 1]),
        (Search(skill="nothing' OR 1=1 --"), []),
    ],
)
async def test_all_that_is_asked_for_must_hold(catalogue: Catalogue, search: Search, expected: list[int]) -> None:
    for each in (
        recording(1, language="zh"),
        recording(2, queue=QueueId("service"), state=RecordingState.INCOMPLETE),
        recording(3, agent=LI, ended_by=EndedBy.AGENT),
        recording(4, need='skill["french"] >= 1 && skill.english >= 5', wait_s=30.0),
    ):
        await catalogue.save(each)
    assert await found(catalogue, search) == expected


async def test_pages_follow_each_other_without_gap_or_repeat_though_new_ones_come_in(catalogue: Catalogue) -> None:
    at_one_moment = [replace(recording(n), started_at=STARTED) for n in range(7)]
    for each in at_one_moment:
        await catalogue.save(each)
    seen: list[RecordingId] = []
    after: Cursor | None = None
    for turn in range(10):
        page = await catalogue.page(Search(), 3, after)
        seen += [each.id for each in page.recordings]
        if page.next is None:
            break
        after = Cursor.parse(str(page.next))
        await catalogue.save(recording(100 + turn))
    assert seen == sorted((each.id for each in at_one_moment), reverse=True)


async def test_a_page_that_is_just_full_is_the_last(catalogue: Catalogue) -> None:
    await catalogue.save(recording())
    assert (await catalogue.page(Search(), 1)).next is None


@pytest.mark.parametrize(
    "text", ["", "x", "bm90IGpzb24", "W10", "WzEsMl0", "WyJhIiwiYiJd", "W05hTiwiYSJd", "WzFlOTk5LCJhIl0", "ü"]
)
def test_a_cursor_of_somebody_elses_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        Cursor.parse(text)


async def test_the_highest_number_of_a_calls_recordings_is_a_number_not_a_text(catalogue: Catalogue) -> None:
    call = CallId("node1-1.1")
    assert await catalogue.highest_number(call) == 0
    for number in (2, 10):
        await catalogue.save(recording(call=call, id=RecordingId(f"{call}-{number}")))
    assert await catalogue.highest_number(call) == 10


async def test_several_come_in_the_order_asked_for_however_many(catalogue: Catalogue) -> None:
    numbers = [3, 1, 2]
    for number in numbers:
        await catalogue.save(recording(number))
    ids = [recording(number).id for number in numbers] + [RecordingId(f"unknown-{n}") for n in range(1_200)]
    assert [each.id for each in await catalogue.several(ids)] == ids[:3]


async def test_a_catalogue_is_opened_again_as_it_was(catalogue: Catalogue, database: Path) -> None:
    await catalogue.save(recording())
    again = await Catalogue.create(f"sqlite+aiosqlite:///{database}")
    assert await found(again, Search()) == [1]
    await again.close()


async def test_who_asks_before_it_is_open_has_the_answer_once_it_is(database: Path) -> None:
    catalogue = Catalogue(f"sqlite+aiosqlite:///{database}")
    asked = spawn(catalogue.find(recording().id), "asked early")
    gave_up = spawn(catalogue.highest_number(recording().call), "gave up early")
    await asyncio.sleep(0)
    gave_up.cancel()
    await asyncio.sleep(0)
    assert not asked.done()
    await catalogue.make()
    assert await asked is None
    await catalogue.close()


async def test_a_database_that_does_not_open_says_why_and_can_be_closed(tmp_path: Path) -> None:
    catalogue = Catalogue(f"sqlite+aiosqlite:///{tmp_path}/nowhere/recordings.sqlite")
    with pytest.raises(CatalogueFailed, match="unable to open database file"):
        await catalogue.make()
    await catalogue.close()


@pytest.mark.usefixtures("catalogue")
async def test_an_error_of_the_database_names_nobody(database: Path) -> None:
    opened = await Catalogue.open(f"sqlite+aiosqlite:///{database}")
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TABLE recording_tags")
    connection.close()
    with pytest.raises(CatalogueFailed) as error:
        await opened.save(recording(agent_name="王小明"))
    await opened.close()
    assert "王小明" not in str(error.value)


@pytest.mark.usefixtures("catalogue")
async def test_tables_of_another_version_are_not_touched(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE recordings_schema SET version = 99")
    connection.close()
    for opening in (Catalogue.create, Catalogue.open):
        with pytest.raises(SchemaMismatch, match="version 99"):
            await opening(f"sqlite+aiosqlite:///{database}")


async def test_reading_makes_no_database_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoCatalogue, match="no database"):
        await Catalogue.open(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}")
    (tmp_path / "other.db").touch()
    with pytest.raises(NoCatalogue, match="no recordings catalogue"):
        await Catalogue.open(f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("need", "skills"),
    [
        ("", ()),
        ("true", ()),
        ("skill.english >= 5", ("english",)),
        ("skill.english >= 5 && skill.tax_law > 0 || skill.english == 10", ("english", "tax_law")),
        ("has(skill.english) && skill['zh-CN'] >= 1", ("english", "zh-CN")),
        ("call.skill == 'x' && myskill.y", ()),
        ("skill.sales >= 3 && skill[call.language] >= 6", ("sales", "english")),
        ("skill[call.topic] >= 6", ()),
    ],
)
def test_the_skills_named_in_a_need(need: str, skills: tuple[str, ...]) -> None:
    assert skills_named(need, (("language", "english"),)) == skills


def test_tags_hold_all_that_a_recording_is_found_by() -> None:
    tagged = recording(attributes=(("queue", "their own"), ("skill", "x"), ("topic", "prices"), ("vip", True)))
    assert dict(tags_of(tagged)) == {
        "queue": "sales",
        "agent": "1001",
        "wait_s": "5.0",
        "duration_s": "63.2",
        "ended_by": "caller",
        "menu_path": "main/2",
        "language": "en",
        "outcome": "answered",
        "topic": "prices",
        "vip": "true",
        "skill": "english",
    }


def test_what_is_not_known_is_no_tag() -> None:
    bare = recording(
        ended_by=None, talked_s=None, duration_s=None, language="", menu_path=(), need="", agent=AgentId("1")
    )
    assert {name for name, _value in tags_of(bare)} == {"queue", "agent", "wait_s", "outcome", "topic"}
