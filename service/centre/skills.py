"""The names of skills that mean something in a centre. No need asks for another, so it is most likely mistyped."""

from __future__ import annotations

from collections.abc import Iterator

from acd.skills import skills_named
from common.suggest import did_you_mean
from common.yaml_file import Located, Mistake
from ivr.steps.queue import Queue
from ivr.steps.set import SetVariables
from service.centre.form import CentreFile
from service.configuration.plan import Plan


def skill_names(plan: Plan) -> frozenset[str]:
    """The skills that agents have by configuration, that needs name, and that calls may name (`skill[call.language]`)."""
    held = (name for profile in plan.centre.configured.agents for name, _ in profile.skills)
    steps = [step for flow in plan.flows.by_name.values() for step in flow.steps.values()]
    facts = {value for step in steps if isinstance(step, SetVariables) for _, value in step.values}
    by_call = {value for value in facts if isinstance(value, str)}
    languages = (language for flow in plan.flows.by_name.values() for language in flow.languages)
    needed = (name for need in _needs(plan) for name in skills_named(need, ()))
    return frozenset([*held, *needed, *by_call, *languages])


def labels_in_vain(file: Located[CentreFile], plan: Plan) -> Iterator[Mistake]:
    """Yield every label of a skill that means nothing in the centre."""
    known = skill_names(plan)
    for name in file.value.skills:
        if name not in known:
            text = f"no agent has a skill '{name}', and no need names it{did_you_mean(name, known)}"
            yield file.mistake_in_key(("skills", name), text)


def _needs(plan: Plan) -> Iterator[str]:
    for queue in plan.centre.configured.queues:
        yield from (step.need for step in queue.steps)
    for flow in plan.flows.by_name.values():
        yield from (step.need for step in flow.steps.values() if isinstance(step, Queue))
