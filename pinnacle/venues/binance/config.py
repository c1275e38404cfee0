"""What a user may set about the connection to Binance. Symbols come from the instrument table."""

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from pinnacle.core.config import Section

Url = Annotated[str, Meta(min_length=8, max_length=2048)]
Wait = Annotated[int, Meta(ge=1, le=3_600_000)]


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class BinanceConfig(Section, frozen=True):
    """All times are milliseconds.

    ws_url               combined-stream endpoint; wss only
    rest_url             base of /api/v3; https only
    ca_file              PEM of the only authority to trust; None: the system's
    depth_limit          levels a side of a REST snapshot, 1 to 5000 (the venue's most)
    stale_ms             a connection on which no frame comes for so long is given up
    connect_timeout_ms   to connect, and again for the subscription to be acknowledged
    snapshot_timeout_ms  for one REST snapshot
    backoff_min_ms, backoff_max_ms: between attempts, doubling and jittered
    queue_frames         frames read ahead of the process; beyond it TCP holds the venue back
    """

    ws_url: Url = "wss://stream.binance.com:9443/stream"
    rest_url: Url = "https://api.binance.com"
    ca_file: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    depth_limit: Annotated[int, Meta(ge=1, le=5000)] = 1000
    stale_ms: Wait = 10_000
    connect_timeout_ms: Wait = 10_000
    snapshot_timeout_ms: Wait = 30_000
    backoff_min_ms: Wait = 500
    backoff_max_ms: Wait = 30_000
    queue_frames: Annotated[int, Meta(ge=1, le=1_000_000)] = 4096

    def __post_init__(self) -> None:
        for key, scheme in (("ws_url", "wss"), ("rest_url", "https")):
            url = getattr(self, key)
            if not url.startswith(f"{scheme}://"):
                raise ValueError(f"{key}: {url!r} is not {scheme}://: TLS is not optional")
            if not _has_host(url):
                raise ValueError(f"{key}: {url!r} has no host, or no port that there could be")
        if self.backoff_max_ms < self.backoff_min_ms:
            raise ValueError(
                f"backoff_max_ms: must not be below backoff_min_ms ({self.backoff_min_ms})"
            )
