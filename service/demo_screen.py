"""The demo's live terminal view: queues, waiting callers, agents, the last events; plain lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.live_view import LiveView, Row

STATE_STYLES = {
    "ready": "green",
    "offered": "yellow",
    "talking": "cyan",
    "wrap_up": "magenta",
    "paused": "dim",
    "not_responding": "red",
    "signed_out": "dim",
}
CALLS_SHOWN = 12


class Screen:
    """Draws a LiveView. `header` are lines that stay on top."""

    def __init__(self, header: list[str]) -> None:
        self._header = header
        self._printed = 0.0

    def draw(self, view: LiveView, trouble: str) -> RenderableType:
        """The whole screen; `trouble` is shown where the stream is not live."""
        head = Text("\n".join(self._header))
        if trouble:
            head.append(f"\n{trouble}", style="bold red")
        agents = [agent for agent in view.agents.values() if agent["state"] != "signed_out"]
        return Group(head, _queues(view), Columns([_agents(agents, view.at), _events(view)]), _calls(view))

    def print_new(self, view: LiveView, console: Console) -> None:
        """Print the events that came since the last time, a line each."""
        for event in view.events:
            if event["at"] > self._printed:
                about = " ".join(str(event[key]) for key in ("call", "agent", "queue") if event.get(key))
                console.print(f"{_clock(event['at'])}  {event['kind']}  {about}", highlight=False)
                self._printed = event["at"]


def _queues(view: LiveView) -> Table:
    table = _table("队列 queues", "waiting", "longest", "offered", "answered", "abandoned", "service level")
    for queue in view.queues.values():
        since, level = queue["longest_wait_since"], queue["service_level"]
        table.add_row(
            f"{queue['name']['zh-CN']} {queue['name']['en']}",
            str(queue["waiting"]),
            "–" if since is None else _lasting(view.at - since),
            str(queue["offered"]),
            str(queue["answered"]),
            str(queue["abandoned"]),
            "–" if level is None else f"{level:.0%}",
        )
    return table


def _agents(agents: list[Row], now: float) -> Table:
    table = _table("坐席 agents", "state", "since")
    for agent in agents:
        reason = f" ({agent['reason']})" if agent["reason"] else ""
        state = Text(agent["state"] + reason, style=STATE_STYLES.get(agent["state"], ""))
        table.add_row(f"{agent['id']} {agent['name']}", state, _lasting(now - agent["since"]))
    return table


def _events(view: LiveView) -> Table:
    table = _table("最近事件 last events", "what", "about")
    for event in reversed(view.events):
        table.add_row(_clock(event["at"]), event["kind"], event.get("agent") or event.get("queue") or "")
    return table


def _calls(view: LiveView) -> Table:
    table = _table("来电 calls", "queue", "state", "waited", "why")
    first = sorted(view.calls.values(), key=lambda call: (call["state"] != "waiting", call["joined_at"]))
    for call in first[:CALLS_SHOWN]:
        why = (call["why"] or {}).get("en", call["agent"] or "")
        table.add_row(call["id"], call["queue"], call["state"], _lasting(view.at - call["joined_at"]), why)
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    add: Callable[[str], None] = table.add_column
    for column in columns:
        add(column)
    return table


def _lasting(seconds: float) -> str:
    return f"{max(0, int(seconds)) // 60}:{max(0, int(seconds)) % 60:02}"


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment).astimezone().strftime("%H:%M:%S")
