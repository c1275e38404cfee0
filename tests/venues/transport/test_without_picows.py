"""A transport that is not installed is told before anything runs, with what to do."""

import subprocess
import sys

from tests.sessions import ROOT

#: Python as it is where the package is not installed.
WITHOUT = "import sys; sys.modules['picows'] = None; from pinnacle.cli.main import main; main()"


def without(*words):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *words], capture_output=True, text=True, timeout=60
    )


def test_a_configuration_that_asks_for_it_is_refused_and_one_that_does_not_is_not(tmp_path):
    text = (ROOT / "config" / "binance-paper.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    for key, code in (("transport = 'websockets'", 0), ("transport = 'picows'", 3)):
        path.write_text(text.replace("[feed.binance]", f"[feed.binance]\n{key}"), encoding="utf-8")
        done = without("config", "check", str(path))
        assert done.returncode == code, done.stderr
    assert f"{path}: feed.binance.transport: picows is not installed: pip install " in done.stderr
    assert "pinnacle-mm[fast]" in done.stderr


def test_a_command_that_asks_for_it_is_refused():
    words = ("--venue", "kraken", "--feed", "transport=picows")
    done = without("instruments", *words)
    assert done.returncode != 0 and "picows is not installed" in done.stderr
    assert "Traceback" not in done.stderr
