"""Binance's server over an exchange of our own, and an entry that talks to it, without sockets."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from pinnacle.core.credentials import Credentials
from pinnacle.core.instruments import from_config, table
from pinnacle.core.schema import Side, Venue
from pinnacle.exchange.config import ExchangeConfig, TradersConfig, market_params
from pinnacle.exchange.network.house import MatchingHouse, Rules
from pinnacle.sim.market import Market
from pinnacle.venues.binance.exchange.client import ApiClient
from pinnacle.venues.binance.exchange.side import BinanceExchange
from pinnacle.venues.orders.port import Answer, Answered, Call, Heard, Report
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.dialect import Entry, Reply
from pinnacle.venues.served.exchange_side import Asked, NewKey
from pinnacle.venues.served.house import Account, Event, Key
from tests.venues.binance.binance_desk import CONFIGS, NOW_NS, Gateway

HMAC, ED25519 = BinanceExchange.new_key(), BinanceExchange.new_ed25519_key()
RULES = Rules(10_000, 20_000)
PRICES = {"BTCUSDT": "60000", "ETHUSDT": "2500"}


class Exchange:
    """The house, its server and one client of the socket; nobody trades but who is told to.

    rules   of both instruments
    """

    def __init__(self, rules: Rules = RULES, key: NewKey = HMAC):
        instruments = from_config(CONFIGS, {"binance": Venue.BINANCE})
        rows = table(instruments)
        named = [(row, name, name[:3], "USDT") for row, name in zip(rows, PRICES, strict=True)]
        terms = [Terms(*each) for each in named]
        traders = {name: TradersConfig(price=price) for name, price in PRICES.items()}
        params = market_params(ExchangeConfig(kind="simulated", traders=traders), instruments)
        self.now_ns = NOW_NS
        market = Market(params, seed=7, start_ns=NOW_NS)
        self.account = Account("trader", {"USDT": Decimal(100_000), "BTC": Decimal(2)})
        self.events: list[Event] = []
        keys = [Key(each.name, each.kept, self.account) for each in (HMAC, ED25519)]
        self.house = MatchingHouse(
            market, terms, [rules, rules], keys, self.events.append, lambda: self.now_ns
        )
        self.pass_s(1.0)
        self.house.public.clear()
        self.side = BinanceExchange(
            self.house, {t.name: rows[i : i + 1] for i, t in enumerate(terms)}
        )
        self.house.name_of = self.side.order_id
        client = self.side.open("/ws-api/v3", {})
        assert isinstance(client, ApiClient)
        self.client = client
        self.gateway = Gateway(Credentials(**key.given))
        self.follow()

    def follow(self) -> None:
        """The gateway's clock is the venue's."""
        self.gateway.now_ns = self.now_ns

    def pass_s(self, seconds: float) -> None:
        """The market moves on for so long."""
        self.now_ns += int(seconds * 1e9)
        self.house.advance()

    def public(self) -> list[Entry]:
        """What the market shows since the last look."""
        records = np.concatenate(self.house.public) if self.house.public else np.empty(0)
        self.house.public.clear()
        entries: list[Entry] = []
        for row in range(2) if len(records) else ():
            mine = records[records["instrument_id"] == row]
            if len(mine):
                entries += self.side.market(row, mine)
        return [*entries, *self.side.due()]

    def rest(self, call: Call) -> Answered:
        """A call by REST, and what the entry makes of the reply."""
        request = self.gateway.entry.request(call)
        return self.gateway.entry.answered(call, answer_of(self.reply(request)))

    def reply(self, request: Any) -> Reply:
        headers = {name.lower(): value for name, value in request.headers.items()}
        return self.side.rest(Asked(request.method, request.target, headers, request.body))

    def say(self, text: str) -> list[Heard]:
        """A frame on the socket, and what the entry makes of each that comes back."""
        return [self.gateway.entry.heard(frame) for frame in self.client.answer(text.encode())]

    def socket(self, call: Call, number: int = 1) -> Answered:
        """A call on the socket."""
        (heard,) = self.say(self.gateway.entry.frame(call, number))
        ((found, answered),) = heard.answers
        assert found == number
        return answered

    def begin(self) -> None:
        """The entry's stream, until it is ready."""
        said = list(self.gateway.entry.greeting())
        while said:
            (heard,) = self.say(said.pop(0))
            assert not heard.lost
            said += heard.say
        assert heard.ready

    def heard(self) -> list[Report]:
        """What the stream tells of all that has happened since the last look."""
        events, self.events[:] = list(self.events), []
        frames = [frame for event in events for frame in self.client.event(event)]
        return [r for frame in frames for r in self.gateway.entry.heard(frame).reports]

    def best(self, side: int, row: int = 0) -> int:
        """A best price, ticks."""
        return self.house.depth(row, side, 1)[0][0]

    def behind(self, side: int = Side.BID) -> int:
        """A price at which an order rests for a while."""
        return self.best(side) + (-5_000 if side == Side.BID else 5_000)

    def get(self, target: str) -> Any:
        """An answer without a key."""
        reply = self.side.rest(Asked("GET", target, {}, b""))
        return json.loads(reply.body)


def answer_of(reply: Reply) -> Answer:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return Answer(reply.status, headers, reply.body)


def error_of(reply: Reply) -> tuple[int, int, str]:
    """Status, code, words."""
    body = json.loads(reply.body)
    return reply.status, body["code"], body["msg"]


def path_of(target: str) -> str:
    return urlsplit(target).path


def sums(reports: Sequence[Report]) -> tuple[int, int]:
    """Lots, and ticks x lots, of the fills among these."""
    fills = [report for report in reports if report.kind.name == "FILL"]
    return sum(f.quantity for f in fills), sum(f.price * f.quantity for f in fills)
