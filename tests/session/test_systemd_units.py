"""What is made for systemd of a session: for any topology, and by the command."""

import re
import stat
from graphlib import TopologicalSorter

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.cli.main import pinnacle
from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.runtime.topology import MarketPlace, Topology
from pinnacle.session.systemd import session_units, unit_name
from tests.keyed_feed import SOURCE, keyed
from tests.sessions import ROOT, demo_config

SYSTEMD = '[session]\nruntime_dir = "/run/pinnacle"\ndata_dir = "/var/lib/pinnacle"\n'


@st.composite
def topologies(draw):
    """Up to four venues of two instruments each, real ones perhaps with a feed for each of the two,
    up to four strategies on some of them."""
    kinds = draw(st.lists(st.booleans(), min_size=1, max_size=4))
    several = len(kinds) > 1
    venues = [
        MarketPlace(f"v{i}" if several else "", simulated, (2 * i, 2 * i + 1), shards)
        for i, simulated in enumerate(kinds)
        for shards in [1 if simulated else draw(st.integers(1, 2))]
    ]
    some = st.sets(st.sampled_from(range(2 * len(kinds))), min_size=1).map(sorted).map(tuple)
    traded = draw(st.lists(some, min_size=1, max_size=4))
    names = [f"s{i}" if len(traded) > 1 else "" for i in range(len(traded))]
    return Topology(venues, dict(zip(names, traded, strict=True)))


def named(text, key):
    lines = re.findall(rf"^{key}=(.*)$", text, re.M)
    return {word for line in lines for word in line.split()}


def after(topology):
    """Units of processes by those that each starts after."""
    files = session_units(topology, "s")
    units = [unit_name("s", process) for process in topology.processes]
    return {unit: named(files[f"{unit}.d/10-session.conf"], "After") & set(units) for unit in units}


def all_before(order, unit):
    """Everything that has started when `unit` starts, whatever systemd does side by side."""
    found = set()
    for earlier in order[unit]:
        found |= {earlier} | all_before(order, earlier)
    return found


@given(topologies())
def test_quotes_go_first_at_the_stop_and_who_answers_cancels_goes_last(topology):
    order = after(topology)
    assert len(list(TopologicalSorter(order).static_order())) == len(topology.processes)

    def units(role):
        return {unit_name("s", process) for process in topology.of_role(role)}

    (risk,) = units("risk")
    assert units("gateway") | units("exchange") | units("feed") <= all_before(order, risk)
    for strategy in units("strategy"):
        assert risk in order[strategy]
    for gateway in units("gateway"):
        assert order[gateway] == {gateway.replace(":gateway", ":exchange")}


@given(topologies())
def test_trading_waits_for_no_monitor(topology):
    order = after(topology)
    (monitor,) = (unit for unit in order if ":monitor." in unit)
    assert not order[monitor] and not any(monitor in found for found in order.values())


@given(topologies())
def test_the_target_needs_all_that_trades_and_waits_for_it(topology):
    target = session_units(topology, "s")["pinnacle@s.target.d/10-session.conf"]
    trading = {unit_name("s", process) for process in topology.journalled}
    assert named(target, "Requires") == named(target, "After") == trading
    assert named(target, "Wants") == {"pinnacle-process@s:monitor.service"}


@given(topologies())
def test_only_who_reads_its_market_from_no_ring_may_speak_to_a_venue(topology):
    files = session_units(topology, "s")
    for process in topology.journalled:
        text = files[f"{unit_name('s', process)}.d/10-session.conf"]
        speaks = process.role == "feed" and not topology.reads(process)
        assert named(text, "PrivateNetwork") == ({"no"} if speaks else set())
        assert ("network-online.target" in named(text, "After")) is speaks


@given(topologies())
def test_only_a_feed_that_signs_sees_the_vaults_password_and_keeps_no_nonces(topology):
    signs = {process.name for process in topology.of_role("feed")[:1]}
    files = session_units(topology, "s", signs)
    for process in topology.processes:
        text = files[f"{unit_name('s', process)}.d/10-session.conf"]
        password = {"pinnacle-vault:/etc/pinnacle/vault-password"}
        assert named(text, "LoadCredential") == (password if process.name in signs else set())
        assert named(text, "StateDirectory") == set()


def called(*words):
    return CliRunner().invoke(pinnacle, ["session", "units", *map(str, words)])


@pytest.fixture
def config(tmp_path):
    """A session of several of each, where its units may write."""
    text = (ROOT / "config/two-venues.toml").read_text(encoding="utf-8")
    path, _ = demo_config(tmp_path, "s", "two-venues.toml")
    path.write_text(text.replace("[session]\n", SYSTEMD), encoding="utf-8")
    return path.rename(tmp_path / "btc-usd.x.toml")


def test_the_command_writes_what_it_prints_and_calls_the_session_as_the_file(config, tmp_path):
    printed = called(config)
    assert printed.exit_code == 0, printed.output
    out = tmp_path / "units"
    out.mkdir()
    for _ in range(2):
        told = called(config, "--out", out).output.splitlines()
        files = [path for path in out.rglob("*") if path.is_file()]
        assert {*map(str, files)} == {*told}
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert f"# {path.relative_to(out)}\n{text}" in printed.output
        assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(0o644)
    assert "pinnacle-process@btc-usd.x:gateway.beta.service.d" in {p.parent.name for p in files}


def test_the_command_gives_the_password_to_the_feed_that_wants_a_key_and_to_nobody_else(tmp_path):
    def under_systemd(tables):
        tables["session"] |= {"runtime_dir": "/run/pinnacle", "data_dir": "/var/lib/pinnacle"}

    change = keyed(tmp_path / "desk", change=under_systemd)
    config, _ = demo_config(tmp_path, "s", SOURCE, change=change)
    out = tmp_path / "units"
    out.mkdir()
    assert called(config, "--out", out).exit_code == 0
    sees = [p.parent.name for p in out.rglob("*.conf") if "LoadCredential" in p.read_text("utf-8")]
    assert sees == ["pinnacle-process@binance-paper:feed.service.d"]


def test_a_session_that_its_units_could_not_write_is_refused_by_its_key(tmp_path):
    config, _ = demo_config(tmp_path, "s")
    with pytest.raises(ConfigError, match=r"demo\.toml: session\.runtime_dir: under systemd it is"):
        raise called(config).exception
    text = config.read_text(encoding="utf-8")
    moved = re.sub('runtime_dir = ".*"', 'runtime_dir = "/run/pinnacle"', text)
    config.write_text(moved, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"session\.data_dir: under systemd it is"):
        raise called(config).exception


def test_a_file_whose_name_is_no_sessions_is_refused(config):
    with pytest.raises(UsageError, match="is not a session's name"):
        raise called(config.rename(config.with_name("-x y.toml")).absolute()).exception


def test_a_folder_that_is_not_there_is_refused(config, tmp_path):
    with pytest.raises(UsageError, match=r"--out: .*No such file or directory"):
        raise called(config, "--out", tmp_path / "nowhere").exception
