"""[monitor]: where the status page listens, and how far back it remembers."""

from pinnacle.core.config import Section


class MonitorConfig(Section):
    """The page's address and its memory."""

    host: str = "127.0.0.1"
    #: 0: any free port.
    port: int = 8740
    #: How much of the P&L's history the page shows.
    history_s: int = 900

    def __post_init__(self) -> None:
        if not self.host:
            raise ValueError("host must not be empty")
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port must be 0 to 65535, not {self.port}")
        if not 10 <= self.history_s <= 86_400:
            raise ValueError(f"history_s must be 10 to 86400, not {self.history_s}")
