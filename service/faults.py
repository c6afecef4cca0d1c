"""What can stand in the way of the service, and finding it however deep inside groups of errors."""

from __future__ import annotations

from collections.abc import Iterator

CONFIGURATION_REFUSED = "configuration-refused"
"""The kind of the API's problem that mistakes in the files are."""


def innermost(error: BaseException) -> Iterator[BaseException]:
    """The errors that a group is made of, however deep; an error that is no group is itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from innermost(inner)
    else:
        yield error


class CannotListen(Exception):
    """A port that the service was to listen on cannot be had; the text says which, and what to do."""


class CannotKeep(Exception):
    """The database cannot be used; the text says what to do."""
