"""The shipped session of all venues is those of the single ones put together."""

import tomllib

from tests.live_venues import TRADED, composed
from tests.sessions import ROOT

SHIPPED = ROOT / "config" / "live-all-venues.toml"


def test_the_shipped_session_of_all_venues_is_made_of_the_shipped_ones_of_each():
    shipped = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    assert list(shipped["venues"]) == TRADED
    assert shipped == composed(TRADED)
