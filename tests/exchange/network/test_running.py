"""`pinnacle exchange serve`: what stands against it is said before anything is written."""

import asyncio
import socket

import pytest

from pinnacle.core.errors import UsageError
from pinnacle.exchange.network.running import serve_exchange
from pinnacle.venues.registry import find
from tests.sessions import ROOT


def serve(folder, port, ledger=None):
    config = ROOT / "config/live-kraken.toml"
    served = serve_exchange(
        find("kraken"), config, folder / "c", ledger, 1, port, 0.1, [], True, lambda words: None
    )
    asyncio.run(served)


def test_a_port_in_use_leaves_the_keys_of_the_exchange_that_uses_it(tmp_path):
    with socket.socket() as used:
        used.bind(("127.0.0.1", 0))
        used.listen()
        port = used.getsockname()[1]
        with pytest.raises(UsageError, match=f"^--port {port}: Address already in use"):
            serve(tmp_path, port)
    assert not (tmp_path / "c").exists()


def test_a_ledger_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"^--ledger .*none/l\.jsonl: No such file or directory"):
        serve(tmp_path, 0, tmp_path / "none" / "l.jsonl")
