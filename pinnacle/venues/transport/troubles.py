"""Telling what goes wrong with a venue, once and not at every attempt."""

import time

import structlog

#: What went wrong in the same words is told again after so long, and in others no sooner than that.
TOLD_AGAIN_S, TOLD_NEXT_S = 60.0, 1.0

#: What a server's certificate is refused with where nobody who is trusted has signed it.
_UNSIGNED = ("self-signed", "self signed", "unable to get local issuer")

log = structlog.get_logger()


def words_of(error: Exception, late: str) -> str:
    """Why something could not be had, by the error's type; `late` stands for a time that ran out,
    which has no words of its own."""
    said = str(error)
    if not said and isinstance(error, TimeoutError):
        said = late
    elif not said and isinstance(error, ConnectionError):
        said = "the other side ended the connection"
    elif "CERTIFICATE_VERIFY_FAILED" in said and any(words in said for words in _UNSIGNED):
        said += "; ca_file names the authority to trust, where it is not one of the system's"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


class Troubles:
    """Of one venue. `last`: why the last connection or request failed."""

    def __init__(self, venue: str) -> None:
        self.last = ""
        self._venue = venue
        self._told: dict[str, tuple[str, float]] = {}
        self._untold: dict[str, int] = {}

    def failed(self, text: str) -> None:
        """Of the whole connection: told each time."""
        self.last = text
        log.warning(f"{self._venue}: {text}")

    def failed_of(self, about: str, text: str) -> None:
        """Of one instrument or stream, which may go on failing: told when the words change, and
        how often they did meanwhile."""
        now = time.monotonic()
        words, at = self._told.get(about, ("", -TOLD_AGAIN_S))
        self.last = f"{about}: {text}"
        if now - at < (TOLD_AGAIN_S if words == text else TOLD_NEXT_S):
            self._untold[about] = self._untold.get(about, 0) + (words != text)
            return
        self._told[about] = (text, now)
        between = self._untold.pop(about, 0)
        more = {"untold": between} if between else {}
        log.warning(f"{self._venue}: {self.last}", **more)
