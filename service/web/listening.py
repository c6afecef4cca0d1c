"""The ports that the service listens on: had before anything else starts, or refused in one sentence."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.ports import holder
from service.faults import CannotListen

WAITING_CONNECTIONS = 1024


@dataclass(frozen=True, slots=True)
class Address:
    """Where something listens. `what` names it for people, `setting` what chooses it: SWITCHBOARD_{setting}_PORT."""

    what: str
    host: str
    port: int
    setting: str

    def refused(self, error: OSError) -> CannotListen:
        """Say why it cannot be had, and what to do."""
        variable = f"SWITCHBOARD_{self.setting}_PORT"
        match error.errno:
            case errno.EADDRINUSE:
                by = holder(self.port, "tcp") or "another process"
                why = f"the port is held by {by}: end that, or choose another port with {variable}"
            case errno.EACCES:
                why = f"this user may not use the port: choose one above 1023 with {variable}"
            case _:
                why = f"{error.strerror or error}: give an address of this machine with SWITCHBOARD_{self.setting}_HOST"
        return CannotListen(f"{self.what} cannot listen on {self.host}:{self.port}: {why}")


@contextmanager
def listening(address: Address) -> Iterator[socket.socket]:
    """A listening TCP socket; raises CannotListen."""
    with _bound(address) as taken:
        try:
            taken.listen(WAITING_CONNECTIONS)
        except OSError as error:
            raise address.refused(error) from error
        yield taken


def make_sure_of(address: Address) -> None:
    """See that the address can be had later on, without letting anybody connect yet; raises CannotListen."""
    with _bound(address):
        pass


@contextmanager
def _bound(address: Address) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET) as taken:
        taken.setblocking(False)
        # As servers do: a port whose last connections are in TIME_WAIT is free.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((address.host, address.port))
        except OSError as error:
            raise address.refused(error) from error
        yield taken
