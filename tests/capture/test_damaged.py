"""Of every venue: what is whole is good, and no damage is called so, nor ends in a traceback."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.capture.check import check_capture
from pinnacle.core.errors import DataError
from tests.capture.recordings import SYMBOLS, UPDATES, recording

VENUES = pytest.mark.parametrize("venue", SYMBOLS)
#: Who else could tell that an update is missing: numbers, or a checksum.
NUMBERED = pytest.mark.parametrize("venue", ["binance", "coinbase", "kraken"])


def checked(tmp_path, lines):
    path = tmp_path / "capture"
    path.write_bytes(b"".join(lines))
    return check_capture(path)


def said(tmp_path, lines):
    """What is said of a recording that is not whole, of its only symbol."""
    check = checked(tmp_path, lines)
    assert not any(report.good for report in check.reports)
    words = [line.partition("/capture:")[2] for line in check.words]
    assert all(words)
    return words


@VENUES
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n"])
def test_a_whole_recording_is_good_and_nothing_is_said(tmp_path, venue, end):
    check = checked(tmp_path, [line.replace(b"\n", end) for line in recording(venue)])
    (report,) = check.reports
    assert (report.venue, report.symbol, report.good) == (venue, SYMBOLS[venue], True)
    assert (report.snapshots, report.levels) == (1, 3 + UPDATES)
    assert list(check.words) == []


@VENUES
def test_an_update_there_twice_is_told_with_its_line(tmp_path, venue):
    lines = recording(venue)
    lines.insert(6, lines[5])
    symbol = SYMBOLS[venue]
    first = f"7: {symbol}: updates or trades there twice: 1, the first here"
    assert said(tmp_path, lines) == [first]


@VENUES
def test_a_recording_that_was_written_twice_is_not_good(tmp_path, venue):
    assert said(tmp_path, recording(venue) * 2)


@VENUES
def test_updates_in_another_order_are_told(tmp_path, venue):
    lines = recording(venue)
    step = 2 if len(lines) > 2 * UPDATES else 1
    at, then = 1 + 2 * step, 1 + 3 * step
    lines[at], lines[then] = lines[then], lines[at]
    words = said(tmp_path, lines)
    assert int(words[0].partition(":")[0]) in (at + 1, then + 1)


@NUMBERED
def test_a_lost_update_is_told_with_the_line_behind_it(tmp_path, venue):
    lines = recording(venue)
    del lines[3]
    assert re.match(f"[45]: {SYMBOLS[venue]}: (gaps|checksums)", said(tmp_path, lines)[0])


@VENUES
def test_without_its_snapshot_a_symbol_has_no_book(tmp_path, venue):
    lines = recording(venue)[1:]
    if venue == "gemini":  # whose first update is the snapshot
        lines = [line for line in lines if b"l2_updates" not in line]
        lines.append(b'1800000000000000000 {"type":"l2_updates"}\n')
    words = said(tmp_path, lines)
    assert words[-1] == f" {SYMBOLS[venue]}: no depth snapshot that its updates join on to"


@VENUES
@pytest.mark.parametrize("other", ["binance", "coinbase", "bitstamp"])
def test_lines_of_another_venue_are_not_passed_over_in_silence(tmp_path, venue, other):
    if venue == other:
        return
    lines = recording(venue)
    lines[9:9] = recording(other)[1:3]
    check = checked(tmp_path, lines)
    assert check.reports[0].venue == venue and not check.reports[0].good


@VENUES
def test_a_file_that_is_cut_anywhere_is_named_with_its_last_line(tmp_path, venue):
    lines = recording(venue)
    for cut in range(len(lines[7]) - 25, 0, -20):
        with pytest.raises(DataError, match=r"capture:8: "):
            checked(tmp_path, [*lines[:7], lines[7][:-cut]])


def test_a_message_of_which_nobody_knows_whose_it_is_costs_every_book(tmp_path):
    lines = recording("kraken")
    lines[4] = lines[4].replace(b'"symbol"', b'"symbxl"')
    words = said(tmp_path, lines)
    assert words[0].startswith("5: BTC/USD: messages that cannot be: 1, the first here: ")


def test_quantities_that_were_rounded_are_told_and_not_wrong(tmp_path):
    lines = recording("coinbase_exchange")
    lines[3] = lines[3].replace(b".25", b".250000000001")
    check = checked(tmp_path, lines)
    (words,) = check.words
    assert ":4: BTC-USD: quantities finer than the lot, rounded down: 1" in words
    assert check.reports[0].good and check.reports[0].rounded == 1


def test_a_price_that_is_too_fine_is_odd(tmp_path):
    lines = recording("coinbase_exchange")
    lines[3] = lines[3].replace(b"10.02", b"10.020000000001")
    assert said(tmp_path, lines)[0].startswith("4: BTC-USD: messages that cannot be: 1")


def test_a_request_that_was_refused_is_told_and_the_next_answer_counts(tmp_path):
    lines = recording("bitstamp")
    refused = lines[0].replace(b"bids", b"bods")
    check = checked(tmp_path, [refused, *lines])
    assert check.reports[0].good
    (words,) = check.words
    assert "capture:1: btcusd: a request was refused: " in words


def test_a_snapshot_that_is_of_none_of_the_symbols_is_told(tmp_path):
    lines = recording("binance")
    others = [line.replace(b"BTC", b"ETH").replace(b"btc", b"eth") for line in lines[1:]]
    said_of_two = list(checked(tmp_path, lines + others).words)
    assert "capture:1: a snapshot: it does not say of which of the symbols it is" in said_of_two[0]


def test_a_symbol_of_which_only_a_refused_request_is_there_has_no_book(tmp_path):
    lines = recording("bitstamp")
    refused = lines[0].replace(b"bids", b"bods").replace(b"/btcusd/", b"/ethusd/")
    good, bad = checked(tmp_path, [*lines, refused]).reports
    assert (good.symbol, good.good, bad.symbol, bad.good) == ("btcusd", True, "ethusd", False)


def test_a_connection_begins_the_numbers_anew(tmp_path):
    lines = recording("coinbase")
    later = [line.replace(b"17000000", b"17000001").replace(b"2026-", b"2027-") for line in lines]
    later = [line for line in later if b"market_trades" not in line]
    for n, line in enumerate(later):
        later[n] = re.sub(rb'_num":\d+', b'_num":%d' % n, line)
    connected = b"wss://advanced-trade-ws.coinbase.com <-> 1700000050\n"
    elsewhere = b"wss://ws.kraken.com <-> 1700000050\n"
    report = checked(tmp_path, [*lines, connected, *later]).reports[0]
    assert (report.snapshots, report.good) == (2, True)
    assert not checked(tmp_path, [*lines, *later]).reports[0].good
    assert not checked(tmp_path, [*lines, elsewhere, *later]).reports[0].good


@VENUES
@given(data=st.data())
@settings(max_examples=60)
def test_whatever_is_damaged_there_is_a_report_or_an_error(tmp_path_factory, venue, data):
    lines = recording(venue)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        how = data.draw(st.sampled_from(["byte", "cut", "drop", "double", "move", "number"]))
        if not lines[at]:
            continue
        if how == "byte":
            line = bytearray(lines[at])
            line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
            lines[at] = bytes(line)
        elif how == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
        elif how == "number":
            digit = data.draw(st.sampled_from(b"0123456789"))
            lines[at] = lines[at].replace(b"%c" % digit, b"%c" % digit * 40, 1)
        else:
            line = lines[at] if how == "double" else lines.pop(at)
            if how != "drop":
                lines.insert(data.draw(st.integers(0, len(lines))), line)
    try:
        check = checked(tmp_path_factory.mktemp("damaged"), lines)
    except DataError as error:
        assert "/capture" in str(error)
    else:
        assert all(report.good for report in check.reports) or list(check.words)
