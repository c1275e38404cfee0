"""No venue's connector speaks to a server whose certificate it cannot trust."""

import asyncio
import contextlib
import datetime

import numpy as np
import pytest

from pinnacle.core.schema import INSTRUMENT, Kind
from pinnacle.venues.registry import VENUES, find
from pinnacle.venues.transport import certificates
from pinnacle.venues.transport.certificates import make_certificates
from tests.transports import TRANSPORTS
from tests.venues.listed import LISTED

#: What the connector is told of a certificate, by what is wrong with it.
WORDS = {"of another authority": "CERTIFICATE_VERIFY_FAILED", "expired": "certificate has expired"}


@pytest.fixture
def served(request, tmp_path, monkeypatch):
    """(ca_file of the client, TLS context of the server)."""
    if request.param == "expired":
        monkeypatch.setattr(certificates, "LIFETIME", datetime.timedelta(minutes=-30))
        return make_certificates(tmp_path / "server")
    _, context = make_certificates(tmp_path / "server")
    other, _ = make_certificates(tmp_path / "other")
    return other, context


def table(symbol):
    found = np.zeros(1, INSTRUMENT)
    found["symbol"] = symbol.encode()
    found["tick_mantissa"] = found["lot_mantissa"] = found["quantity_min"] = 1
    found["tick_decimals"], found["lot_decimals"] = 2, 8
    return found


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("served", WORDS, indirect=True)
def test_a_server_that_cannot_be_trusted_is_told_nothing_and_gives_no_book(
    transport, venue, served, request
):
    ca_file, context = served
    heard, kinds = [], set()

    async def serve(reader, writer):
        heard.append(await reader.read(100))
        writer.close()

    def sink(events, count):
        kinds.update(events[i].kind for i in range(count))

    async def run():
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        where = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        kind = find(venue)
        keys = kind.dialect().addresses(where) | {"ca_file": str(ca_file)}
        keys["transport"] = transport
        config = kind.section(backoff_min_ms=10, backoff_max_ms=20, **keys)
        clock = iter(range(1, 10**9)).__next__
        connector = kind.market_data(config, table(LISTED[venue][0]), sink, clock, lambda _: None)
        running = asyncio.create_task(connector.run())
        try:
            async with asyncio.timeout(20):
                while not connector.last_error:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)  # and what it tries after that
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            server.close()
        return connector

    connector = asyncio.run(run())
    assert WORDS[request.node.callspec.params["served"]] in connector.last_error
    assert connector.connections == 0 and heard == []
    assert kinds <= {Kind.BOOK_INVALID}
