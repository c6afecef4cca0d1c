"""The mutation score, from mutmut's list of results."""

from __future__ import annotations

import json

import pytest

from bench.mutation import Score, report, scores

RESULTS = """
    acd.line.x_place_of__mutmut_1: killed
    acd.line.x_place_of__mutmut_2: timeout
    acd.line.xǁLineǁput__mutmut_1: survived
    acd.evolving.offers.xǁLineǁput__mutmut_1: survived
    acd.offer_rules.x_connect__mutmut_1: no tests
    acd.offer_rules.x_connect__mutmut_2: skipped
"""


def test_what_no_test_noticed_or_touched_counts_against_the_score_and_what_was_skipped_does_not() -> None:
    assert scores(RESULTS) == {"evolving.offers": Score(0, 1), "line": Score(2, 3), "offer_rules": Score(0, 1)}


@pytest.mark.parametrize(("noticed", "code"), [(85, 0), (84, 1)])
def test_below_the_target_it_fails(capsys: pytest.CaptureFixture[str], noticed: int, code: int) -> None:
    assert report({"offer_rules": Score(noticed, 100)}) == code
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {"mutation_score": float(noticed), "mutants": 100, "modules": {"offer_rules": float(noticed)}}


def test_where_nothing_was_changed_it_fails() -> None:
    assert report({}) == 1
