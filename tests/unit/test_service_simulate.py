"""`switchboard simulate`: days read or drawn, their mistakes, and what the command prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import mean, stdev
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from acd.events import AgentStateChanged, Ended, Event, Queued, Stamped
from acd.names import AgentId, AgentState, CallId, EndedBy, PhoneId, QueueId
from acd.plans.plan import AgentProfile, PlanStep, QueuePlan, WrapUpMode
from acd.requests import Configured
from acd.simulation.day import NEVER, Arrival, Break, Day, Shift
from acd.simulation.simulate import play, simulate
from common.yaml_file import ConfigurationRefused
from cti_bridge.publishing.cloud_events import event_envelope
from service.cli import app
from service.simulation.days import read_days
from service.simulation.draws import draw, draw_longer, poisson_arrivals, rings
from service.simulation.form import Duration, LogNormal
from tests.unit.service_kit import REPOSITORY

SALES, SERVICE = QueueId("sales"), QueueId("service")
SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = 1_700_006_400.0 - 8 * 3600
"""Of 15 November 2023 in Shanghai."""
FOLDER = "config"
STEPS = (PlanStep("all", 0),)
CENTRE = Configured(
    (QueuePlan(SALES, "Sales", STEPS), QueuePlan(SERVICE, "Service", STEPS)),
    tuple(AgentProfile(AgentId(number), f"Agent {number}", (), (SALES, SERVICE)) for number in ("1001", "1002")),
)
DAY = """\
seed: 3
opens: "08:00"
closes: "10:00"
queues:
  sales:
    callers: {"08:00": 40, "08:30": 20, "09:00": 0}
    talk: {exponential: 120}
    patience: {log_normal: {mean: 90, deviation: 60}}
    pick_up: {fixed: 3}
    unanswered: 0.1
    kinds:
      - {share: 3, attributes: {language: chinese}}
      - {share: 1, priority: 2, need: "true"}
  service:
    callers: {"08:00": 10}
    talk: {fixed: 60}
shifts:
  - {agents: ["1001"], from: "08:00", to: "10:00", pauses: [{at: "09:00", minutes: 15, reason: lunch}]}
  - {agents: ["1002"], from: "08:30", to: "10:00"}
onward: {to-service: service}
"""
runner = CliRunner()


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path, plans: Mapping[str, Configured] | None = None, seed: int | None = None) -> Day:
    """The day under the first plan."""
    return next(iter(read_days(path, plans or {FOLDER: CENTRE}, seed, SHANGHAI).values()))


def of(day: Day, queue: QueueId) -> list[Arrival]:
    return [arrival for arrival in day.arrivals if arrival.queue == queue]


# ---------------------------------------------------------------------------------------------------- drawn days


def test_a_day_file_becomes_a_day(tmp_path: Path) -> None:
    day = read(write(tmp_path, "day.yaml", DAY))
    assert (day.closes_at, day.back_after_s, day.onward) == (36_000.0, 60.0, (("to-service", SERVICE),))
    lunch = Break(32_400.0, 900.0, "lunch")
    assert day.shifts == (Shift(AgentId("1001"), 28_800, 36_000, (lunch,)), Shift(AgentId("1002"), 30_600, 36_000))
    sales, service = of(day, SALES), of(day, SERVICE)
    assert 35 < len(sales) < 90
    assert all(28_800 <= arrival.at < 32_400 for arrival in sales)
    assert {arrival.priority for arrival in sales} == {0, 2}
    assert {arrival.attributes for arrival in sales} == {(("language", "chinese"),), ()}
    assert {ring for arrival in sales for ring in arrival.rings_s} == {3.0, NEVER}
    assert {arrival.talk_s for arrival in service} == {60.0}
    assert all(arrival.patience_s is None for arrival in service)
    simulate(day, CENTRE)


def test_the_same_seed_draws_the_same_day_and_another_another(tmp_path: Path) -> None:
    path = write(tmp_path, "day.yaml", DAY)
    assert read(path) == read(path, seed=3)
    assert read(path).arrivals != read(path, seed=4).arrivals


def test_a_change_to_one_figure_leaves_all_other_chance_as_it_was(tmp_path: Path) -> None:
    before = read(write(tmp_path, "day.yaml", DAY))
    after = read(write(tmp_path, "other.yaml", DAY.replace("exponential: 120", "exponential: 240")))
    assert of(after, SERVICE) == of(before, SERVICE)
    for one, other in zip(of(before, SALES), of(after, SALES), strict=True):
        assert (other.at, other.patience_s, other.rings_s) == (one.at, one.patience_s, one.rings_s)
        assert other.talk_s == pytest.approx(2 * one.talk_s)


def test_without_shifts_each_plans_own_agents_work_all_day(tmp_path: Path) -> None:
    path = write(tmp_path, "day.yaml", DAY[: DAY.index("shifts:")])
    fewer = Configured(CENTRE.queues, CENTRE.agents[:1])
    days = read_days(path, {FOLDER: CENTRE, "fewer": fewer}, None, SHANGHAI)
    assert [shift.agent for shift in days[FOLDER].shifts] == ["1001", "1002"]
    assert days["fewer"].shifts == (Shift(AgentId("1001"), 28_800, 36_000),)
    assert days["fewer"].arrivals == days[FOLDER].arrivals


MISTAKES = [
    ("  service:\n    callers", "  ^servce:\n    callers", "config has no queue 'servce', did you mean 'service'?"),
    ("talk: {fixed: 60}", "talk: ^{fixed: 60, exponential: 60}", "give one of fixed, exponential, log_normal"),
    ('  service:\n    callers: {"08:00": 10}\n    talk: {fixed: 60}', '  ^service: {callers: {"08:00": 10}}', "'talk'"),
    ('"08:30": 20', '^"08:15": 20', "08:15 is within the 30 minutes from 08:00"),
    ('"09:00": 0', '^"09:45": 0', "not between opening and closing (08:00 to 10:00)"),
    ('"09:00": 0', '^"9:00": 0', "should match pattern"),
    ('closes: "10:00"', 'closes: ^"07:00"', "not after it opens (08:00)"),
    ("unanswered: 0.1", "unanswered: ^1", "less than 1"),
    ("unanswered: 0.1", "^unaswered: 0.1", "unknown key 'unaswered', did you mean 'unanswered'?"),
    ('need: "true"', 'need: ^"true &&"', "is not a valid expression"),
    ('need: "true"', 'need: ^"!skill.x >= 5"', "write `!(skill.x >= 5)`"),
    ('["1002"]', '[^"1003"]', "config has no agent '1003'"),
    ('["1002"]', '[^"1001"]', "agent '1001' works from 08:00 to 10:00 already"),
    ('from: "08:30", to: "10:00"', 'from: "08:30", to: ^"08:00"', "the shift ends at 08:00"),
    ("minutes: 15", "minutes: 90", "this pause is not within the shift"),
    (
        "reason: lunch}]",
        'reason: lunch}, {at: ^"09:10", minutes: 5, reason: break}]',
        "before the one before it has ended",
    ),
    ("to-service: service", "to-service: ^sale", "config has no queue 'sale', did you mean 'sales'?"),
    ("seed: 3", "recorded: none.csv\n^seed: 3", "recorded or drawn, not both"),
]
"""What is right, what is written instead (the mistake's place marked by ^), and what is said of it."""


@pytest.mark.parametrize(("right", "wrong", "says"), MISTAKES)
def test_a_mistake_in_a_day_file_is_named_with_its_place(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    assert right in DAY
    spoilt = DAY.replace(right, wrong)
    path = write(tmp_path, "day.yaml", spoilt.replace("^", ""))
    with pytest.raises(ConfigurationRefused) as refused:
        read(path)
    found = [mistake for mistake in refused.value.mistakes if says in mistake.text]
    assert found, str(refused.value)
    before, caret, _ = spoilt.partition("^")
    if caret and "recorded" not in wrong:
        line = before.count("\n") + 1
        assert (line, len(before.rpartition("\n")[2]) + 1) in {(each.line, each.column) for each in found}


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    spoilt = DAY.replace('["1002"]', '["1003"]').replace("to-service: service", "to-service: sale")
    with pytest.raises(ConfigurationRefused) as refused:
        read(write(tmp_path, "day.yaml", spoilt))
    assert len(refused.value.mistakes) == 2


def test_how_long_agents_finish_up_is_asked_for_where_only_they_end_it(tmp_path: Path) -> None:
    queues = tuple(replace(one, wrap_up_mode=WrapUpMode.UNTIL_FINISHED) for one in CENTRE.queues)
    plans = {FOLDER: replace(CENTRE, queues=queues)}
    recorded = write(tmp_path, "calls.csv", "at,queue,talk_s\n9:05,sales,30\n")
    for path in (write(tmp_path, "day.yaml", DAY), recorded):
        with pytest.raises(ConfigurationRefused, match="wrap_up"):
            read(path, plans)
    told = DAY.replace("    talk:", "    wrap_up: {fixed: 45}\n    talk:")
    assert {arrival.wrap_up_s for arrival in read(write(tmp_path, "day.yaml", told), plans).arrivals} == {45.0}
    whole = "recorded: calls.csv\nqueues: {sales: {wrap_up: {fixed: 45}}}\n"
    assert [arrival.wrap_up_s for arrival in read(write(tmp_path, "day.yaml", whole), plans).arrivals] == [45.0]


def test_a_day_on_which_nobody_calls_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="nobody calls"):
        read(write(tmp_path, "day.yaml", "queues: {sales: {}}"))


# ---------------------------------------------------------------------------------------------------- chance


@pytest.mark.parametrize(
    ("duration", "expected", "deviation"),
    [
        (Duration(exponential=120), 120.0, 120.0),
        (Duration(log_normal=LogNormal(mean=200, deviation=140)), 200.0, 140.0),
        (Duration(fixed=30), 30.0, 0.0),
        (Duration(fixed=0), 0.0, 0.0),
    ],
)
def test_durations_have_the_mean_and_deviation_that_are_written(
    duration: Duration, expected: float, deviation: float
) -> None:
    chance = Random(1)  # noqa: S311 - nothing secret is drawn
    drawn = [draw(duration, chance) for _ in range(20_000)]
    assert mean(drawn) == pytest.approx(expected, rel=0.03)
    assert stdev(drawn) == pytest.approx(deviation, rel=0.06, abs=1e-9)


@pytest.mark.parametrize(
    "duration", [Duration(exponential=60), Duration(log_normal=LogNormal(mean=60, deviation=60)), Duration(fixed=60)]
)
def test_a_duration_known_to_be_longer_is_drawn_longer(duration: Duration) -> None:
    chance = Random(1)  # noqa: S311 - nothing secret is drawn
    for than_s in (0.0, 30.0, 600.0, 80_000.0):
        assert all(draw_longer(duration, than_s, chance) >= than_s for _ in range(200))
    simple = [one for _ in range(20_000) if (one := draw(duration, chance)) > 45.0]
    assert mean(draw_longer(duration, 45.0, chance) for _ in range(5_000)) == pytest.approx(mean(simple), rel=0.05)


def test_arrivals_are_as_many_as_expected_and_within_their_interval() -> None:
    chance = Random(1)  # noqa: S311 - nothing secret is drawn
    counts = []
    for _ in range(2_000):
        times = list(poisson_arrivals(100.0, 50.0, 8.0, chance))
        assert times == sorted(times)
        assert all(100.0 <= at < 150.0 for at in times)
        counts.append(len(times))
    assert mean(counts) == pytest.approx(8.0, rel=0.03)
    assert stdev(counts) ** 2 == pytest.approx(8.0, rel=0.1), "a Poisson count's variance is its mean"
    assert list(poisson_arrivals(100.0, 50.0, 0.0, chance)) == []


def test_phones_ring_out_as_often_as_is_written() -> None:
    chance = Random(1)  # noqa: S311 - nothing secret is drawn
    drawn = [ring for _ in range(2_000) for ring in rings(lambda: 4.0, 0.2, chance)]
    assert set(drawn) == {4.0, NEVER}
    assert drawn.count(NEVER) / len(drawn) == pytest.approx(0.2, abs=0.02)


# ---------------------------------------------------------------------------------------------------- recorded days


CSV = """\
at,queue,waited_s,talk_s,pick_up_s,rings_out,priority,need,outcome,call.language
09:00:01.5,sales,12,100,3,1,0,,,chinese
32410,sales,40,,,,,,,english
09:01,service,,80,,,2,true,,
09:02:00,sales,9,,,,,,diverted,

"""


def test_a_table_of_calls_is_a_day(tmp_path: Path) -> None:
    day = read(write(tmp_path, "calls.csv", CSV))
    first, second, third, fourth = day.arrivals
    assert (first.at, first.queue, first.talk_s, first.attributes) == (
        32_401.5,
        SALES,
        100.0,
        (("language", "chinese"),),
    )
    assert first.rings_s[:2] == (NEVER, 3.0)
    assert first.patience_s is not None
    assert first.patience_s > 12, "answered: more patient than the wait, as patient as others were"
    assert (second.at, second.patience_s, second.talk_s) == (32_410.0, 40.0, 100.0)
    assert (third.priority, third.need, third.patience_s, third.talk_s) == (2, "true", None, 80.0)
    assert fourth.patience_s is not None
    assert fourth.patience_s > 9
    assert [shift.agent for shift in day.shifts] == ["1001", "1002"]


def test_a_table_as_spreadsheets_write_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_bytes(b"\xef\xbb\xbfat,queue,talk_s\r\n9:05,sales,30\r\n")
    assert [(arrival.at, arrival.talk_s) for arrival in read(tmp_path / "calls.csv").arrivals] == [(32_700.0, 30.0)]


def test_json_lines_of_calls_say_the_same_as_a_table(tmp_path: Path) -> None:
    lines = [
        {"at": "09:00:01.5", "queue": "sales", "waited_s": 12, "talk_s": 100, "pick_up_s": 3, "rings_out": 1,
         "attributes": {"language": "chinese"}},
        {"at": 32410, "queue": "sales", "waited_s": 40, "attributes": {"language": "english"}},
        {"at": "09:01", "queue": "service", "talk_s": 80, "priority": 2, "need": "true"},
        {"at": "09:02:00", "queue": "sales", "waited_s": 9, "outcome": "diverted"},
    ]  # fmt: skip
    text = "\n".join(json.dumps(line) for line in lines)
    assert read(write(tmp_path, "calls.jsonl", text)) == read(write(tmp_path, "calls.csv", CSV))


def test_what_records_leave_open_is_drawn_from_the_day_file_beside_them(tmp_path: Path) -> None:
    write(tmp_path, "calls.csv", "at,queue,waited_s\n09:00,sales,40\n")
    day = read(
        write(tmp_path, "day.yaml", "recorded: calls.csv\nqueues: {sales: {talk: {fixed: 77}, pick_up: {fixed: 2}}}")
    )
    assert [(arrival.talk_s, set(arrival.rings_s)) for arrival in day.arrivals] == [(77.0, {2.0})]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("calls.csv", "at,que\n1,sales\n", "calls.csv:1:2: unknown column 'que', did you mean 'queue'?"),
        ("calls.csv", "at,queue,talk_s\n1,sales,soon\n", "calls.csv:2:3: talk_s: "),
        ("calls.csv", "at,queue,talk_s\n25:00,sales,1\n", "calls.csv:2:1: at: "),
        ("calls.csv", "at,queue,talk_s\n1,sales\n", "calls.csv:2:1: 2 values where the heading has 3 columns"),
        ("calls.csv", "at,queue\n1,sales\n", "needs waited_s"),
        ("calls.csv", "at,queue,talk_s,outcome\n1,sales,5,diverted\n", "a call that was diverted has no talk_s"),
        ("calls.csv", "at,queue,talk_s,need\n1,sales,5,1 +\n", "calls.csv:2:4: need: "),
        ("calls.csv", "at,queue,waited_s\n1,sales,5\n", "tells how long it talked"),
        ("calls.csv", "at,queue,talk_s\n1,sale,5\n", "queue 'sale', which config does not have"),
        ("calls.csv", "", "no calls are recorded here"),
        ("calls.csv", "at,queue,talk_s\n1,sales\n1,sales,-1\n", "calls.csv:3:3: talk_s: "),
        ("calls.csv", "at,queue,talk_s\n1,sales," + 200_000 * "5", "calls.csv:1:1: not CSV"),
        ("calls.jsonl", "{\n", "calls.jsonl:1:1: not JSON"),
        ("calls.jsonl", "[1]\n", "calls.jsonl:1:1: "),
        ("calls.jsonl", '{"at": 1, "queue": "sales", "talk": 3}\n', "unknown key 'talk', did you mean 'talk_s'?"),
        ("calls.jsonl", '{"specversion": "1.0"}\n', "calls.jsonl:1:1: not an engine event of ours"),
    ],
)
def test_a_mistake_in_recorded_calls_is_named_with_its_place(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        read(write(tmp_path, name, text))
    assert says in str(refused.value)


def test_recorded_calls_that_cannot_be_read_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="No such file"):
        read(tmp_path / "calls.csv")
    (tmp_path / "calls.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationRefused, match="not UTF-8"):
        read(tmp_path / "calls.csv")


def test_calls_after_closing_are_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, "calls.csv", CSV)
    with pytest.raises(ConfigurationRefused, match=r"2 calls come at or after closing \(09:01\)"):
        read(write(tmp_path, "day.yaml", 'recorded: calls.csv\ncloses: "09:01"'))


def stream_of(day: Day) -> str:
    """The events of a day as the stream has them, one CloudEvent a line."""
    lines = [
        event_envelope(Stamped(number, "run", at, MIDNIGHT + at, event), "main").decode()
        for number, (at, event) in enumerate(play(day, CENTRE), 1)
    ]
    return "\n".join(lines)


def test_a_day_read_back_from_its_own_events_happens_again(tmp_path: Path) -> None:
    lived = read(write(tmp_path, "day.yaml", DAY))
    recorded = read(write(tmp_path, "events.jsonl", stream_of(lived)))
    for again, before in zip(recorded.arrivals, lived.arrivals, strict=True):
        assert again.at == pytest.approx(before.at, abs=1e-3)
        assert (again.queue, again.priority, again.need, again.attributes) == (
            before.queue,
            before.priority,
            before.need,
            before.attributes,
        )
    assert len(recorded.shifts) == len(lived.shifts)
    first, second = simulate(lived, CENTRE).total, simulate(recorded, CENTRE).total
    for figure in ("offered", "answered", "abandoned", "diverted"):
        assert getattr(second, figure) == getattr(first, figure)
    for figure in ("service_level", "average_wait_s", "longest_wait_s", "talk_s", "occupancy", "utilisation"):
        assert getattr(second, figure) == pytest.approx(getattr(first, figure), abs=0.01)


def test_who_was_there_before_midnight_works_from_midnight_on(tmp_path: Path) -> None:
    agent, phone = AgentId("1001"), PhoneId("PJSIP/1001")
    states: list[Event] = [  # restored after a start of the service: paused since an hour before midnight
        AgentStateChanged(agent, AgentState.SIGNED_OUT, AgentState.PAUSED, phone, "lunch", "system", -3600.0),
        AgentStateChanged(agent, AgentState.PAUSED, AgentState.READY, phone, "", "api", 600.0),
        Queued(CallId("node1-1"), SALES, 0, "", (), 700.0),
        Ended(CallId("node1-1"), agent, SALES, 60.0, EndedBy.CALLER),
        AgentStateChanged(agent, AgentState.READY, AgentState.SIGNED_OUT, None, "", "api", 900.0),
    ]
    lines = [
        event_envelope(Stamped(number, "run", at, MIDNIGHT + at, event), "main").decode()
        for number, (at, event) in enumerate(zip((10.0, 600.0, 700.0, 800.0, 900.0), states, strict=True), 1)
    ]
    day = read(write(tmp_path, "events.jsonl", "\n".join(lines)))
    assert day.shifts == (Shift(agent, 0.0, 900.0, (Break(0.0, 600.0, "lunch"),)),)


def test_who_worked_comes_from_the_events_unless_a_day_file_says_it(tmp_path: Path) -> None:
    shifts = (Shift(AgentId("1001"), 100.0, 900.0, (Break(300.0, 200.0, "lunch"),)),)
    lived = Day((Arrival(CallId("sales-1"), 150.0, SALES, 60.0, rings_s=(NEVER, 2.0)),), shifts, 1000.0, 30.0)
    path = write(tmp_path, "events.jsonl", stream_of(lived))
    assert read(path).shifts == shifts, "a phone that rang out is not a break"
    told = 'recorded: events.jsonl\nshifts: [{agents: ["1002"], from: "00:00", to: "01:00"}]'
    assert [shift.agent for shift in read(write(tmp_path, "day.yaml", told)).shifts] == ["1002"]


def test_an_agent_of_the_record_whom_the_plan_does_not_have_is_a_mistake(tmp_path: Path) -> None:
    lived = read(write(tmp_path, "day.yaml", DAY))
    path = write(tmp_path, "events.jsonl", stream_of(lived))
    with pytest.raises(ConfigurationRefused, match="agent '1002' worked that day, whom small does not have"):
        read(path, {"small": Configured(CENTRE.queues, CENTRE.agents[:1])})


# ---------------------------------------------------------------------------------------------------- the command


MONDAY = str(REPOSITORY / "config" / "days" / "monday.yaml")
CONFIG = str(REPOSITORY / "config")


def other_plan(folder: Path) -> Path:
    """The demo's configuration with longer wrap-up."""
    for path in Path(CONFIG).glob("*.yaml"):
        write(folder, path.name, path.read_text(encoding="utf-8").replace("wrap_up: 5 ", "wrap_up: 60 "))
    return folder


def test_the_command_shows_a_table_for_every_queue_beside_the_second_plans(tmp_path: Path) -> None:
    shown = runner.invoke(app, ["simulate", "--plan", CONFIG, "--day", MONDAY, "--compare", str(other_plan(tmp_path))])
    assert shown.exit_code == 0, shown.output
    for words in (
        "sales",
        "service",
        "all queues",
        "service level",
        "abandons in favour",
        "average wait (ASA)",
        "occupancy",
    ):
        assert words in shown.output


def test_the_command_prints_json_with_both_plans(tmp_path: Path) -> None:
    options = ["--plan", CONFIG, "--day", MONDAY, "--compare", str(other_plan(tmp_path)), "--seed", "2", "--json"]
    first, second = (runner.invoke(app, ["simulate", *options]).stdout for _ in range(2))
    assert first == second
    one, other = json.loads(first)["plans"]
    assert (one["plan"], other["plan"]) == (CONFIG, str(tmp_path))
    assert one["total"]["offered"] == other["total"]["offered"] > 200
    assert other["queues"]["sales"]["wrap_up_s"] > 55 > one["queues"]["sales"]["wrap_up_s"]
    assert other["total"]["occupancy"] > one["total"]["occupancy"]


def test_the_command_refuses_mistakes_with_exit_code_2(tmp_path: Path) -> None:
    spoilt = write(tmp_path, "day.yaml", DAY.replace("sales:", "sale:"))
    refused = runner.invoke(app, ["simulate", "--plan", CONFIG, "--day", str(spoilt)])
    assert refused.exit_code == 2
    assert "day.yaml:5:3: " in refused.stderr
    assert "did you mean 'sales'?" in refused.stderr
    assert runner.invoke(app, ["simulate", "--plan", str(tmp_path), "--day", MONDAY]).exit_code == 2
    assert runner.invoke(app, ["simulate", "--plan", CONFIG]).exit_code == 2
