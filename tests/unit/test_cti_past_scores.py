"""How right expected waits were, kept over a restart."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from acd.desk import Desk
from acd.names import QueueId
from acd.waits.expected_wait import SCORES_KEPT, KeptScores, Scores, Verdict
from cti_bridge.kept.past_scores import PastScores
from cti_bridge.kept.texts import KeptTexts
from tests.unit.acd_kit import SALES

SERVICE = QueueId("service")


class Kept(KeptTexts):
    """A hash without a Redis: what was put."""

    def __init__(self) -> None:
        super().__init__(None, "switchboard:test:expected_waits")  # type: ignore[arg-type]  # nothing is written here
        self.texts: dict[str, str] = {}

    def put(self, name: str, text: str) -> None:
        """Keep it."""
        self.texts[name] = text


def desk() -> Desk:
    """A desk that is asked nothing."""
    return Desk(lambda: 1000.0, lambda: 1_700_000_000.0, "run1")


def learned(*scores: float) -> Scores:
    """Scores of waits that all came later than the range said."""
    found = Scores()
    for score in scores:
        found.note(score, Verdict.LATER)
    return found


def test_a_range_is_as_wide_after_a_restart_as_before() -> None:
    before = learned(*(3.0 + number / 100 for number in range(60)))
    kept = Kept()
    one = desk()
    past = PastScores(one, kept)
    one.forecasts.recall(SALES, before.kept())
    past.write()
    other = desk()
    read = Kept()
    PastScores(other, read)
    read.read_back(kept.texts)
    again = Scores()
    again.recall(other.forecasts.scores()[SALES])
    assert again.range() == pytest.approx(before.range(), abs=0.001)
    assert again.range() != Scores().range()


def test_only_what_changed_is_written_again_and_nothing_of_queues_without_a_known_wait() -> None:
    kept = Kept()
    one = desk()
    past = PastScores(one, kept)
    past.write()
    assert kept.texts == {}
    one.forecasts.recall(SALES, learned(1.0).kept())
    one.forecasts.recall(SERVICE, learned(1.0).kept())
    past.write()
    assert set(kept.texts) == {SALES, SERVICE}
    kept.texts.clear()
    one.forecasts.recall(SERVICE, learned(2.0).kept())
    past.write()
    assert set(kept.texts) == {SERVICE}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"below": 0.1, "above": 0.1, "last": []}',
        '{"below": 0.9, "above": 0.1, "last": [1.0]}',
        '{"below": 0.1, "above": 0.1, "last": [NaN]}',
        '{"below": 0.1, "above": 0.1, "last": ["far"]}',
    ],
)
def test_what_cannot_be_read_is_learned_anew_and_the_others_are_known(text: str) -> None:
    kept = Kept()
    one = desk()
    PastScores(one, kept)
    with capture_logs() as log:
        kept.read_back({SERVICE: text, SALES: '{"below": 0.1, "above": 0.05, "last": [1.0, 2.0]}'})
    assert one.forecasts.scores() == {SALES: KeptScores(0.1, 0.05, (1.0, 2.0))}
    assert [(line["log_level"], line["queue"]) for line in log] == [("warning", SERVICE)]


def test_what_became_known_since_the_start_counts_on_top_of_what_is_read_back() -> None:
    earlier, since = learned(1.0, 2.0).kept(), learned(9.0)
    since.recall(earlier)
    assert since.kept().last == (*earlier.last, 9.0)
    assert since.kept().above == learned(1.0, 2.0, 9.0).kept().above


def test_no_more_are_kept_than_a_range_goes_by() -> None:
    many = learned(*(float(number) for number in range(SCORES_KEPT)))
    many.recall(learned(*(-1.0,) * SCORES_KEPT).kept())
    assert many.kept().last == tuple(float(number) for number in range(SCORES_KEPT))
