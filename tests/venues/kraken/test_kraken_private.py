"""What Kraken says of orders that are not ours to know, and of sides that there are not."""

import json

import pytest

from pinnacle.core.errors import DataError
from pinnacle.venues.kraken.orders.private import SNAPSHOT_TRADES
from pinnacle.venues.orders.port import Call, What
from tests.venues.kraken.kraken_gateway import Gateway


@pytest.fixture
def gateway(tmp_path):
    return Gateway(tmp_path)


def snapshot(gateway, **terms):
    """What the stream begins with: one order that rests."""
    order = {"exec_type": "new", "order_id": "OX", "cl_ord_id": "", "symbol": "BTC/USD"}
    order |= {"side": "buy", "order_qty": 0.01, "cum_qty": 0, "limit_price": 60000.0}
    order |= {"timestamp": "2026-07-01T00:00:00.000000Z", "order_status": "new"} | terms
    frame = {"channel": "executions", "type": "snapshot", "data": [order], "sequence": 1}
    return gateway.entry.heard(json.dumps(frame).encode())


def test_an_order_of_others_on_an_instrument_of_others_is_met_by_nobody(gateway):
    heard = snapshot(gateway, symbol="DOGE/USD")
    assert heard.ready and heard.snapshot.open_orders == []
    assert gateway.known.strangers == {}


def test_one_on_an_instrument_of_ours_is(gateway):
    snapshot(gateway)
    assert gateway.known.strangers == {"OX": ""}


def test_an_order_without_a_side_is_none(gateway):
    order = gateway.new()
    with pytest.raises(DataError, match="not a side of Kraken's: 'neither'"):
        snapshot(gateway, cl_ord_id=order.client_id, side="neither")


def test_a_trade_or_an_order_without_a_side_cannot_be_read_by_rest_either(gateway):
    order = gateway.new()
    gateway.known.called(order.order_id, "OX")
    names = {"error": [], "result": {"XXBTZUSD": {"wsname": "BTC/USD", "altname": "XBTUSD"}}}
    assert not gateway.ask(Call(What.NAMES), names).fault
    trade = {"ordertxid": "OX", "pair": "BTC/USD", "type": "", "price": "60000.0"}
    trade |= {"fee": "1", "vol": "0.01"}
    trades = {"error": [], "result": {"trades": {"T1": trade}, "count": 1}}
    assert "not a side" in gateway.ask(Call(What.FILLS), trades).fault
    row = {"status": "open", "cl_ord_id": order.client_id, "vol": "0.0100"}
    row |= {"descr": {"pair": "BTC/USD", "type": "", "price": "60000.0"}}
    listed = {"error": [], "result": {"open": {"OX": row}}}
    assert "not a side" in gateway.ask(Call(What.OPEN), listed).fault


@pytest.mark.parametrize("count", [SNAPSHOT_TRADES - 1, SNAPSHOT_TRADES])
def test_a_stream_that_begins_with_as_many_trades_as_it_can_has_left_out_older_ones(gateway, count):
    trade = {"exec_type": "trade", "order_id": "OS", "symbol": "BTC/USD", "side": "buy"}
    times = [f"2026-07-01T00:00:{number:02d}.000000Z" for number in range(count, 0, -1)]
    rows = [trade | {"timestamp": time} for time in times]
    frame = {"channel": "executions", "type": "snapshot", "data": rows, "sequence": 1}
    since_ns = gateway.entry.heard(json.dumps(frame).encode()).snapshot.since_ns
    oldest_ns = 1_782_864_001 * 10**9
    assert since_ns == (oldest_ns if count == SNAPSHOT_TRADES else 0)


def test_what_was_asked_on_a_socket_is_forgotten_with_it(gateway):
    call = Call(What.NEW, gateway.new())
    said = json.loads(gateway.entry.frame(call, 5))
    gateway.entry.greeting()
    late = {"method": said["method"], "req_id": 5, "success": True, "result": {"order_id": "OX"}}
    assert not gateway.entry.heard(json.dumps(late).encode()).answers
