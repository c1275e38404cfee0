"""Ledgers and journals of rehearsals, written line by line and record by record."""

import json


class LedgerFile:
    """As pinnacle/exchange/network/ledger.py writes one; the instrument is BTC/USD if nobody says
    another."""

    def __init__(self, path):
        self.path = path
        self.sides = {}
        path.touch()

    def write(self, what, **fields):
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"what": what} | fields) + "\n")

    def order(self, order, client_id, at_s, side="buy", quantity="0.1", symbol="BTC/USD"):
        self.sides[order] = side, symbol
        named = {"order": order, "client_id": client_id, "account": "trader", "symbol": symbol}
        terms = {"side": side, "price": "60000", "quantity": quantity}
        self.write("order", at_ns=_ns(at_s), **named, **terms)

    def fill(self, order, at_s, price="60000", quantity="0.1", fee="0", currency="USD"):
        side, symbol = self.sides[order]
        named = {"order": order, "side": side, "symbol": symbol, "number": 1, "maker": True}
        amounts = {"price": price, "quantity": quantity, "fee": fee, "currency": currency}
        self.write("fill", at_ns=_ns(at_s), **named, **amounts)

    def cancel(self, order, at_s):
        self.write("cancel", order=order, at_ns=_ns(at_s), filled="0", reason="requested")

    def fault(self, name, begin_s, end_s):
        """`end_s`: None, it goes on."""
        self.write("fault", at_ns=_ns(begin_s), name=name, phase="begin")
        if end_s is not None:
            self.write("fault", at_ns=_ns(end_s), name=name, phase="end")


def _ns(seconds):
    return int(seconds * 1e9)
