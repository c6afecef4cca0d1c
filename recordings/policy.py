"""Which calls are recorded: one rule for each queue, one for all the others. A rule is CEL over what is known of the call."""

from __future__ import annotations

from collections.abc import Mapping

from acd.expressions import Expression
from acd.messages import Attributes, QueueId

Rule = bool | str
"""`true` and `false` as YAML reads them, or CEL over `call.NAME`: what the flow learned of the call, and its `queue`."""

ALWAYS: Rule = True


class Policy:
    """The rules in force, compiled once."""

    def __init__(self, rule: Rule = ALWAYS, queues: Mapping[QueueId, Rule] | None = None) -> None:
        """Take the house's `rule` and those of single queues; raises acd.errors.BadNeed where one is not valid CEL."""
        self._rule = _compiled(rule)
        self._queues = {queue: _compiled(own) for queue, own in (queues or {}).items()}

    def records(self, queue: QueueId, attributes: Attributes) -> bool:
        """Whether this call is recorded. A rule that asks for what is not known of the call does not hold."""
        return self._queues.get(queue, self._rule).holds({"call": {**dict(attributes), "queue": queue}})


def _compiled(rule: Rule) -> Expression:
    return Expression(str(rule).lower() if isinstance(rule, bool) else rule)
