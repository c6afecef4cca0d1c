"""A need as people say it, and what of it nobody has."""

from __future__ import annotations

import pytest

from acd.explaining.explain import in_words
from acd.explaining.need_words import CHINESE, ENGLISH, need_in_words
from acd.names import AgentId
from acd.need_parts import parts_of
from acd.plans.plan import PlanStep
from acd.requests import SkillsAssigned
from tests.unit.acd_kit import Centre, agent, call_id, plan

LABELS = {"english": {"zh-CN": "英语", "en": "English"}}

SAID = [
    ("skill.english >= 5", "English ≥ 5", "英语 ≥ 5"),
    ("5 <= skill['english']", "English ≥ 5", "英语 ≥ 5"),
    ("skill.english >= 5 || skill.sales > 3", "English ≥ 5 or sales > 3", "英语 ≥ 5或sales > 3"),
    (
        "(skill.english >= 5 || skill.sales >= 3) && skill.vip == 1",
        "English ≥ 5 or sales ≥ 3, vip = 1",
        "英语 ≥ 5或sales ≥ 3、vip = 1",
    ),
    (
        "skill.vip < 2 || skill.sales >= 3 && !(skill.english >= 5 || has(skill.vip))",
        "vip < 2 or (sales ≥ 3 and not (English ≥ 5 or vip ≥ 1))",
        "vip < 2或（sales ≥ 3且非（英语 ≥ 5或vip ≥ 1））",
    ),
    ("agent.id in ['1001', \"1002\"]", "the number = 1001 or 1002", "工号 = 1001或1002"),
    ('agent.team == "gold"', "team = gold", "team = gold"),
    ("call.language != 'fr'", "the call's language ≠ fr", "来电的语言 ≠ fr"),
    ("'english' in skill", "English ≥ 1", "英语 ≥ 1"),
    ("skill[call.language] >= 6", "the skill of the caller's language ≥ 6", "来电者的语言所对应的技能 ≥ 6"),
]
AS_WRITTEN = [
    "size(skill) == 2",
    "skill.all(s, skill[s] > 5)",
    "skill.vip + skill.sales >= 8",
    "agent.id in call.regulars",
    "call.vip ? skill.sales >= 8 && skill.vip >= 1 : true",
    "agent.name.startsWith('A\\'&& B')",
    "true",
    "has(agent.team)",
    "skill >= 5",
    "skill.vip >=",
]


@pytest.mark.parametrize(("need", "english", "chinese"), SAID)
def test_levels_and_facts_and_what_joins_them_are_said_in_words(need: str, english: str, chinese: str) -> None:
    assert need_in_words(need, ENGLISH, {"english": "English"}) == english
    assert need_in_words(need, CHINESE, {"english": "英语"}) == chinese


@pytest.mark.parametrize("need", AS_WRITTEN)
def test_what_has_no_words_is_told_as_it_is_written_and_only_that(need: str) -> None:
    assert need_in_words(need, ENGLISH, {}) == need
    assert need_in_words(f"skill.en >= 3 && ({need})", ENGLISH, {}) == f"en ≥ 3, {need}"


@pytest.mark.parametrize(
    ("need", "parts"),
    [
        ("", ()),
        ("((skill.a > 1))", ("skill.a > 1",)),
        ("(skill.a > 1 && (skill.b > 1)) && call.x == '&& )'", ("skill.a > 1", "skill.b > 1", "call.x == '&& )'")),
        ("(skill.a > 1) && (skill.b > 1)", ("skill.a > 1", "skill.b > 1")),
        ("skill.a > 1 && skill.b > 1 || skill.c > 1", ("skill.a > 1 && skill.b > 1 || skill.c > 1",)),
        ("f(skill.a > 1 && skill.b > 1)", ("f(skill.a > 1 && skill.b > 1)",)),
        ("call.x == '''it's && so''' && skill.a > 1", ("call.x == '''it's && so'''", "skill.a > 1")),
        (r"call.x == r'\' && skill.a > 1 && call.y == 'y'", (r"call.x == r'\'", "skill.a > 1", "call.y == 'y'")),
        (r"call.x == 'r\'&&' && skill.a > 1", (r"call.x == 'r\'&&'", "skill.a > 1")),
        ("skill.a > 1 // don't (or && do\n && skill.b > 1", ("skill.a > 1 // don't (or && do", "skill.b > 1")),
    ],
)
def test_a_need_is_taken_apart_where_all_of_it_has_to_hold(need: str, parts: tuple[str, ...]) -> None:
    assert parts_of(need) == parts


def why(house: Centre) -> dict[str, str]:
    """Why the first caller waits."""
    return in_words(house.engine.explain(call_id(1), house.now), {}, str, {}, LABELS)


def asking(need: str) -> Centre:
    """A house where a caller waits for this; 1 sells, 2 speaks English, and both are ready."""
    house = Centre(agent("1", sales=8), agent("2", english=9), plans=(plan(steps=(PlanStep("one", 0, need),)),))
    house.ready("1", "2")
    house.call(1)
    return house


def test_only_the_part_that_nobody_has_is_named() -> None:
    assert why(asking("skill.sales >= 5 && skill.english >= 10")) == {
        "en": "No agent of this queue has English ≥ 10.",
        "zh-CN": "此队列没有坐席具备英语 ≥ 10。",
    }


def test_why_a_caller_waits_is_told_though_a_text_of_the_need_holds_a_sign_that_joins_parts() -> None:
    need = "skill.english >= 10 && call.x != '''it's && so'''"
    assert why(asking(need))["en"].startswith("No agent of this queue")


def test_where_each_part_is_met_by_somebody_it_says_that_nobody_has_all() -> None:
    assert why(asking("skill.sales >= 5 && skill.english >= 5")) == {
        "en": "No agent of this queue has all of this at once: sales ≥ 5, English ≥ 5.",
        "zh-CN": "此队列没有坐席同时具备：sales ≥ 5、英语 ≥ 5。",
    }


def test_what_nobody_has_is_found_anew_when_skills_change() -> None:
    house = asking("skill.sales >= 5 && skill.english >= 10")
    why(house)
    house.ask(SkillsAssigned(AgentId("2"), (("english", 10),), "test"))
    assert "all of this at once" in why(house)["en"]
    house.ask(SkillsAssigned(AgentId("1"), (("english", 9),), "test"))
    assert why(house)["en"] == "No agent of this queue has sales ≥ 5."


def test_where_somebody_could_help_nothing_is_said_to_be_lacking() -> None:
    house = asking("skill.sales >= 5")
    assert house.engine.explain(call_id(1), house.now).unmet is None
