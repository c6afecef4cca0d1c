"""Which skills mean something in a centre."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.centre.skills import skill_names
from service.configuration.reading import read_again
from tests.unit.service_kit import AGENTS, FLOW, QUEUES, spoil
from tests.unit.service_run import plan_alone


def test_skills_of_profiles_plans_and_flows_and_what_flows_note_of_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_alone(tmp_path, monkeypatch)
    assert skill_names(plan) == {"english", "chinese"}
    config = tmp_path / "config"
    spoil(config / AGENTS, "name: Anna,", "name: Anna, skills: {billing: 3},")
    spoil(config / QUEUES, "skill.english >= 6", "skill.english >= 6 || skill['sales'] >= 2")
    spoil(config / FLOW, "queue: sales}", 'queue: sales, need: "skill[call.topic] >= 1 && skill.contracts >= 1"}')
    spoil(config / FLOW, "2: to-service}", "2: to-service, 3: noted}")
    spoil(config / FLOW, "  end:", "  noted: {do: set, vars: {topic: refunds, vip: true}, then: to-sales}\n  end:")
    assert skill_names(read_again(plan)) == {
        "english",
        "chinese",
        "billing",
        "sales",
        "contracts",
        "refunds",
    }
