"""Live sessions whose gateway is killed again and again: what it knows when it is back, and at the
end, is what the exchange has.

A longer proof is this one with other seeds: `pinnacle rehearse VENUE --kills 5 --faults all`.
"""

import json
import subprocess
import sys

import pytest

from pinnacle.exchange.network.faults import FAULTS
from tests.rehearsed import problems

SECONDS, KILLS = 75, 4
#: Each with an order of faults of its own.
SEEDS = {"binance": 11, "coinbase": 12, "kraken": 13}

pytestmark = pytest.mark.long


@pytest.fixture(scope="module", params=SEEDS)
def rehearsed(request, tmp_path_factory):
    """What `pinnacle rehearse` says of it."""
    folder = tmp_path_factory.mktemp("killed") / request.param
    command = [sys.executable, "-m", "pinnacle", "rehearse", request.param, "--json"]
    command += ["--duration", str(SECONDS), "--kills", str(KILLS), "--faults", "all"]
    command += ["--seed", str(SEEDS[request.param]), "--dir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS + 120)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_a_gateway_that_is_back_knows_what_the_exchange_has_before_it_sends(rehearsed):
    assert rehearsed["returns"] and rehearsed["kills_with_orders"]
    assert rehearsed["unlike_returns"] == 0, rehearsed["problems"]


def test_no_order_is_there_twice_or_lost(rehearsed):
    assert (rehearsed["duplicate_orders"], rehearsed["lost_orders"]) == (0, 0)


def test_positions_fills_and_fees_are_the_exchanges(rehearsed):
    assert rehearsed["wrong_positions"] == 0, rehearsed["problems"]
    assert rehearsed["ledger_equal"] and rehearsed["fees_equal"], rehearsed["problems"]


def test_the_journals_repeat_and_nothing_else_went_wrong(rehearsed):
    assert rehearsed["verify_identical"]
    assert problems(rehearsed) == []


def test_it_was_killed_and_troubled_while_it_traded(rehearsed):
    assert 0 < rehearsed["faults"]["gateway_killed"] <= KILLS
    assert rehearsed["faults"].keys() - {"gateway_killed"} <= FAULTS.keys()
    assert len(rehearsed["faults"]) > 5
    assert rehearsed["orders"] > 10 and rehearsed["fills"] > 5
