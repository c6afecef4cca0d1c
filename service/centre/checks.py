"""Mistakes that a centre's files make between their lines and between each other; every one with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from acd.plans.plan import (
    Whom,
    WrapUpMode,
)
from common.suggest import did_you_mean
from common.yaml_file import Located, Mistake
from service.centre.form import AgentsFile, CentreFile, QueuesFile
from service.centre.named_secrets import references


def in_centre(file: Located[CentreFile]) -> Iterator[Mistake]:
    """Yield what is wrong within switchboard.yaml."""
    yield from _reasons_told_apart(file)
    if file.value.callback is not None and file.value.dialling is None:
        yield file.mistake_in_key(
            ("callback",),
            "customers are called back on numbers that `dialling` lists: say `dialling: {dial: …, lists: …}`",
        )


def unfit_secrets(file: Located[CentreFile], secrets: Mapping[str, str]) -> Iterator[Mistake]:
    """Yield every reference to a secret that is not set, or cannot be sent."""
    for name, target in file.value.lookups.items():
        for header, text in target.headers.items():
            for secret in references(text):
                where = ("lookups", name, "headers", header)
                if secret not in secrets:
                    yield file.mistake(where, f"{secret} is not set: give it in the environment or in service.env")
                elif not (secrets[secret].isascii() and secrets[secret].isprintable()):
                    yield file.mistake(
                        where, f"{secret} has characters that no header carries: letters, digits and signs do"
                    )


def in_queues(file: Located[QueuesFile]) -> Iterator[Mistake]:
    """Yield what is wrong within queues.yaml."""
    yield from _steps_in_order(file)
    yield from _wrap_ups(file)
    yield from _named_where_meant(file)
    yield from _numbers_told_apart(file)
    yield from _phones_never_race(file)


def between(queues: Located[QueuesFile], agents: Located[AgentsFile]) -> Iterator[Mistake]:
    """Yield what queues.yaml and agents.yaml say of each other in vain."""
    yield from _queues_known(agents, queues.value)
    yield from _preferred_known(queues, agents.value)


def _reasons_told_apart(file: Located[CentreFile]) -> Iterator[Mistake]:
    seen: set[int | str] = set()
    for number, reason in enumerate(file.value.pause_reasons):
        for key in ("code", "name"):
            value: int | str = getattr(reason, key)
            if value in seen:
                yield file.mistake(
                    ("pause_reasons", number, key), f"another pause reason has the {key} {value!r} already"
                )
            seen.add(value)


def _steps_in_order(file: Located[QueuesFile]) -> Iterator[Mistake]:
    for name, rules in file.value.queues.items():
        if rules.steps[0].after != 0:
            yield file.mistake(
                ("queues", name, "steps", 0, "after"), "the first step begins at once: leave `after` out"
            )
        for number in range(1, len(rules.steps)):
            if rules.steps[number].after <= rules.steps[number - 1].after:
                yield file.mistake(
                    ("queues", name, "steps", number, "after"),
                    f"this step must begin after the one before it ({rules.steps[number - 1].after:g} s)",
                )


def _numbers_told_apart(file: Located[QueuesFile]) -> Iterator[Mistake]:
    seen: dict[str, str] = {}
    for name, rules in file.value.queues.items():
        number = rules.number
        if number is None:
            continue
        if number in file.value.queues and number != name:
            yield file.mistake(("queues", name, "number"), f"'{number}' is the name of another queue")
        if number in seen:
            yield file.mistake(("queues", name, "number"), f"queue '{seen[number]}' has the number {number} already")
        seen[number] = name


def _named_where_meant(file: Located[QueuesFile]) -> Iterator[Mistake]:
    for name, rules in file.value.queues.items():
        for index, rule in enumerate(rules.prefer):
            if rule.whom is Whom.AGENT and rule.agent is None:
                at = ("queues", name, "prefer", index, "whom")
                yield file.mistake(at, 'which agent? name one: {whom: agent, agent: "1001", for: 20}')
            if rule.whom is not Whom.AGENT and rule.agent is not None:
                at = ("queues", name, "prefer", index, "agent")
                yield file.mistake(
                    at, f"{rule.whom.value} is not an agent by number: leave `agent` out, or say `whom: agent`"
                )


def _preferred_known(file: Located[QueuesFile], agents: AgentsFile) -> Iterator[Mistake]:
    for name, rules in file.value.queues.items():
        for index, rule in enumerate(rules.prefer):
            at = ("queues", name, "prefer", index, "agent")
            if rule.whom is not Whom.AGENT or rule.agent is None:
                continue
            known = agents.agents.get(rule.agent)
            if known is None:
                yield file.mistake(at, f"unknown agent '{rule.agent}'{did_you_mean(rule.agent, agents.agents)}")
            elif name not in known.queues:
                yield file.mistake(
                    at, f"agent {rule.agent} does not serve '{name}': add it to their queues in agents.yaml"
                )


def _wrap_ups(file: Located[QueuesFile]) -> Iterator[Mistake]:
    for name, rules in file.value.queues.items():
        if rules.wrap_up_mode is WrapUpMode.UNTIL_FINISHED and rules.wrap_up > 0:
            yield file.mistake(
                ("queues", name, "wrap_up"), "only the agent ends this wrap-up (until_finished): leave `wrap_up` out"
            )
        if rules.wrap_up_mode is WrapUpMode.FIXED and rules.wrap_up == 0:
            yield file.mistake(
                ("queues", name, "wrap_up_mode"), "a fixed wrap-up lasts as long as `wrap_up` says: give its seconds"
            )


def _phones_never_race(file: Located[QueuesFile]) -> Iterator[Mistake]:
    for name, rules in file.value.queues.items():
        if rules.offer.goes_to_the_quickest_phone:
            yield file.mistake(
                ("queues", name, "offer", "auto_answer"),
                "several phones that pick up by themselves race for the caller, whether anybody sits there or not: "
                "add `accept`, or offer to one agent at a time",
            )


def _queues_known(file: Located[AgentsFile], queues: QueuesFile) -> Iterator[Mistake]:
    for number, rules in file.value.agents.items():
        for index, queue in enumerate(rules.queues):
            if queue not in queues.queues:
                text = f"unknown queue '{queue}'{did_you_mean(queue, queues.queues)}"
                yield file.mistake(("agents", number, "queues", index), text)
        for queue in rules.orders:
            if queue not in rules.queues:
                text = f"agent {number} does not serve '{queue}'{did_you_mean(queue, rules.queues)}"
                yield file.mistake_in_key(("agents", number, "orders", queue), text)
