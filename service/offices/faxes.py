"""What callers' sessions receive faxes with: the tray behind their port, and word of each fax on the feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from acd.desk import Desk
from acd.facts import FaxReceived
from acd.names import AgentId, CallId
from common.clock import unix_seconds
from ivr.caller import FaxCame
from ivr.house import FaxOrder
from recordings.disk.shelf import UnsafeId, is_safe
from recordings.faxes.faxes import Fax, FaxTray
from recordings.recording import Recording, RecordingId
from recordings.tape import sidecar_of
from service.offices.messages import FLOW, left_by_caller


class FaxOffice:
    """Receives faxes for one site. `names` gives the agents' names as configured now."""

    def __init__(self, tray: FaxTray, names: Callable[[], Mapping[AgentId, str]]) -> None:
        self._tray, self._names = tray, names
        self._coming: dict[CallId, Fax] = {}

    async def begin(self, order: FaxOrder) -> str:
        """Name the file that the fax is to come into, as Asterisk sees it; raises UnsafeId."""
        began_at = unix_seconds()
        name = RecordingId(f"{order.call}-fax-{int(began_at)}")
        if not is_safe(name):
            raise UnsafeId(f"the call's id {order.call!r} cannot name a file: mend systemname in asterisk.conf")
        fax = Fax(sidecar_of(name, left_by_caller(order, {}, self._names()), began_at))
        self._coming[order.call] = fax
        return await self._tray.begin(fax)

    async def keep(self, call: CallId, came: FaxCame | None) -> int:
        """File the call's fax and return its pages; `came` is None where the machine hung up before anybody could ask."""
        fax = self._coming.pop(call)
        if came is None:
            return await self._tray.keep_of_who_hung_up(fax)
        return await self._tray.keep(replace(fax, complete=came.complete, error=came.error, station=came.station))

    def leave(self, call: CallId) -> None:
        """Leave it to the sweep: the link to Asterisk is lost, which may still receive it."""
        self._tray.leave(self._coming.pop(call))


def fax_told_on(desk: Desk) -> Callable[[Recording], None]:
    """Have each fax that is kept told on the feed."""

    def tell(fax: Recording) -> None:
        flow = str(dict(fax.attributes).get(FLOW, ""))
        desk.note(FaxReceived(fax.call, fax.id, flow, fax.queue or None, fax.agent or None, fax.pages or 0))

    return tell
