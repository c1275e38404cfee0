"""An exchange made from a configuration: its money, its rules, its keys, and what it tells."""

import asyncio
import json
import stat
from decimal import Decimal
from pathlib import Path

import pytest

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.core.schema import Side
from pinnacle.exchange.config import ExchangeConfig, TradersConfig
from pinnacle.exchange.network.config import HouseConfig, ServedConfig
from pinnacle.exchange.network.making import PLENTY, MadeExchange
from pinnacle.exchange.network.running import read_served, serve_exchange
from pinnacle.venues.registry import find
from tests.exchange.network.exchanges import BTC, ETH, STILL, made, money

CONFIG = """
[session]
name = "served"
[[instruments]]
symbol = "BTC-USD"
tick_size = "0.1"
lot_size = "0.0001"
[house]
value_min = "5"
balances = {BTC = "3"}
"""


def test_an_account_has_what_it_was_given_and_plenty_of_the_rest(tmp_path):
    house = HouseConfig(balances={"BTC": "0.5", "EUR": "7"}, fee_in="BNB")
    account = made(tmp_path, house=house).account
    assert account.total["BTC"] == Decimal("0.5") and account.total["EUR"] == 7
    assert account.total["USD"] == account.total["BNB"] == PLENTY
    assert account.total["ETH"] == PLENTY / 2500


def test_its_keys_open_one_account(tmp_path):
    exchange = made(tmp_path, keys=("main", "killer"))
    first, second = exchange.open_keys
    assert first.name != second.name and first.fields != second.fields
    assert first.account is second.account is exchange.account


def test_its_rules_are_the_instruments_and_the_houses(tmp_path):
    house = HouseConfig(value_min="10.5", fee_in="BNB", fee_price="600")
    rules = made(tmp_path, house=house).house.rules
    assert [(rule.maker_e8, rule.taker_e8) for rule in rules] == [(100_000, 200_000), (100_000, 0)]
    assert {(rule.value_min, rule.fee_price) for rule in rules} == {(Decimal("10.5"), Decimal(600))}


def test_a_seed_makes_the_same_book(tmp_path):
    def book(seed):
        still = {"BTC-USD": TradersConfig(price="60000", **STILL)}  # it does not move by the clock
        config = ServedConfig(instruments=[BTC], exchange=ExchangeConfig(traders=still))
        exchange = MadeExchange(find("kraken"), config, {}, tmp_path / "c", None, seed)
        return exchange.house.depth(0, Side.BID, 50), exchange.house.depth(0, Side.ASK, 50)

    assert book(1) == book(1) != book(2)


def test_there_is_a_book_before_anybody_looks_and_nobody_is_told_of_it(tmp_path):
    exchange = made(tmp_path)
    for row in range(2):
        assert all(exchange.house.depth(row, side, 1) for side in (Side.BID, Side.ASK))
    assert exchange.house.public == []


def test_a_market_that_nobody_knows_the_price_of_is_told_by_its_key(tmp_path):
    odd = InstrumentConfig(symbol="XYZ-USD", tick_size="0.1", lot_size="0.0001")
    with pytest.raises(ConfigError, match=r"^exchange.traders.XYZ-USD.price: missing: "):
        config = ServedConfig(instruments=[ETH, odd])
        MadeExchange(find("kraken"), config, {}, tmp_path, None, 1)


# From its options to its end


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "session.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def served(config, folder, port=0, said=None, as_json=True, ledger=None):
    asyncio.run(
        serve_exchange(
            find("kraken"),
            config,
            folder / "certificates",
            ledger,
            1,
            port,
            0.05,
            [],
            as_json,
            (said if said is not None else []).append,
        )
    )


def test_its_keys_are_written_for_their_user_alone_and_where_it_is_is_told(config, tmp_path):
    said = []
    served(config, tmp_path, said=said)
    (where,) = map(json.loads, said)
    key_file = Path(where["key_file"])
    for name in ("kraken-key.json", "kraken-killer-key.json"):
        path = key_file.parent / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert set(json.loads(path.read_text(encoding="utf-8"))) == {"key", "secret"}
    assert key_file.name == "kraken-key.json" and Path(where["ca_file"]).exists()
    assert where["orders"]["ws_url"].startswith("wss://127.0.0.1:")


def test_the_ledger_is_finished_when_it_ends(config, tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    served(config, tmp_path, ledger=ledger)
    rows = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    balances = {row["currency"]: row["total"] for row in rows if row["what"] == "balance"}
    assert balances == {"BTC": "3", "USD": str(PLENTY)}


def test_what_it_says_for_people_is_a_configuration(config, tmp_path):
    import tomllib

    said = []
    served(config, tmp_path, said=said, as_json=False)
    told = tomllib.loads("\n".join(said))
    assert set(told) == {"feed", "orders"}
    assert set(told["orders"]["kraken"]) == {"ws_url", "rest_url", "ca_file"}


def test_a_port_that_is_taken_is_told(config, tmp_path):
    async def taken(folder):
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            with pytest.raises(UsageError, match=rf"^--port {port}: .*in use"):
                await serve_exchange(
                    find("kraken"), config, folder, None, 1, port, 1, [], True, print
                )

    asyncio.run(taken(tmp_path / "certificates"))


def test_a_ledger_that_is_there_is_not_written_over(config, tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text("what happened before", encoding="utf-8")
    with pytest.raises(UsageError, match=r"--ledger .*: is there already"):
        served(config, tmp_path, ledger=ledger)
    assert ledger.read_text(encoding="utf-8") == "what happened before"
    assert not (tmp_path / "certificates").exists()
    ledger.write_text("", encoding="utf-8")
    served(config, tmp_path, ledger=ledger)
    assert ledger.stat().st_size


def test_of_a_sessions_configuration_its_own_part_is_taken(config):
    found = read_served(find("kraken"), config)
    assert [each.symbol for each in found.instruments] == ["BTC-USD"]
    assert found.house.value_min == "5"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('value_min = "5"', 'value_min = "much"', "house.value_min: must be a number"),
        ('value_min = "5"', 'value_min = "-5"', "house.value_min: must be a number"),
        ('value_min = "5"', 'value_min = "1e999999"', "house.value_min: must be a number"),
        ('value_min = "5"', 'fee_price = "0"', "house.fee_price: must be above 0"),
        ('BTC = "3"', 'BTC = "NaN"', "house.balances: BTC must be a number"),
        ('value_min = "5"', "value_max = 5", "house.value_max: "),
        ('tick_size = "0.1"', "", r"instruments\[0\].tick_size: "),
    ],
)
def test_what_is_wrong_with_it_is_told_by_file_and_key(config, old, new, words):
    config.write_text(CONFIG.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"^{config}: {words}"):
        read_served(find("kraken"), config)


def test_money_is_text_to_the_last_digit(tmp_path):
    house = HouseConfig(balances={"BTC": "0.123456789012345678"})
    assert money(made(tmp_path, house=house).account)["BTC"] == Decimal("0.123456789012345678")
