"""The libraries that speak WebSocket (venues/transport/port.py), as parameters of a test."""

import importlib.util

import pytest

TRANSPORTS = [
    "websockets",
    pytest.param(
        "picows",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("picows") is None, reason="picows is not installed"
        ),
    ),
]
