"""Where the configurations are that come with the program."""

import sys
from pathlib import Path

from pinnacle.core.errors import UsageError

_PACKAGE = Path(__file__).resolve().parents[1]


def default_config(venue: str) -> Path:
    """config/live-VENUE.toml of the checkout, or of the installation; UsageError if there is
    none."""
    name = f"live-{venue}.toml"
    places = [_PACKAGE.parent / "config", Path(sys.prefix) / "share" / "pinnacle" / "config"]
    for place in places:
        if (place / name).exists():
            return place / name
    raise UsageError(f"--config: there is no {name} in {', '.join(map(str, places))}")
