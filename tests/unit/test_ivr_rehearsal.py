"""Flow tests: what a test's caller meets, and what a test says that fails."""

from __future__ import annotations

from datetime import datetime

import pytest
from ruamel.yaml import YAML

from acd.names import Opening
from ivr.flows.calls import bound
from ivr.flows.form import FlowForm
from ivr.rehearsal.coverage import Coverage
from ivr.rehearsal.rehearse import Verdict, rehearse
from ivr.rehearsal.script import TestForm as Script
from ivr.rehearsal.walk import CannotPress, Walk

FLOW = """
start: hours
languages: {chinese: zh, english: en}
language: chinese
steps:
  hours: {do: hours, calendar: shop, open: topic, closed: message}
  topic: {do: menu, say: choose, keys: {1: number, 2: sales, 3: back, 4: hand-on}, no_input: message, wrong_say: wrong, tries: 2}
  number: {do: ask, say: your-number, into: order, most: 4, then: find, no_input: sales}
  find:
    do: lookup
    at: shop
    path: "/orders/{order}"
    take: {state: {from: state}}
    then: told
    otherwise: sales
  told: {do: decide, cases: [{when: 'call.state == "sent"', then: sent}], otherwise: urgent}
  sent: {do: say, say: [it-is-sent, {digits: order}], then: bye}
  urgent: {do: set, vars: {urgent: true}, then: sales}
  sales: {do: queue, queue: sales, priority: 5, nobody: back}
  hand-on: {do: transfer, agent: "1001", busy: abroad, otherwise: sales}
  abroad: {do: transfer, flow: abroad}
  back: {do: callback, queue: sales, then: bye, otherwise: sales}
  message: {do: message, say: speak, then: bye}
  bye: {do: hang_up, say: goodbye}
"""
FORM = FlowForm.model_validate(YAML(typ="safe").load(FLOW))
ABROAD = FlowForm.model_validate(
    YAML(typ="safe").load("""
start: hello
languages: {english: en}
language: english
steps:
  hello: {do: say, say: hello, then: which}
  which: {do: menu, say: which, keys: {1: end}, no_input: end}
  end: {do: hang_up}
""")
)


def opening_at(calendar: str, at: datetime) -> Opening:
    assert calendar == "shop"
    return Opening.OPEN if 9 <= at.hour < 18 else Opening.HOLIDAY


def tried(text: str) -> Verdict:
    script = Script.model_validate(YAML(typ="safe").load(text))
    return rehearse(FORM.flow("main"), {"abroad": ABROAD.flow("abroad")}, script, opening_at)


def passes(text: str) -> None:
    assert tried(text).failure == ""


def test_the_caller_hears_presses_and_ends_where_the_test_says() -> None:
    passes("{given: {ways: {hours: open}}, talk: [{heard: choose, pressed: 2}], ends: {queue: sales, priority: 5}}")


def test_a_message_is_left_unless_the_test_says_otherwise() -> None:
    message = "{do: message, say: speak, then: bye, otherwise: sales}"
    form = FlowForm.model_validate(YAML(typ="safe").load(FLOW.replace("{do: message, say: speak, then: bye}", message)))
    for ways, ends in (("", "step: bye"), ("message: otherwise", "queue: sales")):
        given = f"{{given: {{at: 2026-11-25 20:00, ways: {{{ways}}}}}, ends: {{{ends}}}}}"
        script = Script.model_validate(YAML(typ="safe").load(given))
        assert rehearse(form.flow("main"), {}, script, opening_at).failure == ""


def test_calendars_are_asked_at_the_hour_of_the_test() -> None:
    passes("{given: {at: 2026-11-25 10:00}, talk: [{pressed: 2}], ends: {step: sales}}")
    passes("{given: {at: 2026-11-25 20:00}, talk: [{heard: [speak, goodbye]}], ends: {step: bye}}")


def test_what_a_lookup_answers_is_known_from_there_on() -> None:
    talk = "talk: [{pressed: 1}, {heard: your-number, pressed: 2024#}, {heard: [it-is-sent, 2024]}]"
    passes(f"{{given: {{ways: {{hours: open}}, answers: {{find: {{state: sent}}}}}}, {talk}, ends: {{step: bye}}}}")
    talk = "talk: [{pressed: 1}, {pressed: 2024}]"
    ends = "ends: {queue: sales, variables: {urgent: true, order: '2024'}}"
    passes(f"{{given: {{ways: {{hours: open}}, answers: {{find: {{state: lost}}}}}}, {talk}, {ends}}}")
    passes(f"{{given: {{ways: {{hours: open, find: timeout}}}}, {talk}, ends: {{queue: sales}}}}")


def test_a_queue_is_left_as_the_test_says_and_kept_at_the_next_visit() -> None:
    ways = "ways: {hours: open, sales: nobody, back: otherwise}"
    passes(f"{{given: {{{ways}}}, talk: [{{pressed: 2}}], ends: {{queue: sales}}}}")
    ways = "ways: {hours: open, sales: [nobody, message], back: otherwise}"
    passes(f"{{given: {{{ways}}}, talk: [{{pressed: 2}}, {{heard: speak}}], ends: {{step: bye}}}}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "{given: {ways: {hours: open}}, talk: [{heard: chose, pressed: 2}], ends: {queue: sales}}",
            "turn 1 should hear 'chose', and heard 'choose'",
        ),
        (
            "{given: {ways: {hours: open}}, talk: [{pressed: 2}], ends: {queue: service, priority: 9}}",
            "queue should be 'service', and is 'sales'; priority should be 9, and is 5",
        ),
        ("{talk: [], ends: {step: bye}}", "give it in `given` as `ways: {hours: WORD}` (one of open, closed,"),
        ("{given: {ways: {hours: open}}, ends: {step: bye}}", "the caller is still asked at step 'topic'"),
        (
            "{given: {ways: {hours: open}}, talk: [{pressed: 22}], ends: {step: bye}}",
            "turn 1, at step 'topic': '22' is more than the one key that is asked for",
        ),
        (
            "{given: {ways: {hours: closed}}, talk: [{pressed: 1}], ends: {step: bye}}",
            "turn 1 presses 1, but the call is over at step 'bye'",
        ),
        (
            "{given: {ways: {hours: open, back: otherwise}}, talk: [{pressed: 3}], ends: {step: sales, variables: {topic: x}}}",
            "variable topic should be 'x', and is None",
        ),
    ],
)
def test_a_test_that_fails_says_what_was_otherwise(text: str, says: str) -> None:
    assert says in tried(text).failure


def test_a_caller_may_be_handed_on_to_somebody_or_to_another_flow() -> None:
    talk = "talk: [{pressed: 4}]"
    passes(f"{{given: {{ways: {{hours: open}}}}, {talk}, ends: {{step: hand-on}}}}")
    passes(f"{{given: {{ways: {{hours: open, hand-on: no_answer}}}}, {talk}, ends: {{queue: sales}}}}")
    talk = "talk: [{pressed: 4}, {heard: [hello, which], pressed: 1}]"
    passes(f"{{given: {{ways: {{hours: open, hand-on: busy}}}}, {talk}, ends: {{flow: abroad, step: end}}}}")


def test_a_test_may_end_where_the_caller_is_asked() -> None:
    passes("{given: {ways: {hours: open}}, talk: [{pressed: 7}, {heard: [wrong, choose]}], ends: {step: topic}}")


def test_coverage_names_the_steps_and_ways_that_no_test_took() -> None:
    covered = Coverage(FORM)
    covered.note(tried("{given: {at: 2026-11-25 20:00}, ends: {step: bye}}").passed["main"])
    given = "given: {ways: {hours: open, sales: nobody, back: then}}"
    covered.note(tried(f"{{{given}, talk: [{{pressed: 2}}], ends: {{step: bye}}}}").passed["main"])
    assert covered.steps_missed() == ["number", "find", "told", "sent", "urgent", "hand-on", "abroad"]
    missed = covered.ways_missed()
    assert ("hours", "closed") not in missed, "a holiday goes the way of `closed` here"
    assert ("sales", "nobody") not in missed
    assert ("topic", "2") not in missed
    assert {("topic", "1"), ("topic", "no_input"), ("back", "otherwise"), ("told", "case_1")} <= set(missed)


def test_no_key_is_taken_where_none_is_asked_for() -> None:
    walk = Walk(FORM.flow("main"), "main", {})
    with pytest.raises(CannotPress, match="no key is asked for"):
        walk.press("1")


# ------------------------------------------------------------------ a fax machine

MACHINE = YAML(typ="safe").load("""
start: menu
fax: fax
languages: {english: en}
language: english
steps:
  menu: {do: menu, say: choose, tries: 1, keys: {1: sales, 2: deeper, 3: abroad}, no_input: end}
  deeper: {do: flow, flow: deeper, then: end}
  abroad: {do: transfer, flow: abroad}
  sales: {do: queue, queue: sales, after: again}
  again: {do: menu, say: again, keys: {1: sales}, no_input: end}
  fax: {do: fax, queue: sales, then: got-it, otherwise: person}
  got-it: {do: hang_up}
  person: {do: queue, queue: sales, priority: 1}
  end: {do: hang_up}
""")
DEEPER = YAML(typ="safe").load("""
start: number
languages: {english: en}
language: english
steps:
  number: {do: ask, say: number, into: number, most: 4, then: back, no_input: back}
  back: {do: return}
""")


def sent_by_machine(text: str, changes: dict[str, object] | None = None) -> tuple[Verdict, Coverage]:
    form = FlowForm.model_validate(MACHINE | (changes or {}))
    deeper = FlowForm.model_validate(DEEPER).flow("deeper")
    flows = bound({"main": form.flow("main"), "deeper": deeper, "abroad": ABROAD.flow("abroad")})
    script = Script.model_validate(YAML(typ="safe").load(text))
    verdict = rehearse(flows["main"], flows, script, opening_at)
    covered = Coverage(form)
    covered.note(verdict.passed["main"])
    return verdict, covered


@pytest.mark.parametrize("keys", ["", "{heard: choose, pressed: 2}, "])
@pytest.mark.parametrize(
    ("ways", "ends", "way"), [("{}", "step: got-it", "then"), ("{fax: otherwise}", "queue: sales", "otherwise")]
)
def test_a_machine_s_tone_leads_to_the_faxes_whose_outcome_the_test_says(
    keys: str, ways: str, ends: str, way: str
) -> None:
    verdict, covered = sent_by_machine(
        f"{{given: {{ways: {ways}}}, talk: [{keys}{{sends: fax-tone}}], ends: {{{ends}}}}}"
    )
    assert verdict.failure == ""
    assert ("*", "fax_tone") in covered.all_ways()
    assert not {("*", "fax_tone"), ("fax", way)} & set(covered.ways_missed())


def test_a_tone_that_no_test_sends_is_named() -> None:
    verdict, covered = sent_by_machine("{talk: [{pressed: nothing}], ends: {step: end}}")
    assert verdict.failure == ""
    assert ("*", "fax_tone") in covered.ways_missed()


LATE = "{given: {ways: {sales: [after]}}, talk: [{pressed: 1}, {heard: again, sends: fax-tone}], ends: {step: fax}}"
AFTERWARDS = "{talk: [{pressed: nothing}, {sends: fax-tone}], ends: {step: end}}"
NOW = "{talk: [{sends: fax-tone}], ends: {step: fax}}"
IN_ANOTHER = "{talk: [{pressed: 3}, {heard: which, sends: fax-tone}], ends: {step: which}}"


@pytest.mark.parametrize(
    ("text", "changes", "why"),
    [
        (LATE, {}, "nobody listens for a machine's tone any more"),
        (AFTERWARDS, {}, "turn 2 sends fax-tone, but the call is over"),
        (NOW, {"fax": None}, "flow 'main' has no `fax`"),
        (IN_ANOTHER, {}, "flow 'abroad' has no `fax`"),
    ],
)
def test_a_tone_where_nobody_notices_it_fails_the_test(text: str, changes: dict[str, object], why: str) -> None:
    assert why in sent_by_machine(text, changes)[0].failure


def test_a_machine_presses_no_keys() -> None:
    with pytest.raises(ValueError, match="either `pressed` or `sends`"):
        Script.model_validate({"talk": [{"pressed": "1", "sends": "fax-tone"}], "ends": {"step": "end"}})
