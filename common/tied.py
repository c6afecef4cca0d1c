"""A program that ends with whoever started it, even where that one is killed and can end nothing any more (prctl(2))."""

from __future__ import annotations

import signal


def tied(*command: str, by: signal.Signals = signal.SIGKILL) -> tuple[str, ...]:
    """Return the words that run this command so: it gets this signal when the *thread* that started it ends.

    So start it from a thread that lives as long as it is wanted. The process id is the command's own: setpriv, of util-linux,
    becomes the command.
    """
    return ("setpriv", "--pdeathsig", by.name.removeprefix("SIG"), "--", *command)
