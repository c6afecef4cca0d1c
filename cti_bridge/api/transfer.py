"""Sending a talking caller on, to another queue or to a number outside: what may be, and what Asterisk makes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field

from acd.errors import IllegalMove
from acd.names import AgentId, CallId, DialRule, QueueId
from common.problem import Problem, documented
from cti_bridge.ami.protocol import ActionRefused, AmiError
from cti_bridge.api.parts import Parts
from cti_bridge.api.problems import problem

_QUEUE_NAME = re.compile(r"(?=.*[a-z])[a-z0-9][a-z0-9_-]{0,31}")
"""What has this form is meant for a queue; anything else for a number."""

SENT_ON = documented(
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.BAD_GATEWAY,
)


class Transfer(BaseModel):
    """To which queue, or number outside, the caller is sent on."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(min_length=1, max_length=64, examples=["service", "13800138000"])


class Transferring(BaseModel):
    """A caller on the way to another queue, or to a number."""

    call: str
    to: str


def is_queue_name(to: str) -> bool:
    """Whether a queue is meant, and not a number."""
    return _QUEUE_NAME.fullmatch(to) is not None


async def send_on(parts: Parts, call: CallId, to: str) -> None:
    """Have Asterisk do it; raises Problem."""
    known = parts.desk.floor.calls[call]
    if not known.in_conversation:
        raise problem(IllegalMove(f"call {call} is {known.state}: only a caller who talks can be sent on"))
    if known.callback is not None:
        raise problem(IllegalMove(f"{call} is a callback: a customer who was called cannot be sent on"))
    if known.queue == to:
        raise problem(IllegalMove(f"call {call} came from queue {to}: send it on to another"))
    if QueueId(to) not in parts.desk.floor.plans:
        _may_be_dialled(parts, known.id, known.agent, to)
    if parts.send_on is None:
        raise Problem(
            HTTPStatus.BAD_GATEWAY, "No Asterisk", "There is none to do it. Nothing was changed.", kind="no-asterisk"
        )
    try:
        await parts.send_on(call, to)
    except ActionRefused as refused:
        raise Problem(
            HTTPStatus.CONFLICT, "Asterisk refused", f"{refused}. Nothing was changed.", kind="asterisk-refused"
        ) from refused
    except AmiError as error:
        detail = f"{error}. The call shows whether it was."
        raise Problem(HTTPStatus.BAD_GATEWAY, "Asterisk did not answer", detail, kind="asterisk-away") from error


def _may_be_dialled(parts: Parts, call: CallId, agent: AgentId | None, number: str) -> None:
    rule = DialRule.NO_DIALLING if parts.refused_to is None else parts.refused_to(call, agent, number)
    if rule is not None:
        detail = f"{_WHY_NOT_DIALLED[rule]} Nothing was changed."
        status, kind = HTTPStatus.FORBIDDEN, "not-dialled"
        raise Problem(status, "The number is not dialled", detail, kind=kind, extra={"rule": rule.value})


_WHY_NOT_DIALLED: Mapping[DialRule, str] = {
    DialRule.NO_DIALLING: "This centre dials no numbers: `dialling` in switchboard.yaml is missing.",
    DialRule.STOPPED: "Dialling out was stopped by hand: GET /api/v1/dialling says why and by whom.",
    DialRule.NOT_A_NUMBER: "That is neither a queue's name nor a number: digits, and a leading + at most.",
    DialRule.NOT_ALLOWED: "No list in `dialling.lists` that agents have names this number.",
    DialRule.CLOSED: "Numbers are not dialled at this hour (`dialling.calendar`).",
    DialRule.USER_HOUR: "The agent has had as many numbers dialled as they may in an hour (`dialling.caps`).",
    DialRule.USER_DAY: "The agent has had as many numbers dialled as they may on a day (`dialling.caps`).",
    DialRule.SITE_HOUR: "As many numbers were dialled in this hour as may be (`dialling.caps`).",
    DialRule.SITE_DAY: "As many numbers were dialled today as may be (`dialling.caps`).",
}
"""What an agent is told, by rule."""
