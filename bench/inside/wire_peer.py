"""fastmm-engine on the exchange of wire.py: its own starter project on the same sockets."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bench.harness.session import raise_process
from bench.inside.measure import Arguments, before_all
from pinnacle.core.toml import read_toml, toml_text
from pinnacle.venues.served.exchange_side import NewKey

END_S = 20.0
#: Both sides while the book is narrow, nothing while it is wide; compiled, as all of its hooks.
STRATEGY = """import fastmm

class Wire(fastmm.Strategy):
    @fastmm.hot
    def on_book(self, ctx, book):
        if book.mid > 60300.0:
            ctx.pull()
            return
        ctx.clear()
        ctx.bid(book.mid - 30.0, 0.001)
        ctx.ask(book.mid + 30.0, 0.001)
"""


class PeerSession:
    """`fastmm run` of what `fastmm init` makes, but for the strategy."""

    def __init__(self, name: str, address: str, key: NewKey, arguments: Arguments):
        folder = arguments.scratch / name
        made = [sys.executable, "-m", "fastmm", "init", str(folder)]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
        (folder / "strategy.py").write_text(STRATEGY, encoding="utf-8")
        path = folder / "wire.toml"
        path.write_text(toml_text(_config(folder / "sim.toml", address, key)), encoding="utf-8")
        words = [sys.executable, "-m", "fastmm", "run", "strategy:Wire", "--config", str(path)]
        self._log = folder / "log"
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [*words, "--allow-inline-secrets"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ
                | {"SSL_CERT_FILE": str(arguments.scratch / "certificates" / "ca.pem")},
                cwd=folder,
            )
        raise_process(self._process.pid)
        os.sched_setaffinity(self._process.pid, os.sched_getaffinity(os.getppid()))

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def raise_it(self) -> None:
        """Before all others' work: every thread, for they look at each other's."""
        for thread in Path(f"/proc/{self._process.pid}/task").iterdir():
            with suppress(OSError):
                before_all(int(thread.name))

    def words(self) -> str:
        """The last that it said."""
        return " ".join(self._log.read_text(encoding="utf-8").strip().splitlines()[-3:])

    def end(self, meanwhile: Callable[[], None]) -> None:
        """In order, while somebody answers it."""
        self._process.send_signal(signal.SIGINT)
        until = time.monotonic() + END_S
        while self._process.poll() is None and time.monotonic() < until:
            meanwhile()

    def close(self) -> None:
        """Whatever state it is in."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def _config(starter: Path, address: str, key: NewKey) -> dict:
    config = read_toml(starter)
    config["engine"] |= {"supports_replace": False, "min_requote_interval_ms": 0}
    config["venues"]["sim"] |= {
        "ws_url": f"wss://{address}/stream",
        "ws_api_url": f"wss://{address}/ws-api/v3",
        "rest_url": f"https://{address}",
        "api_key": key.name,
        "api_secret": key.given["secret"],
        "supports_replace": False,
        "stale_ms": 10_000,
    }
    config["strategy"] = {"name": "strategy:Wire"}
    # Rates and rests are not what is measured.
    config["risk"] |= {"orders_per_sec": 1_000_000, "burst": 100_000, "stale_md_ms": 10_000}
    return config
