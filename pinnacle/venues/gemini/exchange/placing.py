"""Orders as Gemini's clients ask for them, by REST and on the WebSocket."""

import re
from collections.abc import Mapping
from typing import Any

from pinnacle.core.errors import DataError
from pinnacle.core.schema import SelfTrade, TimeInForce
from pinnacle.venues.gemini.exchange.words import OPTIONS, SIDES, TIFS, WORDS, Refused
from pinnacle.venues.orders.terms import amount
from pinnacle.venues.served.house import House, NewOrder, Refusal

_NAME = re.compile(r"[:\-_.#a-zA-Z0-9]{1,36}")
_LONG = 100


class Placing:
    """Reads them; Refused with what is wrong."""

    def __init__(self, house: House):
        self._house = house
        self._rows = {terms.name.lower(): row for row, terms in enumerate(house.terms)}

    def row(self, symbol: object) -> int:
        """Of the exchange's instruments."""
        found = self._rows.get(str(symbol).lower())
        if found is None:
            raise Refused("InvalidSymbol", f"Received bad symbol {symbol!r:.40}")
        return found

    def of_request(self, said: Mapping[str, Any]) -> NewOrder:
        """By REST."""
        row = self.row(said.get("symbol"))
        if said.get("type") != "exchange limit":
            words = f"Invalid order type for symbol {self._house.terms[row].name}"
            raise Refused("InvalidOrderType", f"{words}: {said.get('type')!r:.40}")
        options = said.get("options") or []
        if not isinstance(options, list) or len(options) > 1:
            raise Refused("ConflictingOptions", "at most one option")
        option = str(options[0]) if options else ""
        if option and option != "maker-or-cancel" and option not in OPTIONS:
            raise Refused("UnsupportedOption", f"Option {option!r:.40} is not supported")
        return self._made(
            row,
            str(said.get("side")),
            said.get("price"),
            said.get("amount"),
            said.get("client_order_id"),
            OPTIONS.get(option, TimeInForce.GTC),
            post_only=option == "maker-or-cancel",
        )

    def of_frame(self, said: Mapping[str, Any]) -> NewOrder:
        """On the WebSocket."""
        row, kind = self.row(said.get("symbol")), said.get("type")
        if kind not in ("LIMIT", "MARKET"):
            raise Refused("InvalidOrderType", f"Unsupported order type {kind!r:.40}")
        is_market = kind == "MARKET"
        if is_market and said.keys() & {"price", "timeInForce"}:
            raise Refused("InvalidOrderType", "a market order has no price and no time in force")
        tif = str(said.get("timeInForce", "GTC"))
        if tif not in TIFS:
            raise Refused("UnsupportedOption", f"Unsupported timeInForce {tif!r:.40}")
        return self._made(
            row,
            str(said.get("side")).lower(),
            said.get("price"),
            said.get("quantity"),
            said.get("clientOrderId"),
            TimeInForce.IOC if is_market else TIFS[tif],
            tif == "MOC",
            is_market,
        )

    def _made(
        self,
        row: int,
        side: str,
        price: object,
        quantity: object,
        name: object,
        tif: TimeInForce,
        post_only: bool,
        is_market: bool = False,
    ) -> NewOrder:
        if side not in SIDES:
            raise Refused("InvalidSide", f"Invalid side for symbol: {side!r:.40}")
        client_id = "" if name is None else str(name)
        if client_id and not _NAME.fullmatch(client_id):
            reason = "ClientOrderIdTooLong" if len(client_id) >= _LONG else "InvalidClientOrderId"
            raise Refused(reason, f"client order id {client_id!r:.60}")
        return NewOrder(
            row,
            SIDES[side],
            0 if is_market else self._steps(row, price, Refusal.PRICE_STEP),
            self._steps(row, quantity, Refusal.QUANTITY_STEP),
            client_id,
            is_market,
            tif,
            post_only,
            # Nobody trades with himself there, and nobody is asked.
            SelfTrade.CANCEL_NEWEST,
        )

    def _steps(self, row: int, text: object, refusal: Refusal) -> int:
        terms, word = self._house.terms[row], WORDS[refusal][0]
        is_price = refusal is Refusal.PRICE_STEP
        if not isinstance(text, str):
            raise Refused(word, f"{'price' if is_price else 'quantity'}: not text: {text!r:.40}")
        try:
            return terms.ticks(amount(text)) if is_price else terms.lots(amount(text))
        except DataError as error:
            raise Refused(word, str(error)) from None
