"""The catalogue on a real PostgreSQL: the unit tests of it, which know SQLite alone, once more, and what only a server can do."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from recordings.catalogue.catalogue import Catalogue, CatalogueFailed
from recordings.catalogue.schema import NoCatalogue, SchemaMismatch, metadata
from recordings.catalogue.search import Search
from tests.unit.recordings_kit import recording
from tests.unit.test_recordings_catalogue import (
    test_a_page_that_is_just_full_is_the_last,
    test_all_that_is_asked_for_must_hold,
    test_an_unknown_recording_is_named,
    test_pages_follow_each_other_without_gap_or_repeat_though_new_ones_come_in,
    test_saving_again_replaces_the_entry_and_its_tags,
    test_several_come_in_the_order_asked_for_however_many,
    test_the_highest_number_of_a_calls_recordings_is_a_number_not_a_text,
    test_what_is_saved_is_read_back_the_same,
)

__all__ = [  # collected here, where `catalogue` is PostgreSQL's
    "test_a_page_that_is_just_full_is_the_last",
    "test_all_that_is_asked_for_must_hold",
    "test_an_unknown_recording_is_named",
    "test_pages_follow_each_other_without_gap_or_repeat_though_new_ones_come_in",
    "test_saving_again_replaces_the_entry_and_its_tags",
    "test_several_come_in_the_order_asked_for_however_many",
    "test_the_highest_number_of_a_calls_recordings_is_a_number_not_a_text",
    "test_what_is_saved_is_read_back_the_same",
]

UNPRIVILEGED = "postgres"
"""The Debian package's user: PostgreSQL refuses to run as root."""
WITHIN_S = 60.0
QUICK = "-c fsync=off -c full_page_writes=off -c listen_addresses="
"""Nothing of it has to outlive a power cut, and it is reached by its socket alone."""


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """The folder of a server's socket; the server is this module's own."""
    folder = Path(tempfile.mkdtemp(prefix="switchboard-postgresql-"))
    if os.geteuid() == 0:
        shutil.chown(folder, UNPRIVILEGED)
    data, log = str(folder / "data"), str(folder / "log")
    run(folder, "initdb", "-D", data, "-U", "switchboard", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
    run(folder, "pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", f"-k {folder} {QUICK}")
    try:
        yield folder
    finally:
        run(folder, "pg_ctl", "stop", "-w", "-m", "immediate", "-D", data)
        shutil.rmtree(folder)


def run(folder: Path, program: str, *words: str) -> None:
    """Run one of PostgreSQL's programs, as somebody whom it lets."""
    path = max(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    subprocess.run(  # noqa: S603 - our own words
        [path, *words], check=True, stdout=subprocess.DEVNULL, cwd=folder, user=user, timeout=WITHIN_S
    )


@pytest.fixture
async def url(server: Path) -> AsyncIterator[str]:
    """A database without tables."""
    url = f"postgresql+asyncpg://switchboard@/postgres?host={server}"
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
    yield url
    await engine.dispose()


@pytest.fixture
async def catalogue(url: str) -> AsyncIterator[Catalogue]:
    opened = await Catalogue.create(url)
    yield opened
    await opened.close()


async def changed(url: str, statement: str) -> None:
    """Change the database behind the catalogue's back."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


async def test_a_catalogue_is_opened_again_as_it_was(catalogue: Catalogue, url: str) -> None:
    await catalogue.save(recording())
    for opening in (Catalogue.create, Catalogue.open):
        again = await opening(url)
        assert len((await again.page(Search(), 10)).recordings) == 1
        await again.close()


async def test_tables_that_are_missing_or_of_another_version_are_told(url: str) -> None:
    with pytest.raises(NoCatalogue):
        await Catalogue.open(url)
    await (await Catalogue.create(url)).close()
    await changed(url, "UPDATE recordings_schema SET version = 99")
    for opening in (Catalogue.create, Catalogue.open):
        with pytest.raises(SchemaMismatch, match="version 99"):
            await opening(url)


async def test_an_error_of_the_database_names_nobody(catalogue: Catalogue, url: str) -> None:
    await changed(url, "DROP TABLE recording_tags")
    with pytest.raises(CatalogueFailed) as error:
        await catalogue.save(recording(agent_name="王小明"))
    assert "王小明" not in str(error.value)
