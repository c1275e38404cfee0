"""Logs of the control plane: one line an event to stderr, for people or as JSON.

Telling must not end who tells: a line that cannot be written is dropped and counted. Warnings and
errors also go into the process's notices (notices.h), where the terminal and the page see them.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Any

import structlog

from pinnacle.core.errors import PinnacleError
from pinnacle.core.notices import Level, Notices

#: Keys of an event that are no part of its words.
_FRAME = ("event", "level", "timestamp", "role", "exception", "exc_info", "logger")


class Sink:
    """A text stream to a file descriptor that never raises; `trouble` is why it lost something."""

    def __init__(self, fd: int, encoding: str = "utf-8"):
        self._fd = fd
        self.encoding = encoding
        self.trouble = ""
        self.lost = 0

    def write(self, text: str) -> int:
        """All of it or as much as can be; what cannot be written is lost and counted."""
        left = text.encode(self.encoding, errors="replace")
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError as error:
            self.lost += 1
            self.trouble = error.strerror or str(error)
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return os.isatty(self._fd)


class _Lines(Sink):
    """The log's lines: the first that is lost is a notice, each is counted."""

    def __init__(self, fd: int, notices: Notices | None):
        super().__init__(fd)
        self._notices = notices

    def write(self, text: str) -> int:
        lost = self.lost
        written = super().write(text)
        if self.lost != lost and self._notices is not None:
            self._notices.lost_line()
            if lost == 0:
                self._notices.put(Level.WARNING, f"log lines are lost: {self.trouble}")
        return written


def setup(
    role: str, as_json: bool = False, level: str = "info", notices: Notices | None = None
) -> structlog.stdlib.BoundLogger:
    """The process's logger, bound to its role. Hot paths count; they do not log."""
    lines = _Lines(sys.__stderr__.fileno() if sys.__stderr__ else 2, notices)
    renderer = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=lines.isatty(), pad_event_to=0)
    )
    shared = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([_Teller(notices)] if notices is not None else []),
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

    def __call__(self, logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
        level = event.get("level", method)
        if level in ("warning", "error", "critical", "exception"):
            severity = Level.WARNING if level == "warning" else Level.ERROR
            self._notices.put(severity, words(event))
        return event


def words(event: dict[str, Any]) -> str:
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
