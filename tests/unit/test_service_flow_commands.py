"""`switchboard flow …`: what it prints and its exit codes, with nothing but a folder of files."""

from __future__ import annotations

import json
import socket
from datetime import datetime
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from acd.events import Event, Queued, Stamped, TurnedAway
from acd.facts import HandedOver, StepPassed
from acd.names import CallId, HandedTo, HandOverEnd, Opening, QueueId, TurnedAwayFor
from common.yaml_file import load_located
from cti_bridge.publishing.cloud_events import event_envelope
from ivr.rehearsal.rehearse import rehearse
from ivr.rehearsal.script import ScriptForm
from service.cli import app
from service.flows.day import day_named
from service.flows.files import read_flow_files
from tests.unit.service_kit import FLOW, QUEUES, REPOSITORY, centre_in, clean_environment, spoil


@pytest.fixture(autouse=True)
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    clean_environment(monkeypatch, tmp_path)
    return centre_in(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["flow", *words])


def test_flows_without_a_mistake_are_fine() -> None:
    checked = run("check")
    assert (checked.exit_code, checked.stdout) == (0, "fine: 1 flow\n"), checked.output


def test_a_mistake_in_a_flow_is_named_with_its_place(config: Path) -> None:
    spoil(config / FLOW, "no_input: message}", "no_input: mesage}")
    checked = run("check")
    assert checked.exit_code == 2
    assert "flows/main.yaml:9:" in checked.stderr
    assert "unknown step 'mesage', did you mean 'message'?" in checked.stderr


def test_a_file_elsewhere_is_checked_against_the_centre_of_the_folder(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text((config / FLOW).read_text(encoding="utf-8"), encoding="utf-8")
    assert run("check", str(file)).exit_code == 0
    spoil(file, "queue: sales}", "queue: sails}")
    checked = run("check", str(file))
    assert checked.exit_code == 2
    assert f"{file}:10:" in checked.stderr
    assert "unknown queue 'sails', did you mean 'sales'?" in checked.stderr


def test_a_flow_is_drawn_as_mermaid_with_the_words_of_its_ways(config: Path) -> None:
    spoil(config / QUEUES, "  sales:\n", "  sales:\n    keys: {9: message}\n")
    drawn = run("graph", "main")
    assert drawn.exit_code == 0, drawn.output
    lines = [line.strip() for line in drawn.stdout.splitlines()]
    assert lines[0] == "flowchart TD"
    assert 's0{{"topic<br/>menu"}}' in lines
    assert 's1(["to-sales<br/>queue sales"])' in lines
    assert 's0 -->|"1"| s1' in lines
    assert 's2 -->|"nobody"| s3' in lines
    assert "s1 -.-> s3" in lines, "the queue's own key leads there"
    assert "s3 --> s4" in lines, "there is one way only: nothing to tell apart"


def test_a_flow_that_is_not_there_is_refused_with_a_suggestion() -> None:
    drawn = run("graph", "mian")
    assert drawn.exit_code == 2
    assert drawn.stderr == "no flow 'mian', did you mean 'main'?\n"


SCRIPT = """\
flow: main
tests:
  sales by key:
    talk: [{heard: topic, pressed: 1}]
    ends: {queue: sales}
  nobody in service:
    given: {ways: {to-service: nobody}}
    talk: [{pressed: 2}, {heard: leave-message}]
    ends: {step: end}
"""


THOUSANDS = 1_000
"""Flow tests in a second of processor time, at the least; measured were 6,000."""


def script_in(config: Path, text: str = SCRIPT) -> Path:
    file = config / "flows" / "tests" / "main.yaml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    return file


def test_flow_tests_that_pass_end_in_0_and_tell_what_no_test_took(config: Path) -> None:
    script_in(config)
    tested = run("test", "--coverage")
    assert tested.exit_code == 0, tested.output
    assert "2 tests, 0 failed" in tested.stdout
    assert "main: 5 of 5 steps, 4 of 5 ways\n  ways no test took: topic/no_input" in tested.stdout


def test_a_flow_test_that_fails_is_named_with_its_place(config: Path) -> None:
    script_in(config, SCRIPT.replace("pressed: 1", "pressed: 2"))
    tested = run("test")
    assert tested.exit_code == 1
    assert "main.yaml:3:3: test 'sales by key': the caller ends at step 'to-service'" in tested.stdout
    assert "2 tests, 1 failed" in tested.stdout
    as_json = json.loads(run("test", "--json").stdout)
    assert as_json["failed"] == 1
    assert [one["passed"] for one in as_json["tests"]] == [False, True]
    assert as_json["coverage"]["main"]["ways_missed"] == [
        {"step": "topic", "way": "1"},
        {"step": "topic", "way": "no_input"},
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("flow: main", "flow: mian", "main.yaml:1:7: unknown flow 'mian', did you mean 'main'?"),
        ("queue: sales", "queue: sails", "main.yaml:5:19: unknown queue 'sails', did you mean 'sales'?"),
        ("step: end", "step: ent", "main.yaml:9:18: unknown step of flow 'main' 'ent', did you mean 'end'?"),
        ("to-service: n", "to-servise: n", "main.yaml:7:20: unknown step 'to-servise', did you mean 'to-service'?"),
        (
            ": nobody}",
            ": nobdy}",
            "main.yaml:7:32: unknown way out of step 'to-service' 'nobdy', did you mean 'nobody'?",
        ),
        ("pressed: 1", "pressed: one", "main.yaml:4:36: "),
        ("ways:", "answers: {to-sales: {x: 1}}, ways:", "main.yaml:7:34: unknown variable of step 'to-sales' 'x'"),
        ("{heard: leave-message}", "{}", "says neither what is `heard` nor what is `pressed`"),
        ("ends: {step: end}", "ends: {language: chinese}", "says neither the `step` nor the `queue`"),
    ],
)
def test_mistakes_in_flow_tests_are_named_with_their_place(config: Path, right: str, wrong: str, says: str) -> None:
    file = script_in(config)
    spoil(file, right, wrong)
    tested = run("test", str(file))
    assert tested.exit_code == 2, tested.output
    assert says in tested.stderr


def test_a_folder_without_flow_tests_is_wrong_usage() -> None:
    tested = run("test")
    assert tested.exit_code == 2
    assert "0 tests" in tested.stdout


def test_the_demo_flow_passes_its_own_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    tested = run("test", "--coverage")
    assert tested.exit_code == 0, tested.output
    assert "no test" not in tested.stdout, "every step and every way of the demo flow is tested"


def test_thousands_of_flow_tests_take_a_second() -> None:
    files = read_flow_files(REPOSITORY / "config")
    script = load_located(REPOSITORY / "config" / "flows" / "tests" / "main.yaml", ScriptForm).value
    flows = files.flows.by_name

    def opening_at(calendar: str, at: datetime) -> Opening:
        return files.centre.calendars[calendar].at(at.replace(tzinfo=files.centre.zone)).opening

    def round_s() -> float:
        before_s = process_time()
        assert not any(rehearse(flows["main"], flows, test, opening_at).failure for test in script.tests.values())
        return process_time() - before_s

    # Processor time of the best of many short rounds: others may have the machine meanwhile.
    assert len(script.tests) / min(round_s() for _ in range(30)) > THOUSANDS


def play(typed: str, *words: str) -> Result:
    return CliRunner().invoke(app, ["flow", "play", *words], input=typed)


def test_a_flow_is_played_with_the_keyboard() -> None:
    played = play("x\n12\n2\nnobody\n\n", "main", "--language", "english")
    assert played.exit_code == 0, played.output
    lines = played.stdout.splitlines()
    assert lines[0] == "  Choose"
    assert "a telephone has no 'x'" in played.stdout
    assert "'12' is more than the one key that is asked for" in played.stdout
    assert "[to-service] waits in queue service, priority 0" in lines
    assert "  Speak" in lines
    assert lines[-1] == "[end] the call is over"


def test_a_fax_machines_tone_is_played_where_one_is_listened_for(config: Path) -> None:
    unheard = play("fax\n1\n\n")
    assert "has no `fax`" in unheard.stdout
    assert "传真机的提示音" not in unheard.stdout, "it is offered where it means something"
    spoil(config / FLOW, "steps:", "fax: receive\nsteps:\n  receive: {do: fax, then: end, otherwise: end}")
    played = play("fax\nthen\n")
    assert "a fax machine's tone / 传真机的提示音" in played.stdout
    assert "[receive] comes out as" in played.stdout
    assert played.stdout.splitlines()[-1] == "[end] the call is over"


def test_playing_ends_where_an_agent_has_the_caller() -> None:
    played = play("1\n\n")
    assert played.stdout.splitlines()[0] == "  请选"
    assert played.stdout.splitlines()[-1] == "[to-sales] goes no further in the flow"


def test_what_a_calendar_and_a_lookup_say_is_asked(config: Path) -> None:
    (config / "calendars.yaml").write_text('calendars: {shop: {week: {mon-sun: ["00:00-24:00"]}}}\n', encoding="utf-8")
    spoil(config / "switchboard.yaml", "time_zone:", "lookups: {shop: {url: 'https://shop.example'}}\ntime_zone:")
    when = "{when: 'call.paid && call.count > 2', then: end}"
    take = "take: {paid: {from: p, as: yes_no}, count: {from: n, as: whole}}"
    lookup = f"{{do: lookup, at: shop, path: /x, {take}, then: due, otherwise: message}}"
    spoil(config / FLOW, "start: topic", "start: shop")
    spoil(
        config / FLOW,
        "steps:\n",
        "steps:\n  shop: {do: hours, calendar: shop, open: look, closed: message}\n"
        f"  look: {lookup}\n  due: {{do: decide, cases: [{when}], otherwise: topic}}\n",
    )
    played = play("\nthen\nno!\nyes\n3\n")
    assert played.exit_code == 0, played.output
    assert "[shop] comes out as (open, closed, holiday, emergency) [open]" in played.stdout
    assert "'no!' is not yes_no: yes or no" in played.stdout
    assert played.stdout.splitlines()[-1] == "[end] the call is over"


def test_a_language_that_the_flow_has_not_is_refused() -> None:
    played = play("", "main", "--language", "englsh")
    assert played.exit_code == 2
    assert played.stderr == "flow 'main' has no language 'englsh', did you mean 'english'?\n"


def line(event: Event) -> bytes:
    return event_envelope(Stamped(1, "run", 1000.0, 1000.0, event), "demo")


def passed(outcome: str, spent_s: float, flow: str = "main", call: str = "a") -> bytes:
    return line(StepPassed(CallId(call), flow, "topic", "Topic", outcome, spent_s))


def test_a_flow_is_drawn_with_how_callers_passed_its_steps(tmp_path: Path) -> None:
    events = tmp_path / "day.jsonl"
    lines = [passed("1", 2.0), passed("1", 3.0), passed("hung_up", 9.0), passed("2", 5.0, "other"), b""]
    events.write_bytes(b"\n".join(lines))
    drawn = run("graph", "main", "--svg", str(tmp_path / "main.svg"), "--counts", str(events))
    assert (drawn.exit_code, drawn.output) == (0, "")
    picture = (tmp_path / "main.svg").read_text(encoding="utf-8")
    assert ">1: 2</text>" in picture
    assert ">2</text>" in picture, "nobody went this way"
    assert ">menu · 3 passed, 1 hung up, 3.0 s</text>" in picture, "the median of 2, 3 and 9 s"
    text = run("graph", "--counts", str(events)).stdout
    assert '-->|"1: 2"|' in text
    assert "topic<br/>menu<br/>3 passed, 1 hung up, 3.0 s" in text


def test_a_flow_is_drawn_with_how_many_callers_it_contained(tmp_path: Path) -> None:
    sales = QueueId("sales")
    to_people: list[Event] = [
        Queued(CallId("b"), sales, 0, "", (), 1000.0),
        TurnedAway(CallId("c"), sales, TurnedAwayFor.CLOSED, "closed", ""),
        HandedOver(CallId("d"), HandedTo.NUMBER, HandOverEnd.TALKED, "main"),
        HandedOver(CallId("e"), HandedTo.FLOW, HandOverEnd.BEGUN, "main"),  # no person yet
    ]
    came = [passed("1", 1.0, call=call) for call in "aabcde"]  # the first passes the menu twice, and is one caller
    events = tmp_path / "day.jsonl"
    events.write_bytes(b"\n".join([*came, *map(line, to_people), passed("1", 1.0, "other", "x")]))
    picture = tmp_path / "main.svg"
    assert "main<br/>5 callers, 2 contained (40%)" in run("graph", "--counts", str(events)).stdout
    assert run("graph", "--svg", str(picture), "--counts", str(events)).exit_code == 0
    assert ">main · 5 callers, 2 contained (40%) ↓</text>" in picture.read_text(encoding="utf-8")
    assert "contained" not in run("graph").stdout


def test_where_nobody_passed_a_step_that_is_said(tmp_path: Path) -> None:
    events = tmp_path / "day.jsonl"
    events.write_bytes(passed("1", 2.0, "other"))
    drawn = run("graph", "--counts", str(events))
    assert (drawn.exit_code, drawn.stdout) == (1, "")
    assert drawn.stderr.startswith(f"nobody passed a step of flow 'main' that is counted, by {events}: ")


def test_a_day_that_is_none_is_refused_and_so_are_two_sources(tmp_path: Path) -> None:
    drawn = run("graph", "--day", "21.11.2026")
    assert drawn.exit_code == 2
    assert drawn.stderr == "'21.11.2026' is no day: say yesterday, today, or a date such as 2026-11-21\n"
    assert run("graph", "--day", "today", "--counts", str(tmp_path / "day.jsonl")).exit_code == 2


def test_a_redis_that_is_away_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = taken.getsockname()[1]
    monkeypatch.setenv("SWITCHBOARD_TICKET_KEY", "0123456789abcdef")
    monkeypatch.setenv("SWITCHBOARD_REDIS_PORT", str(nobody))
    drawn = run("graph", "--day", "yesterday")
    assert drawn.exit_code == 1
    assert drawn.stderr.startswith("Redis does not answer at ")
    assert drawn.stderr.count("\n") == 1


SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "zone", "since", "hours"),
    [
        ("today", SHANGHAI, "2026-11-23T00:00+08:00", 24),
        ("yesterday", SHANGHAI, "2026-11-22T00:00+08:00", 24),
        ("yesterday", BERLIN, "2026-11-21T00:00+01:00", 24),
        ("2026-10-25", BERLIN, "2026-10-25T00:00+02:00", 25),
    ],
)
def test_the_centre_s_time_zone_says_which_day_it_is(text: str, zone: ZoneInfo, since: str, hours: int) -> None:
    now = datetime.fromisoformat("2026-11-22T20:00+00:00").timestamp()
    day = day_named(text, now, zone)
    assert (day.since, day.before - day.since) == (datetime.fromisoformat(since).timestamp(), hours * 3600)


def test_counts_that_are_no_events_are_refused_with_their_place(tmp_path: Path) -> None:
    events = tmp_path / "day.jsonl"
    events.write_text("\nno event\n", encoding="utf-8")
    drawn = run("graph", "--counts", str(events))
    assert drawn.exit_code == 2
    assert f"{events}:2:1: " in drawn.stderr
    assert run("graph", "--counts", str(tmp_path / "gone.jsonl")).exit_code == 2


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    drawn = run("graph", "--svg", str(tmp_path / "no" / "main.svg"))
    assert drawn.exit_code == 1
    assert "main.svg cannot be written: No such file" in drawn.stderr


def test_a_flow_made_to_be_called_plays_to_its_return(config: Path) -> None:
    spoil(config / FLOW, "no_input: message}", "no_input: part}")
    spoil(config / FLOW, "steps:\n", "steps:\n  part: {do: flow, flow: part, then: message}\n")
    part = "start: back\nlanguages: {chinese: zh, english: en}\nlanguage: chinese\nsteps: {back: {do: return}}\n"
    (config / "flows" / "part.yaml").write_text(part, encoding="utf-8")
    assert play("\n\n\n\n", "main").stdout.splitlines()[-1] == "[end] the call is over"
    played = play("", "part")
    assert played.exit_code == 1
    assert played.stderr == "flow part returns at step back, and nothing called it\n"
