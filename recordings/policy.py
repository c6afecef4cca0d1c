"""Which calls are recorded: rules in turn, the first that holds decides. A rule is CEL over what is known of the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from acd.expressions import Expression
from acd.names import Attributes, QueueId


@dataclass(frozen=True, slots=True)
class Rule:
    """Calls for which `when` holds are recorded, or are not. It is CEL over `queue` and `call.NAME`, what the flow learned."""

    when: str
    record: bool


class Policy:
    """The rules in force, compiled once. A call for which none holds is not recorded: nobody asked for it."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Take the rules; raises acd.errors.BadNeed where one is not valid CEL."""
        self._rules = tuple((Expression(rule.when), rule.record) for rule in rules)

    def records(self, queue: QueueId, attributes: Attributes) -> bool:
        """Whether this call is recorded. A rule that asks for what is not known of the call does not hold."""
        facts = {"queue": str(queue), "call": dict(attributes)}
        return next((record for when, record in self._rules if when.holds(facts)), False)


RECORD_ALL = Policy([Rule("true", record=True)])
RECORD_NONE = Policy([])
