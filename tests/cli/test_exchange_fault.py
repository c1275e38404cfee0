"""`pinnacle exchange fault`: of an exchange that another process serves."""

import json
import re
import stat
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pinnacle.cli.main import pinnacle
from pinnacle.core.errors import UsageError
from pinnacle.exchange.network.faults import FAULTS
from tests import warm
from tests.served_exchange import exchange_served

PINNACLE = Path(sys.executable).parent / "pinnacle"


def fault(*words):
    """The standard output; what the command raises is raised."""
    done = CliRunner().invoke(pinnacle, ["exchange", "fault", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_list_needs_no_exchange():
    lines = fault("--list").splitlines()
    assert [line.split()[0] for line in lines] == list(FAULTS)
    assert [row["words"] for row in json.loads(fault("--list", "--json"))] == [
        each.words for each in FAULTS.values()
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "NAME of a fault, or --list"),
        (["ban", "--list"], "NAME of a fault, or --list"),
        (["ban"], "--at: https://127.0.0.1:PORT"),
        (["nonsense", "--at", "https://127.0.0.1:1"], "no fault 'nonsense'; there are: ack_lost"),
        (["ban", "--at", "https://api.kraken.com"], "--at https://api.kraken.com: https://127"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_what_cannot_be_done_is_one_line(words, told):
    with pytest.raises(UsageError) as raised:
        fault(*words)
    assert told in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "x"])
def test_a_time_that_is_none_is_one_line(seconds):
    done = warm.run("exchange", "fault", "ban", "--for", seconds)
    assert done.returncode == 2 and "--for" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.long
def test_a_running_exchange_does_it_and_keeps_its_token_to_its_user(tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    with exchange_served(tmp_path, ledger=ledger) as where:
        token = Path(where["token_file"])
        assert stat.S_IMODE(token.stat().st_mode) == 0o600
        for key in ("key_file", "killer_key_file"):
            assert stat.S_IMODE(Path(where[key]).stat().st_mode) == 0o600
        at = ["--at", where["faults_at"], "--ca-file", where["ca_file"]]
        told = fault("stream_silent", "--for", "40", *at)
        assert told.startswith("stream_silent has begun, for 40 s: the private stream stays open")
        assert fault("stream_silent", *at).startswith("stream_silent goes on, for 8 s")
        states = {state["name"]: state for state in json.loads(fault("--list", "--json", *at))}
        assert states["stream_silent"]["count"] == 2 and states["ban"]["count"] == 0
        fault("stream_silent", "--for", "40", *at)
        assert re.search(r"    3 times, [234]\d", fault("--list", *at))
        assert json.loads(fault("disconnect", "--json", *at))["sockets"] == 0
    assert not token.exists()
    rows = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    begun = [row["name"] for row in rows if row["what"] == "fault" and row["phase"] == "begin"]
    assert begun == ["stream_silent"] * 3 + ["disconnect"]
