"""What holds for every test, and the markets that several of them share."""

import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import Phase, settings

# A shared machine may stand still for a moment; that is nobody's bug.
settings.register_profile("pinnacle", deadline=None, max_examples=70)
# Of a planted fault nobody asks for the smallest example.
settings.register_profile("mutants", deadline=None, phases=[Phase.explicit, Phase.generate])
settings.load_profile("pinnacle")

# Who runs in the background of a script ignores Ctrl-C, and so would all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

MADE_SECONDS = 60


@pytest.fixture(scope="session")
def made_captures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A minute of the simulated market as two captures of Binance, by symbol."""
    from tests.binance_market import SYMBOLS, make_capture

    folder = tmp_path_factory.mktemp("made-captures")
    return {
        symbol: make_capture(folder / f"binance_{symbol.lower()}_made.gz", symbol, MADE_SECONDS)
        for symbol in SYMBOLS
    }


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line: which tests did not run here, and why."""
    reasons: dict[str, Counter[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        module = report.nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py")
        reasons.setdefault(reason, Counter())[module] += 1
    told = [
        f"{reason}: " + ", ".join(f"{module} ({n})" for module, n in sorted(modules.items()))
        for reason, modules in sorted(reasons.items())
    ]
    if told:
        terminalreporter.write_line("not run here: " + "; ".join(told), yellow=True)


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    """A library to preload under which syncs fail and disks are full: see journal_shim.c."""
    path = tmp_path_factory.mktemp("build") / "journal_shim.so"
    source = Path(__file__).parent / "core" / "journal_shim.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", path, source, "-ldl"], check=True)
    return str(path)
