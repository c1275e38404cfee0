"""Risk never counts less than the venue may do, and in the end all have the same: whatever the
venue loses, delays, repeats, denies or takes back."""

import random
from inspect import isfunction, signature

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pinnacle.core.schema import Kind, Reason, Side
from tests.truth_world import SECOND, World

AT = st.integers(0, 7)
SIDES = st.sampled_from([Side.BID, Side.ASK])
LOTS = st.integers(1, 900)
TOLD = st.booleans()


class OrderTruth(RuleBasedStateMachine):
    """One rule a kind of event."""

    @initialize(is_outside=st.booleans())
    def begin(self, is_outside):
        self.world = World()
        self.world.is_outside = is_outside

    @rule(side=SIDES, lots=LOTS, away=st.integers(-3, 3))
    def the_strategy_sends(self, side, lots, away):
        self.world.send(side, lots, away)

    @rule(at=AT, lots=LOTS)
    def it_replaces(self, at, lots):
        self.world.change(self.world.pick(at), lots)

    @rule(at=AT)
    def it_cancels(self, at):
        self.world.cancel(self.world.pick(at))

    @rule(at=AT)
    def a_request_arrives(self, at):
        self.world.carry(at)

    @rule(at=AT)
    def a_request_arrives_and_is_not_done(self, at):
        self.world.carry(at, is_busy=True)

    @rule(at=AT, is_told=TOLD)
    def a_request_is_lost(self, at, is_told):
        self.world.lose_request(at, is_told)

    @rule(at=AT, is_told=TOLD)
    def an_answer_is_lost(self, at, is_told):
        self.world.lose_answer(at, is_told)

    @rule(at=AT)
    def a_message_is_told(self, at):
        self.world.tell(at, is_again=False)

    @rule()
    def the_oldest_message_is_told(self):
        self.world.tell(0, is_again=False)

    @rule(at=AT)
    def a_message_is_told_and_will_be_again(self, at):
        self.world.tell(at, is_again=True)

    @rule(at=AT)
    def a_message_is_lost(self, at):
        self.world.lose_message(at)

    @rule(at=AT, lots=LOTS, better=st.integers(0, 2), fee=AT)
    def an_order_trades(self, at, lots, better, fee):
        self.world.trade(at, lots, better, fee)

    @rule(at=AT, fee=AT)
    def an_order_trades_to_its_end(self, at, fee):
        self.world.trade(at, 10**6, 0, fee)

    @rule(at=AT)
    def the_venue_ends_an_order(self, at):
        self.world.end(at)

    @rule(at=AT)
    def a_trade_is_taken_back(self, at):
        self.world.bust(at)

    @rule()
    def open_orders_are_listed(self):
        self.world.list_orders()

    @rule()
    def fills_are_listed(self):
        self.world.list_fills()

    @rule(at=AT)
    def a_total_is_said(self, at):
        self.world.say_total(at)

    @rule(ms=st.integers(1, 900))
    def a_moment_passes(self, ms):
        self.world.pass_time(ms * SECOND // 1000)

    @rule(seconds=st.integers(2, 30))
    def time_passes(self, seconds):
        self.world.pass_time(seconds * SECOND)

    @rule()
    def the_gateway_is_started_again(self):
        self.world.restart()

    @rule()
    def trading_is_halted(self):
        self.world.halt()

    @rule()
    def trading_goes_on(self):
        self.world.resume()

    @rule()
    def the_venue_is_lost(self):
        self.world.lose_venue()

    @rule()
    def the_venue_is_back(self):
        self.world.venue_is_back()

    @precondition(lambda self: self.world.is_outside)
    @rule(side=SIDES, lots=LOTS)
    def somebody_else_places_an_order(self, side, lots):
        self.world.place_stranger(side, lots)

    @invariant()
    def risk_counts_no_less_than_the_venue_may_do(self):
        if hasattr(self, "world"):
            self.world.check()

    def teardown(self):
        if hasattr(self, "world"):
            self.world.settle()


QUIET = settings(stateful_step_count=60, suppress_health_check=list(HealthCheck))


def test_whatever_a_venue_does_all_have_the_same_in_the_end():
    run_state_machine_as_test(OrderTruth, settings=QUIET)


@pytest.mark.long
def test_whatever_a_venue_does_for_longer_all_have_the_same_in_the_end():
    longer = settings(QUIET, max_examples=60, stateful_step_count=100)
    run_state_machine_as_test(OrderTruth, settings=longer)


NO_EVENTS = ("begin", "teardown", "risk_counts_no_less_than_the_venue_may_do")
EVENTS = [name for name, f in vars(OrderTruth).items() if isfunction(f) and name not in NO_EVENTS]
assert len(EVENTS) == 26
#: How often, where it is not once: sessions in which orders live, and now and then all is lost.
OFTEN = {
    "the_strategy_sends": 20,
    "it_replaces": 6,
    "it_cancels": 6,
    "a_request_arrives": 30,
    "a_message_is_told": 30,
    "the_oldest_message_is_told": 20,
    "a_message_is_told_and_will_be_again": 5,
    "an_order_trades": 15,
    "a_total_is_said": 12,
    "a_moment_passes": 10,
    "time_passes": 6,
    "trading_goes_on": 4,
    "the_venue_is_back": 4,
}
#: What the table said at least once while chance spoke to it.
REACHED = {
    (Kind.FILL, Reason.INFERRED),
    (Kind.FILL, Reason.CORRECTED),
    (Kind.FILL_BUSTED, Reason.NONE),
    (Kind.FILL_BUSTED, Reason.CORRECTED),
    (Kind.REJECTED, Reason.NOT_SENT),
    (Kind.CANCELLED, Reason.NOT_SENT),
    (Kind.ORDER_STATUS, Reason.NONE),
    (Kind.CANCEL, Reason.UNKNOWN_ORDER),
    (Kind.CANCEL, Reason.PEER_LOST),
    (Kind.REPLACE_REJECTED, Reason.TOO_LATE),
    (Kind.REPLACED, Reason.NONE),
}


def by_chance(draw, steps):
    """A machine that has lived through so many events and has settled."""
    machine = OrderTruth()
    machine.begin(is_outside=draw.random() < 0.5)
    is_outside = machine.world.is_outside
    events = [name for name in EVENTS if is_outside or name != "somebody_else_places_an_order"]
    often = [OFTEN.get(name, 1) for name in events]
    for name in draw.choices(events, often, k=steps):
        happens = getattr(machine, name)
        happens(**{name: any_of(draw, name) for name in signature(happens).parameters})
        machine.world.check()
    machine.teardown()
    return machine.world


def any_of(draw, name):
    ranges = {"lots": (1, 900), "away": (-3, 3), "better": (0, 2), "ms": (1, 900)}
    ranges |= {"seconds": (2, 30), "at": (0, 7), "fee": (0, 7), "side": (1, 2), "is_told": (0, 1)}
    return draw.randint(*ranges[name])


def test_chance_alone_meets_all_that_a_venue_may_do():
    worlds = [by_chance(random.Random(seed), steps=250) for seed in range(14)]
    kinds = set().union(*(world.kinds for world in worlds))
    assert kinds >= REACHED, f"never {REACHED - kinds}"
    for count in ("duplicates", "unknown_fills", "adopted", "unsure", "misses"):
        assert sum(getattr(world.table, count) for world in worlds) > 0, count
    assert sum(len(world.venue.executions) for world in worlds) > 100
