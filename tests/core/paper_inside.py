"""A paper venue's memory as its private header describes it, for tests that look or damage."""

import re
from pathlib import Path

from cffi import FFI

from pinnacle.core._native import ffi, lib

SOURCES = Path(__file__).resolve().parents[2] / "csrc"
PRIVATE = {
    "book.h": ("pmm_level",),
    "paper.h": ("pmm_paper_config",),
    "paper_queue.h": ("paper_order", "paper_account", "paper_side", "paper_market", "pmm_paper"),
}
NUMBERS = ("PMM_PAPER_LEVELS", "PMM_INSTRUMENTS_MAX")


def _structures():
    for name in NUMBERS:
        yield f"#define {name} {getattr(lib, name)}"
    for header, names in PRIVATE.items():
        text = (SOURCES / header).read_text(encoding="utf-8")
        for name in names:
            yield re.search(rf"^struct {name} \{{.*?^\}};", text, re.MULTILINE | re.DOTALL)[0]


inside = FFI()
inside.cdef("\n".join(_structures()))


class Inside:
    """Everything in it may be written."""

    def __init__(self, paper):
        self.start = int(ffi.cast("uintptr_t", ffi.from_buffer(paper.memory)))
        self.paper = inside.cast("struct pmm_paper *", self.start)
        size = -(-inside.sizeof("struct pmm_paper") // 64) * 64
        markets = inside.cast("struct paper_market *", self.start + size)
        self.markets = [markets + i for i in range(self.paper.markets)]

    def side(self, market, side):
        """One of the market's; its orders stand at `orders`."""
        return inside.addressof(self.markets[market].side, side - 1)

    def orders(self, market, side):
        """All places of a side, whether an order stands there or not."""
        own = self.side(market, side)
        at = int(inside.cast("uintptr_t", own)) + own.orders_at
        return inside.cast("struct paper_order *", at)

    def levels(self, market, side, most):
        """What the market's book displays."""
        at = int(inside.cast("uintptr_t", self.markets[market])) + self.markets[market].book_at
        out = ffi.new("struct pmm_level[]", most)
        count = lib.pmm_book_depth(ffi.cast("struct pmm_book *", at), side, out, most)
        return [(out[i].price, out[i].quantity) for i in range(count)]

    def bytes(self, place):
        return bytes(inside.buffer(place))

    def seen_orders(self, market, side, fields):
        orders = self.orders(market, side)
        count = self.side(market, side).orders
        return [tuple(getattr(orders[i], name) for name in fields) for i in range(count)]

    def seen_accounts(self, market, side, fields):
        own = self.side(market, side)
        return [
            tuple(getattr(own.account[i], name) for name in fields) for i in range(own.accounts)
        ]
