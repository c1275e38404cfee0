"""A venue whose private messages are cut, lack something or are of other types: each is told with
its reason, no process ends, and the session is the exchange's in the end."""

import json
import re
import subprocess
import sys

import pytest

from tests.rehearsed import problems

SECONDS = 42
VENUES = ("binance", "coinbase", "kraken")

pytestmark = pytest.mark.long


@pytest.fixture(scope="module", params=VENUES)
def rehearsed(request, tmp_path_factory):
    """What `pinnacle rehearse` says of it, and the gateway's log."""
    folder = tmp_path_factory.mktemp("malformed") / request.param
    command = [sys.executable, "-m", "pinnacle", "rehearse", request.param, "--json"]
    command += ["--duration", str(SECONDS), "--faults", "malformed_private"]
    command += ["--seed", "1", "--dir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS + 120)
    assert done.stdout, done.stderr
    (log,) = (folder / "data").glob("*/gateway.log")
    return json.loads(done.stdout), log.read_text(encoding="utf-8")


def test_what_cannot_be_read_is_told_with_its_reason(rehearsed):
    found, log = rehearsed
    assert found["faults"]["malformed_private"] > 1
    assert re.search(r"connection lost: DataError: \w", log)
    assert re.search(r"(new|cancel|query|comparing with the venue): [^\n]*not ", log)


def test_no_process_ends(rehearsed):
    _, log = rehearsed
    assert len(re.findall(r"\] ready ", log)) == 1
    assert "Traceback" not in log


def test_the_session_is_the_exchanges_in_the_end(rehearsed):
    found, _ = rehearsed
    assert found["orders"] > 10 and found["fills"] > 5
    assert problems(found) == []
