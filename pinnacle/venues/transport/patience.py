"""How long a venue asks to be left alone: 429, 418, 503 with Retry-After."""

import asyncio
import datetime
import email.utils
import time

#: More than this is a ban to look at.
RETRY_AFTER_MAX_S = 300.0


class Patience:
    """One for all that is asked of a venue: it bans addresses, not requests.

    Who asks waits until it is `over`, and tells it what the venue `asked` for.
    """

    def __init__(self) -> None:
        self.until = 0.0

    def asked(self, wait_s: float) -> None:
        """The venue wants nothing for so long; a shorter wait does not end a longer one."""
        self.until = max(self.until, time.monotonic() + wait_s)

    @property
    def left_s(self) -> float:
        """Seconds until something may be asked; 0: now."""
        return max(0.0, self.until - time.monotonic())

    async def over(self) -> None:
        """Wait until something may be asked; at once if nothing was said."""
        while (left_s := self.until - time.monotonic()) > 0:
            await asyncio.sleep(left_s)


def retry_after_s(*texts: str) -> float:
    """The longest of the headers Retry-After, seconds or a date; 0 if none says one."""
    return min(max(map(_wait_s, texts), default=0.0), RETRY_AFTER_MAX_S)


def _wait_s(text: str) -> float:
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
        if until.tzinfo is None:
            until = until.replace(tzinfo=datetime.UTC)
        left_s = (until - datetime.datetime.now(datetime.UTC)).total_seconds()
    except (ValueError, OverflowError):
        return 0.0
    return max(left_s, 0.0)
