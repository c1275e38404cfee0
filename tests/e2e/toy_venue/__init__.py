"""A venue outside of the package: `toy_venue:VENUE`, as anybody might write one.

Its wire is of its own: a text frame is `seq|kind|symbol|...`, and what a connection begins with is
the whole book. Copied beside the checkout by its test, so that nothing here can lean on it.
"""

from pinnacle.venues.port import VenueKind

from .config import ToyConfig


class Toy(VenueKind[ToyConfig]):
    name = "toy"
    section = ToyConfig

    def symbol_fault(self, symbol):
        return None if symbol.startswith("TOY-") else "is none of the toy's: they begin with TOY-"

    def market_data(self, config, instruments, sink, clock, top_of, credentials=None):
        from .connection import ToyMarket

        return ToyMarket(config, instruments, sink, clock)


VENUE = Toy()
