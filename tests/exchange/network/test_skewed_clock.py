"""An exchange that is made keeps book of what really happened."""

import json
import time

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.schema import Side
from pinnacle.exchange.network.config import ServedConfig
from pinnacle.exchange.network.making import MadeExchange
from pinnacle.venues.registry import find
from pinnacle.venues.served.house import NewOrder

SECOND = 1_000_000_000


def test_its_ledger_has_the_true_time_whatever_the_venues_clock_shows(tmp_path):
    kind, file = find("kraken"), tmp_path / "ledger.jsonl"
    bitcoin = InstrumentConfig(symbol="BTC-USD", tick_size="0.1", lot_size="0.0001")
    keys = {"main": kind.exchange_side().new_key()}
    config = ServedConfig(instruments=[bitcoin])
    made = MadeExchange(kind, config, keys, tmp_path / "certificates", file, 1)
    made.house.skew_ns = 3600 * SECOND
    order = made.house.place(made.open_keys[0], NewOrder(0, Side.BID, 1000, 100))
    made.house.cancel(order)
    made.close()
    assert order.created_ns > time.time_ns() + 3000 * SECOND
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    stamps = [row["at_ns"] for row in rows if row["what"] in ("order", "cancel")]
    assert len(stamps) == 2
    assert all(abs(at_ns - time.time_ns()) < 600 * SECOND for at_ns in stamps)
