"""Everything read together: what queues and flows ask of each other, and what is worth a second look."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.yaml_file import ConfigurationRefused
from service.configuration.reading import read_plan, remarks
from tests.unit.service_kit import (
    AGENTS,
    CALENDARS,
    CENTRE,
    FLOW,
    QUEUES,
    SHOP,
    centre_in,
    clean_environment,
    settings_in,
    spoil,
)

NIGHT = """\
start: night
languages: {chinese: zh}
language: chinese
steps:
  night: {do: menu, say: "core:beep", keys: {1: to-sales}, no_input: end}
  to-sales: {do: queue, queue: sales}
  end: {do: hang_up}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    clean_environment(monkeypatch, tmp_path)
    return centre_in(tmp_path)


def told(folder: Path) -> list[tuple[str, str]]:
    """Each mistake's file and text."""
    with pytest.raises(ConfigurationRefused) as refused:
        read_plan(settings_in(folder.parent))
    return [(Path(mistake.file).name, mistake.text) for mistake in refused.value.mistakes]


def no_agent(folder: Path, treatment: str) -> None:
    """Give the queue `sales` this treatment of callers for whom nobody is there."""
    spoil(folder / QUEUES, "{say: nobody-here}", treatment)


def test_the_demo_s_configuration_can_be_used_and_leaves_nothing_to_remark(folder: Path) -> None:
    plan = read_plan(settings_in(folder.parent))
    assert (len(plan.flows.by_name), remarks(plan)) == (1, [])


def test_a_prompt_that_no_flow_has_is_a_mistake_in_the_queue(folder: Path) -> None:
    no_agent(folder, "{say: nobody-her}")
    with pytest.raises(ConfigurationRefused) as refused:
        read_plan(settings_in(folder.parent))
    [mistake] = refused.value.mistakes
    assert (mistake.line, mistake.column) == (5, 21)
    assert mistake.text == "unknown prompt 'nobody-her', did you mean 'nobody-here'?"


def test_a_label_of_a_skill_that_nothing_names_is_a_mistake_at_its_key(folder: Path) -> None:
    with (folder / "switchboard.yaml").open("a", encoding="utf-8") as file:
        file.write("\nskills:\n  english: {zh-CN: 英语, en: English}\n  englsh: {zh-CN: 英语, en: English}\n")
    assert told(folder) == [
        ("switchboard.yaml", "no agent has a skill 'englsh', and no need names it, did you mean 'english'?")
    ]


def test_a_recorded_prompt_needs_no_text_in_a_flow(folder: Path) -> None:
    no_agent(folder, "{say: so-sorry}")
    recorded = folder / "prompts" / "zh"
    recorded.mkdir(parents=True)
    (recorded / "so-sorry.wav").touch()
    read_plan(settings_in(folder.parent))


def test_a_step_that_no_flow_has_is_a_mistake_in_the_queue(folder: Path) -> None:
    no_agent(folder, "{divert: mesage}")
    assert told(folder) == [(QUEUES, "unknown step 'mesage': no flow has it, did you mean 'message'?")]


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("announce: {first_after: 20, say: [nobody-her]}", "unknown prompt 'nobody-her', did you mean 'nobody-here'?"),
        ("keys: {9: mesage}", "unknown step 'mesage': no flow has it, did you mean 'message'?"),
    ],
)
def test_what_callers_are_told_and_may_press_is_there(folder: Path, rules: str, says: str) -> None:
    no_agent(folder, f"{{say: nobody-here}}\n    {rules}")
    assert told(folder) == [(QUEUES, says)]


def test_a_key_leads_somewhere_in_every_flow_to_the_queue(folder: Path) -> None:
    no_agent(folder, "{say: nobody-here}\n    keys: {1: message}")
    read_plan(settings_in(folder.parent))
    (folder / "flows" / "night.yaml").write_text(NIGHT, encoding="utf-8")
    assert told(folder) == [
        (QUEUES, "flow 'night' leads callers to this queue and has no step 'message': add the step there")
    ]


def test_callers_are_sent_on_to_a_step_of_their_own_flow(folder: Path) -> None:
    no_agent(folder, "{divert: message}")
    read_plan(settings_in(folder.parent))
    (folder / "flows" / "night.yaml").write_text(NIGHT, encoding="utf-8")
    [(file, text)] = told(folder)
    assert file == QUEUES
    assert text.startswith("flow 'night' leads callers to this queue and has no step 'message'")
    spoil(folder / "flows" / "night.yaml", "queue: sales}", "queue: sales, nobody: end}")
    read_plan(settings_in(folder.parent))


def test_mistakes_in_queues_flows_and_agents_come_at_once(folder: Path) -> None:
    no_agent(folder, "{say: nobody-her, divert: mesage}")
    spoil(folder / FLOW, "no_input: message", "no_input: messsage")
    spoil(folder / AGENTS, "wrap_up: 10", "wrap_up: -1")
    assert [file for file, _ in told(folder)] == [AGENTS, QUEUES, QUEUES, "main.yaml"]


def test_a_queue_is_not_blamed_for_a_flow_that_cannot_be_read(folder: Path) -> None:
    no_agent(folder, "{say: something, divert: elsewhere}")
    spoil(folder / FLOW, "start: topic", "start: [topic")
    assert [file for file, _ in told(folder)] == ["main.yaml"]


def test_a_flow_is_not_blamed_for_queues_that_cannot_be_read(folder: Path) -> None:
    spoil(folder / QUEUES, "queues:\n", "queue:\n")
    assert {file for file, _ in told(folder)} == {QUEUES}


def test_a_flow_that_names_an_unknown_queue_is_refused(folder: Path) -> None:
    spoil(folder / FLOW, "queue: sales}", "queue: sale}")
    assert told(folder) == [("main.yaml", "unknown queue 'sale', did you mean 'sales'?")]


@pytest.mark.parametrize("recording", ["recording: []\n", ""])
def test_that_no_call_is_recorded_is_remarked(folder: Path, recording: str) -> None:
    spoil(folder / CENTRE, "recording:\n  - {when: \"queue == 'sales'\", record: true}\n", recording)
    [remark] = remarks(read_plan(settings_in(folder.parent)))
    assert remark.startswith("no call is recorded")


def door(folder: Path, rules: str) -> None:
    """Give the queue `sales` these rules for newcomers."""
    spoil(folder / QUEUES, "    ring: 15\n", f"    ring: 15\n    {rules}\n")


def test_a_treatment_s_prompt_and_step_have_to_be_there(folder: Path) -> None:
    door(folder, "full: {most: 5, say: nobody-her, divert: mesage}")
    assert told(folder) == [
        (QUEUES, "unknown prompt 'nobody-her', did you mean 'nobody-here'?"),
        (QUEUES, "unknown step 'mesage': no flow has it, did you mean 'message'?"),
    ]


def test_a_treatment_that_ends_the_call_is_remarked_until_it_or_the_flow_says_where_to(folder: Path) -> None:
    (folder / CALENDARS).write_text(SHOP, encoding="utf-8")
    door(folder, "hours: shop")
    [remark] = remarks(read_plan(settings_in(folder.parent)))
    assert remark.startswith(
        "queue 'sales': whom it turns away for 'closed' hears nothing and is hung up in flow 'main'"
    )
    spoil(folder / FLOW, "queue: sales}", "queue: sales, turned_away: message}")
    assert remarks(read_plan(settings_in(folder.parent))) == []


def test_a_flow_s_calendar_has_to_be_there_and_is_not_missed_where_its_file_cannot_be_read(folder: Path) -> None:
    (folder / CALENDARS).write_text(SHOP, encoding="utf-8")
    spoil(folder / FLOW, "start: topic", "start: door")
    spoil(folder / FLOW, "steps:\n", "steps:\n  door: {do: hours, calendar: shp, open: topic, closed: end}\n")
    assert told(folder) == [("main.yaml", "unknown calendar 'shp', did you mean 'shop'?")]
    spoil(folder / CALENDARS, "week:", "weak:")
    assert {file for file, _ in told(folder)} == {CALENDARS}
