"""What went wrong, from however deep inside groups of errors."""

from __future__ import annotations

from collections.abc import Iterator


def innermost(error: BaseException) -> Iterator[BaseException]:
    """The errors that a group is made of, however deep; an error that is no group is itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from innermost(inner)
    else:
        yield error
