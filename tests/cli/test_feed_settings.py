"""`--feed KEY=VALUE`: what a configuration may say of a venue, on the command line."""

import click
import pytest

from pinnacle.cli.options import venue_section
from pinnacle.venues.registry import find

PINS = ["ab" * 32, "12" * 32]


@pytest.mark.parametrize(
    ("venue", "setting", "key", "value"),
    [
        ("kraken", "depth=500", "depth", 500),
        ("kraken", "ip_version=6", "ip_version", 6),
        ("kraken", "ws_url=wss://127.0.0.1:1/v2", "ws_url", "wss://127.0.0.1:1/v2"),
        ("kraken", f"certificate_sha256={PINS[1]}", "certificate_sha256", PINS[1:]),
        ("kraken", f"certificate_sha256={PINS[0]}, {PINS[1]}", "certificate_sha256", PINS),
        ("kraken", f'certificate_sha256=["{PINS[0]}"]', "certificate_sha256", PINS[:1]),
        ("kraken", "ca_file=7", "ca_file", "7"),
        ("gemini", "api=ws", "api", "ws"),
        ("gemini", "ws_url=wss://h/?a=b", "ws_url", "wss://h/?a=b"),
        ("binance", "bind_address=127.0.0.1", "bind_address", "127.0.0.1"),
    ],
)
def test_a_value_is_what_the_configuration_would_have(venue, setting, key, value):
    assert getattr(venue_section(find(venue), (setting,)), key) == value


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("depth", "'depth' is no KEY=VALUE"),
        ("depth=7", "depth: must be one of 10, 25"),
        ("depth=x", "depth: must be one of 10, 25"),
        ("dept=9", "dept: unknown key"),
        ("stale_ms=0", "stale_ms: must be 1 to"),
        ("certificate_sha256=aa", "certificate_sha256: 'aa' is not 64"),
        ("certificate_sha256=[1]", r"certificate_sha256\[0\]: must be text"),
        ("rest_url=http://h", "rest_url: 'http://h' is not https"),
        ("stale_ms=1\nx=2", "stale_ms"),
    ],
)
def test_a_mistake_is_told_by_its_key(setting, words):
    with pytest.raises(click.BadParameter, match=words):
        venue_section(find("kraken"), (setting,))
