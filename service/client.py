"""The command line's side of the API: ask, and print what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from service.settings import Settings

ANSWER_WITHIN_S = 5.0
HIDDEN = "(hidden)"

Column = tuple[str, Callable[[Mapping[str, Any]], str]]


class ApiRefused(Exception):
    """The service could not be asked, or refused; the text is for whoever typed the command."""


def ask(settings: Settings, method: str, path: str, body: object | None = None) -> Any:  # noqa: ANN401 - JSON
    """Ask the running service; raises ApiRefused."""
    address = f"http://{settings.api_host}:{settings.api_port}"
    headers = {"authorization": f"Bearer {settings.api_token.get_secret_value()}"}
    try:
        answer = httpx.request(method, address + path, json=body, headers=headers, timeout=ANSWER_WITHIN_S)
    except httpx.HTTPError as error:
        raise ApiRefused(
            f"the service does not answer at {address} ({error}): is it running? Try `switchboard doctor`."
        ) from error
    if answer.is_error:
        problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        raise ApiRefused(problem.get("detail") or problem.get("title") or f"the service answered {answer.status_code}")
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
    ("service level", lambda row: "–" if row["service_level"] is None else f"{row['service_level']:.0%}"),
    ("ready", lambda row: str(row["agents"]["ready"])),
    ("talking", lambda row: str(row["agents"]["talking"])),
)
AGENT_COLUMNS: tuple[Column, ...] = (
    ("agent", lambda row: row["id"]),
    ("name", lambda row: row["name"]),
    ("state", lambda row: row["state"] + (f" ({row['reason']})" if row["reason"] else "")),
    ("since", lambda row: _time(row["since"])),
    ("phone", lambda row: row["phone"] or "–"),
    ("call", lambda row: row["call"] or "–"),
)


def show(page: Mapping[str, Any], columns: tuple[Column, ...], *, as_json: bool) -> None:
    """Print a list as a table, or as it came."""
    if as_json:
        typer.echo(json.dumps(page, ensure_ascii=False, indent=1))
        return
    table = Table(*(name for name, _ in columns))
    for row in page["items"]:
        table.add_row(*(write(row) for _, write in columns))
    Console().print(table)


def decisions_in_words(answer: Mapping[str, Any]) -> str:
    """A call's decisions, a paragraph each."""
    decisions = [("now", answer["now"])] if answer["now"] else []
    decisions += [(_time(decision["at"]), decision) for decision in answer["items"]]
    return "\n".join(_decision(when, decision) for when, decision in decisions) or "no decision about this call yet"


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


def origins(settings: Settings) -> dict[str, tuple[str, str]]:
    """Every setting's value and where it comes from; secrets hidden."""
    shown = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        text = HIDDEN if isinstance(value, SecretStr) else str(value)
        origin = "set" if name in settings.model_fields_set else "default"
        shown[f"SWITCHBOARD_{name.upper()}"] = (text, origin)
    return shown


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment).astimezone().strftime("%H:%M:%S")
