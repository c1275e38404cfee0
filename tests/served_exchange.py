"""An exchange of our own for tests, served by a process as `pinnacle exchange serve` does it."""

import contextlib
import json
import subprocess
import sys

from tests.sessions import ROOT, until


@contextlib.contextmanager
def exchange_served(folder, venue="kraken", *, config=None, ledger=None):
    """Where it is, as it prints it (--json); ended whatever happens."""
    serve = [sys.executable, "-m", "pinnacle", "exchange", "serve", "--venue", venue, "--json"]
    serve += ["--config", str(config or ROOT / f"config/live-{venue}.toml")]
    serve += ["--cert-dir", str(folder / "certificates")]
    serve += ["--ledger", str(ledger)] if ledger is not None else []
    out = folder / "exchange.txt"
    with out.open("w+", encoding="utf-8") as told:
        exchange = subprocess.Popen(serve, stdout=told, stderr=subprocess.STDOUT)
        try:
            until(
                lambda: "\n" in out.read_text(encoding="utf-8") or exchange.poll() is not None,
                60,
                "the exchange's address",
            )
            yield json.loads(out.read_text(encoding="utf-8").splitlines()[0])
        finally:
            exchange.terminate()
            exchange.wait(20)
