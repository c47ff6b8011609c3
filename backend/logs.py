"""Logs: one JSON object a line. Route templates instead of addresses, no query, no token, nobody's id."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import msgspec
import structlog


def configure(level: str) -> None:
    """For a process of its own: everything that is logged anywhere in it becomes JSON on standard output."""
    number = getattr(logging, level.upper())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Json())
    # Libraries below warning talk about what they carry: addresses, headers, statements.
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


def render(_: Any, __: str, event: MutableMapping[str, Any]) -> bytes:
    """structlog's last step."""
    return msgspec.json.encode(event, enc_hook=str)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "event": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": self.formatTime(record),
        }
        # Arguments and exception messages may hold anything; the type is enough to look for.
        if record.exc_info and record.exc_info[0] is not None:
            line["cause"] = record.exc_info[0].__name__
        return msgspec.json.encode(line).decode()
