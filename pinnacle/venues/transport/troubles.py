"""Telling what goes wrong with a venue, once and not at every attempt."""

import time

import structlog

#: What went wrong in the same words is told again after so long.
TOLD_AGAIN_S = 60.0

log = structlog.get_logger()


class Troubles:
    """Of one venue. `last`: why the last connection or request failed."""

    def __init__(self, venue: str) -> None:
        self.last = ""
        self._venue = venue
        self._told: dict[str, tuple[str, float]] = {}

    def failed(self, text: str) -> None:
        """Of the whole connection: told each time."""
        self.last = text
        log.warning(f"{self._venue}: {text}")

    def failed_of(self, about: str, text: str) -> None:
        """Of one instrument or stream, which may go on failing: told when the words change."""
        now = time.monotonic()
        words, at = self._told.get(about, ("", now))
        self.last = f"{about}: {text}"
        if words != text or now - at >= TOLD_AGAIN_S:
            self._told[about] = (text, now)
            log.warning(self._venue, failed=self.last)
