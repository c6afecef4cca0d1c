"""How long an agent finishes up after a conversation, and who ends it: the queue's rule and the agent's own together."""

from __future__ import annotations

from dataclasses import dataclass

from acd.plans.plan import AgentProfile, QueuePlan, WrapUpMode


@dataclass(frozen=True, slots=True)
class WrapUp:
    """One wrap-up. `lasts_s` None: it ends when the agent says so."""

    mode: WrapUpMode
    lasts_s: float | None

    @property
    def reason(self) -> str:
        """What the agent's state says of it; nothing where it is as usual."""
        return "" if self.mode is WrapUpMode.OPTIONAL else self.mode.value


def wrap_up_after(plan: QueuePlan, profile: AgentProfile) -> WrapUp | None:
    """The wrap-up after a call of this queue; None where there is none.

    The longer time holds, and until finished is the longest of all; otherwise the agent's own mode goes before the queue's.
    """
    if ends_with_agent(plan, profile):
        return WrapUp(WrapUpMode.UNTIL_FINISHED, None)
    lasts_s = max(plan.wrap_up_s, profile.wrap_up_s or 0.0)
    return WrapUp(profile.wrap_up_mode or plan.wrap_up_mode, lasts_s) if lasts_s > 0 else None


def ends_with_agent(plan: QueuePlan, profile: AgentProfile) -> bool:
    """Whether only the agent ends the wrap-up after a call of this queue."""
    return WrapUpMode.UNTIL_FINISHED in (plan.wrap_up_mode, profile.wrap_up_mode)
