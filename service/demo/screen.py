"""The demo's live terminal view: queues, waiting callers, agents, the last events; plain lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

from rich.cells import cell_len
from rich.console import Console, JustifyMethod, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from service.demo.live_view import LiveView, Row
from service.demo.words import AGENT_STATES, CALL_STATES, EVENTS, IN_TABLES, event_words

IN_CONVERSATION = frozenset({"talking", "on_hold"})
NUMBERS = frozenset({"waiting", "longest", "offered", "answered", "abandoned", "level", "ready", "talking"})
LEAST_WIDTH = 12
"""So much of a column is left, however narrow the terminal."""
WORDS_WIDTH = max(cell_len(words) for words, _ in EVENTS.values())
"""So wide is what an event is called, where events are lines."""
FRAME_ROWS = 3
"""A panel's border and its table's heading."""


class Screen:
    """Draws a LiveView. `header` are lines that stay on top; times of day are told in `zone`, sentences in `language`."""

    def __init__(self, title: str, header: list[str], zone: tzinfo, language: str) -> None:
        self._title = title
        self._header = header
        self._zone = zone
        self._language = language
        self._printed = 0

    def draw(self, view: LiveView) -> RenderableType:
        """The whole screen, as large as the terminal is."""
        whole, middle = Layout(), Layout(name="middle", ratio=1, minimum_size=FRAME_ROWS + 1)
        agents = [agent for agent in view.agents.values() if agent["state"] != "signed_out"]
        queues = len(view.queues) or 1
        middle.split_row(
            Layout(_framed("坐席 Agents", len(agents), self._agents(agents, view.now)), ratio=4),
            Layout(_framed("最近事件 Last events", None, self._events(view)), ratio=5),
        )
        whole.split_column(
            Layout(self._head(view), size=len(self._header) + 2),
            Layout(_framed("队列 Queues", len(view.queues), self._queues(view)), size=queues + FRAME_ROWS),
            middle,
            Layout(_framed("来电 Calls", len(view.calls), self._calls(view)), ratio=1, minimum_size=FRAME_ROWS + 1),
        )
        return whole

    def print_new(self, view: LiveView, console: Console) -> None:
        """Print the events that came since the last time, a line each."""
        for event in view.new_events(self._printed):
            if event["kind"] not in IN_TABLES:
                words, _ = event_words(event["kind"])
                about = _about(view, event)
                line = f"{self._clock(event['at'])}  {words}{' ' * (WORDS_WIDTH - cell_len(words))}  {about}"
                console.print(line.rstrip(), highlight=False, markup=False, soft_wrap=True)
        self._printed = view.happened

    def _head(self, view: LiveView) -> Panel:
        title = Text.assemble((f" {self._title} ", "bold"), f" {self._clock(view.now)} ")
        if view.trouble:
            return Panel(Text("\n".join(self._header)), title=title, subtitle=_alarm(view.trouble), border_style="red")
        down = [name for name, up in _links(view) if not up]
        subtitle = _alarm(f"no link to {', '.join(down)}") if down else Text(" ● live ", "green")
        return Panel(
            Text("\n".join(self._header), overflow="ellipsis", no_wrap=True),
            title=title,
            subtitle=subtitle,
            border_style="red" if down else "green",
        )

    def _queues(self, view: LiveView) -> Table:
        figures = ("waiting", "longest", "offered", "answered", "abandoned", "level", "ready", "talking")
        table = _table("queue", *figures, gives_way="queue")
        for queue in view.queues.values():
            since, level, agents = queue["longest_wait_since"], queue["service_level"], queue["agents"]
            table.add_row(
                _one_line(f"{queue['name']['zh-CN']} {queue['name']['en']}"),
                Text(str(queue["waiting"]), "bold yellow" if queue["waiting"] else "dim"),
                "–" if since is None else _lasting(view.now - since),
                str(queue["offered"]),
                str(queue["answered"]),
                str(queue["abandoned"]),
                "–" if level is None else f"{level:.0%}",
                Text(str(agents["ready"]), "green" if agents["ready"] else "red"),
                str(agents["talking"]),
            )
        return table

    def _agents(self, agents: list[Row], now: float) -> Table:
        table = _table("agent", "state", "since", gives_way="agent")
        for agent in agents:
            words, style = AGENT_STATES.get(agent["state"], (agent["state"], ""))
            reason = f" ({agent['reason']})" if agent["reason"] else ""
            lasting = _lasting(now - agent["since"])
            table.add_row(_one_line(f"{agent['id']} {agent['name']}"), Text(words + reason, style), lasting)
        return table

    def _events(self, view: LiveView) -> Table:
        table = _table("at", "event", "about", gives_way="about")
        for event in reversed(view.events):
            if event["kind"] not in IN_TABLES:
                words, style = event_words(event["kind"])
                table.add_row(self._clock(event["at"]), Text(words, style), _one_line(_about(view, event)))
        return table

    def _calls(self, view: LiveView) -> Table:
        table = _table("call", "queue", "state", "for", "with, or why not", gives_way="with, or why not")
        for call in sorted(view.calls.values(), key=lambda call: (call["state"] in IN_CONVERSATION, call["joined_at"])):
            words, style = CALL_STATES.get(call["state"], (call["state"], ""))
            if call["position"]:
                words += f" {call['position']}."
            waits_why = (call["why"] or {}).get(self._language, "")
            agent = view.agents.get(call["agent"] or "", {})
            about = waits_why or " ".join(filter(None, (call["agent"], agent.get("name"))))
            lasting = _lasting(view.now - call["joined_at"])
            number = Text(f"#{_short(call['id'])}")
            table.add_row(number, Text(call["queue"]), Text(words, style), lasting, _one_line(about))
        return table

    def _clock(self, moment: float) -> str:
        return datetime.fromtimestamp(moment, UTC).astimezone(self._zone).strftime("%H:%M:%S")


def _about(view: LiveView, event: Row) -> str:
    """Whose event it is: the call, and the agent or else the queue."""
    call = f"#{_short(event['call'])}" if event.get("call") else ""
    agent = event.get("agent") or ""
    name = view.agents.get(agent, {}).get("name", "")
    return " ".join(filter(None, (call, f"{agent} {name}".strip() or event.get("queue"))))


def _links(view: LiveView) -> Iterator[tuple[str, bool]]:
    for node, link in view.links.get("ami", {}).items():
        yield f"Asterisk {node}", link["up"]
    for name, words in (("redis", "Redis"), ("mqtt", "MQTT")):
        if view.links.get(name):
            yield words, view.links[name]["up"]


def _alarm(text: str) -> Text:
    return Text(f" ✖ {text} ", "bold red")


def _framed(title: str, count: int | None, table: Table) -> Panel:
    words = Text(f" {title} ", "bold")
    if count is not None:
        words.append(f"{count} ", "dim")
    return Panel(table, title=words, title_align="left")


def _table(*columns: str, gives_way: str) -> Table:
    """A table of one-line rows; where there is no room, one column gives way (its cells are `_one_line`)."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        least = LEAST_WIDTH if column == gives_way else None
        justify: JustifyMethod = "right" if column in NUMBERS else "left"
        table.add_column(column, no_wrap=column != gives_way, min_width=least, justify=justify)
    return table


def _one_line(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def _short(call: str) -> str:
    """The part of a call's id that changes from call to call: `node1-1700000000.12` → `12`."""
    return call.rpartition(".")[2]


def _lasting(seconds: float) -> str:
    minutes, rest = divmod(max(0, int(seconds)), 60)
    return f"{minutes}:{rest:02}"
