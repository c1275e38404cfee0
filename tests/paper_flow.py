"""Seeded flows of records into a paper venue: a market and two participants that miss no corner."""

import random

from pinnacle.core.schema import EVENT, INSTRUMENT_ALL, Flag, Kind, Side, Source

INSTRUMENTS, STRANGER = (3, 0, 5), 4
SIDES = (Side.BID, Side.ASK)
SOURCES = (Source.GATEWAY, Source.TRADERS)
DEEP = 300  # more levels than are in reach


class Flow:
    """A market around 100; the clock and the prices are short, so that they meet."""

    def __init__(self, seed, oracle):
        self.random, self.oracle = random.Random(seed), oracle
        self.now = 1000

    def pick(self, *these):
        return these[int(self.random.random() * len(these))]

    def often(self, chance):
        return self.random.random() < chance

    def record(self, kind, **fields):
        self.now += self.pick(0, 0, 1, 1, 2, 5)
        made = dict.fromkeys(EVENT.names, 0)
        instrument = self.pick(*[3] * 12, 0, 5, STRANGER)
        return made | {"kind": kind, "recv_ns": self.now, "instrument_id": instrument} | fields

    def venue_time(self):
        return {"venue_ns": self.pick(0, *(self.now - ago for ago in (0, 1, 2, 3, 5, 8, 12, 20)))}

    def quantity(self):
        return self.pick(1, 2, 3, 4, 5, 7, 10, 12, 15, 20, 30)

    def price(self, side, inside=0):
        """From the own touch outwards; `inside` that much further in."""
        away = self.pick(0, 0, 0, 1, 1, 2, 3, 5) - inside
        return 99 - away if side == Side.BID else 101 + away

    def snapshot(self, instrument):
        fields = {"instrument_id": instrument} | self.venue_time()
        bound = self.pick(0, 0, 1, 2, 3)
        yield self.record(
            Kind.BOOK_BEGIN, quantity=bound, price=self.pick(97, 98, 100),
            order_id=self.pick(100, 102, 103), **fields,
        )  # fmt: skip
        for side in SIDES:
            for away in range(self.pick(0, 1, 2, 3, 4, 4, 6, 6)):
                price = 99 - away if side == Side.BID else 101 + away
                if self.often(0.8):
                    yield self.record(
                        Kind.DEPTH, side=side, price=price, quantity=self.quantity(),
                        flags=Flag.SNAPSHOT, **fields,
                    )  # fmt: skip
        if self.often(0.9):
            yield self.record(Kind.BOOK_END, flags=self.pick(0, Flag.LAST), **fields)

    def depth(self):
        side = self.pick(*SIDES)
        price = self.price(side, self.pick(0, 0, 0, 0, 1))
        if self.often(0.3) and (accounts := self.oracle.markets[3].half(side).accounts):
            price = self.pick(*accounts).price
        shown = self.oracle.markets[3].half(side).levels.get(price, 0)
        quantity = self.pick(0, self.quantity(), self.quantity(), max(shown - 1, 0), shown + 1)
        flags = self.pick(0, Flag.LAST, Flag.LAST, Flag.LAST)
        if self.often(0.01):
            quantity = self.pick(-1, 2**40, 2**63 - 1)
        if self.often(0.005):
            side = self.pick(0, 3)
        yield self.record(
            Kind.DEPTH, side=side, price=price, quantity=quantity, flags=flags, **self.venue_time()
        )

    def through(self):
        """One side goes and the other comes to where it was, or past it."""
        side, fields = self.pick(*SIDES), {"instrument_id": 3}
        fields |= self.venue_time()
        for price in range(94, 107):
            yield self.record(Kind.DEPTH, side=3 - side, price=price, **fields)
        for _ in range(self.pick(1, 2, 3)):
            yield self.record(
                Kind.DEPTH, side=side, price=self.pick(97, 98, 99, 100, 101, 102, 103),
                quantity=self.quantity(), flags=self.pick(0, Flag.LAST), **fields,
            )  # fmt: skip

    def trade(self):
        side = self.pick(*SIDES)
        quantity = self.pick(self.quantity(), self.quantity() + self.quantity())
        if self.often(0.05):
            side, quantity = self.pick((0, 3), (side, 0), (side, -1), (side, 2**63 - 1), (3, 5))
        yield self.record(
            Kind.TRADE, side=side, price=self.price(3 - side if side in SIDES else Side.BID),
            quantity=quantity, **self.venue_time(),
        )  # fmt: skip

    def replace(self):
        """Around what the order is: its price, its total and what is filled of it."""
        halves = self.oracle.markets[3].halves
        orders = [order for half in halves for order in half.orders]
        if orders:
            order = self.pick(*orders)
            base = self.pick(order.total, order.total, order.total - order.leaves)
            yield self.record(
                Kind.REPLACE, instrument_id=3, order_id=order.order_id, source=order.source,
                price=order.price + self.pick(0, 0, 0, 1, -1), side=self.pick(0, 1, 2),
                quantity=base + self.pick(-1, 0, 1),
            )  # fmt: skip

    def order(self):
        side, kind = self.pick(*SIDES), Kind.NEW
        if self.often(0.2):
            kind = self.pick(Kind.REPLACE, Kind.CANCEL, Kind.QUERY)
        fields = {
            "order_id": self.pick(*range(1, 13)), "side": side, "source": self.pick(*SOURCES),
            "price": self.price(side, self.pick(0, 0, 0, 1, 3, 5)), "quantity": self.quantity(),
            "venue_id": self.pick(0, 1), "flags": self.pick(*[0] * 7, Flag.POST_ONLY, 0xFF),
            "aux": self.pick(0, 0, 0, 0, 0, 1, 2, 3) | self.pick(*[0] * 9, 1) << 8,
        }  # fmt: skip
        fields["aux"] |= self.pick(0, 1, 2, 3) << 16
        if self.often(0.08):
            fields |= self.pick(
                {"price": 0}, {"price": 1}, {"price": 2**60}, {"price": 2**60 + 1}, {"side": 0},
                {"side": 3}, {"quantity": 0}, {"quantity": 2**40}, {"quantity": 2**40 + 1},
                {"quantity": -1}, {"aux": 1 << 24}, {"aux": 4}, {"aux": 2 << 8}, {"aux": 4 << 16},
                {"aux": -1}, {"instrument_id": 64}, {"instrument_id": 63},
            )  # fmt: skip
        yield self.record(kind, **fields)

    def cancel_all(self):
        yield self.record(
            Kind.CANCEL_ALL, source=self.pick(*SOURCES), reason=self.pick(0, 69),
            instrument_id=self.pick(3, 0, STRANGER, INSTRUMENT_ALL),
        )  # fmt: skip

    def other(self):
        yield self.record(
            self.pick(Kind.TOP, Kind.ACK, Kind.TIMER, Kind.ORDER_ADD, 15, 21), side=1, price=99
        )

    def invalid(self):
        yield self.record(Kind.BOOK_INVALID, instrument_id=3)

    def records(self, n):
        for instrument in INSTRUMENTS:
            yield from self.snapshot(instrument)
        parts = [self.depth] * 34 + [self.trade] * 30 + [self.order] * 40 + [self.replace] * 10
        parts += [self.through] * 3 + [lambda: self.snapshot(3)] * 5
        parts += [self.cancel_all, self.other, self.invalid]
        yield from self.steps(parts, n)

    def steps(self, parts, n):
        for _ in range(n):
            yield from self.pick(*parts)()
            if not self.oracle.markets[3].valid and self.often(0.5):
                yield from self.snapshot(3)


class DeepFlow(Flow):
    """A market of many levels, all of which may be taken: accounts run out."""

    def price(self, side, inside=0):
        away = int(self.random.random() * DEEP)
        return 1000 - away if side == Side.BID else 1002 + away

    def quantity(self):
        return self.pick(1, 2, 3)

    def snapshot(self, instrument):
        yield self.record(Kind.BOOK_BEGIN, instrument_id=instrument)
        for side in SIDES:
            for away in range(DEEP):
                yield self.record(
                    Kind.DEPTH, side=side, price=1000 - away if side == Side.BID else 1002 + away,
                    quantity=self.quantity(), instrument_id=instrument,
                )  # fmt: skip
        yield self.record(Kind.BOOK_END, instrument_id=instrument)

    def sweep(self):
        side = self.pick(*SIDES)
        yield self.record(
            Kind.NEW, order_id=99, side=side, source=self.pick(*SOURCES), instrument_id=3,
            price=self.price(3 - side), quantity=self.pick(20, 100, 500, 512, 600),
            aux=self.pick(2, 2, 3, 2 | 1 << 8) | self.pick(0, 0, 1, 2, 3) << 16,
        )  # fmt: skip

    def again(self):
        """A level of which an account remembers something."""
        side = self.pick(*SIDES)
        accounts = self.oracle.markets[3].half(side).accounts
        if accounts:
            yield self.record(
                self.pick(Kind.DEPTH, Kind.DEPTH, Kind.TRADE), side=side, instrument_id=3,
                price=self.pick(*accounts[:9]).price, quantity=self.quantity(),
                flags=self.pick(0, 0, Flag.LAST), **self.venue_time(),
            )  # fmt: skip

    def records(self, n):
        yield from self.snapshot(3)
        parts = [self.sweep] * 2 + [self.depth, self.trade, self.order] * 4 + [self.again] * 8
        yield from self.steps(parts, n)
