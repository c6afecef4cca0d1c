"""Files of flow tests, read and carried out: which failed, and what of the flows no test took."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from acd.names import Opening
from common.yaml_file import ConfigurationRefused, Located, Mistake, load_located
from ivr.rehearsal.coverage import Coverage
from ivr.rehearsal.rehearse import rehearse
from ivr.rehearsal.script import ScriptForm, mistakes_in
from service.centre.files import Centre
from service.flows.files import FlowFiles


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one test. `place` names its file, line and column; `failure` is empty where it is passed."""

    place: Mistake
    flow: str
    test: str
    failure: str


@dataclass(frozen=True, slots=True)
class Tried:
    """All tests, and what they covered by flow. `took_s`: how long they ran, reading the files left out."""

    results: tuple[Result, ...]
    covered: Mapping[str, Coverage]
    took_s: float

    @property
    def failed(self) -> list[Result]:
        """The tests that failed."""
        return [result for result in self.results if result.failure]

    def lines(self, *, with_coverage: bool) -> Iterator[str]:
        """Yield what is printed for people."""
        yield from (str(result.place) for result in self.failed)
        each_s = len(self.results) / self.took_s if self.took_s else 0.0
        yield f"{len(self.results)} tests, {len(self.failed)} failed ({each_s:,.0f} a second)"
        if with_coverage:
            for flow, covered in sorted(self.covered.items()):
                yield from _covered(flow, covered)

    def as_json(self) -> str:
        """Return the same for programs, always with the coverage."""
        coverage = {
            flow: {
                "steps": len(covered.form.steps),
                "steps_missed": covered.steps_missed(),
                "ways": len(covered.all_ways()),
                "ways_missed": [{"step": step, "way": way} for step, way in covered.ways_missed()],
            }
            for flow, covered in sorted(self.covered.items())
        }
        tests = [
            {
                "file": result.place.file,
                "line": result.place.line,
                "flow": result.flow,
                "test": result.test,
                "passed": not result.failure,
                "failure": result.failure,
            }
            for result in self.results
        ]
        return json.dumps(
            {"tests": tests, "failed": len(self.failed), "coverage": coverage}, ensure_ascii=False, indent=1
        )


def test_files(folder: Path) -> list[Path]:
    """Return the files of tests in a folder of configuration."""
    return sorted((folder / "flows" / "tests").glob("*.yaml"))


def run_tests(files: FlowFiles, scripts: Sequence[Path]) -> Tried:
    """Carry out the tests of these files. Raises ConfigurationRefused with the mistakes of all of them."""
    read = _read(files, scripts)
    covered = {name: Coverage(form) for name, form in files.forms.items()}
    results: list[Result] = []
    centre = files.centre

    def opening_at(calendar: str, at: datetime) -> Opening:
        return _opening_at(centre, calendar, at)

    begun = time.perf_counter()
    for located in read:
        flow = files.flows.by_name[located.value.flow]
        for name, test in located.value.tests.items():
            verdict = rehearse(flow, files.flows.by_name, test, opening_at)
            for entered, passed in verdict.passed.items():
                covered[entered].note(passed)
            place = located.mistake_in_key(("tests", name), f"test '{name}': {verdict.failure}")
            results.append(Result(place, flow.name, name, verdict.failure))
    return Tried(tuple(results), covered, time.perf_counter() - begun)


def _read(files: FlowFiles, scripts: Sequence[Path]) -> list[Located[ScriptForm]]:
    read: list[Located[ScriptForm]] = []
    mistakes: list[Mistake] = []
    for path in scripts:
        try:
            located = load_located(path, ScriptForm)
        except ConfigurationRefused as refused:
            mistakes += refused.mistakes
            continue
        mistakes += mistakes_in(located, files.forms, files.by_queues)
        read.append(located)
    if mistakes:
        raise ConfigurationRefused(mistakes)
    return read


def _opening_at(centre: Centre, calendar: str, at: datetime) -> Opening:
    return centre.calendars[calendar].at(at if at.tzinfo else at.replace(tzinfo=centre.zone)).opening


def _covered(flow: str, covered: Coverage) -> Iterator[str]:
    steps, ways = len(covered.form.steps), len(covered.all_ways())
    no_step, no_way = covered.steps_missed(), covered.ways_missed()
    yield f"{flow}: {steps - len(no_step)} of {steps} steps, {ways - len(no_way)} of {ways} ways"
    if no_step:
        yield f"  steps no test came to: {', '.join(no_step)}"
    if no_way:
        yield f"  ways no test took: {', '.join(f'{step}/{way}' for step, way in no_way)}"
