"""What a configuration taken anew makes of agents and of those in line."""

from __future__ import annotations

from acd.agents import Agent, facts_of
from acd.events import PlansLoaded
from acd.evolving.lines import line_up, stand_in_line
from acd.floor_state import FloorState
from acd.plans.plan import step_at


def load_plans(floor: FloorState, event: PlansLoaded, now: float) -> None:
    """Plans and agents from now on; who waits keeps the time waited."""
    waiting = [call for call in floor.calls.values() if not call.in_conversation]
    for call in waiting:
        call.priority -= floor.added(call.queue, call.step)
    floor.plans = {plan.queue: plan for plan in event.queues}
    floor.work_reasons = frozenset(event.work_reasons)
    kept = {profile.agent: profile for profile in event.agents}
    for gone in [agent for agent in floor.agents if agent not in kept]:
        del floor.agents[gone]
    for profile in event.agents:
        agent = floor.agents.get(profile.agent)
        if agent is None:
            floor.agents[profile.agent] = agent = Agent(profile.agent, profile, profile.skills)
        elif agent.skills == agent.profile.skills:
            agent.skills = profile.skills
        agent.profile = profile
        agent.orders = profile.queue_orders
        agent.facts = facts_of(agent.profile, agent.skills)
    floor.config_order = {profile.agent: number for number, profile in enumerate(event.agents)}
    floor.members = {
        queue: tuple(profile.agent for profile in event.agents if queue in profile.queues) for queue in floor.plans
    }
    floor.pools.clear()
    floor.lines = {queue: [] for queue in floor.plans}
    floor.dropped = {queue: floor.dropped.get(queue, {}) for queue, plan in floor.plans.items() if plan.grace_s > 0}
    for call in waiting:
        call.pool = None
        call.step = step_at(floor.plans[call.queue], now - call.joined_at)
        call.priority += floor.added(call.queue, call.step)
        call.sent_on = call.callback is not None
        call.place = floor.place_of(call.queue, call.priority, call.joined_at, call.serial, call.id)
        stand_in_line(floor, call)
        line_up(floor, call)
