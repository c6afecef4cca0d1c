"""The sample for inspection is reproducible, fair, and depends on nothing but the recordings and the seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.sample import draw


@dataclass(frozen=True)
class Heard:
    """As much of a recording as the draw looks at."""

    id: str
    agent: str


agents = st.sampled_from(["1001", "1002", "1003", "1004"])
recordings = st.lists(st.builds(Heard, st.uuids().map(str), agents), max_size=40, unique_by=lambda each: each.id)
sizes = st.integers(1, 5)
seeds = st.integers()


@given(recordings, sizes, seeds, st.randoms(use_true_random=False))
def test_the_databases_order_plays_no_part(given_order: list[Heard], per_agent: int, seed: int, chance: object) -> None:
    other_order = given_order.copy()
    chance.shuffle(other_order)  # type: ignore[attr-defined]  # hypothesis's Random
    assert draw(given_order, per_agent, seed) == draw(other_order, per_agent, seed)


@given(recordings, sizes, seeds)
def test_every_agent_is_heard_so_often_or_as_often_as_there_is_to_hear(
    given_recordings: list[Heard], per_agent: int, seed: int
) -> None:
    there_are = Counter(each.agent for each in given_recordings)
    drawn = draw(given_recordings, per_agent, seed)
    assert Counter(each.agent for each in drawn) == {agent: min(n, per_agent) for agent, n in there_are.items()}
    assert set(drawn) <= set(given_recordings)
    assert len(set(drawn)) == len(drawn)


@given(recordings, recordings, sizes, seeds)
def test_other_agents_recordings_change_nothing(
    given_recordings: list[Heard], others: list[Heard], per_agent: int, seed: int
) -> None:
    strangers = [Heard(each.id, "2" + each.agent) for each in others]
    alone = draw(given_recordings, per_agent, seed)
    together = draw([*strangers, *given_recordings], per_agent, seed)
    assert [each for each in together if not each.agent.startswith("2")] == alone


@given(recordings, sizes, seeds)
def test_a_larger_sample_begins_with_the_smaller_one(given_recordings: list[Heard], per_agent: int, seed: int) -> None:
    smaller = draw(given_recordings, per_agent, seed)
    larger = draw(given_recordings, per_agent + 1, seed)
    by_agent = {agent: [each for each in larger if each.agent == agent] for agent in {e.agent for e in larger}}
    assert smaller == [each for agent in sorted(by_agent) for each in by_agent[agent][:per_agent]]


@given(recordings, sizes, seeds, st.uuids().map(str), agents)
def test_a_new_recording_takes_one_place_at_most(
    given_recordings: list[Heard], per_agent: int, seed: int, new: str, agent: str
) -> None:
    before = draw(given_recordings, per_agent, seed)
    after = draw([*given_recordings, Heard(new, agent)], per_agent, seed)
    assert len(set(before) - set(after)) <= 1
    assert set(after) - set(before) <= {Heard(new, agent)}


def test_every_recording_has_the_same_chance() -> None:
    # 20 recordings, 2 drawn, 4,000 seeds: 400 expected of each, standard deviation 19
    heard = [Heard(f"node1-170000000{n}.{n}-1", "1001") for n in range(20)]
    times = Counter(each.id for seed in range(4_000) for each in draw(heard, 2, seed))
    assert all(320 < times[each.id] < 480 for each in heard)


def test_the_draw_is_the_same_for_ever() -> None:
    heard = [Heard(f"node1-1700000000.{n}-1", "1001") for n in range(100)]
    assert [each.id for each in draw(heard, 2, 7)] == ["node1-1700000000.63-1", "node1-1700000000.35-1"]


@pytest.mark.parametrize("per_agent", [0, -1])
def test_a_sample_of_nothing_is_refused(per_agent: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        draw([], per_agent, 7)
