"""What a recording is of, from its lines alone."""

import json

import pytest

from pinnacle.capture import instruments
from pinnacle.capture.instruments import guess_dialect, infer_instruments, known_dialects
from pinnacle.core.errors import DataError
from tests.venues.samples import SAMPLES, text

DIALECTS = {dialect.venue: dialect for dialect in known_dialects()}
VENUES = {name: SAMPLES[name.upper()] for name in DIALECTS if name != "gemini"}
VENUES["gemini"] = SAMPLES["GEMINI_V2"]


def written(tmp_path, frames):
    path = tmp_path / "capture"
    path.write_bytes(b"\n".join(frames) + b"\n")
    return path


def steps(table):
    return {
        row["symbol"].decode(): (int(row["tick_decimals"]), int(row["lot_decimals"]))
        for row in table
    }


@pytest.mark.parametrize("venue", VENUES)
def test_a_venue_is_known_by_its_frames(tmp_path, venue):
    frames = [b'{"what":"no venue sends"}', *VENUES[venue]]
    assert guess_dialect(written(tmp_path, frames)).venue == venue


def test_a_file_of_no_venue_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match=r"capture: a frame of none of .*kraken: say with --venue"):
        guess_dialect(written(tmp_path, [b'{"event":"heartbeat"}'] * 2000))


@pytest.mark.parametrize("venue", VENUES)
def test_a_file_of_control_frames_is_of_no_market(tmp_path, venue):
    path = written(tmp_path, [b'{"event":"pong"}'] * 5)
    with pytest.raises(DataError, match=f"no frame in it is of a market of {venue}"):
        infer_instruments(path, DIALECTS[venue])


def match(symbol, price, size):
    at = "2026-08-09T21:05:48.505350477Z"
    message = {"type": "match", "trade_id": 3, "side": "sell", "size": size, "price": price}
    return text(message | {"product_id": symbol, "sequence": 50, "time": at})


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_each_symbol_has_the_steps_of_its_own_frames(tmp_path, count):
    """In the order in which they come, however many: rows are made as they are needed."""
    exchange = DIALECTS["coinbase_exchange"]
    frames = [match(f"S{n}", f"1.5{'1' * (n % 9)}", "2.50") for n in range(count)]
    found = steps(infer_instruments(written(tmp_path, frames * 2), exchange))
    assert found == {f"S{n}": (1 + n % 9, 1) for n in range(count)}
    assert list(found) == [f"S{n}" for n in range(count)]


def test_more_symbols_than_there_is_room_for_are_named_with_the_line(tmp_path, monkeypatch):
    monkeypatch.setattr(instruments, "SYMBOLS_MAX", 5)
    exchange = DIALECTS["coinbase_exchange"]
    frames = [match(f"S{n}", "1", "2") for n in range(6)]
    assert len(infer_instruments(written(tmp_path, frames[:5]), exchange)) == 5
    with pytest.raises(DataError, match=r"capture:6: more than 5 symbols"):
        infer_instruments(written(tmp_path, frames), exchange)


@pytest.mark.parametrize("at", [0, 1, 62, 63, 64, 65, 127, 130])
def test_one_line_among_many_has_its_say_and_its_number(tmp_path, at):
    """They are looked at together as long as nothing is odd."""
    exchange = DIALECTS["coinbase_exchange"]
    frames = [match("S", "1.5", "2")] * 140
    for odd, found in (
        (match("S", "1.25", "2.5"), {"S": (2, 1)}),
        (match("T", "1.25", "2.5"), {"S": (1, 0), "T": (2, 1)}),
        (b'{"type":"heartbeat"}', {"S": (1, 0)}),
    ):
        path = written(tmp_path, [*frames[:at], odd, *frames[at:]])
        assert steps(infer_instruments(path, exchange)) == found
    path = written(tmp_path, [*frames[:at], b"[1", *frames[at:]])
    with pytest.raises(DataError, match=rf"capture:{at + 1}: "):
        infer_instruments(path, exchange)


@pytest.mark.parametrize("symbol", [b"\xff", b"X" * 40])
def test_a_symbol_that_cannot_be_read_is_named_with_the_line(tmp_path, symbol):
    frames = [match("S", "1", "2"), match("S", "1", "2").replace(b'"S"', b'"%s"' % symbol)]
    with pytest.raises(DataError, match=r"capture:2: "):
        infer_instruments(written(tmp_path, frames), DIALECTS["coinbase_exchange"])


BOOK = text({"lastUpdateId": 77, "bids": [["10.123", "1"]], "asks": [["10.5", "3.00"]]})


def update(symbol):
    data = {"e": "depthUpdate", "E": 5, "s": symbol, "U": 78, "u": 78, "b": [["10.5", "1.25"]]}
    return text({"stream": f"{symbol.lower()}@depth", "data": data | {"a": []}})


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_book_that_does_not_say_whose_it_is_is_the_only_symbols(tmp_path, order):
    frames = [BOOK, update("BTCUSDT")]
    path = written(tmp_path, [frames[i] for i in order])
    assert steps(infer_instruments(path, DIALECTS["binance"])) == {"BTCUSDT": (3, 2)}


def test_of_several_symbols_it_is_nobodys(tmp_path):
    path = written(tmp_path, [BOOK, update("BTCUSDT"), update("ETHUSDT")])
    found = steps(infer_instruments(path, DIALECTS["binance"]))
    assert found == {"BTCUSDT": (1, 2), "ETHUSDT": (1, 2)}


def test_a_request_that_was_refused_says_nothing_of_a_market(tmp_path):
    reply = {"t": "http", "ns": 5, "url": "https://x/api/v2/order_book/btcusd/", "data": "<html>"}
    frames = [json.dumps(reply).encode(), *SAMPLES["BITSTAMP"][:1]]
    found = steps(infer_instruments(written(tmp_path, frames), DIALECTS["bitstamp"]))
    assert found == {"btcusd": (2, 2)}


def test_an_array_of_any_depth_is_none_of_krakens(tmp_path):
    for frame in (b"[" * 100_000, b'[0,{"a":[["1","1","1e999"]]},"book-10","X"]', b"[1,2]"):
        with pytest.raises(DataError, match=r"capture:1: none of Kraken's"):
            infer_instruments(written(tmp_path, [frame]), DIALECTS["kraken"])


@pytest.mark.parametrize("order", [[0, 1, 2], [1, 2, 0], [2, 1, 0], [1, 0, 2]])
@pytest.mark.parametrize(
    ("quantity", "decimals"),
    [("250000000000.00000000", 0), ("250000000000.5", 1), ("2500000000000000.00", 0)],
)
def test_quantities_of_coins_worth_nearly_nothing_fit(tmp_path, order, quantity, decimals):
    """More than 9.2e10 are more than 64 bits of 10^-8."""
    large = BOOK.replace(b'"1"', b'"%s"' % quantity.encode())
    frames = [large, update("BTCUSDT"), update("BTCUSDT").replace(b"1.25", quantity.encode())]
    frames = [frame.replace(b"1.25", b"7.0").replace(b"3.00", b"300") for frame in frames]
    path = written(tmp_path, [frames[i] for i in order])
    found = steps(infer_instruments(path, DIALECTS["binance"]))
    assert found == {"BTCUSDT": (3, decimals)}


def test_what_does_not_fit_in_any_units_leaves_the_others_as_they_are(tmp_path):
    frames = [update("BTCUSDT"), update("BTCUSDT").replace(b"1.25", b"9" * 30), update("ETHUSDT")]
    frames += [update("BTCUSDT").replace(b"10.5", b"-1"), update("BTCUSDT")]
    found = steps(infer_instruments(written(tmp_path, frames), DIALECTS["binance"]))
    assert found == {"BTCUSDT": (1, 2), "ETHUSDT": (1, 2)}


def test_unnamed_books_do_not_touch_the_lots_of_named_ones(tmp_path):
    large = BOOK.replace(b'"1"', b'"250000000000"')
    fine = update("BTCUSDT").replace(b"1.25", b"1.00000001")
    path = written(tmp_path, [large, fine, update("ETHUSDT"), update("XRPUSDT"), large])
    found = steps(infer_instruments(path, DIALECTS["binance"]))
    assert found == {"BTCUSDT": (1, 8), "ETHUSDT": (1, 2), "XRPUSDT": (1, 2)}
