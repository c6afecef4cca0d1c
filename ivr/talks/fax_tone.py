"""A caller who turns out to be a fax machine: whether their calling tone is listened for, and where they go by it."""

from __future__ import annotations

from acd.names import Attributes
from ivr.caller import Caller
from ivr.flows.files import Flows
from ivr.flows.flow import Flow
from ivr.state import Frame, State
from ivr.steps.talk import DoAndHear, DoAsk, DoAskDigits, DoLookUp, DoLookUpHours, DoSay
from ivr.tickets.ticket import Ticket

DETECTION = "FAXOPT(faxdetect)"
LISTEN, LISTEN_NO_MORE = "cng,30", "no"
"""For so many seconds: a machine sends its tone every few seconds from the beginning, and listening costs work."""
Listening = DoSay | DoAsk | DoAskDigits | DoLookUp | DoLookUpHours
"""What is done while a tone still counts. Who is in line, talks or sends already stays: it is nothing to them."""


class FaxTone:
    """Has Asterisk listen to one caller, for as long as a tone counts."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._listens = False

    async def listen(self) -> None:
        """Have the tone noticed from now on."""
        await self._caller.set(DETECTION, LISTEN)
        self._listens = True

    async def listen_while(self, do: DoAndHear) -> None:
        """Listen no more, unless a tone still counts while this is done."""
        if self._listens and not isinstance(do, Listening):
            await self._caller.set(DETECTION, LISTEN_NO_MORE)
            self._listens = False


def sent_by_tone(flows: Flows, entered: Flow, entry: str, ticket: Ticket | None) -> tuple[Flow, State] | None:
    """Where a caller goes on whose tone was heard, knowing what was known; None where they stand in line, or nobody wants faxes.

    `entered` is the flow of their `entry`; the one they were in by their ticket counts.
    """
    if ticket is None:
        return (entered, entered.begin(entry).at(entered.fax)) if entered.fax else None
    flow = flows.by_name.get(ticket.flow, entered)
    if ticket.place is not None or not flow.fax:
        return None
    return flow, at_its_faxes(flow, ticket.variables, ticket.stack)


def at_its_faxes(flow: Flow, variables: Attributes, stack: tuple[Frame, ...]) -> State:
    """At the flow's step for faxes, knowing what the flow itself knows: those that it called are left."""
    return State(flow.fax, stack[0].variables if stack else variables)
