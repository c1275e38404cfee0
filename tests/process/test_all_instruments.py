"""As many instruments as a session may have: it starts, trades, halts, resumes and ends."""

import pytest

from pinnacle.core.instruments import INSTRUMENTS_MAX
from tests.sessions import assert_repeats, many_instruments, running_demo, until

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    folder = tmp_path_factory.mktemp("all")

    def change(text):
        return many_instruments(text, INSTRUMENTS_MAX)

    with running_demo(folder, "all", change=change) as session:
        until(session.quoting, 240, "quotes of every instrument")
        yield session


def test_every_instrument_is_quoted_halted_resumed_and_repeated(live):
    live.command("halt")
    until(lambda: sum(live.open_orders()) == 0, 60, "no order left")
    live.command("resume")
    until(live.quoting, 240, "quotes again")
    report = live.finish()
    assert len(report["instruments"]) == INSTRUMENTS_MAX
    assert all(row["orders"]["acknowledged"] > 0 for row in report["instruments"].values())
    assert sum(name.startswith("strategy.") for name in report["processes"]) == 4
    # On a machine that has no room for so many one may be late and be started again; none fails.
    ends = [line for line in live.output().splitlines() if " ended" in line]
    assert [line for line in ends if "no heartbeat" not in line] == []
    assert_repeats(live.paths)
