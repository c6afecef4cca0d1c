"""Logs: one JSON object a line, ids yes, personal data and secrets never."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from service import logs


class Err(io.StringIO):
    """Standard error, on a terminal or not."""

    def __init__(self, *, on_terminal: bool) -> None:
        super().__init__()
        self.isatty = lambda: on_terminal  # type: ignore[method-assign]  # that is the question


@contextmanager
def written(level: str, *, on_terminal: bool = False) -> Iterator[Err]:
    """What is logged from this level on, while this process's own logging is put aside."""
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, own_level = root.handlers, root.level
    with pytest.MonkeyPatch.context() as patch, Err(on_terminal=on_terminal) as err:
        patch.setattr(sys, "stderr", err)
        logs.set_up(level)
        try:
            yield err
        finally:
            root.handlers, root.level = handlers, own_level
            structlog.configure(**kept)


NUMBER = "13800138000"


def lines(err: Err) -> list[dict[str, Any]]:
    return [json.loads(line) for line in err.getvalue().splitlines()]


def fail(number: str) -> None:
    pressed = number[:2]
    raise ValueError(f"{len(pressed)} keys do not fit")


def test_a_line_is_an_object_with_level_logger_and_time_from_both_kinds_of_logger() -> None:
    with written("INFO") as err:
        structlog.get_logger("room").info("offer failed", call="node1-1.2")
        logging.getLogger("library").warning("something %s", "odd")
        ours, theirs = lines(err)
    assert ours.pop("timestamp").endswith("Z")
    assert ours == {"event": "offer failed", "call": "node1-1.2", "level": "info", "logger": "room"}
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("something odd", "warning", "library")


@pytest.mark.parametrize("on_terminal", [False, True])
def test_a_traceback_tells_where_and_never_what_the_variables_held(*, on_terminal: bool) -> None:
    with written("INFO", on_terminal=on_terminal) as err:
        try:
            fail(NUMBER)
        except ValueError:
            structlog.get_logger("room").exception("session failed", call="node1-1.2")
            logging.getLogger("library").exception("failed too")
        text = err.getvalue()
    assert text.count("2 keys do not fit") == 2
    assert NUMBER not in text


def test_what_is_below_the_level_is_not_written() -> None:
    with written("CRITICAL") as err:
        structlog.get_logger("room").error("no")
        logging.getLogger("library").error("no")
        assert err.getvalue() == ""
