"""Messages as venues could send them: members in any order, white space, members nobody knows.

A message is plain data in which a `Bare` is a number as it is to be written. `written` draws how.
"""

import json
from typing import Any, NamedTuple

from hypothesis import strategies as st

#: Of each venue, how it writes the two instruments of a test.
SYMBOLS = {
    "BINANCE": ["BTCUSDT", "ETHUSDT"],
    "BITSTAMP": ["btcusd", "ethusd"],
    "COINBASE": ["BTC-USD", "ETH-USD"],
    "COINBASE_EXCHANGE": ["BTC-USD", "ETH-USD"],
    "GEMINI": ["BTCUSD", "ETHUSD"],
    "GEMINI_V2": ["BTCUSD", "ETHUSD"],
    "KRAKEN": ["BTC/USD", "ETH/USD"],
}
#: Snapshots that are fetched: they do not say of whom.
FETCHED = ["BITSTAMP", "COINBASE_EXCHANGE"]
WHOLE = st.integers(0, 2**62)
STAMP = st.sampled_from(
    ["2026-08-09T21:05:48.505350477Z", "1999-12-31T23:59:59Z", "2026-02-28T00:00:00.1Z"]
)
SIDE = st.sampled_from(["buy", "sell"])
MICROS = st.integers(0, 4 * 10**15).map(str)
UUID = st.one_of(st.uuids().map(str), st.uuids().map(lambda value: str(value).upper()))
UNKNOWN = [("x", [1, {"y": None, "data": 5}]), ("un\\known", 'a"\\é'), ("n", -1.5e3), ("z", {})]


class Bare(NamedTuple):
    """A number, digit for digit."""

    text: str


@st.composite
def decimals(draw: st.DrawFn, least: int = 0, places: int = 8) -> str:
    """Decimal text of at most that many places and 11 digits before the point, some with zeros
    behind."""
    kept = draw(st.integers(0, places))
    most = 10 ** draw(st.sampled_from([2, 5, 10])) * 10**kept
    whole, fraction = divmod(draw(st.integers(least, most)), 10**kept)
    text = f"{whole}.{fraction:0{kept}d}" if kept else str(whole)
    if kept and draw(st.booleans()):
        text += "0" * draw(st.integers(0, 12 - kept))
    return text


@st.composite
def exponential(draw: st.DrawFn) -> str:
    """The same as a bare number may be written: of at most eight places, whatever its shape."""
    text = draw(decimals(1, 4))
    if draw(st.booleans()):
        return text
    return f"{text}{draw(st.sampled_from('eE'))}{draw(st.integers(-4, 0)):+d}"


PRICE, QUANTITY = decimals(1), decimals()
LEVELS = st.lists(st.tuples(PRICE, QUANTITY).map(list), max_size=5)
CHANGES = st.lists(st.tuples(SIDE, PRICE, QUANTITY).map(list), max_size=5)
BARE_PRICE, BARE_QUANTITY = decimals(1, 6).map(Bare), decimals().map(Bare)


def singles(ids: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Levels, or single orders with their ids."""
    order = st.tuples(PRICE, QUANTITY, ids).map(list)
    return st.one_of(LEVELS, st.lists(order, max_size=5))


def of(**members: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {k: v if isinstance(v, st.SearchStrategy) else st.just(v) for k, v in members.items()}
    )


def messages(venue: str) -> st.SearchStrategy[Any]:
    """Hot messages of a venue."""
    return _MESSAGES[venue](st.sampled_from(SYMBOLS[venue]))


def books(venue: str) -> st.SearchStrategy[Any]:
    """Fetched snapshots of a venue, of levels or of orders."""
    if venue == "BITSTAMP":
        sides = singles(st.one_of(WHOLE.map(str), WHOLE))
        return of(microtimestamp=MICROS, timestamp="5", bids=sides, asks=sides)
    counts = st.lists(st.tuples(PRICE, QUANTITY, st.integers(0, 99)).map(list), max_size=3)
    sides = st.one_of(singles(UUID), counts)
    return of(bids=sides, asks=sides, sequence=WHOLE, auction_mode=False, time=STAMP)


def _binance(symbol: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    number = st.integers(0, 10**12)
    update = of(e="depthUpdate", E=number, s=symbol, U=0, u=WHOLE, b=LEVELS, a=LEVELS)
    trade = of(e="trade", E=number, s=symbol, t=WHOLE, p=PRICE, q=QUANTITY, m=st.booleans())
    top = of(u=WHOLE, s=symbol, b=QUANTITY, B=QUANTITY, a=QUANTITY, A=QUANTITY)
    return st.one_of(update, trade, top, of(stream="any@thing", data=update))


def _bitstamp(symbol: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    body = of(microtimestamp=MICROS, timestamp="5", bids=LEVELS, asks=LEVELS)
    sold = of(id=WHOLE, price_str=PRICE, amount_str=QUANTITY, price=1.5, microtimestamp=MICROS)
    sold = st.builds(lambda data, side: data | {"type": side}, sold, st.sampled_from([0, 1]))

    order = of(
        id=WHOLE,
        order_type=st.sampled_from([0, 1]),
        price_str=st.one_of(PRICE, st.just("0.00")),
        amount_str=QUANTITY,
        microtimestamp=MICROS,
        price=1.5,
    )

    def on(channel: str, event: str, data: Any) -> st.SearchStrategy[Any]:
        return of(data=data, channel=symbol.map(lambda name: channel + name), event=event)

    return st.one_of(
        on("diff_order_book_", "data", body),
        on("order_book_", "data", body),
        on("live_trades_", "trade", sold),
        *(on("live_orders_", f"order_{done}", order) for done in ("created", "changed", "deleted")),
    )


def _coinbase(symbol: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    kind = st.sampled_from(["snapshot", "update"])
    side = st.sampled_from(["bid", "offer"])
    update = of(side=side, event_time=STAMP, price_level=PRICE, new_quantity=QUANTITY)
    ids = st.integers(0, 2**60).map(str)
    sides = st.sampled_from(["BUY", "SELL"])
    trade = of(product_id=symbol, trade_id=ids, price=PRICE, size=QUANTITY, time=STAMP, side=sides)
    ticker = of(
        product_id=symbol,
        best_bid=QUANTITY,
        best_ask=QUANTITY,
        best_bid_quantity=QUANTITY,
        best_ask_quantity=QUANTITY,
    )

    def on(channel: str, event: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        events = st.lists(event, min_size=1, max_size=3)
        return of(channel=channel, timestamp=STAMP, sequence_num=WHOLE, events=events)

    return st.one_of(
        on("l2_data", of(type=kind, product_id=symbol, updates=st.lists(update, max_size=4))),
        on("market_trades", of(type="update", trades=st.lists(trade, min_size=1, max_size=3))),
        on("ticker", of(type=kind, tickers=st.lists(ticker, min_size=1, max_size=2))),
    )


def _coinbase_exchange(symbol: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    def single(kind: str, **members: Any) -> st.SearchStrategy[Any]:
        head = {"type": kind, "product_id": symbol, "sequence": WHOLE, "time": STAMP}
        return of(**head, order_id=UUID, side=SIDE, **members)

    nothing = st.one_of(PRICE, st.none())
    matched = of(
        type="match",
        trade_id=WHOLE,
        sequence=WHOLE,
        maker_order_id=UUID,
        taker_order_id=UUID,
        time=STAMP,
        product_id=symbol,
        size=QUANTITY,
        price=PRICE,
        side=SIDE,
    )
    return st.one_of(
        matched,
        single("received", size=QUANTITY, price=PRICE, order_type="limit"),
        single("received", funds=QUANTITY, order_type="market"),
        single("open", price=PRICE, remaining_size=QUANTITY),
        single("done", price=PRICE, remaining_size=QUANTITY, reason="filled"),
        single("done", reason="canceled"),
        single("change", old_size=QUANTITY, new_size=QUANTITY, price=nothing),
        single("change", old_funds=QUANTITY, new_funds=QUANTITY, price=None),
        single("change", new_size=QUANTITY, old_price=PRICE, new_price=nothing),
        of(type="l2update", product_id=symbol, changes=CHANGES, time=STAMP),
        of(type="snapshot", product_id=symbol, bids=LEVELS, asks=LEVELS),
        of(
            type="match",
            trade_id=WHOLE,
            side=SIDE,
            size=QUANTITY,
            price=PRICE,
            product_id=symbol,
            sequence=WHOLE,
            time=STAMP,
        ),
        of(
            type="ticker",
            sequence=WHOLE,
            product_id=symbol,
            best_bid=QUANTITY,
            best_bid_size=QUANTITY,
            best_ask=QUANTITY,
            best_ask_size=QUANTITY,
            time=STAMP,
        ),
    )


def _gemini(symbol: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    either = st.one_of(symbol, symbol.map(str.lower))
    number = st.integers(0, 2**62)
    return st.one_of(
        of(e="depthUpdate", E=number, s=either, U=0, u=WHOLE, b=LEVELS, a=LEVELS),
        of(u=WHOLE, E=number, s=either, b=QUANTITY, B=QUANTITY, a=QUANTITY, A=QUANTITY),
    )


def _gemini_v2(symbol: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    past = of(type="trade", price=PRICE, quantity=QUANTITY, side=SIDE, symbol=symbol, tid=WHOLE)
    return st.one_of(
        of(type="l2_updates", symbol=symbol, changes=CHANGES),
        of(type="l2_updates", symbol=symbol, changes=CHANGES, trades=st.lists(past, max_size=2)),
        of(
            type="trade",
            symbol=symbol,
            event_id=WHOLE,
            timestamp=st.integers(0, 4 * 10**12),
            price=PRICE,
            quantity=QUANTITY,
            side=SIDE,
            tid=WHOLE,
        ),
    )


def _kraken(symbol: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    levels = st.lists(of(price=BARE_PRICE, qty=BARE_QUANTITY), max_size=5)
    sums = st.integers(0, 2**32 - 1)
    book = of(symbol=symbol, bids=levels, asks=levels, checksum=sums, timestamp=STAMP)
    price = exponential().map(Bare)
    trade = of(
        symbol=symbol, side=SIDE, price=price, qty=BARE_QUANTITY, trade_id=WHOLE, timestamp=STAMP
    )
    ticker = of(symbol=symbol, bid=price, bid_qty=BARE_QUANTITY, ask=price, ask_qty=BARE_QUANTITY)

    def on(channel: str, kinds: list[str], row: Any) -> st.SearchStrategy[Any]:
        data = st.lists(row, min_size=1, max_size=3)
        return of(channel=channel, type=st.sampled_from(kinds), data=data)

    return st.one_of(
        on("book", ["update", "snapshot"], book),
        on("trade", ["update"], trade),
        on("ticker", ["update", "snapshot"], ticker),
    )


_MESSAGES = {
    "BINANCE": _binance,
    "BITSTAMP": _bitstamp,
    "COINBASE": _coinbase,
    "COINBASE_EXCHANGE": _coinbase_exchange,
    "GEMINI": _gemini,
    "GEMINI_V2": _gemini_v2,
    "KRAKEN": _kraken,
}


@st.composite
def written(draw: st.DrawFn, message: Any) -> bytes:
    """A message's text: compact or spacious, its members as they are or shuffled and more."""
    random = draw(st.randoms(use_true_random=False))
    spaces = draw(st.sampled_from(["", " ", "\n\t "]))
    mixed = draw(st.booleans())

    def text(value: Any) -> str:
        if isinstance(value, Bare):
            return value.text
        if isinstance(value, dict):
            members = [(name, text(inside)) for name, inside in value.items()]
            if mixed:
                more = [pair for pair in UNKNOWN if random.random() < 0.3]
                members += [(name, json.dumps(inside)) for name, inside in more]
                random.shuffle(members)
            joined = [f"{json.dumps(name)}{spaces}:{spaces}{inside}" for name, inside in members]
            return "{" + spaces + f"{spaces},{spaces}".join(joined) + spaces + "}"
        if isinstance(value, list):
            return "[" + spaces + f"{spaces},{spaces}".join(map(text, value)) + spaces + "]"
        return json.dumps(value)

    return (spaces + text(message) + spaces).encode()
