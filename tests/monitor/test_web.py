"""The page and its API, by Flask's test client over a state made from real segments."""

import dataclasses
import hashlib
import re
from pathlib import Path

import pytest

import pinnacle.monitor
from pinnacle.core.bell import ProcessState
from pinnacle.monitor.state import State
from pinnacle.monitor.web import HEADERS, create_app, host_allowed
from pinnacle.runtime.observer import Observer
from tests.segments import Segments

FOLDER = Path(pinnacle.monitor.__file__).parent
OWN_FILES = sorted(
    str(path.relative_to(FOLDER / "static"))
    for path in (FOLDER / "static").rglob("*")
    if path.is_file()
)


@pytest.fixture
def segments(tmp_path):
    made = Segments(tmp_path)
    made.fill_all()
    yield made
    made.close()


@pytest.fixture
def state(segments):
    observer = Observer(segments.paths)
    made = State(observer, history_s=20)
    made.sample()
    yield made
    observer.close()


@pytest.fixture
def client(state):
    return create_app(state).test_client()


def test_the_routes_are_exactly_these(state):
    rules = {(rule.rule, *sorted(rule.methods)) for rule in create_app(state).url_map.iter_rules()}
    reads = ("GET", "HEAD", "OPTIONS")
    assert rules == {
        ("/", *reads),
        ("/api/state", *reads),
        ("/api/health", *reads),
        ("/api/ready", *reads),
        ("/static/<path:filename>", *reads),
    }


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("path", ["/", "/api/state", "/api/ready", "/static/page.css"])
def test_nothing_but_reading_is_possible(client, method, path):
    answer = getattr(client, method)(path)
    assert answer.status_code == 405
    assert answer.json["status"] == 405


def test_the_state_is_the_latest_sample(client, state):
    answer = client.get("/api/state")
    assert answer.status_code == 200 and answer.mimetype == "application/json"
    assert answer.data == state.latest.body
    assert answer.json["instruments"][0]["symbol"] == "BTC-USD"


def test_the_same_state_is_not_sent_twice(client, state):
    tag = client.get("/api/state").headers["ETag"]
    again = client.get("/api/state", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    state.sample()
    fresh = client.get("/api/state", headers={"If-None-Match": tag})
    assert fresh.status_code == 200 and fresh.headers["ETag"] != tag


def test_ready_is_told_only_while_the_session_is_fit(client, state, segments):
    assert client.get("/api/ready").status_code == 200
    segments.bells["risk"].set_state(ProcessState.RECOVERING)
    state.sample()
    answer = client.get("/api/ready")
    assert answer.status_code == 503
    assert answer.json == {"ready": False, "not_ready": {"risk": "recovering"}}
    assert client.get("/api/health").status_code == 200


def test_a_monitor_that_no_longer_looks_is_not_healthy(client, state):
    assert client.get("/api/health").json["alive"]
    state.latest = dataclasses.replace(state.latest, taken_ns=state.latest.taken_ns - 10**10)
    answer = client.get("/api/health")
    assert answer.status_code == 503 and not answer.json["alive"]


@pytest.mark.parametrize("path", ["/", "/api/state", "/static/page.js", "/nowhere"])
def test_every_answer_has_the_security_headers(client, path):
    headers = client.get(path, buffered=True).headers
    for name, value in HEADERS.items():
        assert headers[name] == value
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("header", "host", "allowed"),
    [
        ("127.0.0.1:8740", "127.0.0.1", True),
        ("localhost:8740", "127.0.0.1", True),
        ("LOCALHOST", "127.0.0.1", True),
        ("[::1]:8740", "127.0.0.1", True),
        ("[::1]", "::1", True),
        ("evil.example", "127.0.0.1", False),
        ("localhost.evil.example:8740", "127.0.0.1", False),
        ("10.0.0.7:8740", "127.0.0.1", False),
        ("10.0.0.7:8740", "10.0.0.7", True),
        ("desk.internal:80", "desk.internal", True),
        ("10.0.0.7:8740", "0.0.0.0", True),
        ("[fe80::1]:8740", "::", True),
        ("evil.example:8740", "0.0.0.0", False),
        ("", "0.0.0.0", False),
    ],
)
def test_only_names_of_this_machine_are_answered(header, host, allowed):
    assert host_allowed(header, host) is allowed


def test_another_sites_name_gets_nothing(client):
    answer = client.get("/api/state", headers={"Host": "evil.example:8740"})
    assert answer.status_code == 421
    assert b"instruments" not in answer.data


def test_the_page_and_all_its_files_are_served(client):
    page = client.get("/")
    assert page.status_code == 200 and page.mimetype == "text/html"
    for path in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert client.get(path, buffered=True).status_code == 200, path
    for name in OWN_FILES:
        assert client.get(f"/static/{name}", buffered=True).status_code == 200, name
    for name in ("page.js", "charts.js", "uplot/uPlot.iife.min.js"):
        assert client.get(f"/static/{name}", buffered=True).mimetype == "text/javascript"


def test_every_module_that_the_page_imports_is_there():
    for script in (FOLDER / "static").glob("*.js"):
        for name in re.findall(r'from "\./([^"]+)"', script.read_text(encoding="utf-8")):
            assert (script.parent / name).is_file(), f"{script.name} imports {name}"


def test_the_page_refers_to_nothing_outside_itself():
    checked = 0
    for path in (*FOLDER.rglob("*.html"), *FOLDER.rglob("*.css"), *FOLDER.rglob("*.js")):
        # The vendored library's first line says where it is from.
        text = re.sub(r"\A/\*!.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
        assert not re.search(r"(?:https?:)?//[\w.-]+\.\w+", text), path
        checked += 1
    assert checked >= 7


def test_the_page_needs_no_inline_script_or_style():
    page = (FOLDER / "templates" / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


def test_the_vendored_library_is_the_one_that_its_version_file_names():
    folder = FOLDER / "static" / "uplot"
    sums = re.findall(
        r"^([0-9a-f]{64})  (\S+)$", (folder / "VERSION").read_text(encoding="utf-8"), flags=re.M
    )
    assert {name for _, name in sums} == {"uPlot.iife.min.js", "uPlot.min.css"}
    for expected, name in sums:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
    assert "MIT" in (folder / "LICENSE").read_text(encoding="utf-8")
