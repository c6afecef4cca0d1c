"""Why a caller waits, in one sentence a language."""

from __future__ import annotations

import re

import pytest

from acd.decision import Candidate, Decision
from acd.explaining.explain import LANGUAGES, Words, in_words
from acd.names import NOT_THEIR_DOING, AgentId, AgentState, Hindrance, OfferFailure, Verdict
from acd.rules.agents import SIGN_IN_REASON

NAMES = {AgentId("1001"): "王小明", AgentId("1002"): "Anna Schmidt"}
NEED = "skill.english >= 5 && skill['after_sales'] >= 1"

SAID = [
    ([], "No agent serves this queue.", "没有坐席服务于此队列。"),
    (
        [("1001", Verdict.LACKS_SKILL)],
        "No agent of this queue has english ≥ 5, after_sales ≥ 1.",
        "此队列没有坐席具备english ≥ 5、after_sales ≥ 1。",
    ),
    ([("1002", Verdict.CHOSEN), ("1001", Verdict.TALKING)], "It is ringing at Anna Schmidt.", "正在呼叫Anna Schmidt。"),
    (
        [("1001", Verdict.TALKING), ("1002", Verdict.WRAP_UP), ("1003", Verdict.PAUSED)],
        "Everybody who could help is busy: 王小明 (talking), Anna Schmidt (in wrap-up).",
        "能接此电话的坐席都在忙：王小明 (通话中)、Anna Schmidt (话后处理)。",
    ),
    (
        [("1001", Verdict.OFFERED), ("1002", Verdict.BUSY_ELSEWHERE)],
        "Everybody who could help is busy: 王小明 (being offered a call), Anna Schmidt (on another call).",
        "能接此电话的坐席都在忙：王小明 (正在振铃)、Anna Schmidt (话机占用中)。",
    ),
    (
        [("1001", Verdict.PAUSED), ("1002", Verdict.SIGNED_OUT), ("1003", Verdict.NOT_RESPONDING)],
        "Nobody who could help is there: 王小明 (paused: lunch), Anna Schmidt (signed out), 1003 (not responding).",
        "能接此电话的坐席都不在：王小明 (示忙: lunch)、Anna Schmidt (未签入)、1003 (无应答)。",
    ),
    (
        [("1001", Verdict.TRIED_BEFORE), ("1002", Verdict.PAUSED)],
        "王小明 had this call offered a moment ago and will be tried again.",
        "王小明刚刚已被派过此电话，稍后会再次尝试。",
    ),
    (
        [("1001", Verdict.RANKED_LOWER), ("1002", Verdict.TALKING)],
        "王小明 (ready): the call is offered as soon as the caller's session is back.",
        "王小明 (空闲)：来电者的会话一恢复就立即派单。",
    ),
    (
        [("1001", Verdict.KEPT), ("1002", Verdict.TALKING)],
        "王小明: kept for a moment for the caller before this one, who is just coming back.",
        "王小明：短暂保留给排在此电话之前、正在恢复会话的来电者。",
    ),
]


def decision(*candidates: tuple[str, Verdict], **more: object) -> Decision:
    looked_at = tuple(
        Candidate(AgentId(agent), verdict, reason="lunch" if verdict is Verdict.PAUSED else "")
        for agent, verdict in candidates
    )
    return Decision(0, "fluent", NEED, looked_at, **more)  # type: ignore[arg-type]  # the fields are Decision's own


def said(record: Decision) -> dict[str, str]:
    return in_words(record, NAMES, lambda at: f"{at:g} o'clock")


@pytest.mark.parametrize(("candidates", "english", "chinese"), SAID)
def test_each_kind_of_why_has_its_sentence(candidates: list[tuple[str, Verdict]], english: str, chinese: str) -> None:
    assert said(decision(*candidates)) == {"en": english, "zh-CN": chinese}


def test_while_routing_is_held_nothing_else_matters() -> None:
    words = said(decision(("1001", Verdict.CHOSEN), held_until=5.0))
    assert words["en"].startswith("Offers begin again in a moment")
    assert words["zh-CN"].startswith("等所有来电者")


@pytest.mark.parametrize(
    ("hindrance", "english", "chinese"),
    [
        (Hindrance.CALLBACK_HOURS, "Nobody is called back at this hour", "现在不在回拨时段"),
        (Hindrance.ASTERISK, "The callback waits for its Asterisk", "此回拨在等待其 Asterisk"),
        (Hindrance.CARRIER, "The callback cannot be carried out just now", "此回拨现在无法执行"),
    ],
)
def test_a_callback_that_cannot_be_carried_out_says_why_whoever_is_ready(
    hindrance: Hindrance, english: str, chinese: str
) -> None:
    words = said(decision(("1001", Verdict.RANKED_LOWER), hindrance=hindrance, next_change_at=9.0))
    assert words["en"].startswith(english)
    assert words["zh-CN"].startswith(chinese)
    assert "9 o'clock" not in words["en"], "no step that widens changes it"


def test_of_a_caller_whose_session_is_away_their_agents_are_told_as_ever() -> None:
    words = said(decision(("1001", Verdict.TALKING), hindrance=Hindrance.SESSION))
    assert words["en"].startswith("Everybody who could help is busy")


def test_the_next_change_by_time_alone_is_told() -> None:
    words = said(decision(("1001", Verdict.WRAP_UP), next_change_at=14.0))
    assert words["en"].endswith(" At 14 o'clock the next change by itself.")
    assert words["zh-CN"].endswith("下一次自动变化在 14 o'clock。")


def test_three_are_named_and_the_others_counted_those_included_whom_the_record_only_counts() -> None:
    talking = [(str(1001 + number), Verdict.TALKING) for number in range(5)]
    able = tuple(9 if state is AgentState.TALKING else 0 for state in AgentState)
    words = said(decision(*talking, members=9, able=able))
    assert words["en"].endswith("1003 (talking) and 6 more.")
    assert words["zh-CN"].endswith("1003 (通话中)等另外 6 人。")


def test_a_call_that_is_kept_for_one_agent_says_so() -> None:
    words = said(decision(("1001", Verdict.TALKING), prefer=AgentId("1001"), prefer_until=15.0))
    assert words["en"].startswith("Kept for 王小明 until 15 o'clock. Everybody who could help is busy")
    assert words["zh-CN"].startswith("为王小明保留至 15 o'clock。")


@pytest.mark.parametrize(
    ("need", "asked"), [("", "what this step asks for"), ("agent.id in call.regulars", "agent.id in call.regulars")]
)
def test_a_need_that_is_no_simple_level_is_told_as_it_is_written(need: str, asked: str) -> None:
    record = Decision(0, "fluent", need, (Candidate(AgentId("1001"), Verdict.LACKS_SKILL),))
    assert said(record)["en"] == f"No agent of this queue has {asked}."


def test_why_an_agent_is_away_is_said_by_the_label_of_the_pause_reason() -> None:
    labels = {"lunch": {"zh-CN": "午餐", "en": "Lunch"}}
    words = in_words(decision(("1001", Verdict.PAUSED)), NAMES, str, labels)
    assert words == {
        "en": "Nobody who could help is there: 王小明 (paused: Lunch).",
        "zh-CN": "能接此电话的坐席都不在：王小明 (示忙: 午餐)。",
    }


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_every_reason_the_engine_itself_gives_for_being_away_has_words(words: Words) -> None:
    # Who paused or signed out while the phone rang is away for the reason they gave.
    moved = {OfferFailure.AGENT_PAUSED, OfferFailure.AGENT_SIGNED_OUT}
    assert set(words.reasons) == {SIGN_IN_REASON, *OfferFailure} - NOT_THEIR_DOING - moved


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_a_sentence_in_both_languages(verdict: Verdict) -> None:
    words = said(decision(("1001", verdict)))
    assert set(words) == {"zh-CN", "en"}
    assert all(sentence.endswith((".", "。")) for sentence in words.values())
    assert "_" not in words["en"].replace("after_sales", "")
    assert not re.search(r"[a-z]{3}", re.sub(r"english|after_sales|lunch", "", words["zh-CN"]))


def test_a_level_in_the_skill_that_a_fact_of_the_call_names_is_said_in_words() -> None:
    record = Decision(
        0, "fluent", "skill.sales >= 3 && skill[call.language] >= 6", (Candidate(AgentId("1001"), Verdict.LACKS_SKILL),)
    )
    assert said(record) == {
        "en": "No agent of this queue has sales ≥ 3, the skill of the caller's language ≥ 6.",
        "zh-CN": "此队列没有坐席具备sales ≥ 3、来电者的语言所对应的技能 ≥ 6。",
    }
