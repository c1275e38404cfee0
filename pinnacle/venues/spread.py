"""Many instruments of one venue over several connections, as one market."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pinnacle.core.credentials import Credentials
from pinnacle.core.market_state import MarketState
from pinnacle.venues.port import MarketData, Sink, Top, VenueKind
from pinnacle.venues.transport.config import ConnectionConfig


def market_of(
    kind: VenueKind[Any],
    config: Any,
    instruments: np.ndarray,
    sink: Sink,
    clock: Callable[[], int],
    top_of: Callable[[int], Top | None],
    credentials: Credentials | None = None,
) -> MarketData:
    """As VenueKind.market_data, over as many connections as the venue or the configuration asks."""
    limits = [kind.instruments_max]
    if isinstance(config, ConnectionConfig):
        limits.append(config.instruments_per_connection)
    most = min((limit for limit in limits if limit is not None), default=len(instruments))
    shares = [instruments[at : at + most] for at in range(0, len(instruments), most)]
    given = (sink, clock, top_of, credentials)
    made = [kind.market_data(config, share, *given) for share in shares]
    return made[0] if len(made) == 1 else Spread(shares, made)


class Spread(MarketData):
    """Each connection has the instruments of its table; one that fails for good ends all."""

    def __init__(self, shares: Sequence[np.ndarray], markets: Sequence[MarketData]):
        self._markets = markets
        self._of = {
            number: market
            for share, market in zip(shares, markets, strict=True)
            for number in share["instrument_id"].tolist()
        }

    async def run(self) -> None:
        tasks = [asyncio.create_task(market.run()) for market in self._markets]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def resync(self, instrument_id: int, reason: int) -> None:
        self._of[instrument_id].resync(instrument_id, reason)

    def hold(self, instrument_id: int, reason: int) -> None:
        self._of[instrument_id].hold(instrument_id, reason)

    def counts(self) -> Mapping[str, int]:
        found = [market.counts() for market in self._markets]
        return {name: sum(counts[name] for counts in found) for name in found[0]}

    def state(self) -> MarketState:
        """The worst connection's, since it became that."""
        states = [market.state() for market in self._markets]
        worst = min(states, key=lambda state: (state.state, state.since_ns))
        return worst._replace(
            heard_ns=max(state.heard_ns for state in states),
            messages=sum(state.messages for state in states),
            subscribed=sum(state.subscribed for state in states),
            connected=sum(state.connected for state in states),
            connections=sum(state.connections for state in states),
        )
