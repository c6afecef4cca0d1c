"""Whether the engine's unit tests notice a changed engine: `make mutate`. Prints a score for each module; the last line is JSON.

mutmut changes one place at a time (`<` to `<=`, a number by one, a text, an argument left out) and runs the tests that touch it.
The score is the share of changes that made a test fail. It works in a copy below `var/mutation`, with an environment of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "mutation"
ENVIRONMENT, COPY = FOLDER / "venv", FOLDER / "copy"
LOCK = ROOT / "requirements-mutation.lock"
TARGET_PERCENT = 85.0
BESIDE_THE_CORE = (
    *("desk", "feed", "need_parts"),
    *("explaining/explain", "explaining/door", "explaining/need_words"),
    *("simulation/simulate", "simulation/day", "simulation/visits", "simulation/figures", "simulation/erlang"),
    *("waits/forecast", "waits/expected_wait", "waits/pace"),
)
"""Modules of acd/ that decide nothing on the floor: the mailbox and a decision's words, the simulation, the expected wait."""
TESTS_LEFT_OUT = ("test_acd_desk", "test_acd_feed", "test_acd_simulate", "test_acd_erlang", "test_acd_forecast")
"""They wait, or live whole days: too slow for thousands of changes."""
NOTICED = {"killed", "timeout", "caught by type check"}
NOT_COUNTED = {"skipped"}
RESULT = re.compile(r"^\s*acd\.(?P<module>[\w.]+?)\.x[_ǁ]\S+: (?P<status>[a-z ]+)$")
"""A change's name: its module, rooms below acd/ too, then `x_` and a function's name, or `xǁ` and a class's."""


@dataclass(frozen=True, slots=True)
class Score:
    """How many changes of how many were noticed."""

    noticed: int
    made: int

    @property
    def percent(self) -> float:
        """The share in percent; of nothing, all."""
        return 100.0 * self.noticed / self.made if self.made else 100.0


def main() -> int:
    """Run, print, and give the exit code: 1 below the target."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--processes", type=int, default=os.cpu_count(), help="how many changes are tried at once")
    words.add_argument("--survivors", action="store_true", help="name each change that no test noticed")
    given = words.parse_args()
    os.nice(10)
    make_environment()
    make_copy()
    mutmut("run", "--max-children", str(given.processes), stdout=None)
    results = mutmut("results", "--all", "true", stdout=subprocess.PIPE)
    if given.survivors:
        print("\n".join(line.strip() for line in results.splitlines() if line.endswith((": survived", ": no tests"))))
    return report(scores(results))


def mutmut(*words: str, stdout: int | None) -> str:
    """Run it in the copy, and return what it says where that goes into a pipe."""
    command: list[str | Path] = [ENVIRONMENT / "bin" / "mutmut", *words]
    done = subprocess.run(command, cwd=COPY, check=True, stdout=stdout, text=True)  # noqa: S603 - our own words
    return done.stdout or ""


def make_environment() -> None:
    """Install what the lock names, where that is not there yet."""
    stamp, wanted = ENVIRONMENT / ".made", hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)  # noqa: S603 - our own words
    options = ["--quiet", "--require-hashes", "--only-binary", ":all:", "--no-input"]
    pip: list[str | Path] = [ENVIRONMENT / "bin" / "python", "-m", "pip", "install", *options, "--requirement", LOCK]
    subprocess.run(pip, check=True)  # noqa: S603 - our own words
    stamp.write_text(wanted)


def make_copy() -> None:
    """Lay out the engine and its tests anew, and what mutmut is to know."""
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(ROOT / "acd", COPY / "acd", ignore=shutil.ignore_patterns("__pycache__"))
    tests = COPY / "tests" / "unit"
    tests.mkdir(parents=True)
    for file in [*ROOT.glob("tests/unit/test_acd_*.py"), ROOT / "tests" / "unit" / "acd_kit.py"]:
        if file.stem not in TESTS_LEFT_OUT:
            shutil.copy(file, tests)
    left_out = "".join(f"    acd/{module}.py\n" for module in BESIDE_THE_CORE)
    (COPY / "setup.cfg").write_text(
        "[mutmut]\nsource_paths=acd\npytest_add_cli_args_test_selection=tests/unit\n"
        f"do_not_mutate=\n{left_out}also_copy=\n    pytest.ini\n"
    )
    (COPY / "pytest.ini").write_text("[pytest]\npythonpath=.\naddopts=-q --import-mode=importlib -p no:cacheprovider\n")


def scores(results: str) -> dict[str, Score]:
    """The score of each module, from mutmut's list of results."""
    noticed, made = Counter[str](), Counter[str]()
    for line in results.splitlines():
        found = RESULT.match(line)
        if found is None or found["status"] in NOT_COUNTED:
            continue
        made[found["module"]] += 1
        noticed[found["module"]] += found["status"] in NOTICED
    return {module: Score(noticed[module], made[module]) for module in sorted(made)}


def report(by_module: dict[str, Score]) -> int:
    """Print the scores, the whole's last; 1 where it is below the target, or nothing was changed at all."""
    whole = Score(sum(each.noticed for each in by_module.values()), sum(each.made for each in by_module.values()))
    for module, score in by_module.items():
        print(f"{module:<18} {score.percent:5.1f} %  {score.noticed:5} of {score.made}")
    print(f"{'all':<18} {whole.percent:5.1f} %  {whole.noticed:5} of {whole.made}, wanted {TARGET_PERCENT:g} %")
    modules = {module: round(score.percent, 1) for module, score in by_module.items()}
    print(json.dumps({"mutation_score": round(whole.percent, 1), "mutants": whole.made, "modules": modules}))
    return 0 if whole.made and whole.percent >= TARGET_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
