"""Coinbase's books are whole as long as no number of the connection's frames is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.schema import Flag, Kind, Reason, Side, Source
from pinnacle.venues.coinbase.stream import CoinbaseStream
from tests.venues.kept import Kept
from tests.venues.samples import text
from tests.venues.wire import table

BTC, ETH = "BTC-USD", "ETH-USD"
AT = "2026-08-09T21:05:48.505350477Z"


def frame(number, channel, *events):
    head = {"channel": channel, "timestamp": AT, "sequence_num": number}
    return text(head | {"events": list(events)})


def event(kind, symbol, *levels):
    updates = [
        {"side": side, "event_time": AT, "price_level": price, "new_quantity": quantity}
        for side, price, quantity in levels
    ]
    return {"type": kind, "product_id": symbol, "updates": updates}


def trade(number, side="BUY", symbol=BTC, **instead):
    row = {"product_id": symbol, "trade_id": str(number), "price": "10.5", "size": "2"}
    return row | {"time": AT, "side": side} | instead


def begin(number, symbol=BTC):
    return frame(number, "l2_data", event("snapshot", symbol, ("bid", "10", "1")))


def update(number, quantity, symbol=BTC):
    return frame(number, "l2_data", event("update", symbol, ("bid", "10", quantity)))


def beat(number):
    return frame(number, "heartbeats", {"current_time": "now", "heartbeat_counter": number})


class Desk:
    def __init__(self):
        self.sink, self.told = Kept(), []
        rows = table([BTC, ETH], 0, 0)
        self.stream = CoinbaseStream(rows, None, self.sink, lambda *words: self.told.append(words))

    def take(self, *frames):
        return self.stream.take(frames, 1)


def begun():
    """Both books, by frames 0 and 1."""
    desk = Desk()
    desk.take(begin(0), begin(1, ETH))
    assert desk.stream.live
    return desk


def test_frames_of_other_channels_count_too():
    desk = begun()
    others = [beat(2), frame(3, "subscriptions", {"subscriptions": {}})]
    assert desk.take(*others, update(4, "5"), beat(5)) == [*others, beat(5)]
    assert desk.take(update(6, "7")) == []
    assert (desk.sink.levels(), desk.stream.broken) == (({10: 7}, {}), Reason.NONE)
    assert desk.stream.frames == 7


@pytest.mark.parametrize("missing", [update(2, "5"), beat(2)])
@pytest.mark.parametrize("shows", [update(3, "6"), beat(3)])
@pytest.mark.parametrize("together", [True, False])
def test_a_missing_frame_of_whatever_channel_costs_every_book(missing, shows, together):
    desk = begun()
    frames = [shows, update(4, "8"), begin(5), frame(6, "market_trades", {})]
    if together:
        desk.take(*frames)
    else:
        for each in frames:
            desk.take(each)
    assert desk.sink.losses == [(7, Reason.SEQUENCE_GAP), (8, Reason.SEQUENCE_GAP)]
    assert desk.stream.broken is Reason.SEQUENCE_GAP
    assert desk.stream.wanted == {0, 1}
    assert desk.sink.records[-2:] == [(Kind.BOOK_INVALID, 7), (Kind.BOOK_INVALID, 8)]
    assert (desk.stream.own.gaps, desk.stream.counts()["gaps"]) == (1, 1), "not one a book"
    assert desk.told == [("the stream", "frame 3 came after 1")]


def test_what_came_before_the_gap_is_delivered_before_the_loss():
    desk = begun()
    desk.take(update(2, "5"), update(4, "6"))
    kinds = [kind for kind, _ in desk.sink.records[6:]]
    assert kinds == [Kind.DEPTH, Kind.BOOK_INVALID, Kind.BOOK_INVALID]


def test_another_connection_begins_with_any_number():
    desk = begun()
    desk.take(update(3, "5"))
    desk.stream.begin()
    desk.take(beat(0), begin(1), begin(2, ETH), update(3, "9"))
    assert (desk.stream.live, desk.stream.broken) == (True, Reason.NONE)
    assert desk.sink.levels() == ({10: 9}, {})


def test_a_frame_that_comes_again_is_dropped():
    desk = begun()
    desk.take(update(2, "5"), update(2, "6"), update(1, "7"), update(3, "8"))
    depths = [int(r["quantity"]) for rows in desk.sink.calls[1:] for r in rows]
    assert depths == [5, 8]
    assert desk.stream.own.dropped == 2
    assert not desk.stream.broken


def test_nothing_of_a_frame_that_comes_again_is_taken():
    desk = begun()
    both = [event("update", symbol, ("bid", "10", "5")) for symbol in (BTC, ETH)]
    again = [event("update", symbol, ("bid", "10", "9")) for symbol in (BTC, ETH)]
    desk.take(frame(2, "l2_data", *both), frame(2, "l2_data", *again), frame(3, "l2_data", *both))
    assert [int(r["quantity"]) for rows in desk.sink.calls[1:] for r in rows] == [5] * 4
    assert (desk.stream.own.dropped, desk.stream.broken) == (1, Reason.NONE)


def test_what_is_said_of_a_loss_is_of_the_venue_and_the_time():
    sink, rows = Kept(), table([BTC, ETH], 0, 0)
    rows["venue_id"] = [3, 4]
    CoinbaseStream(rows, None, sink).lose(Reason.DISCONNECTED, 55)
    fields = ["instrument_id", "venue_id", "kind", "reason", "recv_ns", "flags", "source", "price"]
    assert sink.calls[-1][fields].tolist() == [
        (7, 3, Kind.BOOK_INVALID, Reason.DISCONNECTED, 55, Flag.LAST, Source.FEED, 0),
        (8, 4, Kind.BOOK_INVALID, Reason.DISCONNECTED, 55, Flag.LAST, Source.FEED, 0),
    ]


def test_updates_before_the_snapshot_are_early():
    desk = Desk()
    desk.take(update(0, "5"), begin(1, ETH), update(2, "6"), update(3, "6", ETH))
    assert [tally.early for tally in desk.stream.tallies] == [2, 0]
    assert desk.sink.levels(0) is None and desk.sink.levels(1) == ({10: 6}, {})


def test_a_second_snapshot_replaces_the_book():
    desk = begun()
    desk.take(frame(2, "l2_data", event("snapshot", BTC, ("offer", "12", "3"))))
    assert desk.sink.levels() == ({}, {12: 3})


def test_trades_come_from_the_oldest_with_the_aggressors_side():
    """The venue lists the newest first, and says the maker's."""
    desk = Desk()
    rows = table([BTC, ETH], 1, 0)
    stream = CoinbaseStream(rows, None, desk.sink)
    first = {"type": "update", "trades": [trade(3), trade(2, "SELL"), trade(1, symbol=ETH)]}
    second = {"type": "update", "trades": [trade(5, "SELL"), trade(4)]}
    past = {"type": "snapshot", "trades": [trade(0)]}
    assert stream.take([frame(0, "market_trades", first, second)], 1) == []
    assert stream.take([frame(1, "market_trades", past)], 1) == [frame(1, "market_trades", past)]
    assert desk.sink.trades() == [
        (1, Side.ASK),
        (2, Side.BID),
        (3, Side.ASK),
        (4, Side.ASK),
        (5, Side.BID),
    ]


@pytest.mark.parametrize(
    "odd",
    [
        frame(2, "market_trades", {"type": "update", "trades": [trade(1)]}),
        frame(2, "market_trades", {"type": "update", "trades": [trade(1, "WHAT", price="10")]}),
        frame(2, "market_trades", {"type": "update", "trades": [trade(1) | {"price": None}]}),
        frame(
            2,
            "market_trades",
            {"type": "update", "trades": [{"product_id": BTC, "trade_id": "1"}]},
        ),
        frame(2, "ticker", {"type": "update", "tickers": [{"product_id": BTC, "best_bid": "1"}]}),
    ],
)
def test_a_trade_or_top_that_cannot_be_costs_no_book(odd):
    """Here a price is a whole number."""
    desk = begun()
    desk.take(odd, update(3, "5"))
    assert (desk.sink.losses, desk.stream.live) == ([], True)
    assert desk.stream.tallies[0].odd == 1
    assert desk.sink.levels() == ({10: 5}, {})
    ((about, _),) = desk.told
    assert about == BTC


@pytest.mark.parametrize("odd", [{}, {"type": "update", "trades": [{"trade_id": "1"}]}])
def test_trades_of_nobody_cost_no_book(odd):
    desk = begun()
    desk.take(frame(2, "market_trades", odd), update(3, "5"))
    assert (desk.sink.losses, desk.stream.live) == ([], True)
    assert [about for about, _ in desk.told] == ["the stream"]


def test_levels_of_nobody_cost_every_book():
    desk = begun()
    nameless = event("update", BTC, ("bid", "10", "5"))
    del nameless["product_id"]
    desk.take(frame(2, "l2_data", nameless), update(3, "5"))
    assert desk.sink.losses == [(7, Reason.CHECKSUM), (8, Reason.CHECKSUM)]
    assert desk.stream.broken is Reason.CHECKSUM
    assert desk.sink.levels() is None


@pytest.mark.parametrize("odd", [("bid", "10.5", "5"), ("what", "10", "5")])
def test_an_event_that_cannot_be_costs_its_own_book(odd):
    desk = begun()
    both = [event("update", BTC, ("bid", "10", "2"), odd), event("update", ETH, ("bid", "9", "4"))]
    desk.take(frame(2, "l2_data", *both), update(3, "5"))
    assert desk.sink.losses == [(7, Reason.CHECKSUM)]
    assert desk.stream.wanted == {0}
    assert desk.sink.levels(1) == ({10: 1, 9: 4}, {})
    desk.take(begin(4), update(5, "6"))
    assert desk.sink.levels(0) == ({10: 6}, {})


@pytest.mark.parametrize("field", ["type", "updates"])
def test_an_event_without_a_field_costs_its_own_book(field):
    desk = begun()
    less = event("update", BTC, ("bid", "10", "2"))
    del less[field]
    desk.take(frame(2, "l2_data", less), update(3, "5", ETH))
    assert (desk.sink.losses, desk.stream.wanted) == ([(7, Reason.CHECKSUM)], {0})
    assert desk.sink.levels(1) == ({10: 5}, {})


MAKERS = [beat, begin, lambda n: begin(n, ETH), lambda n: update(n, str(n + 1))]


@given(
    st.lists(st.sampled_from(MAKERS), max_size=20),
    st.integers(0, 25),
    st.lists(st.integers(0, 25), max_size=3),
    st.integers(1, 6),
)
def test_no_book_is_valid_behind_a_hole(makers, hole, again, size):
    """Whatever is missing, whatever comes twice, however the frames are bundled."""
    frames = [make(number) for number, make in enumerate(makers)]
    sent = frames[:hole] + frames[hole + 1 :]
    for at in again:
        sent[at:at] = sent[max(at - 1, 0) : at]
    desk = Desk()
    for at in range(0, len(sent), size):
        desk.take(*sent[at : at + size])
    missing = 0 < hole < len(frames) - 1
    assert bool(desk.stream.broken) is missing
    if missing:
        assert desk.sink.levels(0) is desk.sink.levels(1) is None
        return
    numbers = [n for n in range(len(frames)) if n != hole]
    updates = [n for n in numbers if makers[n] in (MAKERS[1], MAKERS[3])]
    begins = [n for n in numbers if makers[n] is begin]
    held = updates[-1] if begins and updates[-1] >= begins[0] else None
    quantity = 1 if held in begins else held and held + 1
    assert desk.sink.levels(0) == (None if held is None else ({10: quantity}, {}))


def test_a_frame_without_a_number_counts_for_nothing():
    desk, error = begun(), text({"type": "error", "message": "no"})
    assert desk.take(error, update(2, "5"), error, update(3, "6")) == [error, error]
    assert (desk.sink.levels(), desk.stream.broken) == (({10: 6}, {}), Reason.NONE)
    assert [tally.snapshots for tally in desk.stream.tallies] == [1, 1]


def test_what_is_to_be_looked_at_behind_what_simply_follows_is_of_the_same_frame():
    desk = begun()
    rows = [event("update", BTC, ("bid", "10", "5")), event("update", ETH, ("bid", "10", "5.5"))]
    desk.take(frame(2, "l2_data", *rows), frame(3, "l2_data", *rows))
    assert (desk.sink.levels(0), desk.sink.levels(1)) == (({10: 5}, {}), ({10: 5}, {}))
    assert (desk.stream.tallies[1].rounded, desk.stream.own.dropped) == (2, 0)
