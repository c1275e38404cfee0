"""A venue has no words for some faults: whoever asks for one of them is told so."""

import json

import pytest

from pinnacle.core.errors import UsageError
from pinnacle.exchange.network.faults import FAULTS, check_names
from pinnacle.exchange.network.running import read_plan
from pinnacle.venues.registry import find

NEVER = find("bitstamp").exchange_side().never


def test_all_that_a_venue_never_does_are_faults_that_there_are():
    assert FAULTS.keys() > NEVER


def test_a_fault_that_a_venue_never_does_is_refused_by_its_name():
    with pytest.raises(UsageError, match="'fee_in_base': nothing that this venue says"):
        check_names(["disconnect", "fee_in_base"], NEVER)
    check_names(["disconnect", "fee_in_base"])


def test_so_is_a_plan_that_has_one(tmp_path):
    plan = tmp_path / "plan.json"
    rows = [{"name": "fee_in_third", "begin_s": 1.0, "end_s": 2.0}]
    plan.write_text(json.dumps(rows), encoding="utf-8")
    assert len(read_plan(plan)) == 1
    with pytest.raises(UsageError, match="'fee_in_third'"):
        read_plan(plan, NEVER)


def test_a_fault_that_there_is_not_is_told_with_those_that_there_are():
    with pytest.raises(UsageError, match="no fault 'flood'; there are: ack_lost_after_accept"):
        check_names(["flood"], NEVER)
