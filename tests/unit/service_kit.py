"""What the service's tests share: an environment without settings of this machine, and a centre's folder to spoil."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.settings import PREFIX, Settings

REPOSITORY = Path(__file__).parents[2]
TOKEN = "a-token-of-this-test"  # noqa: S105 - of these tests alone
KEY = "a-ticket-key-of-this-test"
CENTRE = "switchboard.yaml"
QUEUES = "queues.yaml"
AGENTS = "agents.yaml"
CALENDARS = "calendars.yaml"
FLOW = "flows/main.yaml"
SHOP = """\
calendars:
  shop:
    week:
      mon-fri: ["09:00-12:00", "13:30-18:00"]
      sat: ["22:00-02:00"]
    holidays:
      - {name: {zh-CN: 国庆节, en: National Day}, from: 2026-10-01, to: 2026-10-07}
    make_up_days:
      - {date: 2026-10-10, like: mon}
    special_days:
      - {date: 2026-12-24, name: {zh-CN: 平安夜, en: Christmas Eve}, hours: ["09:00-12:00"]}
"""
FILES = {
    CENTRE: """\
time_zone: Asia/Shanghai
language: zh-CN
pause_reasons:
  - {code: 1, name: lunch, label: {zh-CN: 午餐, en: Lunch}}
  - {code: 2, name: break, label: {zh-CN: 小休, en: Break}}
recording:
  - {when: "queue == 'sales'", record: true}
""",
    QUEUES: """\
queues:
  sales:
    name: {zh-CN: 销售, en: Sales}
    ring: 15
    no_agent: {say: nobody-here}
    steps:
      - {name: fluent, need: "skill.english >= 6"}
      - {name: any, after: 20}
  service:
    name: {zh-CN: 售后, en: Service}
    wrap_up: 8
    steps:
      - {name: all}
""",
    AGENTS: """\
agents:
  "1001": {name: 王小明, skills: {english: 7}, queues: [sales]}
  "1002": {name: Anna, queues: [sales, service], wrap_up: 10}
""",
    FLOW: """\
start: topic
languages: {chinese: zh, english: en}
language: chinese
prompts:
  topic: {zh: 请选, en: Choose}
  nobody-here: {zh: 没人, en: Nobody}
  leave-message: {zh: 留言, en: Speak}
steps:
  topic: {do: menu, say: topic, keys: {1: to-sales, 2: to-service}, no_input: message}
  to-sales: {do: queue, queue: sales}
  to-service: {do: queue, queue: service, nobody: message}
  message: {do: message, say: leave-message, then: end}
  end: {do: hang_up}
""",
}


def clean_environment(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let this test begin with no setting at all, in a folder of its own."""
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(folder)


def centre_in(folder: Path) -> Path:
    """A small centre's configuration, without a mistake; returns its folder."""
    config = folder / "config"
    (config / "flows").mkdir(parents=True)
    for name, text in FILES.items():
        (config / name).write_text(text, encoding="utf-8")
    return config


def spoil(file: Path, right: str, wrong: str) -> None:
    """Replace a text that is in the file once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(right) == 1, f"{right!r} is there {text.count(right)} times"
    file.write_text(text.replace(right, wrong), encoding="utf-8")


def settings_in(folder: Path, **more: object) -> Settings:
    """Settings whose every folder is in this one, and whose every link leads to where nobody is."""
    nobody = 9  # the port of the discard service, which no machine of ours runs
    values: dict[str, object] = {
        "api_token": TOKEN,
        "ticket_key": KEY,
        "ami_port": nobody,
        "redis_port": nobody,
        "mqtt_port": nobody,
        "config_dir": folder / "config",
        "data_dir": folder,
        "prompts_dir": folder / "prompts",
        "recordings_dir": folder / "recordings",
        "web_dir": folder / "pages",
        "database_url": f"sqlite+aiosqlite:///{folder / 'switchboard.db'}",
    }
    return Settings(**(values | more))  # type: ignore[arg-type]  # the fields are Settings' own
