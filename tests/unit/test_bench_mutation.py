"""The mutation score, from mutmut's list of results."""

from __future__ import annotations

import json

import pytest

from bench.mutation import BESIDE_THE_CORE, ROOT, TESTS_LEFT_OUT, Score, report, scores

RESULTS = """
    acd.line.x_place_of__mutmut_1: killed
    acd.line.x_place_of__mutmut_2: timeout
    acd.line.xǁLineǁput__mutmut_1: survived
    acd.evolving.offers.xǁLineǁput__mutmut_1: survived
    acd.rules.offers.x_connect__mutmut_1: no tests
    acd.rules.offers.x_connect__mutmut_2: skipped
"""


def test_what_no_test_noticed_or_touched_counts_against_the_score_and_what_was_skipped_does_not() -> None:
    assert scores(RESULTS) == {"evolving.offers": Score(0, 1), "line": Score(2, 3), "rules.offers": Score(0, 1)}


@pytest.mark.parametrize(("noticed", "code"), [(85, 0), (84, 1)])
def test_below_the_target_it_fails(capsys: pytest.CaptureFixture[str], noticed: int, code: int) -> None:
    assert report({"rules.offers": Score(noticed, 100)}) == code
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {"mutation_score": float(noticed), "mutants": 100, "modules": {"rules.offers": float(noticed)}}


def test_where_nothing_was_changed_it_fails() -> None:
    assert report({}) == 1


def test_what_is_left_out_is_there() -> None:
    named = [ROOT / "acd" / f"{module}.py" for module in BESIDE_THE_CORE]
    named += [ROOT / "tests" / "unit" / f"{test}.py" for test in TESTS_LEFT_OUT]
    assert [file.name for file in named if not file.is_file()] == []
