"""What may be set about any connection to a venue; a venue's own section adds where it is."""

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from pinnacle.core.config import Section

Url = Annotated[str, Meta(min_length=8, max_length=2048)]
Wait = Annotated[int, Meta(ge=1, le=3_600_000)]


class ConnectionConfig(Section, frozen=True):
    """All times are milliseconds.

    ca_file              PEM of the only authority to trust; None: the system's
    stale_ms             a connection on which no frame comes for so long is given up
    book_stale_ms        a book of which nothing comes for so long begins anew
    connect_timeout_ms   to connect, again for the subscription to be acknowledged, and again for
                         a snapshot that comes in the stream
    backoff_min_ms, backoff_max_ms: between attempts, doubling and jittered
    listing_ms           how often the venue is asked whether its instruments are as they were
    instruments_per_connection: more of them are spread over several; None: what the venue takes
    queue_frames         frames read ahead of the process; beyond it TCP holds the venue back
    """

    ca_file: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    stale_ms: Wait = 10_000
    book_stale_ms: Wait = 300_000
    connect_timeout_ms: Wait = 10_000
    backoff_min_ms: Wait = 500
    backoff_max_ms: Wait = 30_000
    listing_ms: Wait = 300_000
    instruments_per_connection: Annotated[int, Meta(ge=1, le=1024)] | None = None
    queue_frames: Annotated[int, Meta(ge=1, le=1_000_000)] = 4096

    def __post_init__(self) -> None:
        if self.backoff_max_ms < self.backoff_min_ms:
            raise ValueError(
                f"backoff_max_ms: must not be below backoff_min_ms ({self.backoff_min_ms})"
            )


def check_tls(key: str, url: str, scheme: str) -> None:
    """ValueError with the key if a URL is not `scheme`://, or names no host."""
    if not url.startswith(f"{scheme}://"):
        raise ValueError(f"{key}: {url!r} is not {scheme}://: TLS is not optional")
    if not _has_host(url):
        raise ValueError(f"{key}: {url!r} has no host, or no port that there could be")


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
