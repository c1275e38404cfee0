"""What a user may set about the connection to Binance. Symbols come from the instrument table."""

from pinnacle.core.config import Section


class BinanceConfig(Section):
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

    ws_url: str = "wss://stream.binance.com:9443/stream"
    rest_url: str = "https://api.binance.com"
    ca_file: str | None = None
    depth_limit: int = 1000
    stale_ms: int = 10_000
    connect_timeout_ms: int = 10_000
    snapshot_timeout_ms: int = 30_000
    backoff_min_ms: int = 500
    backoff_max_ms: int = 30_000
    queue_frames: int = 4096

    def __post_init__(self) -> None:
        if not self.ws_url.startswith("wss://"):
            raise ValueError(f"ws_url: {self.ws_url!r} is not wss://: TLS is not optional")
        if not self.rest_url.startswith("https://"):
            raise ValueError(f"rest_url: {self.rest_url!r} is not https://: TLS is not optional")
        if not 1 <= self.depth_limit <= 5000:
            raise ValueError(f"depth_limit: {self.depth_limit} is not in 1..5000")
        for name in ("stale_ms", "connect_timeout_ms", "snapshot_timeout_ms", "backoff_min_ms"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} is not positive")
        if self.backoff_max_ms < self.backoff_min_ms:
            raise ValueError("backoff_max_ms is below backoff_min_ms")
        if self.queue_frames < 1:
            raise ValueError(f"queue_frames: {self.queue_frames} is not positive")
