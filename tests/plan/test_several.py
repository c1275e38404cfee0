"""Several venues and strategies in one configuration, and how each mistake in it is named."""

import tomllib
from pathlib import Path

import pytest

from pinnacle.core.errors import ConfigError, StrategyError
from pinnacle.core.toml import toml_text
from pinnacle.plan.checks import load_session, warnings
from pinnacle.plan.config import read_session, to_toml
from pinnacle.strategy.chosen import chosen, code_of

CONFIG = Path(__file__).resolve().parents[2] / "config"
TEXT = (CONFIG / "two-venues.toml").read_text(encoding="utf-8")


@pytest.fixture
def write(tmp_path):
    """Write the shipped configuration with changes; the keys of each are a path into it."""

    def written(*changes):
        tables = tomllib.loads(TEXT)
        for keys, value in changes:
            place = tables
            for key in keys[:-1]:
                place = place[key] if isinstance(place, list) else place.setdefault(key, {})
            if value is None:
                del place[keys[-1]]
            else:
                place[keys[-1]] = value
        (tmp_path / "my_mm.py").write_bytes((CONFIG / "my_mm.py").read_bytes())
        path = tmp_path / "two.toml"
        path.write_text(toml_text(tables), encoding="utf-8")
        return path

    return written


def test_instruments_of_several_venues_are_named_with_their_venue(write):
    config = load_session(write())
    labels = [instrument.label for instrument in config.instrument_list()]
    assert labels == ["alpha:BTC-USD", "alpha:ETH-USD", "beta:BTC-USD"]
    assert [plan.instruments for plan in config.strategy_plans()] == [(0, 1), (2,), (0, 2)]


def test_each_process_is_made_from_its_own_venues_section(write):
    config = load_session(write())
    by_name = {
        p.name: config.section(p) for p in config.topology().processes if p.role != "monitor"
    }
    assert [by_name[f"exchange.{venue}"].seed for venue in ("alpha", "beta")] == [7, 11]
    assert by_name["feed.beta"] == config.venue_plans()[1].config.feed.only("simulated")


def test_the_instruments_of_an_only_venue_may_be_named_with_it(tmp_path):
    text = (CONFIG / "demo.toml").read_text(encoding="utf-8")
    path = tmp_path / "demo.toml"
    named = text.replace('market_maker."BTC-USD"', 'market_maker."simulated:BTC-USD"')
    path.write_text(named.replace('limits."ETH-USD"', 'limits."simulated:ETH-USD"'), "utf-8")
    assert [i.label for i in load_session(path).instrument_list()] == ["BTC-USD", "ETH-USD"]


def test_what_is_shown_is_the_same_configuration(write, tmp_path):
    config = load_session(write())
    (tmp_path / "shown.toml").write_text(to_toml(config), encoding="utf-8")
    assert load_session(tmp_path / "shown.toml") == config
    assert warnings(config) == [] or all(
        ": this machine has no core" in w for w in warnings(config)
    )


def test_a_strategy_without_instruments_has_all_of_them(write):
    config = load_session(write((("strategies", "mine", "instruments"), None)))
    assert config.strategy_plans()[2].instruments == (0, 1, 2)


MAKER = ("strategies", "far", "market_maker")
WRONG = {
    "venues: 'Alpha' is not a name": [(("venues", "Alpha"), {"kind": "simulated"})],
    "strategies: 'a b' is not a name": [(("strategies", "a b"), {})],
    "venues.alpha.kind: must be one of simulated, binance": [(("venues", "alpha", "kind"), "x")],
    "venues.gamma: has no instrument": [(("venues", "gamma"), {"kind": "simulated"})],
    "venues.beta.exchange.traders.BTC-USD: missing": [
        (("venues", "beta", "exchange", "traders"), {})
    ],
    "venues.beta.exchange.kind: a simulated venue": [
        (("venues", "beta", "exchange", "kind"), "paper")
    ],
    "venues.beta.exchange.latency_in_us: ": [
        (("venues", "beta", "exchange", "latency_in_us"), 5_000_000)
    ],
    "exchange: belongs into venues.NAME": [(("exchange",), {"seed": 2})],
    "feed: belongs into venues.NAME": [(("feed",), {})],
    "session: venue is not given where there are [venues]": [(("session", "venue"), "simulated")],
    "strategy: is there beside [strategies]": [(("strategy",), {})],
    "strategy: missing": [(("strategies",), None)],
    "instruments[2].venue: missing: one of alpha, beta": [(("instruments", 2, "venue"), None)],
    "instruments[2].venue: no venue 'gamma'": [(("instruments", 2, "venue"), "gamma")],
    "instruments[1].symbol: alpha:BTC-USD is there twice": [
        (("instruments", 1, "symbol"), "BTC-USD")
    ],
    "strategies.far.instruments[0]: no instrument 'BTC-USD'": [
        (("strategies", "far", "instruments"), ["BTC-USD"])
    ],
    "strategies.far.instruments: one is there twice": [
        (("strategies", "far", "instruments"), ["beta:BTC-USD", "beta:BTC-USD"])
    ],
    "strategies.far.instruments: 1 to 64": [(("strategies", "far", "instruments"), [])],
    'strategies.far.market_maker."alpha:ETH-USD": no such instrument': [
        ((*MAKER, "alpha:ETH-USD"), {"quote_quantity": "1", "inventory_max": "2"})
    ],
    "strategies.far.market_maker: no instrument has its table": [(MAKER, {})],
    "strategies.far.market_maker.beta:BTC-USD.quote_quantity: above": [
        ((*MAKER, "beta:BTC-USD", "quote_quantity"), "0.3")
    ],
    "risk.limits.beta:BTC-USD: missing": [(("risk", "limits", "beta:BTC-USD"), None)],
    "risk.limits.BTC-USD: no such instrument": [
        (("risk", "limits", "BTC-USD"), {"order_quantity_max": "1", "position_max": "1"})
    ],
    "processes.gateway.gamma: no such process": [(("processes", "gateway.gamma"), {"cpu": 0})],
    'strategies.mine.class: must be "module:Class"': [(("strategies", "mine", "class"), "my_mm")],
    "strategies.mine.class: no module 'my_mn'": [
        (("strategies", "mine", "class"), "my_mn:MyMaker")
    ],
    "strategies.mine.class: my_mm has no such class: Maker": [
        (("strategies", "mine", "class"), "my_mm:Maker")
    ],
    "strategies.mine.class: my_mm is no class of a Strategy: Params": [
        (("strategies", "mine", "class"), "my_mm:Params")
    ],
    "strategies.mine.params.edge_bps: missing": [(("strategies", "mine", "params"), {})],
    "strategies.mine.params.edge_bps: must be a number": [
        (("strategies", "mine", "params", "edge_bps"), "3")
    ],
    "strategies.mine.params.quantity: 0.0000001 is not a multiple": [
        (("strategies", "mine", "params", "quantity"), "0.0000001")
    ],
    "strategies.mine.params.inventory_max: ": [
        (("strategies", "mine", "params", "inventory_max"), "x")
    ],
    "strategies.mine.params.quantity: below the quantity_min of beta:BTC-USD": [
        (("instruments", 2, "quantity_min"), "0.02")
    ],
    "strategies.mine.params.edges: unknown key": [
        (("strategies", "mine", "params", "edges"), 1)
    ],
    "strategies.far.params: is for a class of your own": [
        (("strategies", "far", "params"), {"x": 1})
    ],
    "strategies.mine.market_maker: is not the class that is named": [
        (("strategies", "mine", "market_maker", "x"), {"quote_quantity": "1", "inventory_max": "2"})
    ],
}  # fmt: skip


@pytest.mark.parametrize("said", WRONG)
def test_a_mistake_is_refused_by_file_and_key(said, write):
    path = write(*WRONG[said])
    with pytest.raises(ConfigError) as caught:
        load_session(path)
    plain = str(caught.value).replace('"', "")
    assert plain.startswith(f"{path}: {said}".replace('"', "")), plain


def test_a_module_that_ends_by_an_error_is_named_by_its_line(write):
    path = write()
    module = path.with_name("broken_mm.py")
    module.write_text("import no_such_module\n", encoding="utf-8")
    path.write_text(path.read_text("utf-8").replace("my_mm:", "broken_mm:"), encoding="utf-8")
    with pytest.raises(StrategyError, match=r"No module named 'no_such_module' .*broken_mm\.py:1"):
        load_session(path)


def test_a_class_that_refuses_its_parameters_does_so_below_its_own_key(write):
    path = write()
    module = path.with_name("strict_mm.py")
    module.write_text(
        "from my_mm import MyMaker as Mine\n"
        "from pinnacle.core.errors import ConfigError\n"
        "class MyMaker(Mine):\n"
        "    def __init__(self, markets, params):\n"
        "        raise ConfigError('params.edge_bps: too little')\n",
        encoding="utf-8",
    )
    path.write_text(path.read_text("utf-8").replace("my_mm:", "strict_mm:"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"two\.toml: strategies\.mine\.params\.edge_bps: too"):
        load_session(path)


def test_a_folder_is_one_beside_the_file_from_wherever_a_process_is_started(write, monkeypatch):
    path = write()
    elsewhere = path.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "my_mm.py").write_text("raise SystemExit('the wrong one')\n", encoding="utf-8")
    monkeypatch.chdir(elsewhere)
    (mine,) = (p for p in read_session(path).strategy_plans() if p.tail == "mine")
    assert mine.config.folder == str(path.parent)
    assert load_session(path).strategy_plans()[2].config == mine.config


def test_two_folders_may_each_have_a_module_of_one_name(write):
    path = write()
    other = path.parent / "other"
    other.mkdir()
    text = (path.parent / "my_mm.py").read_text(encoding="utf-8")
    (other / "my_mm.py").write_text(text.replace("edge_bps", "edge"), encoding="utf-8")
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    second = tables["strategies"]["mine"] | {"folder": "other"}
    second["params"] = {"edge": 2.0, "quantity": "0.01", "inventory_max": "0.2"}
    tables["strategies"]["second"] = second
    path.write_text(toml_text(tables), encoding="utf-8")
    config = load_session(path)
    kinds = [chosen(p.config, p.key)[0] for p in config.strategy_plans() if p.config.kind]
    assert kinds[0] is not kinds[1]
    codes = [code_of(p.config, p.key) for p in config.strategy_plans() if p.config.kind]
    assert codes[0] != codes[1]


def test_params_of_no_type_are_the_authors_mistake(write):
    path = write()
    path.with_name("odd_mm.py").write_text(
        "from my_mm import MyMaker as Mine\nclass MyMaker(Mine):\n    Params = 5\n",
        encoding="utf-8",
    )
    path.write_text(path.read_text("utf-8").replace("my_mm:", "odd_mm:"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"strategies\.mine\.class: its Params are no type"):
        load_session(path)


def test_a_symbol_is_not_the_full_name_of_another(write):
    path = write((("instruments", 1, "symbol"), "beta:BTC-USD"))
    with pytest.raises(ConfigError, match=r"instruments\[2\]\.symbol: BTC-USD is the full name"):
        load_session(path)


def test_a_class_that_is_no_text_is_named_by_its_key(write):
    with pytest.raises(ConfigError, match=r"strategies\.mine\.class: must be text in quotes"):
        load_session(write((("strategies", "mine", "class"), 3)))
