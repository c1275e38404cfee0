"""Streams of a market and of a participant's orders, for what must hold whatever they are."""

import numpy as np
from hypothesis import strategies as st

from pinnacle.core.schema import (
    EVENT,
    Flag,
    Kind,
    OrderType,
    Side,
    Source,
    TimeInForce,
)

MS = 1_000_000
PRICES = st.integers(95, 105)
QUANTITIES = st.integers(1, 30)
SIDES = st.sampled_from([Side.BID, Side.ASK])
IDS = st.integers(1, 12)
GAPS = st.sampled_from([0, 1, 20, 300])
ORDER_KINDS = (Kind.NEW, Kind.REPLACE, Kind.CANCEL, Kind.CANCEL_ALL, Kind.QUERY)


@st.composite
def records(draw):
    """One or a few records of a market or a participant, as dicts of EVENT fields."""
    weights = {"depth": 6, "trade": 6, "order": 8, "move": 1, "resync": 1}
    what = draw(st.sampled_from([name for name, weight in weights.items() for _ in range(weight)]))
    side, price, quantity = draw(SIDES), draw(PRICES), draw(QUANTITIES)
    lag = draw(st.sampled_from([1, 1, 1, 30, 150])) * MS
    if what == "depth":
        # Bids below 100 and asks from 100 on: a market that does not cross itself by this alone.
        price = min(price, 99) if side == Side.BID else max(price, 100)
        quantity = draw(st.sampled_from([0, quantity, quantity]))
        fields = {"kind": Kind.DEPTH, "flags": Flag.LAST, "lag": MS}
        return [fields | {"side": side, "price": price, "quantity": quantity}]
    if what == "trade":
        return [
            {"kind": Kind.TRADE, "side": side, "price": price, "quantity": quantity, "lag": lag}
        ]
    if what == "move":  # one side jumps through the middle: orders of ours are crossed
        begin = {"kind": Kind.DEPTH, "side": 3 - side, "quantity": 0, "lag": MS}
        clear = [begin | {"price": p} for p in range(94, 107)]
        last = {"kind": Kind.DEPTH, "side": side, "price": price, "quantity": quantity}
        return [*clear, last | {"flags": Flag.LAST, "lag": MS}]
    if what == "resync":
        bid = {"kind": Kind.DEPTH, "side": Side.BID, "price": price - 1, "quantity": quantity}
        ask = {"kind": Kind.DEPTH, "side": Side.ASK, "price": price + 1, "quantity": quantity}
        end = {"kind": Kind.BOOK_END, "flags": Flag.LAST}
        return [{"kind": Kind.BOOK_BEGIN}, bid, ask, end][: draw(st.sampled_from([1, 4, 4, 4]))]
    kind = draw(st.sampled_from([Kind.NEW] * 6 + list(ORDER_KINDS[1:])))
    fields = {"kind": kind, "order_id": draw(IDS), "side": side, "price": price}
    fields |= {"quantity": quantity, "source": Source.GATEWAY, "lag": 0}
    if kind == Kind.NEW:
        if draw(st.integers(0, 3)):  # three of four rest
            fields["price"] = min(price, 99) if side == Side.BID else max(price, 100)
        tif = draw(st.sampled_from([TimeInForce.GTC] * 5 + [TimeInForce.IOC, TimeInForce.FOK]))
        order_type = draw(st.sampled_from([OrderType.LIMIT] * 6 + [OrderType.MARKET]))
        fields["aux"] = tif | order_type << 8 | draw(st.integers(0, 3)) << 16
        fields["flags"] = draw(st.sampled_from([0, 0, Flag.POST_ONLY]))
    return [fields]


def stream(groups, gaps):
    """An EVENT array: recv_ns moves by the gaps, venue_ns is recv_ns less each record's lag."""
    start = [{"kind": Kind.BOOK_BEGIN}]
    start += [
        {"kind": Kind.DEPTH, "side": side, "price": price, "quantity": 20}
        for side, price in ((1, 99), (1, 98), (2, 100), (2, 101))
    ]
    start += [{"kind": Kind.BOOK_END, "flags": Flag.LAST}]
    rows = start + [row for group in groups for row in group]
    events = np.zeros(len(rows), dtype=EVENT)
    now = 10_000 * MS
    for i, row in enumerate(rows):
        now += gaps[i % len(gaps)] * MS
        events[i]["recv_ns"] = now
        for name, value in row.items():
            if name != "lag":
                events[i][name] = value
        if row.get("lag"):
            events[i]["venue_ns"] = now - row["lag"]
    return events


FLOWS = st.builds(
    stream, st.lists(records(), min_size=30, max_size=80), st.lists(GAPS, min_size=1, max_size=5)
)
