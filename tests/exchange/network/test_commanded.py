"""Faults by command: of a real exchange on its own port, by who has its token and nobody else."""

import asyncio
import json
import stat
import threading
from contextlib import contextmanager

import msgspec
import pytest

from pinnacle.core.errors import ConfigError, PeerLostError, UsageError
from pinnacle.core.schema import Side
from pinnacle.exchange.network.commanded import (
    PATH,
    TOKEN_HEADER,
    Command,
    CommandedServer,
    token_file,
)
from pinnacle.exchange.network.commanding import begin_fault, fault_states
from pinnacle.exchange.network.faults import FAULTS
from pinnacle.exchange.network.http import HttpRequest
from pinnacle.venues.served.house import NewOrder, Status
from tests.exchange.network.exchanges import made


@contextmanager
def served(tmp_path, **options):
    """(server, its address, its ca.pem) of an exchange that runs in another thread."""
    exchange = made(tmp_path, **options)
    server = CommandedServer(exchange)
    loop = asyncio.new_event_loop()
    ended, open_ = asyncio.Event(), threading.Event()

    async def serve():
        await server.open()
        server.write_token(tmp_path / "certificates")
        running = asyncio.create_task(server.run())
        open_.set()
        await ended.wait()
        running.cancel()
        await server.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert open_.wait(20)
        at = f"https://127.0.0.1:{server.port}"
        yield server, at, exchange.ca_file
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)
        loop.close()
        exchange.close()


def asked(server, method, body=b"", token=None):
    """(status, document) without a socket between."""
    headers = {} if token is None else {TOKEN_HEADER: token}
    reply = asyncio.run(server.reply(HttpRequest(method, PATH, headers, body)))
    return reply.status, json.loads(reply.body)


def post(server, **fields):
    return asked(server, "POST", json.dumps(fields).encode(), server.token)


def test_a_fault_begins_by_command_and_the_answer_says_what_it_did(tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    with served(tmp_path, ledger=ledger) as (server, at, ca_file):
        begun = begin_fault(at, ca_file, "stream_silent", 30.0)
        assert (begun.name, begun.lasts_s, begun.went_on) == ("stream_silent", 30.0, False)
        assert begun.words == FAULTS["stream_silent"].words
        assert server.is_on("stream_silent") and server.counts["stream_silent"] == 1
        assert begin_fault(at, ca_file, "stream_silent", None).went_on
        states = {state.name: state for state in fault_states(at, ca_file)}
        assert set(states) == set(FAULTS) - server.side.never and server.side.never
        assert states["stream_silent"].count == 2
        assert 0 < states["stream_silent"].left_s <= FAULTS["stream_silent"].lasts_s
        assert states["ban"].left_s is None
    told = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    assert [row["name"] for row in told if row["what"] == "fault"] == ["stream_silent"] * 2


def test_what_the_venue_cannot_have_is_not_begun(tmp_path):
    server = CommandedServer(made(tmp_path))
    for name in server.side.never:
        status, told = post(server, name=name)
        assert (status, server.counts[name]) == (400, 0)
        assert told["error"].startswith(f"fault {name!r}: nothing that this venue says")


def test_what_it_does_to_orders_at_once_is_counted(tmp_path):
    exchange = made(tmp_path)
    server = CommandedServer(exchange)
    key = exchange.open_keys[0]
    for price in (500_000, 510_000):
        assert server.house.place(key, NewOrder(0, Side.BID, price, 10)).status is Status.OPEN
    server.flush()
    status, begun = post(server, name="unsolicited_cancel")
    assert (status, begun["open_orders"], begun["events"]) == (200, 2, 2)
    assert post(server, name="unsolicited_cancel")[1]["events"] == 0


@pytest.mark.parametrize("token", [None, "", "wrong", "\u00fc"])
def test_without_its_token_nothing_is_done_and_nothing_is_told(tmp_path, token):
    server = CommandedServer(made(tmp_path))
    body = msgspec.json.encode(Command("ban"))
    for method in ("GET", "POST"):
        assert asked(server, method, body, token) == (
            403,
            {"error": "the token is another exchange's"},
        )
    assert not any(server.counts.values())


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"name": "nonsense"}, 404, "no fault 'nonsense'"),
        ({"name": "ban", "lasts_s": 0}, 400, "lasts_s"),
        ({"name": "ban", "lasts_s": "long"}, 400, "lasts_s"),
        ({"name": "ban", "more": 1}, 400, "more"),
        ({}, 400, "name"),
    ],
)
def test_what_is_no_fault_is_refused_in_words(tmp_path, fields, status, words):
    server = CommandedServer(made(tmp_path))
    got, answer = post(server, **fields)
    assert got == status and words in answer["error"]
    assert not any(server.counts.values())


def test_the_token_is_its_users_alone_and_one_of_each_port(tmp_path):
    with served(tmp_path) as (server, _, ca_file):
        path = token_file(ca_file.parent, server.port)
        assert path.read_text(encoding="utf-8").strip() == server.token
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert CommandedServer(made(tmp_path)).token != server.token


def test_a_token_that_others_may_read_is_not_shown(tmp_path):
    with served(tmp_path) as (server, at, ca_file):
        token_file(ca_file.parent, server.port).chmod(0o644)
        with pytest.raises(ConfigError, match="others may read it"):
            fault_states(at, ca_file)


@pytest.mark.parametrize(
    "at",
    ["", "127.0.0.1:1", "http://127.0.0.1:1", "https://127.0.0.1", "https://127.0.0.1:x",
     "https://api.kraken.com:443", "https://127.0.0.1:1/x", "https://127.0.0.1:99999"],
)  # fmt: skip
def test_an_address_that_no_exchange_of_ours_has_is_refused(tmp_path, at):
    with pytest.raises(UsageError, match=r"--at .*: https://127\.0\.0\.1:PORT is wanted"):
        begin_fault(at, tmp_path / "ca.pem", "ban", None)


def test_where_no_exchange_answers_that_is_what_is_told(tmp_path):
    with served(tmp_path) as (_, at, ca_file):
        pass
    with pytest.raises(PeerLostError, match="no exchange answers there"):
        begin_fault(at, ca_file, "ban", None)


def test_an_exchange_that_was_never_there_has_no_token(tmp_path):
    with pytest.raises(PeerLostError, match="there is no faults-1-token; --ca-file names"):
        begin_fault("https://127.0.0.1:1", tmp_path / "ca.pem", "ban", None)
