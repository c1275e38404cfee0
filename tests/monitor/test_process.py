"""The monitor as a process of its own, over real segments, asked over HTTP."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import msgspec
import pytest
from flask import Flask

from pinnacle.core.errors import ConfigError
from pinnacle.core.paths import ROLES
from pinnacle.monitor.address import bind
from pinnacle.monitor.config import MonitorConfig
from pinnacle.monitor.server import CONNECTIONS, PageServer
from tests.segments import Segments

PROGRAM = """
import sys
from pathlib import Path
from pinnacle.runtime import log
from pinnacle.core.errors import PinnacleError
from pinnacle.core.paths import SessionPaths
from pinnacle.monitor.config import MonitorConfig
from pinnacle.monitor.process import run
from tests.seats import seat_of

paths = SessionPaths(Path(sys.argv[1]), Path(sys.argv[2]))
try:
    seat = seat_of("monitor", paths, log=log.setup("monitor"))
    code = run(seat, MonitorConfig(port=int(sys.argv[3])))
except PinnacleError as error:
    print(f"error: {error}", file=sys.stderr)
    code = error.exit_code
sys.exit(code)
"""
OTHERS = tuple(role for role in ROLES if role != "monitor")


@pytest.fixture
def segments(tmp_path):
    made = Segments(tmp_path, owned=OTHERS)
    made.fill_all()
    made.journal_fills(100, 3)
    yield made
    made.close()


@pytest.fixture
def start(segments):
    started = []

    def begin(port=0):
        command = [sys.executable, "-c", PROGRAM, segments.paths.runtime, segments.paths.data]
        process = subprocess.Popen(
            [*map(str, command), str(port)], stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def address_of(segments, process):
    file = segments.paths.monitor_address
    deadline = time.monotonic() + 30
    while not file.read_text(encoding="utf-8").endswith("\n"):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline, "no address in time"
        time.sleep(0.02)
    text = file.read_text(encoding="utf-8")
    assert text.startswith("http://127.0.0.1:") and text.endswith("/\n")
    return text.strip()


def ask(address, path):
    connection = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"), timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_it_answers_on_a_free_port_and_ends_in_order(segments, start):
    process = start()
    address = address_of(segments, process)
    status, body = ask(address, "/api/state")
    state = json.loads(body)
    assert status == 200
    assert [fill["price"] for fill in state["fills"]] == ["1.02", "1.01", "1.00"]
    assert state["instruments"][0]["position"] == "2.500"
    assert ask(address, "/")[0] == 200
    assert ask(address, "/api/health")[0] == 200
    for _ in range(100):
        segments.ready()
        answer = ask(address, "/api/ready")
        if answer[0] == 200:
            break
        time.sleep(0.05)
    assert answer == (200, b'{"not_ready":{},"ready":true}\n')
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert segments.paths.monitor_address.read_text(encoding="utf-8") == ""


def test_it_ends_although_someone_keeps_a_connection(segments, start):
    process = start()
    address = address_of(segments, process)
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port))) as open_connection:
        open_connection.sendall(b"GET /api/st")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors


def test_the_state_moves_with_the_session(segments, start):
    address = address_of(segments, start())
    segments.show_position(0, position=7)
    for _ in range(100):
        state = json.loads(ask(address, "/api/state")[1])
        if state["instruments"][0]["position"] == "0.007":
            return
        time.sleep(0.05)
    raise AssertionError(f"position still {state['instruments'][0]['position']}")


def test_a_killed_monitor_can_be_started_again(segments, start):
    first = start()
    address_of(segments, first)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    old = segments.paths.monitor_address.read_text(encoding="utf-8")
    segments.paths.monitor_address.write_text("", encoding="utf-8")
    again = address_of(segments, start())
    assert ask(again, "/api/health")[0] == 200
    assert old.startswith("http://")
    processes = json.loads(ask(again, "/api/state")[1])["processes"]
    assert next(p["restarts"] for p in processes if p["role"] == "monitor") == 1


def test_a_taken_port_is_named_with_its_key(segments, start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(port)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 3, errors
    assert f"monitor.port: 127.0.0.1:{port} is taken" in errors
    assert "Traceback" not in errors
    assert segments.paths.monitor_address.read_text(encoding="utf-8") == ""


def test_a_closed_server_leaves_no_thread_and_no_listener():
    before = set(threading.enumerate())
    server = PageServer(Flask("page"), MonitorConfig(port=0))
    assert ask(server.address, "/")[0] == 404
    server.close()
    assert set(threading.enumerate()) <= before
    with pytest.raises(ConnectionRefusedError):
        ask(server.address, "/")


@pytest.mark.parametrize("half", [b"", b"GET / HTTP/1.1\r\nHost: loc"], ids=["idle", "half"])
def test_clients_that_say_nothing_do_not_keep_others_out(half):
    server = PageServer(Flask("page"), MonitorConfig(port=0))
    name, port = server.address.removeprefix("http://").rstrip("/").split(":")
    silent = []
    try:
        for _ in range(4 * CONNECTIONS + 10):
            silent.append(socket.create_connection((name, int(port)), timeout=10))
            silent[-1].sendall(half)
        for _ in range(5):
            assert ask(server.address, "/")[0] == 404
        assert len(server._server.active_channels) <= CONNECTIONS + 1
    finally:
        for connection in silent:
            connection.close()
        server.close()


def test_a_browser_that_goes_on_asking_keeps_its_connection_among_the_silent():
    server = PageServer(Flask("page"), MonitorConfig(port=0))
    name, port = server.address.removeprefix("http://").rstrip("/").split(":")
    browser = http.client.HTTPConnection(name, int(port), timeout=10)
    silent = []
    try:
        for _ in range(3 * CONNECTIONS):
            silent.append(socket.create_connection((name, int(port)), timeout=10))
            # After each of them: more than it keeps, accepted at once, would make it the oldest.
            browser.request("GET", "/")
            assert browser.getresponse().read()
            assert browser.sock is not None, "the server has closed it"
    finally:
        browser.close()
        for connection in silent:
            connection.close()
        server.close()


def test_many_requests_at_once_are_no_warning(caplog):
    server = PageServer(Flask("page"), MonitorConfig(port=0))
    askers = [threading.Thread(target=lambda: ask(server.address, "/")) for _ in range(24)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    server.close()
    assert [record.getMessage() for record in caplog.records] == []


def test_an_address_of_another_machine_is_refused_by_key():
    with pytest.raises(ConfigError, match=r"monitor\.host: cannot listen on 192\.0\.2\.1:0"):
        bind("192.0.2.1", 0)
    with pytest.raises(ConfigError, match=r"monitor\.host: 300\.0\.0\.1"):
        bind("300.0.0.1", 0)


@pytest.mark.parametrize("values", [{"port": -1}, {"port": 65536}, {"host": ""}, {"history_s": 0}])
def test_a_value_out_of_range_is_refused(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        msgspec.convert(values, MonitorConfig)
