"""What `config check` calls good runs, and what it refuses it names by file and key.

Configurations are drawn from the schema: keys of the shipped demo session are set to the ends of
their ranges, beyond them, to what is no number, to other types.
"""

import copy
import itertools
import math
import re
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta

from pinnacle.core.config import DecimalText, Section, _plain
from pinnacle.core.errors import ConfigError
from pinnacle.core.paths import SessionPaths
from pinnacle.core.toml import read_toml, toml_text
from pinnacle.plan.checks import load_session, warnings
from pinnacle.plan.config import SessionConfig, to_toml
from pinnacle.session.create import create_session, remove_session
from tests.pipeline import Pipeline, wanted
from tests.sessions import ROOT, SECTIONS_BY_SYMBOL

SYMBOL = "BTC-USD"
STEPS = 150
DECIMALS = (
    "0", "-1", "1", "0.02", "0.00001", "0.000001", "1e3", "1e-18", "1e-19", "1e18", "1e25", "1e30",
    "60000", "60000.05", "NaN", "Infinity", "", "x", "0x10", "1_0", " 1", "9" * 70, "0.5", "7",
)  # fmt: skip
#: Another folder or name would run elsewhere; what an interface is called is the machine's.
NOT_DRAWN = {
    ("session", "runtime_dir"),
    ("session", "data_dir"),
    ("monitor", "host"),
}
ODD = (True, "x", "", 3, -1, 10**30, 1.5, [], {}, "\0", "币", float("nan"), math.inf)


def base() -> dict:
    """The demo session with one instrument: small, so that each example is quick."""
    made = read_toml(ROOT / "config" / "demo.toml")
    made["instruments"] = made["instruments"][:1]
    for section, table in SECTIONS_BY_SYMBOL:
        made[section][table] = {SYMBOL: made[section][table][SYMBOL]}
    del made["processes"]
    return made


BASE = base()


def leaves(kind: Any, path: tuple = ()) -> list[tuple[tuple, Any]]:
    """(path, type) of every key of the schema that holds a value."""
    plain = _plain(kind)
    if isinstance(plain, type) and issubclass(plain, Section):
        hints = get_type_hints(plain, include_extras=True)
        return [leaf for key, inner in hints.items() for leaf in leaves(inner, (*path, key))]
    if get_origin(plain) is dict:
        return leaves(get_args(plain)[1], (*path, "feed" if path == ("processes",) else SYMBOL))
    if get_origin(plain) is list:
        return leaves(get_args(plain)[0], (*path, 0))
    return [] if path in NOT_DRAWN else [(path, kind)]


LEAVES = leaves(SessionConfig)


def values(kind: Any) -> st.SearchStrategy:
    """Of this type: the ends of its range, inside of it, beyond it, and what is of no type."""
    inner = next(iter(get_args(kind)), kind) if type(None) in get_args(kind) else kind
    if inner == DecimalText:
        return st.sampled_from(DECIMALS)
    if get_origin(inner) is Literal:
        return st.sampled_from((*get_args(inner), "Simulated", ""))
    plain = get_args(inner)[0] if get_origin(inner) is Annotated else inner
    meta = next((part for part in get_args(inner) if isinstance(part, Meta)), Meta())
    if plain is str:
        return st.sampled_from(("x", "a.b", "币安人生USDT", "\0", "x" * 50, "../x", "-", "0.0.0.0"))
    if plain is bool:
        return st.sampled_from((True, False, 1, "true"))
    low, high = meta.gt if meta.gt is not None else meta.ge, meta.le
    if low is None:
        return st.sampled_from(ODD)
    within = st.integers(low, high) if plain is int else st.floats(low, high, allow_nan=False)
    step = 1 if plain is int else abs(high) * 1e-9
    edges = (low, high, low - step, high + step, -high - step, 0, 1, 2)
    return st.one_of(within, within, st.sampled_from(edges), st.sampled_from(ODD))


@st.composite
def changes(draw) -> list[tuple[tuple, Any]]:
    picked = draw(
        st.lists(st.sampled_from(LEAVES), min_size=1, max_size=3, unique_by=lambda x: x[0])
    )
    return [(path, draw(values(kind))) for path, kind in picked]


def put(tables: dict, path: tuple, value: Any) -> None:
    at: Any = tables
    for part, inside in itertools.pairwise(path):
        empty: Any = [None] if isinstance(inside, int) else {}
        at = at[part] if isinstance(part, int) else at.setdefault(part, empty)
    at[path[-1]] = value


def written(tmp_path, changed: list[tuple[tuple, Any]]):
    tables = copy.deepcopy(BASE)
    for path, value in changed:
        put(tables, path, value)
    file = tmp_path / "drawn.toml"
    file.write_text(toml_text(tables), encoding="utf-8")
    return file


KEYS = {part for path, _ in LEAVES for part in path} | {"class"}


def check_refusal(error: ConfigError, file) -> None:
    """The file, a key of the schema, and a reason in one line."""
    said = str(error)
    found = re.fullmatch(rf"{re.escape(str(file))}: ([^:]+): (.+)", said)
    assert found, said
    assert re.split(r"[.\[]", found[1])[-1].rstrip("]") in KEYS or found[1].endswith("]"), said
    assert "bad argument" not in said and "Traceback" not in said, said


def check_run(config: SessionConfig, tmp_path) -> None:
    """Its segments can be made, and venue, strategy and risk run without any nonsense."""
    small = msgspec.structs.replace(
        config.session, ring_capacity=min(config.session.ring_capacity, 8192)
    )
    paths = SessionPaths(tmp_path / "run", tmp_path / "data")
    create_session(msgspec.structs.replace(config, session=small), paths)
    remove_session(paths)
    pipeline = Pipeline(config)
    for _ in range(STEPS):
        pipeline.step()
        check_quotes(pipeline)
    position = pipeline.gate.book.position(0)
    limit = pipeline.instruments[0].lot.count(config.risk.limits[SYMBOL].position_max, "")
    assert abs(position["position"]) <= limit
    assert pipeline.sent > 0 or warnings(config), "it never trades, and nobody says so"


def check_quotes(pipeline: Pipeline) -> None:
    bids, asks = wanted(pipeline, 0)
    for side in (bids, asks):
        assert all(price > 0 and quantity > 0 for price, quantity in side)
    assert [p for p, _ in bids] == sorted({p for p, _ in bids}, reverse=True)
    assert [p for p, _ in asks] == sorted({p for p, _ in asks})
    if bids and asks:
        assert bids[0][0] < asks[0][0]


def judge(changed: list[tuple[tuple, Any]], tmp_path) -> None:
    file = written(tmp_path, changed)
    try:
        config = load_session(file)
    except ConfigError as error:
        check_refusal(error, file)
        return
    shown = tmp_path / "shown.toml"
    shown.write_text(to_toml(config), encoding="utf-8")
    assert load_session(shown) == config
    if config.session.venue == "simulated":
        check_run(config, tmp_path)


SLOW = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def test_the_shipped_session_runs_and_the_schema_was_walked(tmp_path):
    assert len(LEAVES) > 70
    judge([], tmp_path)


@settings(max_examples=40, **SLOW)
@given(changes())
def test_what_is_checked_runs_or_is_refused_by_key(tmp_path_factory, changed):
    judge(changed, tmp_path_factory.mktemp("drawn"))


@pytest.mark.long
@pytest.mark.timeout(1200)
@settings(max_examples=400, **SLOW)
@given(changes())
def test_what_is_checked_runs_or_is_refused_by_key_at_length(tmp_path_factory, changed):
    judge(changed, tmp_path_factory.mktemp("drawn"))
