"""The command: what it prints, and its exit codes. 0 fine, 1 the thing asked for failed, 2 wrong usage or configuration."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from service.commands.client import ApiRefused
from tests.unit.service_kit import KEY, QUEUES, REPOSITORY, TOKEN, centre_in, clean_environment, spoil

REFUSAL = {
    "at": 1_700_020_795.0,
    "queue": "service",
    "why": "full",
    "in_words": {"en": "Not let in: the queue is full.", "zh-CN": "队列已满。"},
}
DECISION = {
    "at": 1_700_020_800.0,
    "step": 0,
    "step_name": "fluent",
    "in_words": {"en": "Everybody who could help is busy.", "zh-CN": "忙"},
    "candidates": [
        {"agent": "1001", "verdict": "talking", "reason": ""},
        {"agent": "1002", "verdict": "paused", "reason": "lunch"},
    ],
    "left_out": 3,
}
AGENT = {
    "id": "1001",
    "name": "[王] 小明",
    "state": "paused",
    "reason": "lunch",
    "since": 1_700_020_800.0,
    "phone": "PJSIP/phone1",
    "call": None,
    "wish": None,
}
PROBLEM = {"title": "Unknown agent", "detail": "there is no agent '1O01', did you mean '1001'?", "status": 404}
CALENDAR = {
    "name": "shop",
    "opening": "emergency",
    "switch": {"position": "closed", "reason": "fire drill", "who": "api:Li"},
}
NOTHING: dict[str, list[str]] = {"added": [], "changed": [], "removed": []}
RELOADED = {
    "queues": {"added": ["vip"], "changed": ["sales", "service"], "removed": []},
    "agents": NOTHING,
    "flows": NOTHING,
    "calendars": NOTHING,
    "pause_reasons": NOTHING,
    "centre": ["recording"],
    "prompts": ["zh/topic"],
    "remarks": ["no call is recorded"],
    "needs_restart": ["SWITCHBOARD_API_PORT"],
}
MISTAKE = "config/queues.yaml:7:3: unknown key 'stpes', did you mean 'steps'?\nNothing was changed."
ANSWERS: dict[str, tuple[int, object]] = {
    "GET /api/v1/agents": (200, {"items": [AGENT], "next": None}),
    "POST /api/v1/agents/1001/pause": (200, AGENT),
    "POST /api/v1/agents/1001/ready": (200, {**AGENT, "state": "talking", "wish": {"state": "ready", "reason": ""}}),
    "POST /api/v1/agents/1O01/ready": (404, PROBLEM),
    "POST /api/v1/reload": (200, RELOADED),
    "GET /api/v1/calendars": (200, {"items": [CALENDAR]}),
    "POST /api/v1/calendars/shop/close": (200, CALENDAR),
    "POST /api/v1/calendars/shop/by-hours": (200, {**CALENDAR, "opening": "closed"}),
    "GET /api/v1/calls/c1/decisions": (
        200,
        {"call": "c1", "now": DECISION, "items": [DECISION], "turned_away": [REFUSAL]},
    ),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came in."""

    what: str
    token: str
    body: str


@contextmanager
def api(port: int) -> Iterator[list[Asked]]:
    """A service that knows these answers; what it was asked."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            asked.append(Asked(f"{self.command} {self.path}", self.headers["authorization"], body))
            status, content = ANSWERS[asked[-1].what]
            self.send_response(status)
            self.send_header("content-type", "application/json" if status == 200 else "application/problem+json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        do_GET = do_POST = answer  # noqa: N815 - http.server's own names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: int) -> Path:
    clean_environment(monkeypatch, tmp_path)
    for name, value in {"TICKET_KEY": KEY, "API_TOKEN": TOKEN, "API_PORT": str(port)}.items():
        monkeypatch.setenv(f"SWITCHBOARD_{name}", value)
    return centre_in(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def process(*words: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, with the environment of this test."""
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", "from service.cli import main; main()", *words],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_check_is_fine_with_a_fine_configuration() -> None:
    result = run("check")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "fine: 2 queues, 2 agents, 1 flows")


def test_check_notes_that_nothing_is_recorded(folder: Path) -> None:
    spoil(folder / "switchboard.yaml", "recording:\n  - {when: \"queue == 'sales'\", record: true}\n", "")
    result = run("check")
    assert result.exit_code == 0
    assert "note: no call is recorded" in result.stdout


@pytest.mark.parametrize("command", ["check", "serve"])
def test_mistakes_in_the_configuration_are_told_all_at_once_and_exit_with_2(folder: Path, command: str) -> None:
    spoil(folder / QUEUES, "ring: 15", "ring: soon")
    spoil(folder / "agents.yaml", "wrap_up: 10", "wrap_up: -1")
    result = run(command)
    assert result.exit_code == 2
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == [
        "config/agents.yaml",
        "config/queues.yaml",
    ]


@pytest.mark.parametrize("command", [["check"], ["serve"], ["doctor"], ["config", "show"], ["queue", "list"]])
def test_settings_that_cannot_be_used_exit_with_2(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setenv("SWITCHBOARD_API_HOST", "0.0.0.0")  # noqa: S104 - refused
    monkeypatch.setenv("SWITCHBOARD_API_TOKEN", "")
    monkeypatch.setenv("SWITCHBOARD_AMI_PORT", "x")
    result = run(*command)
    assert result.exit_code == 2
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == [
        "SWITCHBOARD_AMI_PORT",
        "SWITCHBOARD_API_TOKEN",
    ]


def test_config_show_hides_secrets_and_names_origins() -> None:
    result = run("config", "show")
    assert "SWITCHBOARD_API_TOKEN = (hidden)  (environment)" in result.stdout
    assert "SWITCHBOARD_REDIS_PORT = 6379  (default)" in result.stdout
    assert KEY not in result.stdout
    shown = json.loads(run("config", "show", "--json").stdout)
    assert {"variable": "SWITCHBOARD_NODE", "value": "node1", "origin": "default", "file": ""} in shown


def test_agents_are_listed_at_the_centre_s_time(port: int) -> None:
    with api(port) as asked:
        result = run("agent", "list")
        as_json = run("agent", "list", "--json")
    assert "[王] 小明" in result.stdout
    assert "12:00:00" in result.stdout  # in Shanghai
    assert json.loads(as_json.stdout)["items"] == [AGENT]
    assert asked[0] == Asked("GET /api/v1/agents", f"Bearer {TOKEN}", "")


def test_an_agent_is_moved_and_shown_as_they_stand_then(port: int) -> None:
    with api(port) as asked:
        assert run("agent", "pause", "1001", "lunch").stdout == "1001 [王] 小明: paused\n"
        assert run("agent", "ready", "1001").stdout == "1001 [王] 小明: talking, ready after this call\n"
    assert json.loads(asked[0].body) == {"reason": "lunch"}


def test_a_decision_is_explained_in_words(port: int) -> None:
    with api(port):
        lines = run("explain", "c1").stdout.splitlines()
    assert lines[:4] == [
        "now  step 1 “fluent”: Everybody who could help is busy.",
        "    1001: talking",
        "    1002: paused (lunch)",
        "    and 3 more",
    ]
    assert lines[4].startswith("12:00:00  step 1")
    assert lines[-1] == "11:59:55  service: Not let in: the queue is full."


def test_a_reload_tells_what_changed(port: int) -> None:
    with api(port) as asked:
        done = run("reload")
    assert (done.exit_code, asked[0].token) == (0, f"Bearer {TOKEN}")
    assert done.stdout.splitlines() == [
        "reloaded",
        "queues: added vip; changed sales, service",
        "switchboard.yaml: changed recording",
        "prompts: made zh/topic",
        "note: no call is recorded",
        "note: changed settings wait for a restart: SWITCHBOARD_API_PORT",
    ]


@pytest.mark.parametrize(("kind", "code"), [("configuration-refused", 2), ("still-needed", 1)])
def test_a_reload_that_is_refused_says_why(port: int, monkeypatch: pytest.MonkeyPatch, kind: str, code: int) -> None:
    problem = {"type": f"urn:switchboard:problem:{kind}", "title": "No", "detail": MISTAKE}
    monkeypatch.setitem(ANSWERS, "POST /api/v1/reload", (422, problem))
    with api(port):
        done = run("reload")
    assert (done.exit_code, done.stderr.strip()) == (code, MISTAKE)


def test_what_the_service_refuses_is_said_in_its_own_words(port: int) -> None:
    with api(port):
        result = run("agent", "ready", "1O01")
    assert isinstance(result.exception, ApiRefused)
    assert str(result.exception) == PROBLEM["detail"]


@pytest.mark.parametrize("words", [["agent"], ["agent", "pause", "1001"], ["nonsense"], ["queue", "list", "--loud"]])
def test_wrong_usage_exits_with_2(words: list[str]) -> None:
    assert run(*words).exit_code == 2


def test_a_service_that_does_not_answer_is_one_sentence_and_exit_code_1(port: int) -> None:
    done = process("agent", "list")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"the service does not answer at http://127.0.0.1:{port} (")
    assert done.stderr.count("\n") == 1


def test_a_taken_port_is_one_sentence_and_exit_code_1(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        done = process("serve")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"the API cannot listen on 127.0.0.1:{port}: the port is held by ")


def test_events_are_not_exported_from_a_redis_that_is_away(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setenv("SWITCHBOARD_REDIS_PORT", str(port))
    done = run("events", "export", "--from", "2026-11-20")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Redis does not answer at 127.0.0.1:{port}")


def test_help_needs_no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SWITCHBOARD_TICKET_KEY")
    done = process("recordings", "sample", "--help")
    assert (done.returncode, "--seed" in done.stdout) == (0, True)


def test_a_calendar_is_closed_by_hand_and_given_back_to_its_hours(port: int) -> None:
    with api(port) as asked:
        assert run("calendar", "close", "shop", "fire drill", "--who", "Li").stdout == "shop: emergency\n"
        assert run("calendar", "by-hours", "shop").stdout == "shop: closed\n"
        listed = run("calendar", "list").stdout
    assert [json.loads(one.body) for one in asked[:2]] == [{"reason": "fire drill", "who": "Li"}, {"who": ""}]
    assert "fire drill" in listed
