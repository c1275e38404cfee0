"""The capture server speaks the venue's protocol: acknowledgements, refusals, REST, pacing."""

import asyncio
import gzip
import json
import ssl
from itertools import islice

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from pinnacle.capture.reading import read_capture
from pinnacle.capture.server import CaptureServer
from pinnacle.capture.tape import Tape
from pinnacle.core.errors import UsageError
from pinnacle.venues.binance.dialect import BinanceDialect
from pinnacle.venues.transport.certificates import make_certificates

LINES = 600
BINANCE = BinanceDialect()


@pytest.fixture(scope="module")
def paths(tmp_path_factory, made_captures):
    made = []
    for source in made_captures.values():
        path = tmp_path_factory.mktemp("captures") / source.stem
        with gzip.open(source) as file:
            path.write_bytes(b"".join(islice(file, LINES)))
        made.append(path)
    return tuple(made)


@pytest.fixture(scope="module")
def tape(paths):
    return Tape(paths, BINANCE)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    ca_file, context = make_certificates(tmp_path_factory.mktemp("certificates"))
    return ssl.create_default_context(cafile=ca_file), context


def with_server(tape, certificates, scenario, speed=0.0, loop=False):
    """Run scenario(server, ws, rest): ws(path) connects, rest(path) gets."""
    trusting, serving = certificates

    async def session():
        server = CaptureServer(tape, serving, speed=speed)
        await server.open()
        playing = asyncio.create_task(server.play(loop))
        base = server.addresses["ws_url"].removesuffix("/stream")

        def ws(path="/stream"):
            return connect(base + path, ssl=trusting, compression=None, proxy=None)

        async with httpx2.AsyncClient(verify=trusting, trust_env=False) as http:
            try:
                url = server.addresses["rest_url"]
                return await scenario(server, ws, lambda path: http.get(url + path))
            finally:
                playing.cancel()
                await asyncio.gather(playing, return_exceptions=True)
                await server.close()

    return asyncio.run(asyncio.wait_for(session(), 30))


async def ask(socket, text):
    await socket.send(text if isinstance(text, str) else json.dumps(text))
    while True:
        reply = json.loads(await socket.recv())
        if "stream" not in reply:
            return reply


async def rest_of(socket):
    """Every frame until the close, and how it was closed."""
    frames = []
    try:
        while True:
            frames.append(await socket.recv(decode=False))
    except ConnectionClosed as closed:
        return frames, closed.rcvd.code


def test_a_subscriber_gets_every_frame_of_its_streams_in_order_and_no_other(
    tape, certificates, paths
):
    async def scenario(server, ws, rest):
        async with ws() as socket:
            names = ["btcusdt@depth@100ms", "ethusdt@trade"]
            reply = await ask(socket, {"method": "SUBSCRIBE", "params": names, "id": 7})
            assert reply == {"result": None, "id": 7}
            return await rest_of(socket)

    frames, code = with_server(tape, certificates, scenario)
    lines = sorted((line.recv_ns, line.frame) for path in paths for line in read_capture(path))
    wanted = (b'{"stream":"btcusdt@depth@100ms"', b'{"stream":"ethusdt@trade"')
    assert frames == [frame for _, frame in lines if frame.startswith(wanted)]
    assert code == 1001


def test_the_raw_endpoint_sends_the_data_alone(tape, certificates, paths):
    async def scenario(server, ws, rest):
        async with ws("/ws/btcusdt@bookTicker") as socket:
            return await rest_of(socket)

    frames, _ = with_server(tape, certificates, scenario)
    tickers = [line for line in read_capture(paths[0]) if b"bookTicker" in line.frame]
    assert [json.loads(frame) for frame in frames] == [
        json.loads(line.frame)["data"] for line in tickers
    ]


def test_the_combined_endpoint_takes_streams_from_its_address(tape, certificates, paths):
    async def scenario(server, ws, rest):
        async with ws("/stream?streams=btcusdt@trade/ethusdt@trade") as socket:
            return await rest_of(socket)

    frames, _ = with_server(tape, certificates, scenario)
    lines = [line for path in paths for line in read_capture(path)]
    assert len(frames) == sum(b"@trade" in line.frame for line in lines) > 0


def test_requests_are_answered_and_bad_ones_refused_by_code(tape, certificates):
    async def scenario(server, ws, rest):
        async with ws("/ws") as socket:
            names = ["dogeusdt@trade", "x@y"]
            await ask(socket, {"method": "SUBSCRIBE", "params": names, "id": 1})
            await ask(socket, {"method": "UNSUBSCRIBE", "params": ["x@y"], "id": 2})
            listed = await ask(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 3})
            assert listed == {"result": ["dogeusdt@trade"], "id": 3}
            refused = [
                await ask(socket, {"method": "DANCE", "id": 4}),
                await ask(socket, {"method": "SUBSCRIBE", "params": ["btcusdt"], "id": 5}),
                await ask(socket, {"params": []}),
                await ask(socket, "{"),
            ]
            assert [(r["error"]["code"], r["id"]) for r in refused] == [
                (2, 4),
                (2, 5),
                (2, None),
                (3, None),
            ]
            await (await socket.ping())

    with_server(tape, certificates, scenario, speed=1e-6)


def test_a_snapshot_waits_for_the_tape_and_is_the_book_at_its_moment(tape, certificates, paths):
    snapshot = next(
        json.loads(line.frame) for line in read_capture(paths[0]) if line.frame[:6] == b'{"last'
    )

    async def scenario(server, ws, rest):
        early = asyncio.create_task(rest("/api/v3/depth?symbol=BTCUSDT&limit=5000"))
        await asyncio.sleep(0.1)
        assert not early.done()
        async with ws("/stream?streams=btcusdt@depth@100ms") as socket:
            first = (await early).json()
            assert first["lastUpdateId"] >= snapshot["lastUpdateId"]
            finals = [json.loads(frame)["data"]["u"] for frame in (await rest_of(socket))[0]]
        late = (await rest("/api/v3/depth?symbol=BTCUSDT&limit=7")).json()
        assert late["lastUpdateId"] == finals[-1]
        assert (len(late["bids"]), len(late["asks"])) == (7, 7)
        bids = [float(price) for price, _ in late["bids"]]
        assert bids == sorted(bids, reverse=True) and bids[0] < float(late["asks"][0][0])
        assert len((await rest("/api/v3/depth?symbol=BTCUSDT")).json()["bids"]) == 100

    with_server(tape, certificates, scenario)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v3/depth", 400, -1102),
        ("/api/v3/depth?symbol=", 400, -1102),
        ("/api/v3/depth?symbol=DOGEUSDT", 400, -1121),
        ("/api/v3/depth?symbol=BTCUSDT&limit=x", 400, -1100),
        ("/api/v3/depth?symbol=BTCUSDT&limit=0", 400, -1100),
        ("/api/v3/exchangeInfo?symbol=X", 400, -1121),
        ("/api/v3/nothing", 404, -1000),
        ("/", 404, -1000),
    ],
)
def test_a_bad_rest_request_gets_a_status_and_an_error_object(
    tape, certificates, path, status, code
):
    async def scenario(server, ws, rest):
        return await rest(path)

    response = with_server(tape, certificates, scenario)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_exchange_info_has_the_tick_and_lot_of_the_capture(tape, certificates):
    async def scenario(server, ws, rest):
        return (await rest("/api/v3/exchangeInfo")).json(), (await rest("/api/v3/ping")).json()

    info, ping = with_server(tape, certificates, scenario)
    filters = {
        row["symbol"]: {f["filterType"]: f for f in row["filters"]} for row in info["symbols"]
    }
    assert filters["BTCUSDT"]["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert set(filters) == {"BTCUSDT", "ETHUSDT"} and ping == {}


def test_a_loop_begins_anew_for_the_next_subscriber(tape, certificates):
    async def scenario(server, ws, rest):
        rounds = []
        for _ in range(2):
            async with ws("/ws/btcusdt@trade") as socket:
                rounds.append(await rest_of(socket))
        return rounds

    first, second = with_server(tape, certificates, scenario, loop=True)
    assert first == second and first[0]


def test_a_symbol_cannot_be_on_the_tape_twice(paths):
    with pytest.raises(UsageError, match="BTCUSDT is already on the tape"):
        Tape((paths[0], paths[0]), BINANCE)
