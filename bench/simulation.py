"""How long a large day takes: 20,000 calls and 300 agents, from files to figures. Last line: one JSON object.

Ten queues with two steps and skills, breaks, phones that ring out, callers who lose patience: what `switchboard simulate` does,
but for printing. The files are written into a folder of their own first, which is not timed.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from acd.simulation.figures import DayFigures
from acd.simulation.simulate import simulate
from service.centre.files import load_centre
from service.simulation.days import read_days

SEED = 20261122
CALLS, AGENTS, QUEUES = 20_000, 300, 10
HALF_HOURS = [f"{8 + number // 2:02}:{30 * (number % 2):02}" for number in range(24)]
LANGUAGES = ("chinese", "english")


def write_files(folder: Path) -> Path:
    """Write a centre's configuration and its day; returns the day file."""
    chance = Random(SEED)
    queues = [f"queue{number}" for number in range(QUEUES)]
    (folder / "switchboard.yaml").write_text(
        "time_zone: Asia/Shanghai\npause_reasons: [{code: 1, name: lunch, label: {zh-CN: 午餐, en: Lunch}}]\n",
        encoding="utf-8",
    )
    plans = {
        queue: {
            "name": {"zh-CN": queue, "en": queue},
            "wrap_up": 15,
            "steps": [
                {"name": "fluent", "need": f"skill.{queue} >= 4 && skill[call.language] >= 5"},
                {"name": "able", "after": 30, "need": f"skill.{queue} >= 1 && skill[call.language] >= 2"},
            ],
        }
        for queue in queues
    }
    agents = {}
    for number in range(1000, 1000 + AGENTS):
        serves = chance.sample(queues, 3)
        levels = {name: chance.randint(2, 10) for name in (*serves, *LANGUAGES)}
        agents[str(number)] = {"name": f"Agent {number}", "skills": levels, "queues": serves}
    demand = {
        queue: {
            "callers": dict.fromkeys(HALF_HOURS, CALLS / QUEUES / len(HALF_HOURS)),
            "talk": {"log_normal": {"mean": 360, "deviation": 240}},
            "patience": {"exponential": 180},
            "pick_up": {"exponential": 3},
            "unanswered": 0.02,
            "kinds": [{"share": 3, "attributes": {"language": "chinese"}}, {"attributes": {"language": "english"}}],
        }
        for queue in queues
    }
    early, late = list(agents)[: AGENTS // 2], list(agents)[AGENTS // 2 :]
    shifts = [
        {
            "agents": early,
            "from": "08:00",
            "to": "17:00",
            "pauses": [{"at": "12:00", "minutes": 45, "reason": "lunch"}],
        },
        {"agents": late, "from": "11:00", "to": "20:00", "pauses": [{"at": "15:00", "minutes": 45, "reason": "lunch"}]},
    ]
    day = {"seed": SEED, "opens": "08:00", "closes": "20:00", "queues": demand, "shifts": shifts}
    # JSON is YAML, too.
    (folder / "queues.yaml").write_text(json.dumps({"queues": plans}), encoding="utf-8")
    (folder / "agents.yaml").write_text(json.dumps({"agents": agents}), encoding="utf-8")
    (folder / "day.yaml").write_text(json.dumps(day), encoding="utf-8")
    return folder / "day.yaml"


def run(folder: Path, day: Path) -> tuple[DayFigures, float]:
    """The day's figures, and how long reading the files took, in seconds."""
    began = time.perf_counter()
    centre = load_centre(folder)
    lived = read_days(day, {str(folder): centre.configured}, None, centre.zone)[str(folder)]
    read_s = time.perf_counter() - began
    return simulate(lived, centre.configured), read_s


def main() -> None:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", action="store_true", help="print where the time goes instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        day = write_files(folder)
        if options.profile:
            profiler = cProfile.Profile()
            profiler.runcall(run, folder, day)
            profiler.print_stats("tottime")
            return
        began, used_before = time.perf_counter(), time.process_time()
        figures, read_s = run(folder, day)
        took_s, cpu_s = time.perf_counter() - began, time.process_time() - used_before
    total = figures.total
    print(
        f"{total.answered} answered, service level {total.service_level}, {total.occupancy} occupied", file=sys.stderr
    )
    print(
        json.dumps(
            {
                "calls": total.offered,
                "agents": AGENTS,
                "took_s": round(took_s, 2),
                "cpu_s": round(cpu_s, 2),
                "reading_s": round(read_s, 2),
                "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            }
        )
    )


if __name__ == "__main__":
    main()
