"""The command line's side of the API: ask, and print what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from common.yaml_file import ConfigurationRefused
from service.settings import Settings

ANSWER_WITHIN_S = 5.0
RELOADED_WITHIN_S = 120.0
"""New prompts are spoken first."""
PROBLEM = "urn:switchboard:problem:"

Column = tuple[str, Callable[[Mapping[str, Any]], str]]


class ApiRefused(Exception):
    """The service could not be asked, or refused; the text is for whoever typed the command.

    `kind` is the problem's type, empty where the service was not reached or did not say.
    """

    def __init__(self, text: str, kind: str = "") -> None:
        super().__init__(text)
        self.kind = kind


def base_url(settings: Settings) -> str:
    """Where the service's API is."""
    host = f"[{settings.api_host}]" if ":" in settings.api_host else settings.api_host
    return f"http://{host}:{settings.api_port}"


def ask(
    settings: Settings, method: str, path: str, body: object | None = None, *, within_s: float = ANSWER_WITHIN_S
) -> Any:  # noqa: ANN401 - JSON
    """Ask the running service; raises ApiRefused."""
    address = base_url(settings)
    headers = {"authorization": f"Bearer {settings.api_token.get_secret_value()}"}
    try:
        answer = httpx.request(method, address + path, json=body, headers=headers, timeout=within_s)
    except httpx.HTTPError as error:
        raise ApiRefused(
            f"the service does not answer at {address} ({error}): is it running? Try `switchboard doctor`."
        ) from error
    if answer.is_error:
        problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        text = problem.get("detail") or problem.get("title") or f"the service answered {answer.status_code}"
        raise ApiRefused(text, problem.get("type", "").removeprefix(PROBLEM))
    return answer.json()


def move_agent(settings: Settings, agent: str, move: str, body: object | None = None) -> None:
    """Move an agent, and print where they stand then."""
    view = ask(settings, "POST", f"/api/v1/agents/{agent}/{move}", body)
    wish = view.get("wish")
    after = f", {wish['state']} after this call" if wish else ""
    typer.echo(f"{view['id']} {view['name']}: {view['state']}{after}")


QUEUE_COLUMNS: tuple[Column, ...] = (
    ("queue", lambda row: row["id"]),
    ("waiting", lambda row: str(row["waiting"])),
    ("offered", lambda row: str(row["offered"])),
    ("answered", lambda row: str(row["answered"])),
    ("abandoned", lambda row: str(row["abandoned"])),
    ("turned away", lambda row: str(row["turned_away"])),
    ("service level", lambda row: "–" if row["service_level"] is None else f"{row['service_level']:.0%}"),
    ("ready", lambda row: str(row["agents"]["ready"])),
    ("talking", lambda row: str(row["agents"]["talking"])),
)


CALENDAR_COLUMNS: tuple[Column, ...] = (
    ("calendar", lambda row: row["name"]),
    ("now", lambda row: row["opening"]),
    ("by hand", lambda row: "–" if row["switch"]["position"] == "by_hours" else row["switch"]["reason"]),
    ("who", lambda row: row["switch"]["who"] or "–"),
)


def agent_columns(zone: tzinfo | None) -> tuple[Column, ...]:
    """The columns of a list of agents, times in this zone."""
    return (
        ("agent", lambda row: row["id"]),
        ("name", lambda row: row["name"]),
        ("state", lambda row: row["state"] + (f" ({row['reason']})" if row["reason"] else "")),
        ("since", lambda row: _time(row["since"], zone)),
        ("phone", lambda row: row["phone"] or "–"),
        ("call", lambda row: row["call"] or "–"),
    )


def zone(settings: Settings) -> tzinfo | None:
    """The centre's time zone, in which all its times are told; this machine's (None) where its files are not here."""
    from service.centre.files import zone_of  # noqa: PLC0415 - the centre's files are for the commands that tell times

    try:
        return zone_of(settings.config_dir)
    except ConfigurationRefused:
        return None


def show(page: Mapping[str, Any], columns: tuple[Column, ...]) -> None:
    """Print a list as a table."""
    table = Table(*(name for name, _ in columns))
    for row in page["items"]:
        table.add_row(*(escape(write(row)) for _, write in columns))
    Console().print(table)


def decisions_in_words(answer: Mapping[str, Any], zone: tzinfo | None) -> str:
    """A call's decisions, a paragraph each, times in this zone."""
    decisions = [("now", answer["now"])] if answer["now"] else []
    decisions += [(_time(decision["at"], zone), decision) for decision in answer["items"]]
    lines = [_decision(when, decision) for when, decision in decisions]
    lines += [f"{_time(one['at'], zone)}  {one['queue']}: {one['in_words']['en']}" for one in answer["turned_away"]]
    return "\n".join(lines) or "no decision about this call yet"


CHANGED = {
    "queues": "queues",
    "agents": "agents",
    "flows": "flows",
    "calendars": "calendars",
    "pause_reasons": "pause reasons",
}
"""What a reload tells of, and what people call it."""


def reload_in_words(reloaded: Mapping[str, Any]) -> str:
    """What a reload changed, a line for each kind of thing."""
    lines = []
    for kind, name in CHANGED.items():
        what = [f"{how} {', '.join(names)}" for how, names in reloaded[kind].items() if names]
        lines += [f"{name}: {'; '.join(what)}"] if what else []
    if reloaded["centre"]:
        lines.append(f"switchboard.yaml: changed {', '.join(reloaded['centre'])}")
    if reloaded["prompts"]:
        lines.append(f"prompts: made {', '.join(reloaded['prompts'])}")
    lines = lines or ["nothing: the files say what the service works by"]
    notes = [f"note: {remark}" for remark in reloaded["remarks"]]
    if reloaded["needs_restart"]:
        notes.append(f"note: changed settings wait for a restart: {', '.join(reloaded['needs_restart'])}")
    return "\n".join(["reloaded", *lines, *notes])


def _decision(when: str, decision: Mapping[str, Any]) -> str:
    lines = [f"{when}  step {decision['step'] + 1} “{decision['step_name']}”: {decision['in_words']['en']}"]
    lines += [
        f"    {candidate['agent']}: {candidate['verdict'].replace('_', ' ')}"
        + (f" ({candidate['reason']})" if candidate["reason"] else "")
        for candidate in decision["candidates"]
    ]
    if decision["left_out"]:
        lines.append(f"    and {decision['left_out']} more")
    return "\n".join(lines)


def _time(moment: float, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone(zone).strftime("%H:%M:%S")
