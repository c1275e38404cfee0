"""Captures that tests make, of Binance mostly, served to a session as the venue would."""

import contextlib
import json
import re
import subprocess
import sys

from tests.binance_market import SYMBOLS, make_capture
from tests.sessions import until


@contextlib.contextmanager
def serving(folder, files, speed, venue="binance"):
    """The addresses of a server of these captures, as it prints them."""
    serve = [sys.executable, "-m", "pinnacle", "capture", "serve", *map(str, files)]
    serve += ["--venue", venue, "--speed", str(speed), "--cert-dir", str(folder), "--json"]
    with (folder / "server.txt").open("w+", encoding="utf-8") as out:
        server = subprocess.Popen(serve, stdout=out, stderr=subprocess.STDOUT)
        try:
            until(
                lambda: "\n" in (folder / "server.txt").read_text(encoding="utf-8"),
                30,
                "the server's address",
            )
            yield json.loads((folder / "server.txt").read_text(encoding="utf-8").splitlines()[0])
        finally:
            server.terminate()
            server.wait(10)


def made(folder, seconds):
    """Captures of both instruments, so long."""
    return [make_capture(folder / f"{symbol}.gz", symbol, seconds) for symbol in SYMBOLS]


def at(addresses):
    """A change of a configuration's text: the venue is there."""

    def change(text):
        for key in ("ws_url", "rest_url", "ca_file"):
            text = re.sub(rf'^{key} = ".*"$', f'{key} = "{addresses[key]}"', text, flags=re.M)
        return text

    return change
