"""An operator's cancel-all in the gateway: what became of it, at the venue too."""

import structlog

from pinnacle.core.schema import Kind, Reason
from pinnacle.execution.orders import OrderTable
from pinnacle.gateway.taking_back import TakingBack
from tests.gateway_orders import from_risk, live
from tests.records import instruments, run


class Runtime:
    """The part of one that hears the operator."""

    def __init__(self):
        self.mine, self.log, self.told = instruments("BTC-USD"), structlog.get_logger(), []

    def listen(self, handlers):
        self.say = lambda word: handlers[word]({})

    def log_told(self, kind, **fields):
        self.told.append((kind, fields))


def made(more=None):
    runtime, table = Runtime(), OrderTable(10**9, 10**9, 64)
    return runtime, table, TakingBack(runtime, table, more)


def test_the_orders_that_were_open_then_are_counted_and_later_ones_are_not():
    runtime, table, _ = made()
    live(table)
    assert runtime.say("cancel_all") == {"had": {"BTC-USD": 1}, "open": 1}
    assert runtime.told == [(Kind.CANCEL_ALL, {"reason": Reason.OPERATOR})]
    run(table.decided, from_risk(Kind.NEW, order_id=99))
    assert runtime.say("cancelled") == {"open": 1, "going_on": False, "fault": ""}


def test_it_goes_on_until_all_of_them_are_done_at_the_venue_and_the_last_one_counts():
    begun = []
    runtime, _, taking = made(lambda: begun.append(1))
    runtime.say("cancel_all"), runtime.say("cancel_all")
    assert len(begun) == 2
    taking.ended("HTTP 500")
    assert runtime.say("cancelled")["going_on"]
    taking.ended("HTTP 503")
    assert runtime.say("cancelled") == {"open": 0, "going_on": False, "fault": "HTTP 503"}
    runtime.say("cancel_all")
    taking.ended("")
    assert runtime.say("cancelled")["fault"] == "", "it was done in the end"
