"""The centre's three files: what they say, and every mistake with its file, line and column, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd.names import AgentId, QueueId
from acd.plans.offering import MOST_AT_ONCE, PLAIN, AcceptByKey, Offering, PickUp, Whisper
from acd.plans.plan import AfterOffer, Choice, LineOrder, Preference, StepBegins, Whom, WrapUpMode
from common.yaml_file import ConfigurationRefused, Mistake
from service.centre.files import load_centre, zone_of
from tests.unit.service_kit import AGENTS, CENTRE, QUEUES, REPOSITORY, centre_in, spoil

LANGUAGE = "language: zh-CN"
DIALS = 'dial: "PJSIP/{number}@trunk"'
LISTS = 'lists: {some: {numbers: ["1"]}}'
MISTAKES = [
    (CENTRE, "Asia/Shanghai", "^Asia/Shangai", "no time zone 'Asia/Shangai', did you mean 'Asia/Shanghai'?"),
    (CENTRE, "language: zh-CN", "language: ^zh", "'zh' is none of 'zh-CN' or 'en'"),
    (CENTRE, "code: 2", "code: ^1", "another pause reason has the code 1 already"),
    (CENTRE, "name: break", "name: ^lunch", "another pause reason has the name 'lunch' already"),
    (CENTRE, "\"queue == 'sales'\"", '^"queue =="', "is not a valid expression"),
    (CENTRE, "en: Lunch", "en: Lunch, ^fr: Pause", "unknown key 'fr'"),
    (QUEUES, "  sales:", "  ^Sales Team:", "should match pattern"),
    (QUEUES, "after: 20", "after: ^0", "this step must begin after the one before it (0 s)"),
    (QUEUES, "name: fluent", "after: ^3, name: fluent", "the first step begins at once: leave `after` out"),
    (QUEUES, "wrap_up: 8", "^wrapup: 8", "unknown key 'wrapup', did you mean 'wrap_up'?"),
    (QUEUES, "ring: 15", "ring: ^soon", "not 'soon'"),
    (QUEUES, "ring: 15", "ring: ^1", "should be greater than or equal to 3"),
    (QUEUES, '"skill.english >= 6"', '^"skill.english >="', "is not a valid expression"),
    (AGENTS, "queues: [sales, service]", "queues: [sales, ^servce]", "unknown queue 'servce', did you mean 'service'?"),
    (AGENTS, "wrap_up: 10", "wrap_up: ^-1", "greater than or equal to 0"),
    (AGENTS, "english: 7", "english: ^11", "less than or equal to 10"),
    (AGENTS, "english: 7", "^after-sales: 7", "should match pattern"),
    (AGENTS, '"1002"', '^"1001"', "'1001' is written twice"),
    (AGENTS, "wrap_up: 10", "wrap_up: 10, orders: {^servce: 2}", "does not serve 'servce'"),
    (QUEUES, "after: 20", "after: 20, choose: [^best_skil]", "'best_skill'"),
    (QUEUES, "after: 20", "after: 20, begins: ^sometime", "'after' or 'nobody'"),
    (QUEUES, "wrap_up: 8", "wrap_up: 8\n    weight: ^0", "greater than 0"),
    (QUEUES, "wrap_up: 8", "wrap_up: ^8\n    wrap_up_mode: until_finished", "leave `wrap_up` out"),
    (QUEUES, "wrap_up: 8", "wrap_up_mode: ^fixed", "give its seconds"),
    (AGENTS, "wrap_up: 10", "wrap_up_mode: ^until_done", "did you mean 'until_finished'?"),
    (CENTRE, "code: 2", "code: 2, counts_as: ^wrok", "'wrok' is none of 'absence' or 'work', did you mean 'work'?"),
    (QUEUES, "wrap_up: 8", "after_busy: ^redy", "'redy' is none of 'not_responding', 'paused' or 'ready'"),
    (QUEUES, "wrap_up: 8", "wrap_up: 8\n    prefer: [{whom: ^agent, for: 20}]", "which agent?"),
    (QUEUES, "wrap_up: 8", 'wrap_up: 8\n    prefer: [{whom: owner, agent: ^"1001", for: 20}]', "leave `agent` out"),
    (QUEUES, "wrap_up: 8", 'wrap_up: 8\n    prefer: [{whom: agent, agent: ^"1003", for: 20}]', "unknown agent '1003'"),
    (QUEUES, "wrap_up: 8", "wrap_up: 8\n    prefer: [{whom: owner, for: ^0}]", "greater than 0"),
    (QUEUES, "wrap_up: 8", 'wrap_up: 8\n    number: ^"80-1"', "should match pattern"),
    (CENTRE, LANGUAGE, f'dialling: {{{DIALS}, lists: {{some: {{numbers: [^"1["]}}}}}}', "is no regular expression"),
    (CENTRE, LANGUAGE, f'dialling: {{{DIALS}, lists: {{some: {{numbers: ["1"], doors: [^flwo]}}}}}}', "'flow'"),
    (CENTRE, LANGUAGE, 'dialling: {dial: ^"PJSIP/trunk", lists: {some: {numbers: ["1"]}}}', "should match pattern"),
    (CENTRE, LANGUAGE, f"dialling: {{{DIALS}, {LISTS}, calendar: ^shop}}", "unknown calendar 'shop'"),
    (CENTRE, LANGUAGE, f'dialling: {{{DIALS}, {LISTS}, by_phone: {{code: 9, agents: [^"9"]}}}}', "unknown agent '9'"),
    (CENTRE, LANGUAGE, f"{LANGUAGE}\nkeep_recordings_days: ^0", "greater than or equal to 1"),
    (CENTRE, LANGUAGE, "^callback: {}", "on numbers that `dialling` lists"),
    (QUEUES, "wrap_up: 8", "wrap_up: 8\n    offer: {to: ^21}", "1 to 20, or `all`"),
    (QUEUES, "wrap_up: 8", "wrap_up: 8\n    offer: {to: ^everybody}", "1 to 20, or `all`"),
    (QUEUES, "wrap_up: 8", "wrap_up: 8\n    offer: {accept: {key: ^12}}", "should match pattern"),
    (QUEUES, "wrap_up: 8", "wrap_up: 8\n    offer: {accept: {key: 1, within: ^90}}", "less than or equal to 30"),
    (QUEUES, "wrap_up: 8", "wrap_up: 8\n    offer: {whisper: [queue, ^weight]}", "'queue' or 'wait'"),
    (QUEUES, "wrap_up: 8", "wrap_up: 8\n    offer: {to: all, auto_answer: ^true}", "race for the caller"),
    (QUEUES, "name: fluent", "name: {zh-CN: 熟练, en: fluent, ^fr: habile}", "unknown key 'fr'"),
    (QUEUES, "name: fluent", "name: ^7", "or one in each language"),
    (QUEUES, '"skill.english >= 6"', '^"!skill.english >= 6"', "write `!(skill.english >= 6)`"),
    (CENTRE, "\"queue == 'sales'\"", "^\"!queue == 'sales'\"", "write `!(queue == 'sales')`"),
]
"""File, what is right in it, what is written instead (the mistake's place marked by ^), and what is said of it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return centre_in(tmp_path)


def refused_mistakes(folder: Path) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigurationRefused) as refused:
        load_centre(folder)
    assert str(refused.value).splitlines() == [str(mistake) for mistake in refused.value.mistakes]
    return refused.value.mistakes


def test_a_centre_without_mistakes_is_what_its_files_say(folder: Path) -> None:
    centre = load_centre(folder)
    assert (centre.zone.key, centre.language) == ("Asia/Shanghai", "zh-CN")
    assert {plan.offering for plan in centre.configured.queues} == {PLAIN}
    assert zone_of(folder) == centre.zone
    assert [(reason.code, reason.name) for reason in centre.pause_reasons] == [(1, "lunch"), (2, "break")]
    assert centre.queue_names[QueueId("sales")] == {"zh-CN": "销售", "en": "Sales"}
    assert centre.agent_names[AgentId("1001")] == "王小明"
    [sales, service] = centre.configured.queues
    assert [(step.name, step.after_s, step.need) for step in sales.steps] == [
        ("fluent", 0, "skill.english >= 6"),
        ("any", 20, ""),
    ]
    assert (sales.ring_s, sales.no_agent_say, service.wrap_up_s) == (15, "nobody-here", 8)
    [wang, anna] = centre.configured.agents
    assert (wang.skills, wang.wrap_up_s, anna.wrap_up_s) == ((("english", 7),), None, 10)


def test_everything_a_plan_can_say_reaches_the_engine(folder: Path) -> None:
    words = "after: 20, choose: [least_skill, round_robin], begins: nobody, adds_priority: 2, divert: message"
    spoil(folder / QUEUES, "after: 20", words)
    spoil(folder / QUEUES, "wrap_up: 8", "wrap_up: 8\n    ageing: 60\n    order: urgency\n    weight: 2.5")
    outcomes = "after_no_answer: paused\n    after_refused: ready\n    after_busy: not_responding"
    spoil(folder / QUEUES, "weight: 2.5", f"weight: 2.5\n    {outcomes}\n    after_unreachable: ready")
    spoil(folder / QUEUES, "weight: 2.5", "weight: 2.5\n    retry_agent_after: 50\n    retry_busy_after: 3")
    spoil(folder / QUEUES, "weight: 2.5", "weight: 2.5\n    prefer: [{whom: owner, for: 9}]\n    grace: 45")
    spoil(folder / QUEUES, "weight: 2.5", 'weight: 2.5\n    number: "8001"\n    transfer_adds_priority: 2')
    spoil(folder / QUEUES, "wrap_up: 8", "wrap_up: 8\n    wrap_up_mode: fixed")
    spoil(folder / CENTRE, "code: 2", "code: 2, counts_as: work")
    spoil(folder / AGENTS, "wrap_up: 10", "wrap_up: 10, wrap_up_mode: until_finished, orders: {service: 3}")
    configured = load_centre(folder).configured
    step = next(step for plan in configured.queues for step in plan.steps if step.after_s == 20)
    assert (step.choose, step.begins) == ((Choice.LEAST_SKILL, Choice.ROUND_ROBIN), StepBegins.NOBODY)
    assert (step.adds_priority, step.divert) == (2, "message")
    plan = next(plan for plan in configured.queues if plan.weight != 1)
    assert (plan.ageing_s, plan.order, plan.weight) == (60, LineOrder.URGENCY, 2.5)
    after = (plan.after_no_answer, plan.after_refused, plan.after_busy, plan.after_unreachable)
    assert after == (AfterOffer.PAUSED, AfterOffer.READY, AfterOffer.NOT_RESPONDING, AfterOffer.READY)
    assert (plan.retry_agent_after_s, plan.retry_busy_after_s) == (50, 3)
    assert (plan.prefer, plan.grace_s) == ((Preference(Whom.OWNER, 9),), 45)
    assert plan.wrap_up_mode is WrapUpMode.FIXED
    assert configured.work_reasons == ("break",)
    assert [profile.wrap_up_mode for profile in configured.agents] == [None, WrapUpMode.UNTIL_FINISHED]
    assert (plan.number, plan.transfer_adds_priority) == ("8001", 2)
    assert 3 in next(profile for profile in configured.agents if profile.wrap_up_s == 10).orders


def test_a_plan_s_step_has_one_name_for_both_languages_or_one_for_each(folder: Path) -> None:
    spoil(folder / QUEUES, "name: fluent", "name: {zh-CN: 熟练坐席, en: fluent}")
    [sales, _] = load_centre(folder).configured.queues
    assert [(step.name, dict(step.names)) for step in sales.steps] == [
        ("fluent", {"zh-CN": "熟练坐席", "en": "fluent"}),
        ("any", {"zh-CN": "any", "en": "any"}),
    ]


def test_the_demo_s_own_centre_can_be_used() -> None:
    assert load_centre(REPOSITORY / "config").configured.queues


@pytest.mark.parametrize(("file", "right", "wrong", "says"), MISTAKES)
def test_a_mistake_is_named_with_its_place(folder: Path, file: str, right: str, wrong: str, says: str) -> None:
    spoil(folder / file, right, wrong)
    marked = (folder / file).read_text(encoding="utf-8").partition("^")[0]
    spoil(folder / file, "^", "")
    [mistake] = refused_mistakes(folder)
    assert says in mistake.text
    assert (mistake.line, mistake.column) == (marked.count("\n") + 1, len(marked) - marked.rfind("\n"))
    assert mistake.file == str(folder / file)


def test_how_a_queue_offers_its_callers_is_what_its_file_says(folder: Path) -> None:
    file = folder / "queues.yaml"
    offer = "offer: {to: all, whisper: [wait, queue], accept: {key: 1, within: 5}, auto_answer: true}"
    file.write_text(file.read_text(encoding="utf-8").replace("wrap_up: 8", offer), encoding="utf-8")
    offering = load_centre(folder).configured.queues[1].offering
    assert offering == Offering(MOST_AT_ONCE, AcceptByKey("1", 5.0), (Whisper.WAIT, Whisper.QUEUE), PickUp.PHONE)


def test_all_mistakes_of_all_files_come_at_once_a_line_each(folder: Path) -> None:
    together = [
        MISTAKES[0],
        MISTAKES[1],
        MISTAKES[4],
        MISTAKES[9],
        MISTAKES[10],
        MISTAKES[12],
        MISTAKES[14],
        MISTAKES[15],
    ]
    for file, right, wrong, _ in together:
        spoil(folder / file, right, wrong.replace("^", ""))
    said = [mistake.text for mistake in refused_mistakes(folder)]
    assert len(said) == len(together)
    assert all(any(says in text for text in said) for _, _, _, says in together)


def test_what_only_shows_between_files_comes_with_the_others(folder: Path) -> None:
    for file, right, wrong, _ in (MISTAKES[2], MISTAKES[7], MISTAKES[13]):
        spoil(folder / file, right, wrong.replace("^", ""))
    assert {Path(mistake.file).name for mistake in refused_mistakes(folder)} == {CENTRE, QUEUES, AGENTS}


def test_a_missing_file_is_a_mistake_too_and_the_others_are_still_checked(folder: Path) -> None:
    (folder / QUEUES).unlink()
    spoil(folder / AGENTS, "wrap_up: 10", "wrap_up: -1")
    assert [(Path(m.file).name, m.line) for m in refused_mistakes(folder)] == [(AGENTS, 3), (QUEUES, 1)]


def test_two_queues_cannot_have_the_same_number(folder: Path) -> None:
    spoil(folder / QUEUES, "ring: 15", 'ring: 15\n    number: "8001"')
    spoil(folder / QUEUES, "wrap_up: 8", 'wrap_up: 8\n    number: "8001"')
    [mistake] = refused_mistakes(folder)
    assert mistake.text == "queue 'sales' has the number 8001 already"


def test_recordings_are_kept_for_ever_unless_the_centre_says_for_how_long(tmp_path: Path) -> None:
    config = centre_in(tmp_path)
    assert load_centre(config).keep_recordings_days is None
    spoil(config / CENTRE, LANGUAGE, f"{LANGUAGE}\nkeep_recordings_days: 90")
    assert load_centre(config).keep_recordings_days == 90
