"""Kraken's own count of orders, over an exchange of ours: by pair, by age, and what it refuses."""

import json

import pytest

from pinnacle.core.schema import Side
from pinnacle.venues.kraken.exchange.counts import TIER, Counts
from pinnacle.venues.kraken.exchange.desk import TOKEN_S
from pinnacle.venues.kraken.exchange.words import Refused
from tests.exchange.network.exchanges import made
from tests.venues.kraken.test_kraken_limits import TABLE

FULL = "EOrder:Rate limit exceeded"
S = 1_000_000_000


class Venue:
    """The venue's side, whose clock the test moves, and somebody who has its token."""

    def __init__(self, exchange):
        self.side, self.house = exchange.side, exchange.house
        (key,) = exchange.open_keys
        self._now_ns = self.house.now_ns()
        self.house.now_ns = lambda: self._now_ns
        self.side.desk._counts = Counts(self.house.now_ns)
        self.side.desk._tokens["token"] = key, 0
        self.client = self.side.open("/v2", {})
        self.made = 0

    def passes(self, seconds):
        self._now_ns += int(seconds * S)

    def say(self, method, **params):
        """The words of an error; "" of none."""
        said = {"method": method, "req_id": 1, "params": params | {"token": "token"}}
        (answer,) = self.client.answer(json.dumps(said).encode())
        return json.loads(answer).get("error", "")

    def new(self, row=0, **terms):
        """Far from the best price, so that it rests."""
        self.made += 1
        best = self.house.depth(row, Side.BID, 1)[0][0]
        price = float(self.house.terms[row].price(best * 8 // 10))
        order = {"order_type": "limit", "side": "buy", "limit_price": price, "order_qty": 0.1}
        order |= {"symbol": self.house.terms[row].name, "cl_ord_id": f"n{self.made}"}
        return self.say("add_order", **(order | terms))

    def change(self, name="n1", **terms):
        return self.say("amend_order", **({"cl_ord_id": name, "order_qty": 0.2} | terms))

    def price(self):
        return float(self.house.terms[0].price(self.house.depth(0, Side.BID, 1)[0][0] * 7 // 10))

    def cancel(self, name="n1"):
        return self.say("cancel_order", cl_ord_id=[name])

    def room(self, row=0):
        """How many more orders of a pair it takes at once."""
        count = 0
        while self.new(row, order_qty=0) != FULL:
            count += 1
        return count


@pytest.fixture
def venue(tmp_path):
    return Venue(made(tmp_path))


def test_each_pair_has_a_counter_that_falls_and_what_is_refused_counts_too(venue):
    assert (venue.room(), venue.room(1)) == (180, 180)
    venue.passes(4)
    assert (venue.room(), venue.room(1)) == (15, 15)


@pytest.mark.parametrize(("age", "changed", "cancelled"), TABLE)
def test_what_is_done_to_an_order_costs_the_more_the_younger_it_is(venue, age, changed, cancelled):
    left = 180 - max(1 - 3.75 * age, 0)
    for row, (act, cost) in enumerate([("change", 1 + changed), ("cancel", cancelled)]):
        assert venue.new(row) == ""
        venue.passes(age)
        name = f"n{venue.made}"
        if act == "cancel":
            assert venue.cancel(name) == ""
        else:
            assert venue.change(name, limit_price=venue.price()) == ""
        assert venue.room(row) == int(left - cost)


def test_a_change_makes_an_order_young_again_and_one_that_fails_costs_its_one(venue):
    venue.new()
    venue.passes(400)
    assert venue.change(limit_price=venue.price()) == ""
    venue.passes(1)
    assert venue.change(limit_price="x").startswith("EGeneral")
    assert venue.cancel() == ""
    assert venue.room() == 180 - 1 - 8


def test_no_cancel_is_refused_and_what_comes_behind_it_is(venue):
    for _ in range(3):
        venue.new()
    venue.room()
    for name in ("n1", "n2", "n3"):
        assert venue.cancel(name) == ""
    venue.passes(24 / 3.75)
    assert venue.new() == FULL
    venue.passes(1)
    assert venue.new() == ""


def test_a_clock_that_is_set_back_gives_nothing_back_and_takes_nothing(venue):
    venue.room()
    venue.passes(-10)
    assert venue.new() == FULL
    venue.passes(11)
    assert venue.new() == ""


def test_the_channel_says_how_much_an_account_may_use(venue):
    said = {"method": "subscribe", "params": {"channel": "executions", "token": "token"}}
    answer, _ = venue.client.answer(json.dumps(said).encode())
    assert json.loads(answer)["result"]["maxratecount"] == 180 == TIER.pair_most


def test_requests_of_a_key_are_counted_and_entering_and_cancelling_is_not_one(venue):
    (key,) = [key for key, _ in venue.side.desk._tokens.values()]
    counts = venue.side.desk._counts
    for _ in range(100):
        counts.asked(key, "AddOrder")
    for _ in range(9):
        counts.asked(key, "TradesHistory")
        venue.passes(0.0)
    for _ in range(2):
        counts.asked(key, "OpenOrders")
    with pytest.raises(Refused, match="EAPI:Rate limit exceeded"):
        counts.asked(key, "ClosedOrders")
    counts.asked(key._replace(name="another"), "ClosedOrders")
    venue.passes(1.0)
    counts.asked(key, "ClosedOrders")
    with pytest.raises(Refused):
        counts.asked(key, "GetWebSocketsToken")


def test_closed_orders_come_the_last_one_first_in_parts_and_since_a_time(venue):
    (key,) = [key for key, _ in venue.side.desk._tokens.values()]

    def closed(**params):
        return venue.side.desk._closed(key.account, params)

    for number in range(60):
        assert venue.new() == "" and venue.cancel(f"n{number + 1}") == ""
        venue.passes(10.0)
    first, second = closed(), closed(ofs="50")
    names = [row["cl_ord_id"] for part in (first, second) for row in part["closed"].values()]
    assert names == [f"n{number}" for number in range(60, 0, -1)]
    assert first["count"] == second["count"] == 60 and len(first["closed"]) == 50
    now_s = venue.house.now_ns() // S
    late = closed(start=str(now_s - 25))
    assert [row["cl_ord_id"] for row in late["closed"].values()] == ["n60", "n59"]
    (only,) = closed(cl_ord_id="n7")["closed"].values()
    assert only["cl_ord_id"] == "n7"


def test_a_token_must_be_used_in_time_and_lives_on_with_its_connection(venue):
    desk = venue.side.desk
    (key,) = [key for key, _ in desk._tokens.values()]
    used, unused = (desk._rest("GetWebSocketsToken", key, {})["token"] for _ in range(2))
    venue.passes(TOKEN_S)
    assert desk.account_of(used) is key.account
    venue.passes(1)
    assert desk.account_of(used) is key.account
    with pytest.raises(Refused, match="ESession:Invalid session"):
        desk.account_of(unused)
