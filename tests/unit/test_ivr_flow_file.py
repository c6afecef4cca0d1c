"""Flow files: what is refused, where, and with which suggestion; and the demo flow itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd.names import Opening
from common.yaml_file import ConfigurationRefused
from ivr.flows.checks import Known
from ivr.flows.files import Flows, load_flows
from ivr.flows.flow import step
from ivr.prompts.spoken_values import Currency, How, Part
from ivr.steps.decide import Decide
from ivr.steps.hours import Hours
from ivr.steps.menu import Menu
from ivr.steps.queue import Queue
from ivr.steps.say import Say
from ivr.steps.talk import Done, DoRoute, Entered, Pressed, Stands
from tests.unit.ivr_kit import FLOW, flows_of

REPOSITORY = Path(__file__).parents[2]
HEAD = """languages: {chinese: zh, english: en}
language: chinese
prompts: {hello: {zh: 您好, en: Hello}}
start: first
steps:
"""


def refusal(folder: Path, text: str, known: Known | None = None) -> list[str]:
    (folder / "main.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationRefused) as refused:
        load_flows(folder, known or Known({"sales", "service"}, {"shop"}, {"message", "call-back"}, calls_back=True))
    return [line.removeprefix(f"{folder.name}/main.yaml:") for line in str(refused.value).splitlines()]


def test_a_good_flow_is_taken_whole(tmp_path: Path) -> None:
    flows = flows_of(FLOW, tmp_path)
    menu = flows.by_name["main"].steps["topic"]
    assert isinstance(menu, Menu)
    assert (menu.no_input, menu.wrong_input, menu.tries) == ("message", "message", 2)
    assert flows.entered_by("unheard-of") is flows.by_name["main"]
    assert flows.having("main", "topic") is flows.by_name["main"]
    assert flows.having("main", "gone") is None
    assert flows.having("gone", "topic") is None


def test_the_version_changes_with_the_content_and_not_with_comments(tmp_path: Path) -> None:
    def version(text: str) -> str:
        return flows_of(text, tmp_path).by_name["main"].version

    assert version(FLOW) == version("# a comment\n" + FLOW)
    assert version(FLOW) != version(FLOW.replace("Welcome", "Hello"))


def test_unknown_steps_prompts_queues_and_languages_are_all_told_with_suggestions(tmp_path: Path) -> None:
    text = HEAD + (
        "  first: {do: say, say: helo, then: nxt}\n"
        "  next: {do: language, language: englisch, then: queue}\n"
        "  queue: {do: queue, queue: sale, nobody: frst}\n"
    )
    assert refusal(tmp_path, text) == [
        "6:25: unknown prompt 'helo', did you mean 'hello'?",
        "6:37: unknown step 'nxt', did you mean 'next'?",
        "7:34: unknown language 'englisch', did you mean 'english'?",
        "8:29: unknown queue 'sale', did you mean 'sales'?",
        "8:43: unknown step 'frst', did you mean 'first'?",
    ]


def test_a_misspelt_key_and_kind_are_told_with_suggestions(tmp_path: Path) -> None:
    told = refusal(tmp_path, HEAD + "  first: {do: queue, queue: sales, prority: 1}\n  b: {do: mnu}\n")
    assert told == ["6:36: unknown key 'prority', did you mean 'priority'?", told[1]]
    assert told[1].startswith("7:11: 'mnu' is none of 'say', 'menu'")
    assert told[1].endswith("did you mean 'menu'?")


def test_a_menu_needs_a_path_for_callers_who_press_nothing(tmp_path: Path) -> None:
    told = refusal(tmp_path, HEAD + "  first: {do: menu, say: hello, keys: {1: first}}\n")
    assert told == ["6:3: 'no_input' is missing here"]


@pytest.mark.parametrize("key", ["10", "a", "'##'"])
def test_a_menu_key_is_one_key(tmp_path: Path, key: str) -> None:
    (told,) = refusal(tmp_path, HEAD + f"  first: {{do: menu, say: hello, no_input: first, keys: {{{key}: first}}}}\n")
    assert told.startswith("6:57: ")


def test_bad_cel_is_told_at_its_place(tmp_path: Path) -> None:
    text = HEAD + (
        "  first: {do: decide, otherwise: queue, cases: [{when: 'call.x ==', then: queue}]}\n"
        "  queue: {do: queue, queue: sales, need: 'skill.('}\n"
    )
    told = refusal(tmp_path, text)
    assert [line.split(": ")[0] for line in told] == ["6:56", "7:42"]
    assert all("not a valid expression" in line for line in told)


def test_a_step_that_is_never_reached_is_told(tmp_path: Path) -> None:
    text = HEAD + "  first: {do: hang_up}\n  lost: {do: hang_up}\n"
    assert refusal(tmp_path, text) == ["7:3: step 'lost' is never reached"]
    flows = load_flows(tmp_path, Known({"sales"}, diverts={"lost"}))
    assert "lost" in flows.by_name["main"].steps


def test_a_flow_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    told = refusal(tmp_path, HEAD + "  first: {do: menu, say: hello, keys: {1: first}, no_input: first}\n")
    assert told == [
        "6:3: from step 'first' no way leads to a queue or to the end",
        "6:3: step 'first' comes round to itself without the caller doing anything: that never ends",
    ]


def test_a_loop_is_fine_where_the_caller_goes_round_and_not_where_silence_does(tmp_path: Path) -> None:
    end = "  end: {do: hang_up}\n"
    again = "  first: {do: menu, say: hello, keys: {1: first, 2: end}, no_input: end}\n"
    assert isinstance(flows_of(HEAD + again + end, tmp_path), Flows)
    silent = "  first: {do: menu, say: hello, keys: {2: end}, no_input: again}\n  again: {do: say, say: hello, then: first}\n"
    assert len(refusal(tmp_path, HEAD + silent + end)) == 2


def test_a_prompt_without_a_text_in_a_language_is_told_unless_it_is_recorded(tmp_path: Path) -> None:
    text = (
        HEAD.replace(", en: Hello", "")
        + "  first: {do: say, say: hello, then: b}\n  b: {do: say, say: ding, then: c}\n  c: {do: hang_up, say: 'core:bye'}\n"
    )
    known = Known({"sales"}, prompts={"zh": {"ding"}})
    assert refusal(tmp_path, text, known) == [
        "3:11: prompt 'hello' has no text in 'en'",
        "7:21: prompt 'ding' is recorded, but not in language 'en'",
    ]
    assert load_flows(tmp_path, Known({"sales"}, prompts={"zh": {"ding"}, "en": {"ding", "hello"}}))


def test_variables_that_the_flow_keeps_itself_cannot_be_set(tmp_path: Path) -> None:
    text = HEAD + "  first: {do: set, vars: {language: x}, then: b}\n  b: {do: hang_up}\n"
    assert refusal(tmp_path, text) == ["6:27: 'language' is set by the flow itself"]


def test_mistakes_of_all_files_are_told_together_and_a_prompt_says_one_thing(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(HEAD.replace("Hello", "Hi") + "  first: {do: hang_up}\n", encoding="utf-8")
    told = refusal(tmp_path, HEAD + "  first: {do: hangup}\n")
    assert told[0].startswith("6:15: 'hangup' is none of")
    told = refusal(tmp_path, HEAD + "  first: {do: hang_up}\n")
    (line,) = told
    assert line.startswith(
        f"{tmp_path.name}/other.yaml:3:31: prompt 'hello' says something else in {tmp_path.name}/main"
    )


def test_a_folder_without_the_default_flow_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="the default flow is missing"):
        load_flows(tmp_path, Known(()))


def test_numbers_and_words_keep_their_kind_as_variables(tmp_path: Path) -> None:
    text = HEAD + (
        "  first: {do: set, vars: {n: 3, yes: true, word: no, part: 0.5}, then: b}\n"
        "  b: {do: decide, cases: [{when: call.n > 2 && call.yes, then: c}], otherwise: c}\n"
        "  c: {do: hang_up}\n"
    )
    flow = flows_of(text, tmp_path).by_name["main"]
    assert isinstance(flow.steps["b"], Decide)
    state, _ = step(flow, flow.begin("main"), Entered())
    values = dict(state.variables)
    assert (values["n"], values["yes"], values["word"], values["part"]) == (3, True, "no", 0.5)


def test_the_demo_flow_takes_a_caller_to_a_queue_by_two_keys() -> None:
    flows = load_flows(
        REPOSITORY / "config" / "flows",
        Known({"sales", "service"}, {"shop"}, {"message", "call-back"}, calls_back=True),
    )
    flow = flows.entered_by("main")
    state, do = step(flow, flow.begin("main"), Entered())
    for heard in (Pressed("2"), Stands(Opening.OPEN), Pressed("2"), Done()):
        state, do = step(flow, state, heard)
    assert isinstance(do, DoRoute)
    assert do.queue == "service"
    assert dict(state.variables) == {
        "entry": "main",
        "language": "english",
        "menu_path": "language/2/topic/2",
        "topic": "service",
    }


def test_an_hours_step_needs_a_known_calendar_and_known_ways(tmp_path: Path) -> None:
    text = HEAD + "  first: {do: hours, calendar: shp, open: queu, closed: end}\n  end: {do: hang_up}\n"
    assert refusal(tmp_path, text, Known({"sales"}, {"shop"})) == [
        "6:32: unknown calendar 'shp', did you mean 'shop'?",
        "6:43: unknown step 'queu'",
    ]


def test_holiday_and_emergency_lead_where_closed_does_unless_they_say_otherwise(tmp_path: Path) -> None:
    rest = "  queue: {do: queue, queue: sales, turned_away: end}\n  end: {do: hang_up}\n"
    (tmp_path / "main.yaml").write_text(
        HEAD + "  first: {do: hours, calendar: shop, open: queue, closed: end, emergency: queue}\n" + rest, "utf-8"
    )
    steps = load_flows(tmp_path, Known({"sales"}, {"shop"})).by_name["main"].steps
    hours, queue = steps["first"], steps["queue"]
    assert isinstance(hours, Hours)
    assert (hours.ways[Opening.HOLIDAY], hours.ways[Opening.EMERGENCY]) == ("end", "queue")
    assert isinstance(queue, Queue)
    assert queue.turned_away == "end"


def test_an_hours_step_alone_does_not_break_a_circle(tmp_path: Path) -> None:
    text = HEAD + "  first: {do: hours, calendar: shop, open: end, closed: first}\n  end: {do: hang_up}\n"
    (told,) = refusal(tmp_path, text, Known({"sales"}, {"shop"}))
    assert "comes round to itself" in told


def test_a_step_says_prompts_and_variables_in_turn(tmp_path: Path) -> None:
    text = HEAD + (
        "  first: {do: set, vars: {order: '17', sum: 12.5}, then: told}\n"
        "  told: {do: say, say: [hello, {digits: order}, {money: sum, currency: USD}, core:beep], then: end}\n"
        "  end: {do: hang_up}\n"
    )
    told = flows_of(text, tmp_path).by_name["main"].steps["told"]
    assert isinstance(told, Say)
    assert told.said == ("hello", Part(How.DIGITS, "order"), Part(How.MONEY, "sum", Currency.USD), "core:beep")


def test_what_cannot_be_said_is_told_at_its_place(tmp_path: Path) -> None:
    text = HEAD + (
        "  first: {do: set, vars: {order: '17'}, then: told}\n"
        "  told: {do: say, say: [helo, {digits: ordr}], then: end}\n"
        "  end: {do: hang_up, say: hell}\n"
    )
    assert refusal(tmp_path, text) == [
        "7:25: unknown prompt 'helo', did you mean 'hello'?",
        "7:40: no step sets a variable 'ordr' that could be spoken, did you mean 'order'?",
        "8:27: unknown prompt 'hell', did you mean 'hello'?",
    ]


@pytest.mark.parametrize("said", ["{digits: a, money: a}", "{digits: a, currency: USD}", "{currency: USD}"])
def test_one_thing_is_said_at_a_time_and_a_currency_of_money(tmp_path: Path, said: str) -> None:
    text = HEAD + f"  first: {{do: say, say: [hello, {said}], then: end}}\n  end: {{do: hang_up}}\n"
    (told,) = refusal(tmp_path, text)
    assert told.startswith("6:33: ")


def test_values_are_spoken_in_chinese_and_english_alone(tmp_path: Path) -> None:
    text = HEAD.replace("english: en", "french: fr").replace("en: Hello", "fr: Salut") + (
        "  first: {do: hang_up, say: {digits: entry}}\n"
    )
    assert refusal(tmp_path, text) == ["6:38: values can be spoken in 'zh' and 'en' only, and this flow speaks 'fr'"]


def test_hidden_keys_are_taken_and_lead_on_like_others(tmp_path: Path) -> None:
    text = (
        HEAD
        + "  first: {do: menu, say: hello, keys: {1: end}, hidden: {0: end}, no_input: end}\n  end: {do: hang_up}\n"
    )
    menu = flows_of(text, tmp_path).by_name["main"].steps["first"]
    assert isinstance(menu, Menu)
    assert dict(menu.keys) == {"1": "end", "0": "end"}
    assert refusal(tmp_path, text.replace("{0: end}", "{1: end}"))[0].endswith(
        "key 1 is in `keys` and in `hidden`: it can lead to one step alone"
    )
    assert "unknown step 'ende'" in refusal(tmp_path, text.replace("{0: end}", "{0: ende}"))[0]


def test_what_a_queue_step_counts_on_has_to_be_there(tmp_path: Path) -> None:
    text = HEAD + "  first: {do: queue, queue: sales, priority_from: 'call.(', attributes: [ordr]}\n"
    told = refusal(tmp_path, text)
    assert "is not a valid expression" in told[0]
    assert told[1].endswith("no step sets the variable 'ordr'")
