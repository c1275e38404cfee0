"""A live session of Binance's protocol against the exchange of wire.py, started as a user does."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil

from bench.harness.build import ROOT
from bench.harness.session import raise_process
from bench.inside.measure import Arguments, before_all
from bench.inside.wire_house import QuietHouse
from bench.inside.wire_stamped import FOLDER
from pinnacle.core.instruments import InstrumentConfig, from_config, table
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Venue
from pinnacle.core.toml import read_toml, toml_text
from pinnacle.vault.sealed import VaultKey
from pinnacle.vault.vault import Entry, create, put
from pinnacle.venues.binance.exchange.counts import ORDERS, WEIGHT, Rule
from pinnacle.venues.binance.exchange.side import BinanceExchange
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.exchange_side import ExchangeSide, NewKey
from pinnacle.venues.served.house import Account, Key

END_S = 30.0
CHAIN = ("feed", "strategy", "risk", "gateway")
SYMBOL = "BTCUSDT"
STAMPED = "bench.inside.wire_stamped:VENUE"


class _Unlimited(BinanceExchange):
    """A venue's limits are not what is measured."""

    RULES = (Rule(WEIGHT, "MINUTE", 1, 10**9), Rule(ORDERS, "SECOND", 10, 10**9))


def made_exchange(has_secret: bool = False) -> tuple[ExchangeSide, QuietHouse, NewKey]:
    """An empty one, and the key to it: of the kind whose session is signed once, or with a secret
    that signs each order."""
    config = InstrumentConfig(symbol=SYMBOL, tick_size="0.01", lot_size="0.00001")
    rows = table(from_config([config], {"binance": Venue.BINANCE}))
    terms = Terms(rows[0], SYMBOL, "BTC", "USDT")
    key = _Unlimited.new_key() if has_secret else _Unlimited.new_ed25519_key()
    money = {"USDT": Decimal(10**8), "BTC": Decimal(10**4)}
    house = QuietHouse(terms, Key(key.name, key.kept, Account("trader", money)))
    return _Unlimited(house, {SYMBOL: rows}), house, key


class LiveSession:
    """`pinnacle run --live` of config/live-binance.toml with one instrument."""

    def __init__(
        self,
        name: str,
        transport: str,
        address: str,
        key: NewKey,
        data: Path,
        arguments: Arguments,
    ):
        self.folder = folder = arguments.scratch / name
        folder.mkdir()
        self.paths = SessionPaths.of(str(arguments.scratch / "sessions"), str(data), name)
        config = _config(transport, address, arguments, data)
        config["vault"] = _vault(folder, key)
        path = folder / "session.toml"
        path.write_text(toml_text(config), encoding="utf-8")
        words = [sys.executable, "-P", "-m", "pinnacle", "run", str(path), "--live", "--yes"]
        with (folder / "log").open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [*words, "--name", name, "--port", "0"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ
                | {"XDG_STATE_HOME": str(folder / "state"), "PYTHONPATH": str(ROOT)}
                | {FOLDER: str(folder)},
                cwd=ROOT,
            )
        raise_process(self._process.pid)
        os.sched_setaffinity(self._process.pid, os.sched_getaffinity(os.getppid()))

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def raise_it(self) -> None:
        """Before all others' work; of those that share a core the one that is woken goes first."""
        for child in psutil.Process(self._process.pid).children():
            words = child.cmdline()
            role = words[words.index("--config") - 1] if "--config" in words else ""
            raise_process(child.pid)
            if role in CHAIN:
                before_all(child.pid, 1 + CHAIN.index(role))

    def words(self) -> str:
        """The last that it said."""
        said = (self.folder / "log").read_text(encoding="utf-8").strip().splitlines()
        return " ".join(said[-3:])

    def end(self, meanwhile: Callable[[], None]) -> SessionPaths:
        """In order, while somebody answers it; where its journals are."""
        self._process.send_signal(signal.SIGTERM)
        until = time.monotonic() + END_S
        while self._process.poll() is None and time.monotonic() < until:
            meanwhile()
        return self.paths

    def close(self) -> None:
        """Whatever state it is in."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def _config(transport: str, address: str, arguments: Arguments, data: Path) -> dict[str, Any]:
    config = read_toml(ROOT / "config" / "live-binance.toml")
    config["session"] |= {
        "runtime_dir": str(arguments.scratch / "sessions"),
        "data_dir": str(data),
    }
    config["instruments"] = [i for i in config["instruments"] if i["symbol"] == SYMBOL]
    for table_of in (config["strategy"]["market_maker"], config["risk"]["limits"]):
        for symbol in set(table_of) - {SYMBOL}:
            del table_of[symbol]
    connection = {
        "ca_file": str(arguments.scratch / "certificates" / "ca.pem"),
        "rest_url": f"https://{address}",
        "transport": transport,
    }
    config["session"]["venue"] = STAMPED
    config["feed"] = {STAMPED: connection | {"ws_url": f"wss://{address}/stream"}}
    config["orders"] = {
        STAMPED: connection | {"ws_url": f"wss://{address}/ws-api/v3", "key": "binance"}
    }
    # Rates and rests are not what is measured.
    config["strategy"]["desk"] = {"stale_ms": 0, "reject_rest_ms": 0}
    config["processes"] = _places(arguments)
    return config


def _places(arguments: Arguments) -> dict[str, dict[str, Any]]:
    """A core each for who decides, where there are so many, and else one for all of them."""
    free = sorted(os.sched_getaffinity(os.getppid()) - {arguments.core_b})
    if arguments.core_a >= 0 and len(free) > len(CHAIN):
        found = {role: {"cpu": free[i], "wait": "spin"} for i, role in enumerate(CHAIN)}
        return found | {"monitor": {"cpu": free[len(CHAIN)]}}
    found = {role: {"cpu": arguments.core_a, "wait": "park"} for role in CHAIN}
    return found | {"monitor": {"cpu": arguments.core_b}}


def _vault(folder: Path, key: NewKey) -> dict[str, str]:
    password = secrets.token_urlsafe(24)
    master = VaultKey.new(password.encode())
    create(folder / "vault", master)
    put(folder / "vault", master, "binance", Entry(STAMPED, time.time_ns(), key.given))
    descriptor = os.open(folder / "password", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(password + "\n")
    return {"file": str(folder / "vault"), "password_file": str(folder / "password")}
