"""Structured logs: one JSON object a line, or coloured lines on a terminal. Ids yes, personal data never."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

QUIET = ("uvicorn.access", "aiosqlite", "httpx", "asyncio", "panoramisk", "aiomqtt", "mqtt")
"""Libraries whose own chatter says nothing to whoever runs a contact centre."""


def set_up(level: str = "INFO") -> None:
    """Send structlog's and the standard library's logs one way: to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks never show local variables: those hold callers' numbers, keys pressed, and secrets.
    if sys.stderr.isatty():
        rendering: list[Processor] = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    else:
        without_locals = ExceptionDictTransformer(show_locals=False)
        rendering = [
            structlog.processors.ExceptionRenderer(without_locals),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    processors: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=processors))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
