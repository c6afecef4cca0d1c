"""`switchboard recordings` on the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import typer
from typer.testing import CliRunner, Result

from recordings.catalogue.catalogue import Catalogue
from recordings.commands import CatalogueAt, app
from recordings.recording import Recording
from tests.unit.recordings_kit import LI, recording


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'switchboard.db'}"


@pytest.fixture
def filled(database_url: str) -> str:
    asyncio.run(_fill(database_url, [*map(recording, range(1, 6)), recording(6, agent=LI)]))
    return database_url


async def _fill(url: str, recordings: list[Recording]) -> None:
    catalogue = await Catalogue.create(url)
    for each in recordings:
        await catalogue.save(each)
    await catalogue.close()


def run(*words: str, at: str = "") -> Result:
    return CliRunner(env={"SWITCHBOARD_DATABASE_URL": at, "COLUMNS": "200"}).invoke(app, words)


def test_the_list_shows_the_latest_first(filled: str) -> None:
    shown = run("list", at=filled)
    assert shown.exit_code == 0
    lines = [line for line in shown.stdout.splitlines() if "node1-" in line]
    assert [recording(n).id in line for n, line in zip((6, 5, 4, 3, 2, 1), lines, strict=True)] == [True] * 6
    assert "王小明" in shown.stdout


def test_a_list_that_goes_on_says_how(filled: str) -> None:
    page = json.loads(run("list", "--limit", "4", "--json", at=filled).stdout)
    rest = json.loads(run("list", "--cursor", page["next"], "--json", at=filled).stdout)
    assert [each["id"] for each in page["items"] + rest["items"]] == [recording(n).id for n in (6, 5, 4, 3, 2, 1)]
    assert rest["next"] is None
    assert f"--cursor {page['next']}" in run("list", "--limit", "4", at=filled).stdout


def test_dates_are_the_sites(filled: str) -> None:
    # the recordings are of 06:14 on the 15th in Shanghai, which in UTC is the 14th
    site = typer.Typer()
    site.add_typer(app, name="recordings")

    @site.callback()
    def of_the_site(context: typer.Context) -> None:
        context.obj = CatalogueAt(filled, ZoneInfo("Asia/Shanghai"))

    listed = CliRunner().invoke(site, ["recordings", "list", "--from", "2023-11-15", "--to", "2023-11-16", "--json"])
    assert len(json.loads(listed.stdout)["items"]) == 6
    in_utc = run("list", "--from", "2023-11-15", "--json", at=filled)
    assert json.loads(in_utc.stdout)["items"] == []


def test_one_is_shown_with_its_tags(filled: str) -> None:
    shown = run("show", recording(1).id, at=filled)
    assert shown.exit_code == 0
    assert "main/2" in shown.stdout
    assert json.loads(run("show", recording(1).id, "--json", at=filled).stdout)["agent"] == "1001"


def test_a_sample_is_the_same_every_time(filled: str) -> None:
    drawn = [run("sample", "--per-agent", "2", "--seed", "7", "--json", at=filled) for _ in range(2)]
    assert drawn[0].exit_code == 0
    assert drawn[0].stdout == drawn[1].stdout
    assert [each["agent"] for each in json.loads(drawn[0].stdout)["items"]] == ["1001", "1001", "1002"]
    assert "3 drawn from 6" in run("sample", "--per-agent", "2", "--seed", "7", at=filled).stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("show", "node1-1.1-1"), 1, "no recording node1-1.1-1"),
        (("list", "--cursor", "damaged"), 2, "cursor"),
        (("list", "--ended-by", "nobody"), 2, "nobody"),
        (("sample", "--per-agent", "0", "--seed", "7"), 2, "per-agent"),
        (("sample", "--per-agent", "2"), 2, "seed"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_exit_code(
    filled: str, words: tuple[str, ...], code: int, says: str
) -> None:
    failed = run(*words, at=filled)
    assert failed.exit_code == code
    assert says in failed.stderr
    assert failed.stdout == ""


def test_no_database_no_answer(database_url: str) -> None:
    nowhere = run("list")
    assert (nowhere.exit_code, "SWITCHBOARD_DATABASE_URL" in nowhere.stderr) == (2, True)
    not_yet = run("list", at=database_url)
    assert (not_yet.exit_code, "no database" in not_yet.stderr) == (1, True)
    nonsense = run("list", at="nonsense")
    assert (nonsense.exit_code, "SWITCHBOARD_DATABASE_URL" in nonsense.stderr) == (1, True)
