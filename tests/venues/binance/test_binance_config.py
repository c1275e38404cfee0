"""TLS cannot be configured away, and a value that makes no sense is named."""

import msgspec
import pytest

from pinnacle.venues.binance.config import BinanceConfig


def test_the_defaults_are_the_venue_itself():
    config = msgspec.convert({}, BinanceConfig)
    assert config.ws_url == "wss://stream.binance.com:9443/stream"
    assert (config.rest_url, config.ca_file) == ("https://api.binance.com", None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ws_url", "ws://127.0.0.1:1/stream"),
        ("rest_url", "http://127.0.0.1:1"),
        ("depth_limit", 0),
        ("depth_limit", 5001),
        ("stale_ms", 0),
        ("connect_timeout_ms", -1),
        ("snapshot_timeout_ms", 0),
        ("backoff_min_ms", 0),
        ("backoff_max_ms", 1),
        ("queue_frames", 0),
        ("verify", False),
    ],
)
def test_a_bad_value_is_refused_by_name(key, value):
    with pytest.raises(msgspec.ValidationError, match=key):
        msgspec.convert({key: value}, BinanceConfig)
