"""`switchboard flow …`: flows checked, tested, played and drawn from their files alone; no service and no setting is needed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from common.clock import unix_seconds
from common.suggest import did_you_mean
from common.yaml_file import ConfigurationRefused
from ivr.drawing.graph import graph_of
from ivr.drawing.mermaid import mermaid
from ivr.drawing.svg import svg
from ivr.flow import FlowStuck
from ivr.flow_form import FlowForm
from ivr.rehearsal.walk import TalksForEver, Walk
from service.flow_counts import keys_pressed
from service.flow_files import FlowFiles, check_files, read_flow_files
from service.flow_play import play as play_flow
from service.flow_tests import run_tests, test_files

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
    """Play a flow in the terminal: what callers hear is shown, keys come from the keyboard, everything else is asked."""
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
        typer.Option(help="Events (`switchboard events export`): say how many queued callers pressed what."),
    ] = None,
) -> None:
    """Draw a flow as Mermaid text, which most forges and wikis show as a picture, or as an SVG picture."""
    files = _flow_files(config)
    try:
        taken = None if counts is None else keys_pressed(counts, flow)
    except ConfigurationRefused as refused:
        _stop(str(refused))
    drawn = graph_of(flow, _form(files, flow), files.by_queues, taken)
    if picture is None:
        typer.echo(mermaid(drawn), nl=False)
        return
    try:
        picture.write_text(svg(drawn), encoding="utf-8")
    except OSError as error:
        typer.echo(f"{picture} cannot be written: {error.strerror}", err=True)
        raise typer.Exit(FAILED) from None


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
