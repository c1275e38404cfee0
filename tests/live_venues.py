"""The live sessions of single venues put together as one: every venue that takes orders."""

import tomllib
from typing import Any

from pinnacle.venues.registry import VENUES, find
from tests.sessions import ROOT

#: Those that take orders, whoever they are.
TRADED = [name for name in VENUES if find(name).orders is not None]
#: Tables with a table of its own for each instrument.
_BY_SYMBOL = (("strategy", "market_maker"), ("risk", "limits"))


def composed(kinds: list[str]) -> dict[str, Any]:
    """config/live-KIND.toml of each as the venues of one session; with the first one's desk."""
    found: dict[str, Any] = {
        "session": {"name": "all-venues-live", "mode": "live"},
        "venues": {},
        "instruments": [],
        "house": {"value_min": "5"},
        "strategy": {"name": "market_maker", "desk": {"requote_ticks": 60}, "market_maker": {}},
        "risk": {"limits": {}},
    }
    for kind in kinds:
        text = (ROOT / "config" / f"live-{kind}.toml").read_text(encoding="utf-8")
        one = tomllib.loads(text)
        for section in ("feed", "orders"):
            one[section][kind]["ca_file"] = f"data/certificates/{kind}/ca.pem"
        venue = {"kind": kind, "feed": one["feed"], "orders": one["orders"]}
        found["venues"][kind] = venue
        found["instruments"] += [{"venue": kind} | each for each in one["instruments"]]
        for section, table in _BY_SYMBOL:
            for symbol, row in one[section][table].items():
                found[section][table][f"{kind}:{symbol}"] = row
    return found
