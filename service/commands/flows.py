"""`switchboard flow …`: flows checked, tested, played and drawn from their files; settings are needed only to count a day."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer

from common.clock import unix_seconds
from common.suggest import did_you_mean
from common.yaml_file import ConfigurationRefused
from cti_bridge.kept.link import RedisAway
from ivr.drawing.graph import NOT_COUNTED, Counts, graph_of
from ivr.drawing.mermaid import mermaid
from ivr.drawing.svg import svg
from ivr.flows.flow import FlowStuck
from ivr.flows.form import FlowForm
from ivr.rehearsal.walk import TalksForEver, Walk
from service.environment import SettingsRefused, read_settings
from service.flows.counts import counted_in
from service.flows.day import NotADay, counted_on, day_named
from service.flows.files import FlowFiles, check_files, read_flow_files
from service.flows.play import play as play_flow
from service.flows.tests import run_tests, test_files

FAILED, WRONG = 1, 2

app = typer.Typer(help="Flows: check, test, play and draw them.", no_args_is_help=True)

Config = Annotated[
    Path, typer.Option("--config", envvar="SWITCHBOARD_CONFIG_DIR", help="The folder of the centre's files and flows/.")
]
FlowName = Annotated[str, typer.Argument(metavar="FLOW", help="The flow's name: its file without .yaml.")]


@app.command("check")
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Flow files; by default, all in the folder.")] = None,
    *,
    config: Config = Path("config"),
) -> None:
    """Say what is wrong with flows, each mistake with file, line and column."""
    known = _flow_files(config)
    try:
        check_files(files or (), known.known)
    except ConfigurationRefused as refused:
        _stop(str(refused))
    checked = len(files) if files else len(known.forms)
    typer.echo(f"fine: {checked} {'flow' if checked == 1 else 'flows'}")


@app.command("test")
def run(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files of tests; by default, flows/tests/ in the folder.")
    ] = None,
    *,
    config: Config = Path("config"),
    coverage: Annotated[bool, typer.Option("--coverage", help="Name the steps and ways that no test took.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Walk the callers of the flow tests through their flows: where they end, and what they hear on the way."""
    known = _flow_files(config)
    try:
        tried = run_tests(known, files or test_files(config))
    except ConfigurationRefused as refused:
        _stop(str(refused))
    typer.echo(tried.as_json() if as_json else "\n".join(tried.lines(with_coverage=coverage)))
    if not tried.results:
        raise typer.Exit(WRONG)
    if tried.failed:
        raise typer.Exit(FAILED)


@app.command("play")
def play(
    flow: FlowName = "main",
    *,
    config: Config = Path("config"),
    language: Annotated[str, typer.Option(help="The language spoken at first; by default the flow's.")] = "",
) -> None:
    """Play a flow in the terminal: what callers hear is shown, keys come from the keyboard, everything else is asked.

    Where a flow has `fax`, the word fax is a fax machine's tone. / 流程有 `fax` 时，输入 fax 表示传真机的提示音。
    """
    files = _flow_files(config)
    languages = _form(files, flow).languages
    if language and language not in languages:
        _stop(f"flow '{flow}' has no language '{language}'{did_you_mean(language, languages)}")
    played = files.flows.by_name[flow]
    try:
        walk = Walk(played, flow, files.flows.by_name, language)
        play_flow(walk, files, lambda: datetime.fromtimestamp(unix_seconds(), UTC), _Keyboard())
    except (FlowStuck, TalksForEver) as stuck:  # a flow that is made to be called returns to nobody here
        typer.echo(str(stuck), err=True)
        raise typer.Exit(FAILED) from None


class _Keyboard:
    """The terminal that the command runs in."""

    def tell(self, line: str) -> None:
        """Print it."""
        typer.echo(line)

    def ask(self, question: str, default: str) -> str:
        """Wait for a line."""
        return str(typer.prompt(question, default=default, show_default=bool(default))).strip()


@app.command("graph")
def graph(
    flow: FlowName = "main",
    *,
    config: Config = Path("config"),
    picture: Annotated[Path | None, typer.Option("--svg", help="Write an SVG picture into this file instead.")] = None,
    counts: Annotated[
        Path | None,
        typer.Option(help="Events (`switchboard events export`): write at steps and ways how callers passed them."),
    ] = None,
    day: Annotated[
        str, typer.Option(help="The same of one day, from the events in Redis: yesterday, today, or 2026-11-21.")
    ] = "",
) -> None:
    """Draw a flow as Mermaid text, which most forges and wikis show as a picture, or as an SVG picture."""
    files = _flow_files(config)
    form = _form(files, flow)
    drawn = graph_of(flow, form, files.by_queues, _counts(flow, files, counts, day))
    if picture is None:
        typer.echo(mermaid(drawn), nl=False)
        return
    try:
        picture.write_text(svg(drawn), encoding="utf-8")
    except OSError as error:
        typer.echo(f"{picture} cannot be written: {error.strerror}", err=True)
        raise typer.Exit(FAILED) from None


def _counts(flow: str, files: FlowFiles, events: Path | None, day: str) -> Counts:
    """How callers passed the flow, where that was asked for; where nobody did, the command failed."""
    if events is not None and day:
        _stop("counted from a file (--counts) or from a day in Redis (--day): say one of them")
    if events is None and not day:
        return NOT_COUNTED
    try:
        counts = counted_in(events, flow) if events is not None else _counts_of_day(flow, files.centre.zone, day)
    except (ConfigurationRefused, SettingsRefused, NotADay) as refused:
        _stop(str(refused))
    if not counts.steps:
        where = events or f"the events of {day} ({files.centre.zone.key})"
        typer.echo(
            f"nobody passed a step of flow '{flow}' that is counted, by {where}: menus and questions are counted, and "
            "what has a label",
            err=True,
        )
        raise typer.Exit(FAILED)
    return counts


def _counts_of_day(flow: str, zone: ZoneInfo, day: str) -> Counts:
    named = day_named(day, unix_seconds(), zone)
    settings = read_settings()
    try:
        counted = asyncio.run(counted_on(named, flow, settings, zone))
    except RedisAway as away:
        typer.echo(f"Redis does not answer at {settings.redis_host}:{settings.redis_port} ({away})", err=True)
        raise typer.Exit(FAILED) from None
    if (late := counted.begins_late) is not None:
        typer.echo(f"note: the stream begins only at {late.isoformat(' ', 'seconds')}", err=True)
    return counted.counts


def _flow_files(folder: Path) -> FlowFiles:
    try:
        return read_flow_files(folder)
    except ConfigurationRefused as refused:
        _stop(str(refused))


def _form(files: FlowFiles, flow: str) -> FlowForm:
    if flow not in files.forms:
        _stop(f"no flow '{flow}'{did_you_mean(flow, files.forms)}")
    return files.forms[flow]


def _stop(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(WRONG)
