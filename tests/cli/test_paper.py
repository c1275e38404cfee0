"""Venues and symbols instead of a configuration: what is written, and that it runs."""

import contextlib
import json
import os
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from pinnacle.core.paths import SessionPaths
from pinnacle.plan.checks import load_session, warnings
from pinnacle.plan.draft import DraftInstrument, DraftVenue, draft
from pinnacle.venues.reference.listing import Listing, Status
from pinnacle.venues.registry import VENUES
from tests import warm
from tests.sessions import verify
from tests.venues.listed import LISTED, listing_server

PINNACLE = [sys.executable, "-m", "pinnacle"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with listing_server(tmp_path_factory.mktemp("listing")) as found:
        yield found


def asked(server, *words, venues=VENUES, command=("config", "init"), **options):
    url, ca_file = server
    words = [*words, "--venues", ",".join(venues)]
    for venue in venues:
        words += ["--feed", f"{venue}.rest_url={url}", "--feed", f"{venue}.ca_file={ca_file}"]
    return warm.run(*command, *words, **options)


def test_a_file_for_all_venues_is_whole_and_has_their_steps(server, tmp_path):
    path = tmp_path / "paper.toml"
    symbols = ["BTC-USD" if venue != "binance" else "BTC-USDT" for venue in VENUES]
    named = [f"{venue}:{symbol}" for venue, symbol in zip(VENUES, symbols, strict=True)]
    done = asked(server, "--symbols", ",".join(named), "--mode", "paper", "--out", str(path))
    assert done.returncode == 0, done.stderr
    assert f"pinnacle run {path}" in done.stdout
    text = path.read_text(encoding="utf-8")
    config = load_session(path)
    assert not list(warnings(config))
    assert len([line for line in text.splitlines() if line.startswith("#")]) > 4
    ours = {"binance": "BTCUSDT"}
    for instrument in config.instruments:
        kind = config.venues[instrument.venue].kind
        _, _, tick, lot, least, _ = LISTED[kind]
        assert instrument.symbol == ours.get(instrument.venue, "BTC-USD")
        said = (instrument.tick_size, instrument.lot_size, instrument.quantity_min)
        assert said == (tick, lot, least or None)
    for name, section in config.venues.items():
        assert section.exchange.kind == "paper" and section.kind.startswith(name)
        feed = tomllib.loads(text)["venues"][name]["feed"][section.kind]
        assert feed["rest_url"] == server[0]
    assert {section.kind for section in config.venues.values()} == set(VENUES)


def test_a_symbol_without_a_venue_is_of_each_and_the_venues_own_word_will_do(server):
    done = asked(server, "--symbols", "BTC-USD", venues=("kraken", "gemini"))
    assert [row["venue"] for row in tomllib.loads(done.stdout)["instruments"]] == [
        "kraken",
        "gemini",
    ]
    done = asked(server, "--symbols", "BTC/USD", venues=("kraken",))
    assert [row["symbol"] for row in tomllib.loads(done.stdout)["instruments"]] == ["BTC/USD"]
    done = asked(server, "--symbols", "btc-usdt", venues=("binance",))
    assert [row["symbol"] for row in tomllib.loads(done.stdout)["instruments"]] == ["BTCUSDT"]


def test_what_a_venue_does_not_list_is_told_with_what_it_lists(server):
    done = asked(server, "--symbols", "BTC-USD", venues=("binance",))
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "error: binance lists no BTC-USD; of BTC it lists BTC-USDT\n"
    done = asked(server, "--symbols", "X-USD", venues=("kraken",))
    assert done.stderr == "error: kraken lists no X-USD\n"


def test_two_words_for_one_instrument_are_told(server):
    done = asked(server, "--symbols", "BTC-USD,BTC/USD", venues=("kraken",))
    assert done.returncode == 2 and done.stdout == ""
    assert "two of these are the same at kraken" in done.stderr


def test_what_could_not_run_is_not_written(server, tmp_path):
    path = tmp_path / "huge.toml"
    words = ["--symbols", "BTC-USD", "--value", "1e30", "--out", str(path)]
    done = asked(server, *words, venues=("kraken",))
    assert done.returncode == 3 and "what these options give: " in done.stderr
    assert "Traceback" not in done.stderr and not path.exists()


def test_a_file_that_is_there_stays(server, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("mine", encoding="utf-8")
    done = asked(server, "--symbols", "BTC-USD", "--out", str(path), venues=("kraken",))
    assert done.returncode == 2 and "is there already" in done.stderr
    assert path.read_text(encoding="utf-8") == "mine"
    nowhere = tmp_path / "none" / "mine.toml"
    done = asked(server, "--symbols", "BTC-USD", "--out", str(nowhere), venues=("kraken",))
    assert done.returncode == 2 and "No such file" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--venues", "kraken"], "--venues and --symbols are needed"),
        (["--symbols", "X"], "--venues and --symbols are needed"),
        (["--venues", "foo", "--symbols", "X"], "must be one of binance"),
        (["--venues", "kraken,kraken", "--symbols", "X"], "one is there twice"),
        (["--venues", "kraken", "--symbols", "X,X"], "one is there twice"),
        (["--venues", "kraken", "--symbols", "X,"], "a name is missing"),
        (["--venues", "kraken,gemini", "--symbols", "kraken:X"], "none is of gemini"),
        (["--venues", "kraken", "--symbols", "gemini:X"], "gemini is none of --venues"),
        (["--venues", "kraken", "--symbols", "X", "--value", "0"], "--value"),
        (["--venues", "kraken", "--symbols", "X", "--mode", "live"], "--mode"),
        (["--venues", "kraken", "--symbols", "X", "--feed", "rest_url=x"], "does not begin with"),
        (["--venues", "kraken", "--symbols", "X", "--feed", "gemini.api=x"], "does not begin with"),
        (["--venues", "kraken", "--symbols", "X", "--feed", "kraken.dept=9"], "dept"),
        (["--venues", "kraken", "--symbols", "X", "--feed", "kraken.depth"], "no KEY=VALUE"),
    ],
)
def test_options_that_cannot_be_are_named(words, told):
    for command in (["config", "init"], ["run"]):
        done = warm.run(*command, *words)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr


def test_a_configuration_or_venues_but_not_both_and_not_neither():
    for words, told in (([], "give a CONFIG"), (["demo.toml", "--value", "5"], "demo.toml says")):
        done = warm.run("run", *words)
        assert done.returncode == 2 and told in done.stderr


def listing(**changes):
    words = {"symbol": "S", "base": "S", "quote": "USD", "tick": "0.01", "lot": "0.001"}
    words |= {"quantity_min": "", "value_min": "", "status": Status.TRADING, "words": "online"}
    return Listing(**words | changes)


@pytest.mark.parametrize(
    ("changes", "price", "value", "quantity"),
    [
        ({}, "50", "100", "2"),
        ({}, "30", "100", "3.333"),
        ({"quantity_min": "5"}, "50", "100", "5"),
        ({"value_min": "100"}, "50", "1", "2.2"),
        ({"quantity_min": "0.0015"}, "50", "0.01", "0.002"),
        ({}, "50", "0.01", "0.001"),
        ({"lot": "10"}, "50", "100", "10"),
        ({"lot": "1"}, "0.00003", "100", "3333333"),
    ],
)
def test_a_quote_is_worth_what_was_asked_in_whole_lots_and_no_less_than_the_venue_takes(
    changes, price, value, quantity, tmp_path
):
    row = DraftInstrument("kraken", "S/USD", listing(**changes), Decimal(price))
    text = draft({"kraken": DraftVenue("kraken", {})}, [row], Decimal(value))
    tables = tomllib.loads(text)
    maker = tables["strategy"]["market_maker"]["kraken:S/USD"]
    limits = tables["risk"]["limits"]["kraken:S/USD"]
    assert maker["quote_quantity"] == quantity
    said = (maker["inventory_max"], limits["order_quantity_max"], limits["position_max"])
    assert [Decimal(amount) / Decimal(quantity) for amount in said] == [10, 5, 20]
    widest = int(Decimal(price) * Decimal("0.01") / Decimal("0.01"))
    assert maker["spread_max_ticks"] == max(widest, 10)
    path = tmp_path / "drafted.toml"
    path.write_text(text, encoding="utf-8")
    load_session(path)


def recording(path, seconds):
    """Of Gemini's BTC-USD: a book of 40 levels that moves each 20 ms, with a trade now and then."""

    def changes(mid):
        levels = [("buy", mid - 5 - i) for i in range(20)] + [
            ("sell", mid + 5 + i) for i in range(20)
        ]
        return [[side, f"{cents / 100:.2f}", "1.5"] for side, cents in levels]

    frames = [{"type": "l2_updates", "symbol": "BTCUSD", "changes": changes(6508618), "trades": []}]
    for number in range(seconds * 50):
        moved = [["buy", "65086.13", f"{1 + number % 7}"]]
        frames.append({"type": "l2_updates", "symbol": "BTCUSD", "changes": moved})
    lines = (
        json.dumps({"t": "recv", "ns": 10**18 + n * 20_000_000, "data": json.dumps(frame)})
        for n, frame in enumerate(frames)
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextlib.contextmanager
def market(folder):
    """(ws_url, ca_file) of a recording that is served as Gemini would."""
    recording(folder / "gemini.jsonl", 30)
    command = [*PINNACLE, "capture", "serve", str(folder / "gemini.jsonl"), "--json"]
    command += ["--cert-dir", str(folder / "market")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        where = json.loads(process.stdout.readline())
        yield where["ws_url"], where["ca_file"]
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.long
def test_a_session_runs_without_a_file(server, tmp_path):
    both, name = tmp_path / "both.pem", f"paper-{os.getpid()}"
    with market(tmp_path) as (ws_url, ca_file):
        authorities = [Path(path).read_text(encoding="utf-8") for path in (server[1], ca_file)]
        both.write_text("".join(authorities), encoding="utf-8")
        done = asked(
            (server[0], both),
            *("--symbols", "BTC-USD", "--feed", f"gemini.ws_url={ws_url}"),
            *("--duration", "5", "--port", "0", "--report", "report.json"),
            *("--name", name),
            venues=("gemini",),
            command=("run",),
            cwd=tmp_path,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["instruments"]["BTC-USD"]["orders"]["acknowledged"] > 0
    result, code = verify(SessionPaths.of(str(tmp_path / "run"), str(tmp_path / "data"), name))
    assert code == 0 and result["identical"], result
