"""`pinnacle rehearse`: what it refuses, in one line; and one short rehearsal of Kraken."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from pinnacle.cli.main import pinnacle
from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.core.toml import read_toml
from pinnacle.exchange.network.faults import FAULTS
from pinnacle.rehearsal import rehearse as module
from pinnacle.rehearsal.serving import ServedVenue
from tests import warm
from tests.rehearsed import problems
from tests.sessions import ROOT, demo_config, until

PINNACLE = Path(sys.executable).parent / "pinnacle"
KRAKEN = ROOT / "config/live-kraken.toml"
#: Of the result, as docs/live.md lists them.
FIELDS = [
    "venue", "seed", "duration_s", "orders", "fills", "faults", "kills_with_orders", "returns",
    "unlike_returns", "wrong_positions",
    "duplicate_orders", "lost_orders", "ledger_equal", "fees_equal", "quotes_gone_ms_max",
    "requote_ms_max", "two_sided", "hole_s_max", "verify_identical", "problems",
]  # fmt: skip


def rehearse(*words):
    """What it says before anything is started; what it raises is raised."""
    done = CliRunner().invoke(pinnacle, ["rehearse", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_the_list_of_faults_needs_no_venue():
    lines = rehearse("--list-faults").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(FAULTS)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "VENUE is wanted"),
        (["nowhere"], "VENUE: must be one of binance, bitstamp, coinbase, gemini, kraken, or mod"),
        (["simulated"], "VENUE: must be one of"),
        (["kraken", "--faults", "nonsense"], "no fault 'nonsense'; there are: ack_lost_after"),
        (["kraken", "--faults", "ban,"], "no fault ''; there are: "),
        (["coinbase_exchange", "--config", KRAKEN], "VENUE: must be one of binance, .*, not 'coi"),
    ],
    ids=lambda words: " ".join(map(str, words)) if isinstance(words, list) else "",
)
def test_what_cannot_be_rehearsed_is_one_line(words, told, tmp_path):
    with pytest.raises(UsageError, match=told) as raised:
        rehearse(*words, "--dir", tmp_path / "out")
    assert "\n" not in str(raised.value) and not (tmp_path / "out").exists()


@pytest.mark.parametrize("seconds", ["0", "4.9", "-1", "nan", "x"])
def test_a_duration_that_is_none_is_one_line(seconds):
    done = warm.run("rehearse", "kraken", "--duration", seconds)
    assert done.returncode == 2 and "--duration" in done.stderr and done.stdout == ""


def config(folder, source, change=str):
    return demo_config(folder, "x", source, change=change)[0]


@pytest.mark.parametrize(
    ("source", "change", "told"),
    [
        ("binance-paper.toml", str, "session.venue: is 'binance', and kraken is rehearsed"),
        ("live-binance.toml", str, "session.venue: is 'binance', and kraken is rehearsed"),
        ("demo.toml", str, "session.venue: is 'simulated', and kraken is rehearsed"),
        ("two-venues.toml", str, "venues: they are rehearsed at once: rehearse all"),
        ("live-kraken.toml", lambda text: text + "[", "at end of document"),
    ],
)
def test_a_configuration_of_something_else_is_refused_by_its_key(tmp_path, source, change, told):
    file = config(tmp_path, source, change)
    with pytest.raises(ConfigError, match=told) as raised:
        rehearse("kraken", "--config", file, "--dir", tmp_path / "out")
    assert str(raised.value).startswith(str(file)) and not (tmp_path / "out").exists()


def test_a_folder_that_is_there_is_not_written_into(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(UsageError, match=r"--dir .*out: File exists: a new folder is wanted"):
        rehearse("kraken", "--dir", tmp_path / "out")


def test_what_leads_to_the_venue_is_replaced_and_the_rest_is_the_users(tmp_path):
    away = 'proxy = "http://127.0.0.1:1"\ncertificate_sha256 = ["' + "0" * 64 + '"]\nkey = "mine"\n'
    file = config(
        tmp_path,
        "live-kraken.toml",
        lambda text: text.replace("\n[orders.kraken]\n", "\n[orders.kraken]\n" + away),
    )
    key = tmp_path / "key.json"
    key.write_text('{"key": "a", "secret": "YQ=="}', encoding="utf-8")
    address = {"ws_url": "wss://127.0.0.1:7/v2", "rest_url": "https://127.0.0.1:7"}
    served = {"market": address, "orders": address, "ca_file": "ca.pem", "key_file": str(key)}
    venue = ServedVenue("kraken", file, tmp_path / "kraken", 1, [])
    venue.where = served
    made = module._session_file(read_toml(file), tmp_path, {"": venue})
    text = made.read_text(encoding="utf-8")
    assert not re.search("proxy|certificate_sha256|mine|8790", text)
    assert text.count("127.0.0.1:7") == 4
    assert 'tier = "pro"' in text and "[strategy.desk]" in text


@pytest.mark.long
@pytest.mark.timeout(200)
def test_two_at_once_do_not_meet_and_each_is_as_the_ledger_has_it(tmp_path):
    words = ["rehearse", "kraken", "--duration", "8", "--json", "--seed", "5"]
    running = [
        subprocess.Popen(
            [PINNACLE, *words, "--dir", tmp_path / name],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b")
    ]
    told = [process.communicate(timeout=150) for process in running]
    for process, (out, errors), name in zip(running, told, "ab", strict=True):
        found = json.loads(out)
        assert process.returncode == bool(found["problems"]), (out[-600:], errors)
        assert list(found) == FIELDS
        assert problems(found) == [] and found["seed"] == 5 and found["orders"] > 4
        assert found["ledger_equal"] and found["fees_equal"] and found["verify_identical"]
        assert (tmp_path / name / "ledger.jsonl").exists()
    sessions = {path.name for name in "ab" for path in (tmp_path / name / "data").iterdir()}
    assert len(sessions) == 2


@pytest.mark.long
@pytest.mark.timeout(200)
def test_ctrl_c_ends_the_session_in_order_and_it_is_compared(tmp_path):
    words = ["rehearse", "kraken", "--duration", "300", "--json", "--dir", tmp_path / "a"]
    process = subprocess.Popen(
        [PINNACLE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    ledger = tmp_path / "a/ledger.jsonl"
    until(lambda: ledger.exists() and '"order"' in ledger.read_text(encoding="utf-8"), 90, "orders")
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=100)
    found = json.loads(out)
    assert process.returncode == bool(found["problems"]), (out, errors)
    assert found["orders"] > 0 and found["lost_orders"] == 0 and problems(found) == []
