"""Who satisfies a need: levels decide for all who have them; whatever else a need looks at is asked of each."""

from __future__ import annotations

import pytest

from acd.agents import Agent
from acd.expressions import Expression
from acd.names import AgentId
from acd.plans.plan import PlanStep
from acd.skills import Pool, Pools
from tests.unit.acd_kit import SALES, Centre, agent


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every evaluation of a need."""
    texts: list[str] = []
    holds = Expression.holds

    def counting(self: Expression, facts: dict[str, object]) -> bool:
        texts.append(self.text)
        return holds(self, facts)

    monkeypatch.setattr(Expression, "holds", counting)
    return texts


def agents() -> list[Agent]:
    centre = Centre(
        agent("1", vip=5, en=3), agent("2", vip=5, en=9), agent("3", vip=2), agent("4", en=5), agent("5", vip=0)
    )
    return list(centre.engine.floor.agents.values())


def pool(need: str, **facts: str) -> Pool:
    return Pools().pool(SALES, PlanStep("one", 0, need), "", tuple(facts.items()), None, agents())


def test_a_need_is_evaluated_once_for_all_who_have_the_same_levels_in_its_skills(evaluated: list[str]) -> None:
    assert list(pool("skill.vip >= 3").eligible) == [AgentId("1"), AgentId("2")]
    assert len(evaluated) == 4  # levels 5, 2, none, 0


def test_to_lack_a_skill_is_not_to_have_it_at_level_nought() -> None:
    assert list(pool("skill.vip < 3").eligible) == [AgentId("3"), AgentId("5")]
    assert list(pool("!has(skill.vip)").eligible) == [AgentId("4")]


def test_a_skill_named_through_the_call_counts_among_the_levels() -> None:
    assert list(pool("skill.vip >= 5 && skill[call.language] >= 5", language="en").eligible) == [AgentId("2")]


@pytest.mark.parametrize(
    ("need", "eligible"),
    [
        ('skill.vip >= 5 && agent.id != "1"', ["2"]),
        ('skill.vip >= 5 && agent.name == "Agent 1"', ["1"]),
        ('skill.vip >= 5 && size(skill) == 2 && skill.all(s, s != "en" || skill[s] > 5)', ["2"]),
    ],
)
def test_a_need_that_looks_at_more_than_named_skills_is_asked_of_each_agent(need: str, eligible: list[str]) -> None:
    assert list(pool(need).eligible) == eligible
