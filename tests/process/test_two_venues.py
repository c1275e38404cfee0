"""Three strategies on two venues that trade the same symbol, killed process by process."""

import os
import signal
import time

import numpy as np
import pytest

from pinnacle.core.schema import Flag, Kind, owner_of
from tests.sessions import assert_repeats, journalled, running_demo, until

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]
VENUES = ("alpha", "beta")
STRATEGIES = ("near", "far", "mine")
EVERYONE = (
    *(f"strategy.{name}" for name in STRATEGIES),
    *(f"{role}.{name}" for name in VENUES for role in ("feed", "gateway", "exchange")),
    "risk",
    "monitor",
)


@pytest.fixture(scope="module")
def survived(tmp_path_factory):
    """A session in which every process was killed once, with its report."""
    often = "[journal]\ncheckpoint_s = 1\n"
    folder = tmp_path_factory.mktemp("two")
    with running_demo(folder, "two-venues", "two-venues.toml", often) as live:
        for name in EVERYONE:
            until(live.quoting, 90, f"quotes before {name} dies")
            before = live.process(name)
            os.kill(before.pid, signal.SIGKILL)
            until(
                lambda name=name, before=before: live.process(name).restarts > before.restarts,
                60,
                f"another {name}",
            )
        until(live.quoting, 90, "quotes at the end")
        time.sleep(1.0)
        return live.paths, live.finish()


def fills(rows, taken):
    """FILL records that a process took, or that it gave."""
    given = (rows["flags"] & Flag.DECISION) != 0
    return rows[(rows["kind"] == Kind.FILL) & (given != taken)]


def told(rows):
    """Each fill by what it is, without who passed it on and when."""
    names = ["instrument_id", "order_id", "side", "price", "quantity", "aux"]
    return sorted(tuple(int(row[name]) for name in names) for row in rows)


def test_every_logic_repeats_what_it_decided(survived):
    assert_repeats(survived[0])


def test_every_process_was_started_once_more_and_the_session_ended_in_order(survived):
    _, report = survived
    assert {name: row["restarts"] for name, row in report["processes"].items()} == dict.fromkeys(
        sorted(report["processes"]), 1
    )
    assert set(report["processes"]) == set(EVERYONE)
    assert report["missing"] == [] and report["ended"] == "in order"


def test_what_both_venues_filled_reached_risk_once(survived):
    paths, _ = survived
    made = np.concatenate([fills(journalled(paths, f"exchange.{v}"), False) for v in VENUES])
    assert len(made) > 0
    assert told(fills(journalled(paths, "risk"), True)) == told(made)


def test_a_fill_reaches_the_strategy_whose_order_it_was_and_no_other(survived):
    paths, _ = survived
    made = fills(journalled(paths, "risk"), False)
    for number, name in enumerate(STRATEGIES):
        taken = fills(journalled(paths, f"strategy.{name}"), True)
        mine = made[owner_of(made["order_id"]) == number]
        assert told(taken) == told(mine)


def test_each_gateway_was_given_its_own_venues_orders_alone(survived):
    paths, _ = survived
    for venue, instruments in (("alpha", {0, 1}), ("beta", {2})):
        rows = journalled(paths, f"gateway.{venue}")
        orders = rows[rows["kind"] == Kind.NEW]
        assert len(orders) > 0 and set(orders["instrument_id"].tolist()) <= instruments


def test_both_venues_and_every_strategy_traded(survived):
    paths, report = survived
    assert set(report["instruments"]) == {"alpha:BTC-USD", "alpha:ETH-USD", "beta:BTC-USD"}
    for name in STRATEGIES:
        rows = journalled(paths, f"strategy.{name}")
        assert np.any((rows["kind"] == Kind.NEW) & ((rows["flags"] & Flag.DECISION) != 0))
