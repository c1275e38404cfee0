"""`pinnacle-replay cat`."""

import dataclasses
import json
import os
import shutil

import pytest

from pinnacle.core.instruments import write_list
from pinnacle.core.schema import Source
from pinnacle.core.units import Step
from pinnacle.runtime.origin import Origin, build_id, instruments_id
from pinnacle.runtime.run_marks import start_records
from tests.replay.recorded import BTC, ETH, MS, START_NS, flip_bit, write_journal


def lines(replay, *arguments):
    result = replay("cat", *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_journals_are_merged_by_time(session, replay):
    rows = lines(replay, session)
    assert len(rows) == 19
    assert [row["recv_ns"] for row in rows] == sorted(row["recv_ns"] for row in rows)
    assert {row["journal"] for row in rows} == {"feed", "strategy"}


def test_prices_and_quantities_are_decimals_of_the_instrument(session, replay):
    rows = lines(replay, session, "--kind", "new,trade", "--instrument", "BTC-USD")
    new, trade = rows
    assert (new["price"], new["quantity"], new["side"]) == ("100.5", "0.100", "bid")
    assert (new["time_in_force"], new["type"], new["flags"]) == (
        "ioc", "limit", ["decision", "post_only"],
    )  # fmt: skip
    assert (trade["price"], trade["quantity"], trade["order_id"]) == ("100.5", "0.050", 77)
    assert trade["time"] == "2023-11-14T22:13:20.129456789Z"
    (eth,) = lines(replay, session, "--instrument", "ETH-USD")
    assert (eth["price"], eth["symbol"]) == ("30.01", "ETH-USD")


def test_raw_needs_no_instrument_list(session, replay):
    (session / "instruments.json").unlink()
    (row,) = lines(replay, session, "--kind", "trade", "--raw")
    assert (row["price"], row["quantity"], row["symbol"]) == (201, 50, 0)
    result = replay("cat", session)
    assert result.returncode == 1
    assert "instruments.json: missing; cat and export need none with --raw" in result.stderr


def test_a_list_of_other_instruments_than_the_journals_were_written_with_is_refused(
    session, replay
):
    for role, build in ((Source.RISK, build_id()), (Source.GATEWAY, 3)):  # one of another build
        origin = Origin(1, instruments_id([BTC, ETH]), build)
        rows = start_records(role, 1, START_NS, 0, origin, [])
        write_journal(session / role.name.lower(), role, rows)
    assert lines(replay, session, "--journal", "risk")
    write_list(session / "instruments.json", [dataclasses.replace(BTC, tick=Step(1, 1)), ETH])
    for command in (["cat"], ["export", "--journal", "risk", "--format", "csv", "--out", "-"]):
        result = replay(*command, session)
        assert result.returncode == 1
        assert "instruments.json: not what" in result.stderr
        assert "risk was written with; restore it" in result.stderr
    assert lines(replay, session, "--kind", "trade", "--raw")
    shutil.rmtree(session / "risk")
    assert lines(replay, session, "--kind", "trade")  # another build may say the same otherwise


def test_an_order_is_followed_through_its_reports_only(session, replay):
    rows = lines(replay, session, "--order", "9001")
    assert [row["kind"] for row in rows] == ["new", "ack", "fill"]
    assert lines(replay, session, "--order", "0x2329") == rows
    assert lines(replay, session, "--order", "77") == []


@pytest.mark.parametrize(
    ("bounds", "kinds"),
    [
        (("--from", "+0.006"), ["trade", "depth", "book_invalid"]),
        (("--from", str(START_NS + 8 * MS)), ["depth", "book_invalid"]),
        (("--from", "+0.006", "--to", "+0.008"), ["trade", "depth"]),
        (("--to", "2023-11-14T22:13:20.123456789Z"), ["start"]),
    ],
)
def test_times_bound_what_is_shown(session, replay, bounds, kinds):
    rows = lines(replay, session, "--journal", "feed", *bounds)
    assert [row["kind"] for row in rows] == kinds


def test_text_reasons_and_decisions_are_readable(session, replay):
    rows = lines(replay, session / "strategy", "--from", "+0.007")
    assert rows[0]["reason"] == "unknown_order"
    assert rows[1]["text"] == "no such order"
    assert [row["kind"] for row in lines(replay, session, "--decisions")] == ["new"]
    assert len(lines(replay, session, "--inputs")) == 18


def test_text_lines_are_aligned_and_the_limit_holds(session, replay):
    result = replay("cat", session, "--limit", "7")
    out = result.stdout.splitlines()
    assert len(out) == 7
    assert out[2].split()[:7] == [
        "1", "2023-11-14T22:13:20.124456789Z", "feed", "book_begin", "BTC-USD", "aux=10",
        "venue=simulated",
    ]  # fmt: skip
    assert len({line.index("feed") for line in out if " feed " in line}) == 1


def test_damage_is_named_after_the_records_before_it(session, replay):
    flip_bit(session / "feed" / "000000.pmj", 4096 + 64 * 4 + 20)
    result = replay("cat", session, "--journal", "feed")
    assert result.returncode == 1
    assert len(result.stdout.splitlines()) == 4
    assert "feed: damaged at feed/000000.pmj, record 4, byte 4352" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--kind", "nonsense"), "no kind 'nonsense'; there are: none, depth"),
        (("--instrument", "XRP"), "no instrument 'XRP'; there are: BTC-USD, ETH-USD"),
        (("--journal", "risk"), "no journal 'risk'; there are: feed, strategy"),
        (("--from", "yesterday"), "'yesterday' is not a time"),
        (("--from", "+3", "--to", "+2"), "--to +2 is before --from +3"),
        (("--order", "-1"), "not an order id"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(session, replay, arguments, text):
    result = replay("cat", session, *arguments)
    assert result.returncode == 2
    assert text in result.stderr
    assert "Traceback" not in result.stderr


def test_a_cut_journal_is_printed_up_to_there_and_the_exit_says_so(session, replay):
    os.truncate(session / "feed" / "000000.pmj", 4096 + 64 * 7)
    result = replay("cat", session, "--journal", "feed")
    assert result.returncode == 1
    assert len(result.stdout.splitlines()) == 7
    assert "error: feed: short at feed/000000.pmj, record 7" in result.stderr
