"""Both transports: what holds for one holds for the other."""

import pytest

from pinnacle.venues.transport import access
from tests.transports import TRANSPORTS


@pytest.fixture(autouse=True)
def strangers(monkeypatch):
    """No test's venue has the patience of another's that was reached in the same way."""
    monkeypatch.setattr(access, "_ACCESSES", {})


@pytest.fixture(params=TRANSPORTS)
def transport(request):
    return request.param
