"""`switchboard events export`: what happened, out of Redis, as lines that `switchboard simulate --day` reads as a day."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from common.clock import unix_seconds
from common.yaml_file import ConfigurationRefused
from cti_bridge.kept.event_stream import history_of, read_envelopes
from cti_bridge.kept.link import RedisAway, RedisLink, connect
from cti_bridge.links import Links
from service.centre.files import zone_of
from service.environment import SettingsRefused, read_settings
from service.neighbours import sentinels
from service.settings import Settings

FAILED, WRONG = 1, 2

app = typer.Typer(help="The events: everything that happened to callers and agents.", no_args_is_help=True)


@app.callback()
def _events() -> None:
    """Let the group have commands, though it is only one yet."""


@app.command("export")
def export(
    begin: Annotated[datetime, typer.Option("--from", help="From then on, in the centre's time zone.")],
    end: Annotated[datetime | None, typer.Option("--to", help="Until then; by default, until now.")] = None,
) -> None:
    """Print the events of this time, one CloudEvent a line: `switchboard events export --from 2026-11-20 > friday.jsonl`."""
    try:
        settings = read_settings()
        zone = zone_of(settings.config_dir)
    except (SettingsRefused, ConfigurationRefused) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(WRONG) from None
    since, before = _unix(begin, zone), math.inf if end is None else _unix(end, zone)
    try:
        written = asyncio.run(_print_events(settings, zone, since, before))
    except RedisAway as away:
        typer.echo(f"Redis does not answer at {settings.redis_host}:{settings.redis_port} ({away})", err=True)
        raise typer.Exit(FAILED) from None
    if not written:
        typer.echo("no event of that time is in the stream", err=True)
        raise typer.Exit(FAILED)


async def _print_events(settings: Settings, zone: ZoneInfo, since: float, before: float) -> int:
    client = connect(settings.redis_url, sentinels(settings))
    try:
        link = RedisLink(client, Links(unix_seconds))
        whole_since = (await history_of(link, settings.site)).whole_since
        if whole_since is not None and whole_since > since:
            begins = datetime.fromtimestamp(whole_since, UTC).astimezone(zone).isoformat(" ", "seconds")
            typer.echo(f"note: the stream begins only at {begins}", err=True)
        written = 0
        async for envelope in read_envelopes(link, settings.site, since, before):
            typer.echo(envelope)
            written += 1
        return written
    finally:
        await client.aclose()


def _unix(moment: datetime, zone: ZoneInfo) -> float:
    return moment.replace(tzinfo=zone).timestamp()
