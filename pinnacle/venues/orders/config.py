"""[orders]: where a venue takes orders, and with which key."""

from typing import Annotated, Literal

from msgspec import Meta

from pinnacle.venues.transport.config import RestConfig, Url, check_tls

KeyName = Annotated[str, Meta(min_length=1, max_length=64)]
Wait = Annotated[int, Meta(ge=1, le=3_600_000)]


class OrdersConfig(RestConfig, frozen=True, kw_only=True):
    """Besides what every connection has:

    ws_url            the private stream, and orders where the venue takes them there; wss only
    key               of the vault; None: the one that is called as the venue
    request_ms        how long a request may take
    reconcile_ms      how often all is compared with the venue while nothing is wrong
    foreign           what becomes of open orders that no session of ours has made: told, cancelled,
                      or trading halts
    balances          what becomes of a balance that is not what fills and fees make it: told, or
                      trading halts
    """

    ws_url: Url
    key: KeyName | None = None
    request_ms: Wait = 10_000
    reconcile_ms: Wait = 60_000
    foreign: Literal["report", "cancel", "halt"] = "report"
    balances: Literal["report", "halt"] = "report"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tls("ws_url", self.ws_url, "wss")
