"""A paper venue's memory as its private header describes it, for tests that look or damage."""

from pinnacle.core._native import ffi, lib
from tests.core.private_headers import private_ffi

PRIVATE = private_ffi(
    {
        "book.h": ("pmm_level",),
        "paper.h": ("pmm_paper_config",),
        "paper_queue.h": (
            "paper_order", "paper_account", "paper_side", "paper_market", "pmm_paper",
        ),
    },
    ("PMM_PAPER_LEVELS", "PMM_INSTRUMENTS_MAX"),
)  # fmt: skip


class Inside:
    """Everything in it may be written."""

    def __init__(self, paper):
        self.start = int(ffi.cast("uintptr_t", ffi.from_buffer(paper.memory)))
        self.paper = PRIVATE.cast("struct pmm_paper *", self.start)
        size = -(-PRIVATE.sizeof("struct pmm_paper") // 64) * 64
        markets = PRIVATE.cast("struct paper_market *", self.start + size)
        self.markets = [markets + i for i in range(self.paper.markets)]

    def side(self, market, side):
        """One of the market's; its orders stand at `orders`."""
        return PRIVATE.addressof(self.markets[market].side, side - 1)

    def orders(self, market, side):
        """All places of a side, whether an order stands there or not."""
        own = self.side(market, side)
        at = int(PRIVATE.cast("uintptr_t", own)) + own.orders_at
        return PRIVATE.cast("struct paper_order *", at)

    def levels(self, market, side, most):
        """What the market's book displays."""
        at = int(PRIVATE.cast("uintptr_t", self.markets[market])) + self.markets[market].book_at
        out = ffi.new("struct pmm_level[]", most)
        count = lib.pmm_book_depth(ffi.cast("struct pmm_book *", at), side, out, most)
        return [(out[i].price, out[i].quantity) for i in range(count)]

    def bytes(self, place):
        return bytes(PRIVATE.buffer(place))

    def seen_orders(self, market, side, fields):
        orders = self.orders(market, side)
        count = self.side(market, side).orders
        return [tuple(getattr(orders[i], name) for name in fields) for i in range(count)]

    def seen_accounts(self, market, side, fields):
        own = self.side(market, side)
        return [
            tuple(getattr(own.account[i], name) for name in fields) for i in range(own.accounts)
        ]
