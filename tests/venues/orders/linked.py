"""A gateway's link to a venue's own side, over TLS on loopback, without the gateway's process."""

import asyncio
import contextlib

from pinnacle.core.schema import Reason
from pinnacle.exchange.network.config import ServedConfig
from pinnacle.exchange.network.making import MadeExchange
from pinnacle.exchange.network.server import ExchangeServer
from pinnacle.venues import registry
from pinnacle.venues.orders.link import NetworkLink
from pinnacle.venues.orders.owner import Trust
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.served.exchange_side import NewKey

PLENTY_S = 10.0


class Owner:
    """Beside a Gateway: the side of it that a link has. `reports`: all that it has delivered."""

    def __init__(self, *args, **fields):
        super().__init__(*args, **fields)
        self.reports = []

    def deliver(self, reports):
        self.reports += reports
        return super().deliver(reports)

    def told(self, order_id):
        """Of one order, by kind."""
        return [r.kind.name for r in self.reports if r.order_id == order_id]

    def trusted(self, is_so, words):
        """The link knows it itself."""

    def balances(self, balances):
        """Nobody counts them."""

    def fees(self, fees):
        """Nobody counts with them."""

    def open_orders(self):
        return {}

    def unnamed(self):
        return []

    def behind(self):
        return self.table.behind

    def permit(self):
        return Reason.NONE


@contextlib.asynccontextmanager
async def connected(owner_class, config_class, key, certificates):
    """A link that trusts an exchange of ours: (owner, link, house)."""
    traded = owner_class.TRADED
    name = traded.venue.name.lower()
    served = ServedConfig(instruments=traded.configs)
    keys = {name: NewKey(key.name, key.given, key.kept)}
    made = MadeExchange(registry.find(name), served, keys, certificates, None, 1)
    server = ExchangeServer(made.side, made.house, made.tls)
    made.told_to(server.events.append)
    await server.open()
    where = server.addresses | {"ca_file": str(made.ca_file)}
    owner = owner_class(made.house.now_ns, rest_url=where["rest_url"])
    link = NetworkLink(
        owner.entry,
        where["ws_url"],
        where["rest_url"],
        config_class(**where),
        owner,
        owner.known,
        owner.clock,
        owner.clock(),
        10**9,
        5.0,
    )
    link.clocked(Offset(0, 0))
    tasks = [asyncio.create_task(server.run()), asyncio.create_task(link.run())]
    try:
        await until(lambda: link.trust is Trust.TRUSTED)
        yield owner, link, made.house
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.close()


async def until(is_so):
    async with asyncio.timeout(PLENTY_S):
        while not is_so():
            await asyncio.sleep(0.005)
