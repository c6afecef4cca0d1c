"""How to choose among ready agents: an ordered list of criteria, each settled at the moment an agent becomes ready."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from acd.agents import Agent
from acd.names import AgentId, QueueId
from acd.plans.plan import Choice

Standing = tuple[float | str, ...]
"""A ready agent's standing in a pool: the agent's order of the queue, a figure for each criterion, the agent; smallest first."""


def standing(agent: Agent, choose: tuple[Choice, ...], queue: QueueId, score: int) -> Standing:
    """Where the agent stands; whoever is equal in everything goes by number."""
    return (agent.orders[queue], *(_FIGURES[choice](agent, score) for choice in choose), agent.id)


def occupancy(agent: Agent) -> float:
    """The share of the time since signing in spent on calls, 0 to 1."""
    total = agent.busy_s + agent.available_s
    return agent.busy_s / total if total > 0 else 0.0


def lot(agent: AgentId, draws: int, weight: float) -> float:
    """Draw a lot in (0, 1): of several agents, the one with the highest is chosen with probability weight over all weights.

    u^(1/w) of a uniform u: P. Efraimidis and P. Spirakis, Weighted random sampling with a reservoir, 2006. The uniform
    number comes from a hash of the agent and how often they have drawn, so that a replayed day draws the same.
    """
    digest = hashlib.blake2b(f"{agent}:{draws}".encode(), digest_size=8).digest()
    uniform = (int.from_bytes(digest) + 0.5) / 2**64
    return float(uniform ** (1.0 / max(weight, 1e-6)))


_FIGURES: Mapping[Choice, Callable[[Agent, int], float]] = {
    Choice.BEST_SKILL: lambda _agent, score: -score,
    Choice.LEAST_SKILL: lambda _agent, score: score,
    Choice.LONGEST_IDLE: lambda agent, _score: agent.idle_since,
    Choice.FEWEST_CALLS: lambda agent, _score: agent.answered,
    Choice.LOWEST_OCCUPANCY: lambda agent, _score: occupancy(agent),
    Choice.ROUND_ROBIN: lambda agent, _score: agent.last_offer,
    Choice.WEIGHTED_RANDOM: lambda agent, score: -lot(agent.id, agent.draws, score),
}
