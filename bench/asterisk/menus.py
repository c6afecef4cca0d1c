#!/usr/bin/env python3
"""The benchmark's menus by pyst2, as a process that Asterisk starts for each caller: the commands that the service sends.

Arguments: how many menus, how often each is played, the sound, and how long a key is waited for in milliseconds.
"""

import sys

from asterisk.agi import AGI

TICKET = "x" * 400
"""As long as the service's, which puts one on the channel before each menu."""


def main() -> None:
    """Go through all menus; nobody presses a key."""
    menus, tries, sound, wait_ms = sys.argv[1:]
    agi = AGI()
    for _ in range(int(menus)):
        agi.execute("SET VARIABLE", "SWITCHBOARD_TICKET", TICKET)
        for _ in range(int(tries)):
            agi.execute("GET DATA", sound, wait_ms, "1")
    agi.execute("SET VARIABLE", "SWITCHBOARD_DONE", "1")


if __name__ == "__main__":
    main()
