"""The `switchboard` command. Exit codes: 0 fine, 1 the thing asked for failed, 2 wrong usage or configuration.

What one command needs and others do not is imported where it runs: people wait for a command, and callers for `serve`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import structlog
import typer

from common.late import Late
from common.yaml_file import ConfigurationRefused
from service import collector, logs
from service.commands.by_need import by_need
from service.environment import SettingsRefused, file_in_use, read_settings
from service.faults import CONFIGURATION_REFUSED, CannotKeep, CannotListen, innermost
from service.settings import Settings

if TYPE_CHECKING:
    from service.commands import client
    from service.configuration.plan import Plan
else:
    client = Late("service.commands.client")

FAILED = 1
WRONG = 2
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_log = structlog.get_logger("service")


def _stop(text: str, code: int) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)


def _settings() -> Settings:
    try:
        return read_settings()
    except SettingsRefused as refused:
        _stop(str(refused), WRONG)


def _plan() -> Plan:
    from service.configuration.reading import read_plan  # noqa: PLC0415

    settings = _settings()
    try:
        return read_plan(settings)
    except ConfigurationRefused as refused:
        _stop(str(refused), WRONG)


def _calendars(into: typer.Typer) -> None:
    from service.commands import calendars  # noqa: PLC0415

    into.add_typer(calendars.commands(_settings), name="calendar")


def _prompts(into: typer.Typer) -> None:
    from service.commands import prompts  # noqa: PLC0415

    into.add_typer(prompts.commands(_settings, _plan), name="prompts")


def _flows(into: typer.Typer) -> None:
    from service.commands import flows  # noqa: PLC0415

    into.add_typer(flows.app, name="flow")


def _simulate(into: typer.Typer) -> None:
    from service.commands import simulate  # noqa: PLC0415

    into.command("simulate")(simulate.command)


def _events(into: typer.Typer) -> None:
    from service.commands import events  # noqa: PLC0415

    into.add_typer(events.app, name="events")


def _recordings(into: typer.Typer) -> None:
    from recordings import commands  # noqa: PLC0415

    group = typer.Typer(help=commands.app.info.help, no_args_is_help=True)
    group.callback()(_catalogue_found)
    group.add_typer(commands.app)
    into.add_typer(group, name="recordings")


def _catalogue_found(context: typer.Context) -> None:
    from recordings.commands import CatalogueAt  # noqa: PLC0415
    from service.centre.files import zone_of  # noqa: PLC0415

    if "--help" in sys.argv:  # a group's callback runs before its command's help, which needs no configuration
        return
    settings = _settings()
    try:
        zone = zone_of(settings.config_dir)
    except ConfigurationRefused as refused:
        _stop(str(refused), WRONG)
    context.obj = CatalogueAt(settings.database_url, zone)


app = typer.Typer(
    cls=by_need(
        calendar=_calendars,
        prompts=_prompts,
        flow=_flows,
        simulate=_simulate,
        events=_events,
        recordings=_recordings,
    ),
    help="Switchboard, the contact-centre core for Asterisk.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
config_app = typer.Typer(help="The configuration.", no_args_is_help=True)
agent_app = typer.Typer(
    help="Agents: list them, sign them in and out, make them ready, pause them.", no_args_is_help=True
)
queue_app = typer.Typer(help="Queues.", no_args_is_help=True)
app.add_typer(config_app, name="config")
app.add_typer(agent_app, name="agent")
app.add_typer(queue_app, name="queue")


@app.command("serve")
def serve_command() -> None:
    """Run the service until SIGTERM."""
    collector.rest()
    from service.configuration.reading import remarks  # noqa: PLC0415
    from service.wiring import serve  # noqa: PLC0415

    plan = _plan()
    logs.set_up("INFO")
    for remark in remarks(plan):
        _log.warning(remark)
    try:
        _run_fast(serve(plan))
    except Exception as failed:  # noqa: BLE001 - whatever it is, it ends in a sentence and an exit code
        _stop(_why_ended(failed), FAILED)


def _why_ended(failed: Exception) -> str:
    """A sentence for each thing that stood in the way; a mistake of our own is told whole in the log."""
    from cti_bridge.faults import SiteServed  # noqa: PLC0415
    from recordings.catalogue.schema import SchemaMismatch  # noqa: PLC0415

    nobodys_mistake = (CannotKeep, CannotListen, SchemaMismatch, SiteServed)
    foreseen = [str(error) for error in innermost(failed) if isinstance(error, nobodys_mistake)]
    if not foreseen:
        _log.critical("the service ended by a mistake of its own", exc_info=failed)
        foreseen = ["the service ended by a mistake of its own: its log tells which; please report it"]
    return "\n".join(dict.fromkeys(foreseen))


def _run_fast(work: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 - an optional, faster loop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


@app.command()
def check() -> None:
    """Check all configuration without starting anything."""
    from service.configuration.reading import remarks  # noqa: PLC0415

    plan = _plan()
    configured = plan.centre.configured
    typer.echo(
        f"fine: {len(configured.queues)} queues, {len(configured.agents)} agents, {len(plan.flows.by_name)} flows"
    )
    for remark in remarks(plan):
        typer.echo(f"note: {remark}")


@app.command("reload")
def reload_command(*, as_json: Json = False) -> None:
    """Have the running service work by what the configuration files say now: all of it, or nothing where there is a mistake."""
    settings = _settings()
    try:
        answer = client.ask(settings, "POST", "/api/v1/reload", within_s=client.RELOADED_WITHIN_S)
    except client.ApiRefused as refused:
        _stop(str(refused), WRONG if refused.kind == CONFIGURATION_REFUSED else FAILED)
    if as_json:
        _print_json(answer)
    else:
        typer.echo(client.reload_in_words(answer))


@app.command()
def asyncapi() -> None:
    """Print what is said over MQTT, as an AsyncAPI 3 document."""
    from cti_bridge.publishing.asyncapi import document  # noqa: PLC0415

    _print_json(document())


@app.command()
def doctor(*, as_json: Json = False) -> None:
    """Say, line by line, what is reachable and right, and how to mend what is not."""
    from service.doctor.visit import examine  # noqa: PLC0415

    findings = asyncio.run(examine(_settings()))
    if as_json:
        _print_json([finding.as_record() for finding in findings])
    else:
        for finding in findings:
            typer.echo(finding.line())
    if not all(finding.fine for finding in findings):
        raise typer.Exit(FAILED)


@config_app.command("show")
def config_show(*, as_json: Json = False) -> None:
    """Show every setting with its origin (environment, file, default); secrets are hidden."""
    from service.origins import origins  # noqa: PLC0415

    shown = origins(_settings(), file_in_use())
    if as_json:
        _print_json([one.as_record() for one in shown])
        return
    for one in shown:
        typer.echo(one.line())


@app.command()
def explain(call: str, *, as_json: Json = False) -> None:
    """Say why a call waits, or who it was offered to: every decision, newest first."""
    settings = _settings()
    answer = client.ask(settings, "GET", f"/api/v1/calls/{call}/decisions")
    if as_json:
        _print_json(answer)
    else:
        typer.echo(client.decisions_in_words(answer, client.zone(settings)))


@queue_app.command("list")
def queue_list(*, as_json: Json = False) -> None:
    """Show all queues with today's figures."""
    page = client.ask(_settings(), "GET", "/api/v1/queues")
    if as_json:
        _print_json(page)
    else:
        client.show(page, client.QUEUE_COLUMNS)


@agent_app.command("list")
def agent_list(*, as_json: Json = False) -> None:
    """Show all agents and their states."""
    settings = _settings()
    page = client.ask(settings, "GET", "/api/v1/agents")
    if as_json:
        _print_json(page)
    else:
        client.show(page, client.agent_columns(client.zone(settings)))


@agent_app.command("sign-in")
def agent_sign_in(agent: str, phone: Annotated[str, typer.Argument(help="As Asterisk names it: PJSIP/phone1")]) -> None:
    """Sign an agent in on a phone; they begin paused."""
    client.move_agent(_settings(), agent, "sign-in", {"phone": phone})


@agent_app.command("ready")
def agent_ready(agent: str) -> None:
    """Let an agent take calls."""
    client.move_agent(_settings(), agent, "ready")


@agent_app.command("pause")
def agent_pause(agent: str, reason: str) -> None:
    """Pause an agent."""
    client.move_agent(_settings(), agent, "pause", {"reason": reason})


@agent_app.command("sign-out")
def agent_sign_out(agent: str) -> None:
    """Sign an agent out."""
    client.move_agent(_settings(), agent, "sign-out")


@app.command()
def demo(
    *,
    calls_per_minute: Annotated[float, typer.Option(min=0, max=60, help="How many callers dial in a minute.")] = 8,
    seed: Annotated[int, typer.Option(help="The same seed makes the same callers.")] = 1,
) -> None:
    """Run everything on this machine: Asterisk, Redis, Mosquitto, the service, phones and callers, until Ctrl-C."""
    from service.demo.run import run_demo  # noqa: PLC0415

    raise typer.Exit(asyncio.run(run_demo(calls_per_minute, seed)))


def _print_json(what: object) -> None:
    typer.echo(json.dumps(what, ensure_ascii=False, indent=1))


def main() -> None:
    """Run the command."""
    logs.set_up("CRITICAL")  # commands speak for themselves; `serve` logs
    try:
        app()
    except client.ApiRefused as refused:
        typer.echo(str(refused), err=True)
        sys.exit(FAILED)
