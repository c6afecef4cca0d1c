"""What is different between two plans, for whoever asked for a reload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from pydantic import BaseModel, Field

from service.centre.files import Centre
from service.configuration.plan import Plan

_TOLD_BY_NAME = {"pause_reasons", "configured", "queue_names", "agent_names", "calendars"}


class Changes(BaseModel):
    """Of one kind of thing, by name."""

    added: list[str]
    changed: list[str]
    removed: list[str]


class PlanChanges(BaseModel):
    """Everything that is different."""

    queues: Changes
    agents: Changes
    flows: Changes
    calendars: Changes
    pause_reasons: Changes
    centre: list[str] = Field(description="What else of the centre is another, as switchboard.yaml names it")


def between(before: Plan, after: Plan) -> PlanChanges:
    """What is different in `after`."""
    return PlanChanges(
        queues=_changes(_queues(before), _queues(after)),
        agents=_changes(_agents(before), _agents(after)),
        flows=_changes(_flows(before), _flows(after)),
        calendars=_changes(before.centre.calendars, after.centre.calendars),
        pause_reasons=_changes(_reasons(before), _reasons(after)),
        centre=_centre(before.centre, after.centre),
    )


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> Changes:
    return Changes(
        added=[name for name in after if name not in before],
        changed=[name for name in after if name in before and after[name] != before[name]],
        removed=[name for name in before if name not in after],
    )


def _queues(plan: Plan) -> dict[str, object]:
    return {one.queue: (one, plan.centre.queue_names[one.queue]) for one in plan.centre.configured.queues}


def _agents(plan: Plan) -> dict[str, object]:
    return {profile.agent: profile for profile in plan.centre.configured.agents}


def _flows(plan: Plan) -> dict[str, object]:
    return {name: flow.version for name, flow in plan.flows.by_name.items()}


def _reasons(plan: Plan) -> dict[str, object]:
    return {reason.name: reason for reason in plan.centre.pause_reasons}


def _centre(before: Centre, after: Centre) -> list[str]:
    others = [field.name for field in fields(Centre) if field.name not in _TOLD_BY_NAME]
    return [name for name in others if getattr(before, name) != getattr(after, name)]
