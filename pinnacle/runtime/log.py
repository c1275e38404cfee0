"""Logs of the control plane: one line an event to stderr, for people or as JSON.

Telling must not end who tells: a line that cannot be written is dropped and counted. Warnings and
errors also go into the process's notices (notices.h), where the terminal and the page see them.
"""

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog
from structlog.typing import Processor

from pinnacle.core.errors import PinnacleError
from pinnacle.core.notices import Level, Notices
from pinnacle.core.stream import Output, text_over

STDERR = 2
#: Keys of an event that are no part of its words.
_FRAME = ("event", "level", "timestamp", "role", "exception", "exc_info", "logger")


def setup(
    role: str,
    as_json: bool = False,
    level: str = "info",
    notices: Notices | None = None,
    fd: int = STDERR,
) -> structlog.stdlib.BoundLogger:
    """The process's logger, bound to its role. Hot paths count; they do not log."""

    def lost() -> None:
        if notices is not None:
            notices.lost_line()
            if output.lost == 1:
                notices.put(Level.WARNING, f"log lines are lost: {output.trouble}")

    output = Output(fd, forgiving=True, on_loss=lost)
    lines = text_over(output)
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=lines.isatty(), pad_event_to=0)
    )
    tellers: list[Processor] = [_Teller(notices)] if notices is not None else []
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *tellers,
        structlog.processors.format_exc_info,
    ]
    # What libraries say goes the same way, from warnings up.
    handler = logging.StreamHandler(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(lines),
    )
    return structlog.get_logger().bind(role=role)


class _Teller:
    """A processor that puts warnings and errors into the notices."""

    def __init__(self, notices: Notices):
        self._notices = notices

    def __call__(
        self, logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        level = event.get("level", method)
        if level in ("warning", "error", "critical", "exception"):
            severity = Level.WARNING if level == "warning" else Level.ERROR
            self._notices.put(severity, words(event))
        return event


def words(event: MutableMapping[str, Any]) -> str:
    """An event in one line: what happened, its values, and its error with the place."""
    values = [
        f"{key} {value}"
        for key, value in event.items()
        if key not in _FRAME and not key.startswith("_")
    ]
    error = sys.exc_info()[1] if event.get("exc_info") is True else event.get("exc_info")
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        values.append(reason(error))
    return str(event.get("event", "")) + (f": {', '.join(values)}" if values else "")


def reason(error: BaseException) -> str:
    """Why a process ends, in a line; with the place in the code unless the text is for users."""
    text = " ".join(str(error).split())
    if isinstance(error, PinnacleError):
        return text
    named = f"{type(error).__name__}: {text}" if text else type(error).__name__
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None:
        return named
    file = Path(place.tb_frame.f_code.co_filename).name
    return f"{named} ({file}, line {place.tb_lineno}, in {place.tb_frame.f_code.co_name})"
