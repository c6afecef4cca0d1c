"""The doctor's own call, at the service's end: Asterisk hands it over like a caller, and shows which applications it has.

`switchboard doctor` reads the answer from the channel; `doctor_asterisk.py` makes the call.
"""

from __future__ import annotations

from ivr.agi.server import AgiConnection
from ivr.caller import CommandFailed

RECEIVE_FAX = "ReceiveFAX"
MODULES = {
    "Dial": "app_dial.so",
    "MixMonitor": "app_mixmonitor.so",
    "StopMixMonitor": "app_mixmonitor.so",
    RECEIVE_FAX: "res_fax.so and res_fax_spandsp.so",
}
"""What sessions execute besides AGI's own commands, and whose it is. Without arguments they do nothing but be there."""
MISSING = "SWITCHBOARD_MISSING"
"""The channel variable that says which of them are not there; set, and empty, where all are."""


async def examine_applications(connection: AgiConnection) -> None:
    """Note on the channel which applications this Asterisk lacks."""
    missing = []
    for application in MODULES:
        try:
            await connection.command("EXEC", application, "")
        except CommandFailed:
            missing.append(application)
    await connection.command("SET VARIABLE", MISSING, " ".join(missing) or "none")
