"""`switchboard recordings`: the catalogue on the command line. It reads the database itself; no service need run."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from acd.names import AgentId, EndedBy, QueueId
from recordings.catalogue.catalogue import Catalogue, CatalogueFailed, UnknownRecording
from recordings.catalogue.schema import NoCatalogue, SchemaMismatch
from recordings.catalogue.search import BadCursor, Cursor, Search
from recordings.inspection import draw_sample
from recordings.recording import RecordingId
from recordings.views import PAGE, PAGE_LIMIT, PER_AGENT_LIMIT, RecordingList, RecordingView, Sample

DATABASE_URL = "SWITCHBOARD_DATABASE_URL"
FAILED = 1
WRONG_USAGE = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CatalogueAt:
    """Where the catalogue is, and the site's time zone: the service's command line sets it as its context's object."""

    database_url: str
    zone: ZoneInfo


app = typer.Typer(help="Recordings: list them, look at one, draw a sample for inspection.", no_args_is_help=True)

Queue = Annotated[str | None, typer.Option(help="Only of this queue.")]
Agent = Annotated[str | None, typer.Option(help="Only of this agent.")]
Skill = Annotated[str | None, typer.Option(help="Only where the need named this skill.")]
Ended = Annotated[EndedBy | None, typer.Option("--ended-by", help="Only where they hung up first.")]
From = Annotated[datetime | None, typer.Option("--from", help="Started at this moment or later, the site's time.")]
To = Annotated[datetime | None, typer.Option("--to", help="Started before this moment.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, as the API answers it.")]


@app.command("list")
def list_recordings(
    context: typer.Context,
    *,
    queue: Queue = None,
    agent: Agent = None,
    skill: Skill = None,
    ended_by: Ended = None,
    begin: From = None,
    end: To = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE_LIMIT, help="At most so many.")] = PAGE,
    cursor: Annotated[str | None, typer.Option(help="Go on after an earlier list: its `next`.")] = None,
    as_json: Json = False,
) -> None:
    """List recordings, the latest first."""
    where = _where(context)
    search = _search(where, queue=queue, agent=agent, skill=skill, ended_by=ended_by, begin=begin, end=end)
    after = _cursor(cursor)
    listed = _ask(where, lambda catalogue: catalogue.page(search, limit, after))
    page = RecordingList.of(listed)
    if as_json:
        _print_json(page)
        return
    _print_table(page.items, where.zone)
    if page.next is not None:
        typer.echo(f"more: --cursor {page.next}")


@app.command("show")
def show(context: typer.Context, recording: str, as_json: Json = False) -> None:
    """Show one recording and its tags."""
    where = _where(context)
    try:
        view = RecordingView.of(_ask(where, lambda catalogue: catalogue.get(RecordingId(recording))))
    except UnknownRecording as error:
        raise _stop(str(error), FAILED) from error
    if as_json:
        _print_json(view)
        return
    table = Table(show_header=False, box=None)
    started = _clock(view.started_at, where.zone)
    for name, value in {"recording": view.id, "state": view.state, "started": started, **view.tags}.items():
        table.add_row(name, value)
    Console().print(table)


@app.command("sample")
def sample(
    context: typer.Context,
    *,
    per_agent: Annotated[int, typer.Option(min=1, max=PER_AGENT_LIMIT, help="So many of every agent.")],
    seed: Annotated[int, typer.Option(help="The same seed draws the same recordings.")],
    queue: Queue = None,
    agent: Agent = None,
    skill: Skill = None,
    ended_by: Ended = None,
    begin: From = None,
    end: To = None,
    as_json: Json = False,
) -> None:
    """Draw a reproducible sample of complete recordings for inspection."""
    where = _where(context)
    search = _search(where, queue=queue, agent=agent, skill=skill, ended_by=ended_by, begin=begin, end=end)
    drawn = _ask(where, lambda catalogue: draw_sample(catalogue, search, per_agent, seed))
    items = [RecordingView.of(each) for each in drawn.recordings]
    if as_json:
        _print_json(Sample(items=items, per_agent=per_agent, seed=seed, drawn_from=drawn.drawn_from))
        return
    _print_table(items, where.zone)
    typer.echo(f"{len(items)} drawn from {drawn.drawn_from}, {per_agent} of each agent, seed {seed}")


def _where(context: typer.Context) -> CatalogueAt:
    """Find the catalogue: as the service's command line says, else as the environment does."""
    found = context.find_object(CatalogueAt)
    if found is not None:
        return found
    url = os.environ.get(DATABASE_URL)
    if not url:
        raise _stop(f"Where is the catalogue? Set {DATABASE_URL} (sqlite+aiosqlite:///PATH).", WRONG_USAGE)
    return CatalogueAt(url, ZoneInfo("UTC"))


def _ask(where: CatalogueAt, question: Callable[[Catalogue], Awaitable[T]]) -> T:
    """Open the catalogue, ask, and close it; ends the command where it cannot be read."""
    try:
        return asyncio.run(_asked(where.database_url, question))
    except NoCatalogue as error:
        raise _stop(str(error), FAILED) from error
    except SchemaMismatch as error:
        raise _stop(str(error), WRONG_USAGE) from error
    except (CatalogueFailed, OSError) as error:
        raise _stop(f"The catalogue cannot be read ({error}). Is {DATABASE_URL} right?", FAILED) from error


async def _asked(url: str, question: Callable[[Catalogue], Awaitable[T]]) -> T:
    catalogue = await Catalogue.open(url)
    try:
        return await question(catalogue)
    finally:
        await catalogue.close()


def _search(
    where: CatalogueAt,
    *,
    queue: str | None,
    agent: str | None,
    skill: str | None,
    ended_by: EndedBy | None,
    begin: datetime | None,
    end: datetime | None,
) -> Search:
    return Search(
        queue=None if queue is None else QueueId(queue),
        agent=None if agent is None else AgentId(agent),
        skill=skill,
        ended_by=ended_by,
        begin=_moment(begin, where.zone),
        end=_moment(end, where.zone),
    )


def _moment(given: datetime | None, zone: ZoneInfo) -> float | None:
    return None if given is None else given.replace(tzinfo=zone).timestamp()


def _cursor(given: str | None) -> Cursor | None:
    try:
        return None if given is None else Cursor.parse(given)
    except BadCursor as error:
        raise _stop(str(error), WRONG_USAGE) from error


def _clock(moment: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(moment, zone).isoformat(" ", "seconds")


def _print_json(model: BaseModel) -> None:
    typer.echo(model.model_dump_json(indent=2))


def _print_table(recordings: list[RecordingView], zone: ZoneInfo) -> None:
    table = Table("recording", "started", "seconds", "queue", "agent", "waited", "ended by", "state")
    for each in recordings:
        length = "" if each.duration_s is None else f"{each.duration_s:.1f}"
        who = f"{each.agent} {each.agent_name}"
        started = _clock(each.started_at, zone)
        table.add_row(each.id, started, length, each.queue, who, f"{each.wait_s:.1f}", each.ended_by or "", each.state)
    Console().print(table)


def _stop(text: str, code: int) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(code)
