"""One WebSocket of Bitstamp's: the market for anybody, private channels for who shows a token."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pinnacle.venues.bitstamp.config import CHANNELS_MAX
from pinnacle.venues.bitstamp.exchange.desk import BitstampDesk
from pinnacle.venues.bitstamp.exchange.words import NAMES, USER, raw, trade_name
from pinnacle.venues.bitstamp.serving import LEVELS, TRADES
from pinnacle.venues.served.dialect import Entry
from pinnacle.venues.served.exchange_side import ExchangeClient
from pinnacle.venues.served.house import Account, Event, House, HouseFill
from pinnacle.venues.served.serving import encode

MY_ORDERS, MY_TRADES = "private-my_orders_", "private-my_trades_"
_PRIVATE = "private-"
_UNAUTHORIZED = {"code": 4009, "message": "Connection is unauthorized."}
_INVALID = {"code": None, "message": "Invalid channel provided."}


class _Data(msgspec.Struct):
    channel: str = ""
    auth: str = ""


class _Request(msgspec.Struct):
    event: str
    data: _Data = msgspec.field(default_factory=_Data)


class BitstampClient(ExchangeClient):
    """`rows` by pair."""

    def __init__(self, house: House, desk: BitstampDesk, rows: Mapping[str, int]):
        self._house, self._desk, self._rows = house, desk, rows
        self._channels: set[str] = set()
        self._private: dict[str, Account] = {}
        self._skips = 0

    @property
    def subscribed(self) -> bool:
        return bool(self._channels)

    def hello(self) -> Sequence[bytes]:
        return ()

    def frame_of(self, entry: Entry) -> bytes | None:
        return entry.frame if entry.parts.channel in self._channels else None

    def skip(self) -> None:
        self._skips += bool(self._private)

    def event(self, event: Event) -> Sequence[bytes]:
        row, frames = self._desk.history.of(event), []
        name = f"{self._house.terms[event.order.row].name}-{USER}"
        if self._private.get(MY_ORDERS + name) is event.order.account:
            if self._skips:
                self._skips -= 1
            else:
                frames.append(encode(row | {"channel": MY_ORDERS + name}))
        is_mine = self._private.get(MY_TRADES + name) is event.order.account
        if is_mine and event.fill is not None:
            frames.append(_said("trade", MY_TRADES + name, self._trade(event.fill)))
        return frames

    def answer(self, text: bytes) -> Sequence[bytes]:
        try:
            request = msgspec.json.decode(text, type=_Request)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return [_said("bts:error", "", {"code": 4001, "message": "Invalid JSON received."})]
        channel = request.data.channel
        if request.event == "bts:heartbeat":
            return [_said("bts:heartbeat", "", {"status": "success"})]
        if request.event == "bts:unsubscribe":
            self._channels.discard(channel)
            self._private.pop(channel, None)
            return [_said("bts:unsubscription_succeeded", channel, {})]
        if request.event != "bts:subscribe":
            words = {"code": None, "message": "Incorrect event."}
            return [_said("bts:error", channel, words)]
        return [self._subscribe(channel, request.data.auth)]

    def _subscribe(self, channel: str, token: str) -> bytes:
        if len(self._channels) + len(self._private) >= CHANNELS_MAX:
            words = {"code": None, "message": "Too many subscriptions."}
            return _said("bts:error", channel, words)
        if channel.startswith(_PRIVATE):
            return self._follow(channel, token)
        kind = next((each for each in (LEVELS, TRADES) if channel.startswith(each)), "")
        if not kind or channel != channel.lower():
            return _said("bts:error", channel, _INVALID)
        # A pair that there is not is confirmed, and says nothing.
        self._channels.add(channel)
        return _said("bts:subscription_succeeded", channel, {})

    def _follow(self, channel: str, token: str) -> bytes:
        kind = next((each for each in (MY_ORDERS, MY_TRADES) if channel.startswith(each)), "")
        pair, _, user = channel.removeprefix(kind).rpartition("-")
        account = self._desk.account_of(token)
        if account is None or user != str(USER):
            return _said("bts:error", channel, _UNAUTHORIZED)
        if not kind or pair not in self._rows:
            return _said("bts:error", channel, _INVALID)
        self._private[channel] = account
        return _said("bts:subscription_succeeded", channel, {})

    def _trade(self, fill: HouseFill) -> dict[str, Any]:
        order, terms = fill.order, self._house.terms[fill.order.row]
        said = {
            "id": trade_name(fill.number),
            "amount": terms.quantity(fill.quantity),
            "price": terms.price(fill.price),
            "microtimestamp": str(fill.at_ns // 1000),
            "fee": f"{fill.fee:f}",
            "order_id": raw(order.venue_id),
            "side": NAMES[order.side],
            "trade_account_id": USER,
        }
        # Some frames have it, and some do not.
        is_named = bool(order.client_id) and fill.number % 2 == 0
        return said | ({"client_order_id": order.client_id} if is_named else {})


def _said(event: str, channel: str, data: dict[str, Any]) -> bytes:
    return encode({"event": event, "channel": channel, "data": data})
