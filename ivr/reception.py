"""Which FastAGI address is served how: `/call` for callers, `/callback` for agents who call one back, `/phone` for codes.

`/alive` is for the watchdog.
"""

from __future__ import annotations

from collections.abc import Mapping

from acd.names import PhoneId
from ivr.agi.caller import AgiCaller
from ivr.agi.server import AgiConnection, Handler
from ivr.calling_back import call_back
from ivr.house import House
from ivr.phone_codes import DialledCode, PhoneDesk, take_code
from ivr.session import take_call

_TECHNOLOGY = "PJSIP"


def handlers(house: House, phones: PhoneDesk) -> Mapping[str, Handler]:
    """Return what `agi.serving` is to serve."""

    async def call(connection: AgiConnection) -> None:
        await take_call(AgiCaller(connection, house.sounds.lasts), house)

    async def callback(connection: AgiConnection) -> None:
        await call_back(AgiCaller(connection, house.sounds.lasts), house)

    async def phone(connection: AgiConnection) -> None:
        request = connection.request
        dialled = DialledCode(request.argument(1), request.argument(2), PhoneId(f"{_TECHNOLOGY}/{request.argument(3)}"))
        await take_code(AgiCaller(connection), dialled, phones)

    async def alive(_: AgiConnection) -> None:
        """End at once: whoever knocks sees that sessions are taken and ended."""

    return {"call": call, "callback": callback, "phone": phone, "alive": alive}
